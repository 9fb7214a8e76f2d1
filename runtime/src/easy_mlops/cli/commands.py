"""The commands and their help; imports little, since every call of the command line loads this module."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from easy_mlops.cli import options


@dataclass(frozen=True)
class Command:
    """A subcommand; its module `easy_mlops.cli.<name>` has `run(arguments) -> int`.

    `examples` are lines for a shell, each executed by a test; `json` describes what `--output json` prints and is empty
    for a command without that option.
    """

    name: str
    summary: str
    description: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    examples: tuple[str, ...]
    json: str = ""

    @property
    def epilog(self) -> str:
        """The text after the options in the command's help."""
        lines = ["examples:", *(f"  {example}" for example in self.examples)]
        return "\n".join([*lines, "", f"with --output json:\n  {self.json}"] if self.json else lines)


COMMANDS: Final = (
    Command(
        "train",
        "train a model and deploy it",
        "Prepares the data, trains a model, evaluates it on held-out rows and writes a deployment directory.",
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
        "Prints one prediction per row and logs it; a row that cannot be scored has an empty one.\n"
        "Exits with 1 if no row can be scored.",
        options.predict,
        (
            "make-mlops-easy predict new.csv models/deployment_1",
            "make-mlops-easy predict new.csv models/deployment_1 -o scored.parquet",
        ),
        "{rows, scored, unscored, first, model, version, predictions: [label, number or null, …]}\n"
        "  first: why the first unscored row has no prediction; with -o FILE: file instead of predictions",
    ),
    Command(
        "status",
        "show metrics, predictions and thresholds",
        "Reads metadata and logs only; no model is loaded.",
        options.status,
        (
            "make-mlops-easy status models/deployment_1",
            "make-mlops-easy status models/deployment_1 --fail-on-alert > /dev/null || echo alert",
        ),
        "{metadata, model_type, metrics: {NAME: value}, monitoring: {metrics_summary, predictions_summary,\n"
        "   evaluations: [{name, state: OK, Firing, NoData or NoRule, value, limit, source, message, …}]}}",
    ),
    Command(
        "observe",
        "write a monitoring report",
        "Reads metadata and logs only; no model is loaded.",
        options.observe,
        (
            "make-mlops-easy observe models/deployment_1",
            "make-mlops-easy observe models/deployment_1 -o report.html",
        ),
        "{directory, format, report}; with -o FILE: file instead of report. For the values themselves use status",
    ),
    Command(
        "handoff",
        "write a handoff page for a new owner",
        "A Markdown page with the deployment's endpoints, data contract, version and rollback, alerts, owners and\n"
        "change log. Owners and contacts come from observability.runbook. No model is loaded.",
        options.handoff,
        ("make-mlops-easy handoff models/deployment_1 -o README.md",),
        "{directory, page}; with -o FILE: file instead of page",
    ),
    Command(
        "init",
        "write a starter configuration",
        "Writes a commented configuration file and an equivalent modeldeployment.yaml for a cluster.",
        options.init,
        ("make-mlops-easy init", "make-mlops-easy init -o config.yaml --force"),
        "{files: [path, …]}",
    ),
    Command(
        "run",
        "run the pipeline of a file, as the cluster does",
        "Does what the Job of a ModelDeployment does: trains, verifies and publishes.",
        options.run,
        (
            "make-mlops-easy run -f modeldeployment.yaml --check",
            "make-mlops-easy run -f modeldeployment.yaml --output json",
        ),
        "{ok, run_id, directory, digest, model_version, model_type, metrics, failure: {reason, location, message},\n"
        "   steps: [{name, state, seconds, message}]}; with --check, or for an invalid file: {ok, problems}",
    ),
    Command(
        "publish",
        "make a deployment from an existing model",
        "Takes a fitted scikit-learn estimator or pipeline from a joblib or pickle file; the sample defines its\n"
        "columns. Every sample row is scored before and after the model is loaded from the new directory, and the\n"
        "results must match.\n\n"
        "Loading a model executes code: publish only files that you trust. --sha256 refuses any other file.",
        options.publish,
        (
            "make-mlops-easy publish model.joblib --sample new.csv",
            'make-mlops-easy publish model.joblib --sample new.csv --sha256 "$(sha256sum < model.joblib | cut -c-64)"',
        ),
        "{directory, digest, model_type, model_version, columns: [{name, type, nullable, …}], rows}",
    ),
    Command(
        "serve",
        "serve predictions over HTTP",
        "POST /predict, /v2/models/NAME/infer; GET /metrics. Logs to stdout, one line of JSON per event.\n\n"
        "After SIGTERM it continues to serve for a while, then completes the requests in flight and exits.\n"
        "EASY_MLOPS_DRAIN_SECONDS is the time from the signal to the exit: 0 to 3600, 5 by default.",
        options.serve,
        ("make-mlops-easy serve models/deployment_1 --port 8080",),
    ),
    Command(
        "score",
        "score a file with a running server",
        "Sends the rows in batches and prints one line per row, in the order of the file.\n"
        "A row that cannot be scored has the reason in column 'error'. Requests to a busy or unreachable server are\n"
        "retried. Exits with 1 if no row can be scored.\n\n"
        "For a server in a cluster: kubectl port-forward service/NAME 8080",
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
        "Removes deployment directories, logs included. A directory with a different digest, outside the volume or\n"
        "behind a symbolic link is not touched.",
        options.prune,
        ('make-mlops-easy prune "models/deployment_1=$(sha256sum < models/deployment_1/SHA256SUMS | cut -c-64)"',),
        "{directories: [{directory, state: Removed, Gone or Refused, message}]}",
    ),
    Command(
        "lastgood",
        "find the newest deployment that can be served",
        "Tries the deployments that runs of a ModelDeployment published, newest first, until one verifies and loads:\n"
        "what spec.rollout.fallback: lastGood serves. Loading a model executes code. Exits with 1 if there is none.",
        options.lastgood,
        (
            'make-mlops-easy lastgood churn "models/deployment_1=$(sha256sum < models/deployment_1/SHA256SUMS'
            ' | cut -c-64)"',
            "make-mlops-easy lastgood churn --output-dir models --output json || echo none",
        ),
        "the result of the run that published it, as for run; steps has one entry per directory that was tried",
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
