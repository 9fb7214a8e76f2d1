"""The arguments and options of each command; light, since every call of the command line reads it."""

from __future__ import annotations

import argparse
from typing import Any, Final

MAX_PORT: Final = 65535
SHELLS: Final = ("bash", "zsh", "fish")
COMPLETES: Final = "completes"
"""Attribute of an argument that is a path: `file` or `directory`, for the shell's completion."""


def _file(parser: argparse.ArgumentParser, *names: str, **options: Any) -> None:
    """An argument that is a file."""
    setattr(parser.add_argument(*names, **options), COMPLETES, "file")


def _directory(parser: argparse.ArgumentParser, *names: str, **options: Any) -> None:
    """An argument that is a directory."""
    setattr(parser.add_argument(*names, **options), COMPLETES, "directory")


def _config(parser: argparse.ArgumentParser, default: str) -> None:
    _file(parser, "-c", "--config", metavar="FILE", help=f"configuration file (default: {default})")


def _output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", choices=("text", "json"), default="text", help="form of the result (default: text)")


def _volume(parser: argparse.ArgumentParser) -> None:
    _directory(parser, "--volume", metavar="DIR", default=".", help="folder that the directories lie in (default: .)")


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


def _deployment(parser: argparse.ArgumentParser) -> None:
    _directory(parser, "directory", metavar="DIR", help="deployment directory")
    _config(parser, "the directory's own config.yaml")


def _rows(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of rows, which is 1 or more")
    return int(text)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > MAX_PORT:  # uvloop would take what is left of it
        raise argparse.ArgumentTypeError(f"{text!r} is not a port, which is a number from 0 to {MAX_PORT}")
    return int(text)


def train(parser: argparse.ArgumentParser) -> None:
    """`train`."""
    _file(parser, "data", metavar="DATA", help="CSV or Parquet file")
    parser.add_argument("-t", "--target", metavar="COL", help="column to predict (default: the last one)")
    _config(parser, "built-in defaults")
    parser.add_argument("--no-deploy", action="store_true", help="train only; no deployment directory is made")
    _output(parser)
    _plugin(parser)


def predict(parser: argparse.ArgumentParser) -> None:
    """`predict`."""
    _file(parser, "data", metavar="DATA", help="CSV or Parquet file with the rows to score")
    _deployment(parser)
    _file(parser, "-o", "--to", metavar="FILE", help="write the rows with their predictions to this CSV file")
    _output(parser)
    _unverified(parser)
    _mismatch(parser)
    _plugin(parser)


def status(parser: argparse.ArgumentParser) -> None:
    """`status`."""
    _deployment(parser)
    parser.add_argument(
        "--fail-on-alert",
        action="store_true",
        help="exit with 1 when a rule fires, not suppressed",
    )
    _output(parser)
    _plugin(parser)


def observe(parser: argparse.ArgumentParser) -> None:
    """`observe`."""
    _deployment(parser)
    _file(parser, "-o", "--to", metavar="FILE", help="write the report to this file")
    parser.add_argument(
        "--format",
        choices=("text", "markdown", "html"),
        help="form of the report (default: by the ending of FILE, .md or .html, else text)",
    )
    _output(parser)
    _plugin(parser)


def handoff(parser: argparse.ArgumentParser) -> None:
    """`handoff`."""
    _deployment(parser)
    _file(parser, "-o", "--to", metavar="FILE", help="write the page to this file, such as README.md")
    _output(parser)
    _plugin(parser)


def init(parser: argparse.ArgumentParser) -> None:
    """`init`."""
    _file(parser, "-o", "--to", metavar="FILE", default="mlops-config.yaml", help="default: mlops-config.yaml")
    parser.add_argument("--force", action="store_true", help="overwrite files that exist")
    _output(parser)


def run(parser: argparse.ArgumentParser) -> None:
    """`run`."""
    _file(parser, "-f", "--file", metavar="FILE", required=True, help="modeldeployment.yaml or config.yaml")
    parser.add_argument("--check", action="store_true", help="only check the file; run nothing")
    _directory(parser, "--volume", metavar="DIR", help="volume that output_dir lies in (default: here)")
    parser.add_argument("--run-id", metavar="ID", help="a retry of the same run reuses its directory")
    _output(parser)
    _plugin(parser)
    _directory(
        parser,
        "--plugin-path",
        metavar="DIR",
        action="append",
        default=[],
        help="folder with the files of the plugins that the file names (default: beside it)",
    )


def publish(parser: argparse.ArgumentParser) -> None:
    """`publish`."""
    _file(parser, "model", metavar="MODEL", help="joblib or pickle file with a fitted estimator or pipeline")
    _file(parser, "--sample", metavar="ROWS", required=True, help="CSV or Parquet file with rows that it takes")
    _directory(parser, "-o", "--to", metavar="DIR", help="folder that the directory is made in (default: ./models)")
    parser.add_argument("--sha256", metavar="SHA256", help="load nothing unless the model file has this SHA-256")
    _config(parser, "built-in defaults")
    _output(parser)
    _mismatch(parser)
    _plugin(parser)


def serve(parser: argparse.ArgumentParser) -> None:
    """`serve`."""
    _directory(parser, "directory", metavar="DIR", help="deployment directory")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument(
        "--port", type=_port, default=8080, help="port to listen on; 0 takes a free one (default: 8080)"
    )
    parser.add_argument("--digest", metavar="SHA256", help="refuse the directory unless its SHA256SUMS has this digest")
    parser.add_argument("--name", default="model", help="the model's name in paths and answers (default: model)")
    parser.add_argument(
        "--log-predictions",
        choices=("on", "off"),
        help="default: as the directory's config.yaml says",
    )
    _unverified(parser)
    _mismatch(parser)
    _plugin(parser)


def score(parser: argparse.ArgumentParser) -> None:
    """`score`."""
    parser.add_argument("url", metavar="URL", help="address of the service, such as http://127.0.0.1:8080")
    _file(parser, "data", metavar="DATA", help="CSV or Parquet file with the rows to score")
    _file(parser, "-o", "--to", metavar="FILE", help="write the rows with their predictions to this CSV file")
    parser.add_argument("--batch", type=_rows, default=1000, metavar="ROWS", help="rows of one request (default: 1000)")
    _output(parser)


def prune(parser: argparse.ArgumentParser) -> None:
    """`prune`."""
    parser.add_argument(
        "directories",
        metavar="DIR=SHA256",
        nargs="+",
        help="deployment directory, relative to the volume, and the SHA-256 of its SHA256SUMS",
    )
    _volume(parser)
    _output(parser)


def lastgood(parser: argparse.ArgumentParser) -> None:
    """`lastgood`."""
    parser.add_argument("model", metavar="MODEL", help="name of the ModelDeployment that published")
    parser.add_argument(
        "directories",
        metavar="DIR=SHA256",
        nargs="*",
        help="a deployment directory more, relative to the volume, and the SHA-256 of its SHA256SUMS: not loaded",
    )
    _volume(parser)
    _directory(
        parser,
        "--output-dir",
        metavar="DIR",
        default="models",
        help="folder to look in, relative to the volume (models)",
    )
    _output(parser)
    _mismatch(parser)


def completion(parser: argparse.ArgumentParser) -> None:
    """`completion`."""
    parser.add_argument("shell", choices=SHELLS, help="shell to print the script for")
