"""The commands and their arguments; light, since every call of the command line reads it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Command:
    """A subcommand; its module `easy_mlops.cli.<name>` has `run(arguments) -> int`."""

    name: str
    summary: str
    description: str
    add_arguments: Callable[[argparse.ArgumentParser], None]


def _config(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument("-c", "--config", metavar="FILE", help=f"configuration file (default: {default})")


def _output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", choices=("text", "json"), default="text", help="form of the result (default: text)")


def _plugin(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--plugin",
        metavar="MODULE[:CLASS]",
        action="append",
        default=[],
        help="import a module of your own that registers steps, or register one class of it; may be repeated",
    )


def _unverified(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--allow-unverified",
        action="store_true",
        help="take a directory without SHA256SUMS (release 0.4); it runs code",
    )


def _mismatch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--allow-version-mismatch",
        action="store_true",
        help="load a model that another minor version of scikit-learn made; it may answer something else",
    )


def _train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", metavar="DATA", help="CSV or Parquet file")
    parser.add_argument("-t", "--target", metavar="COL", help="column to predict (default: the last one)")
    _config(parser, "built-in defaults")
    parser.add_argument("--no-deploy", action="store_true", help="train only; no deployment directory is made")
    _output(parser)
    _plugin(parser)


def _predict(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", metavar="DATA", help="CSV or Parquet file with the rows to score")
    parser.add_argument("directory", metavar="DIR", help="deployment directory")
    _config(parser, "the directory's own config.yaml")
    parser.add_argument("-o", "--to", metavar="FILE", help="write the rows with their predictions to this CSV file")
    _unverified(parser)
    _mismatch(parser)
    _plugin(parser)


def _status(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("directory", metavar="DIR", help="deployment directory")
    _config(parser, "the directory's own config.yaml")
    parser.add_argument(
        "--fail-on-alert",
        action="store_true",
        help="exit with 1 when a rule fires, not suppressed",
    )
    _output(parser)
    _plugin(parser)


def _observe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("directory", metavar="DIR", help="deployment directory")
    _config(parser, "the directory's own config.yaml")
    parser.add_argument("-o", "--to", metavar="FILE", help="write the report to this file")
    parser.add_argument(
        "--format",
        choices=("text", "markdown", "html"),
        help="form of the report (default: by the ending of FILE, .md or .html, else text)",
    )
    _plugin(parser)


def _handoff(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("directory", metavar="DIR", help="deployment directory")
    _config(parser, "the directory's own config.yaml")
    parser.add_argument("-o", "--to", metavar="FILE", help="write the page to this file, such as README.md")
    _plugin(parser)


def _init(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--to", metavar="FILE", default="mlops-config.yaml", help="default: mlops-config.yaml")
    parser.add_argument("--force", action="store_true", help="overwrite files that exist")


def _run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-f", "--file", metavar="FILE", required=True, help="modeldeployment.yaml or config.yaml")
    parser.add_argument("--check", action="store_true", help="only check the file; run nothing")
    parser.add_argument("--volume", metavar="DIR", help="volume that output_dir lies in (default: here)")
    parser.add_argument("--run-id", metavar="ID", help="a retry of the same run reuses its directory")
    _output(parser)
    _plugin(parser)
    parser.add_argument(
        "--plugin-path",
        metavar="DIR",
        action="append",
        default=[],
        help="folder with the files of the plugins that the file names (default: beside it)",
    )


def _serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("directory", metavar="DIR", help="deployment directory")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on; 0 takes a free one (default: 8080)")
    parser.add_argument("--digest", metavar="SHA256", help="refuse the directory unless its SHA256SUMS has this digest")
    parser.add_argument("--name", default="model", help="the model's name in paths and answers (default: model)")
    parser.add_argument(
        "--log-predictions",
        choices=("on", "off"),
        help="default: as the directory's config.yaml says",
    )
    _mismatch(parser)
    _plugin(parser)


def _score(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help="address of the service, such as http://127.0.0.1:8080")
    parser.add_argument("data", metavar="DATA", help="CSV or Parquet file with the rows to score")
    parser.add_argument("-o", "--to", metavar="FILE", help="write the rows with their predictions to this CSV file")
    parser.add_argument("--batch", type=int, default=1000, metavar="ROWS", help="rows of one request (default: 1000)")
    _output(parser)


def _publish(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="joblib file with a fitted estimator or pipeline; it runs code")
    parser.add_argument(
        "--sample", metavar="ROWS", required=True, help="CSV or Parquet file with rows such as it will be asked for"
    )
    parser.add_argument(
        "-o", "--to", metavar="DIR", default="./models", help="folder that the directory is made in (default: ./models)"
    )
    _output(parser)


def _prune(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "directories",
        metavar="DIR=SHA256",
        nargs="+",
        help="deployment directory, relative to the volume, and the SHA-256 of its SHA256SUMS",
    )
    parser.add_argument("--volume", metavar="DIR", default=".", help="folder that the directories lie in (default: .)")


def _completion(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=("bash",), help="shell to print the script for")


COMMANDS: Final = (
    Command("train", "train a model and deploy it", "Prepares the data, trains, measures and deploys.", _train),
    Command("predict", "score rows with a deployed model", "One prediction for each row, logged with it.", _predict),
    Command("status", "metrics, predictions and thresholds", "Reads logs only; nothing is unpickled.", _status),
    Command("observe", "a report for people", "Reads logs only; nothing is unpickled.", _observe),
    Command(
        "handoff",
        "a page for whoever takes over",
        "Endpoints, data contract, version and rollback, alerts, owners and the change log of a deployment, as\n"
        "Markdown. Owners and contacts are those of observability.runbook. Reads files only; nothing is unpickled.",
        _handoff,
    ),
    Command("init", "write a configuration to begin with", "Writes a commented configuration.", _init),
    Command(
        "run",
        "run the whole pipeline of a file",
        "Does exactly what the Job of a ModelDeployment does.\n\n"
        "  make-mlops-easy run -f modeldeployment.yaml --check    names every mistake with its line\n"
        "  make-mlops-easy run -f modeldeployment.yaml            trains, verifies, publishes",
        _run,
    ),
    Command(
        "serve",
        "answer predictions over HTTP",
        "POST /predict, /v2/models/NAME/infer; GET /metrics.\n\n"
        "After SIGTERM it serves on for a while, then finishes what is in flight.\n"
        "EASY_MLOPS_DRAIN_SECONDS is the time from the signal to the end: 0 to 3600, 5 by default.",
        _serve,
    ),
    Command(
        "score",
        "have a running service score a file",
        "Sends the rows in batches and writes one line for each, in the file's order.\n"
        "A row that cannot be scored has its reason in the column 'error'. A service that is busy or away for a\n"
        "moment is asked again.\n\n"
        "  kubectl port-forward service/breast-cancer 8080\n"
        "  make-mlops-easy score http://127.0.0.1:8080 rows.csv -o scored.csv",
        _score,
    ),
    Command(
        "publish",
        "deploy a model that was trained elsewhere",
        "Makes a deployment directory of any fitted scikit-learn estimator or pipeline. Names, types and distribution\n"
        "of its columns are those of the sample. It is published only if it predicts the sample as before after it\n"
        "was loaded again, and if a server could load it.\n\n"
        "  make-mlops-easy publish model.joblib --sample rows.csv",
        _publish,
    ),
    Command(
        "prune",
        "remove old deployment directories",
        "Removes directories with everything in them, logs included. One that has another digest, that lies outside\n"
        "the volume or behind a link is not touched.\n\n"
        '  make-mlops-easy prune "models/deployment_1=$(sha256sum < models/deployment_1/SHA256SUMS | cut -c-64)"',
        _prune,
    ),
    Command(
        "completion",
        "print a script for tab completion",
        "Completes commands, options, their values and file names.\n\n"
        "  source <(make-mlops-easy completion bash)    in this shell; in ~/.bashrc, in every one\n\n"
        "zsh takes the same script after: autoload -U bashcompinit && bashcompinit",
        _completion,
    ),
)
