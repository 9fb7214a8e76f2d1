"""The commands, and what `--help` teaches about each; light, since every call of the command line reads it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from easy_mlops.cli import options


@dataclass(frozen=True)
class Command:
    """A subcommand; its module `easy_mlops.cli.<name>` has `run(arguments) -> int`.

    `examples` are lines for a shell, each of which a test executes; `json` is what `--output json` prints, empty for
    a command without that option.
    """

    name: str
    summary: str
    description: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    examples: tuple[str, ...]
    json: str = ""

    @property
    def epilog(self) -> str:
        """What follows the options in the command's help."""
        lines = ["examples:", *(f"  {example}" for example in self.examples)]
        return "\n".join([*lines, "", f"with --output json:\n  {self.json}"] if self.json else lines)


COMMANDS: Final = (
    Command(
        "train",
        "train a model and deploy it",
        "Prepares the data, trains, measures on rows that were held out, and deploys.",
        options.train,
        (
            "make-mlops-easy train customers.csv --target left",
            "make-mlops-easy train customers.csv -t left -c mlops-config.yaml --no-deploy --output json",
        ),
        "{training: {model_type, metrics, …}, preprocessing: {n_features, n_samples, feature_columns},\n"
        "   deployment: {deployment_dir, model_path, …}, logs: {metrics, predictions}}",
    ),
    Command(
        "predict",
        "score rows with a deployed model",
        "One prediction for each row, logged with it; an empty one for a row that cannot be scored. It fails when\n"
        "that is so for all of them.",
        options.predict,
        (
            "make-mlops-easy predict new.csv models/deployment_1",
            "make-mlops-easy predict new.csv models/deployment_1 -o scored.csv",
        ),
        "{rows, scored, unscored, first, model, version, predictions: [label, number or null, …]}\n"
        "  first: why the first row that is not scored is not; with -o FILE, file in place of predictions",
    ),
    Command(
        "status",
        "metrics, predictions and thresholds",
        "Reads logs only; nothing is unpickled.",
        options.status,
        (
            "make-mlops-easy status models/deployment_1",
            "make-mlops-easy status models/deployment_1 --fail-on-alert > /dev/null || echo a threshold is breached",
        ),
        "{metadata, model_type, metrics: {NAME: value}, monitoring: {metrics_summary, predictions_summary,\n"
        "   evaluations: [{name, state: OK, Firing, NoData or NoRule, value, limit, source, message, …}]}}",
    ),
    Command(
        "observe",
        "a report for people",
        "Reads logs only; nothing is unpickled.",
        options.observe,
        (
            "make-mlops-easy observe models/deployment_1",
            "make-mlops-easy observe models/deployment_1 -o report.html",
        ),
        "{directory, format, report}; with -o FILE, file in place of report. The facts themselves: status",
    ),
    Command(
        "handoff",
        "a page for whoever takes over",
        "Endpoints, data contract, version and rollback, alerts, owners and the change log of a deployment, as\n"
        "Markdown. Owners and contacts are those of observability.runbook. Reads files only; nothing is unpickled.",
        options.handoff,
        ("make-mlops-easy handoff models/deployment_1 -o README.md",),
        "{directory, page}; with -o FILE, file in place of page",
    ),
    Command(
        "init",
        "write a configuration to begin with",
        "Writes a commented configuration, and the same as a modeldeployment.yaml for a cluster.",
        options.init,
        ("make-mlops-easy init", "make-mlops-easy init -o config.yaml --force"),
        "{files: [path, …]}",
    ),
    Command(
        "run",
        "run the whole pipeline of a file",
        "Does exactly what the Job of a ModelDeployment does: trains, verifies, publishes.",
        options.run,
        (
            "make-mlops-easy run -f modeldeployment.yaml --check",
            "make-mlops-easy run -f modeldeployment.yaml --output json",
        ),
        "{ok, run_id, directory, digest, model_version, model_type, metrics, failure: {reason, location, message},\n"
        "   steps: [{name, state, seconds, message}]}; with --check, or for a bad file: {ok, problems}",
    ),
    Command(
        "publish",
        "make a deployment of a model that was trained elsewhere",
        "Takes a fitted scikit-learn estimator or pipeline from a joblib or pickle file. Its columns are those of the\n"
        "sample; each sample row is scored once before, and once after the model was loaded from the new directory.\n\n"
        "Loading a model runs code: publish only a file that you trust. --sha256 refuses any other file.",
        options.publish,
        (
            "make-mlops-easy publish model.joblib --sample new.csv",
            'make-mlops-easy publish model.joblib --sample new.csv --sha256 "$(sha256sum < model.joblib | cut -c-64)"',
        ),
        "{directory, digest, model_type, model_version, columns: [{name, type, nullable, …}], rows}",
    ),
    Command(
        "serve",
        "answer predictions over HTTP",
        "POST /predict, /v2/models/NAME/infer; GET /metrics. Stdout has a line of JSON for what happens.\n\n"
        "After SIGTERM it serves on for a while, then finishes what is in flight.\n"
        "EASY_MLOPS_DRAIN_SECONDS is the time from the signal to the end: 0 to 3600, 5 by default.",
        options.serve,
        ("make-mlops-easy serve models/deployment_1 --port 8080",),
    ),
    Command(
        "score",
        "have a running service score a file",
        "Sends the rows in batches and writes one line for each, in the file's order.\n"
        "A row that cannot be scored has its reason in the column 'error'. A service that is busy or away for a\n"
        "moment is asked again. It fails when no row can be scored.\n\n"
        "For one in a cluster: kubectl port-forward service/NAME 8080",
        options.score,
        (
            "make-mlops-easy score http://127.0.0.1:8080 new.csv",
            "make-mlops-easy score http://127.0.0.1:8080 new.csv -o scored.csv --output json",
        ),
        "{rows, scored, unscored, first, model, version}; with -o FILE also file",
    ),
    Command(
        "prune",
        "remove old deployment directories",
        "Removes directories with everything in them, logs included. One that has another digest, that lies outside\n"
        "the volume or behind a link is not touched.",
        options.prune,
        ('make-mlops-easy prune "models/deployment_1=$(sha256sum < models/deployment_1/SHA256SUMS | cut -c-64)"',),
        "{directories: [{directory, state: Removed, Gone or Refused, message}]}",
    ),
    Command(
        "lastgood",
        "find the newest deployment that can be served",
        "Looks at the deployments that runs of a ModelDeployment published, newest first, for one that verifies and\n"
        "loads: what spec.rollout.fallback: lastGood serves. Loading runs code. It fails when there is none.",
        options.lastgood,
        (
            'make-mlops-easy lastgood churn "models/deployment_1=$(sha256sum < models/deployment_1/SHA256SUMS'
            ' | cut -c-64)"',
            "make-mlops-easy lastgood churn --output-dir models --output json || echo there is none",
        ),
        "as that of run, of the run that published it; steps has an entry for each directory that was looked at",
    ),
    Command(
        "completion",
        "print a script for tab completion",
        "The script completes commands, options, their values and file names.\n\n"
        "bash: the example below, in ~/.bashrc for every shell\n"
        'zsh:  eval "$(make-mlops-easy completion zsh)" in ~/.zshrc, after compinit\n'
        "fish: make-mlops-easy completion fish | source, in ~/.config/fish/config.fish",
        options.completion,
        ("source <(make-mlops-easy completion bash)",),
    ),
)
