"""Arguments and options of each command; imports little, since every call of the command line loads this module."""

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
    parser.add_argument(
        "--output", choices=("text", "json"), default="text", help="format of the result (default: text)"
    )


def _volume(parser: argparse.ArgumentParser) -> None:
    _directory(parser, "--volume", metavar="DIR", default=".", help="root of the directories (default: .)")


def _plugin(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--plugin",
        metavar="MODULE[:CLASS]",
        action="append",
        default=[],
        help="import your own module that registers steps, or register one class of it; may be repeated",
    )


def _unverified(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--allow-unverified",
        action="store_true",
        help="load a directory without SHA256SUMS (made by release 0.4); loading executes code",
    )


def _mismatch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--allow-version-mismatch",
        action="store_true",
        help="load a model made with another minor version of scikit-learn; predictions may differ",
    )


def _deployment(parser: argparse.ArgumentParser) -> None:
    _directory(parser, "directory", metavar="DIR", help="deployment directory")
    _config(parser, "the directory's own config.yaml")


def _rows(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of rows (1 or more)")
    return int(text)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > MAX_PORT:  # uvloop takes it modulo 65536
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (0 to {MAX_PORT})")
    return int(text)


def train(parser: argparse.ArgumentParser) -> None:
    """`train`."""
    _file(parser, "data", metavar="DATA", help="CSV or Parquet file")
    parser.add_argument("-t", "--target", metavar="COL", help="column to predict (default: the last one)")
    _config(parser, "built-in defaults")
    parser.add_argument("--no-deploy", action="store_true", help="train only; write no deployment directory")
    _output(parser)
    _plugin(parser)


def predict(parser: argparse.ArgumentParser) -> None:
    """`predict`."""
    _file(parser, "data", metavar="DATA", help="CSV or Parquet file with the rows to score")
    _deployment(parser)
    _file(
        parser,
        "-o",
        "--to",
        metavar="FILE",
        help="write the rows and their predictions to this .csv or .parquet file, or the predictions to a .json file",
    )
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
        help="exit with 1 if a rule fires and is not suppressed",
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
        help="format of the report (default: by the extension of FILE, .md or .html, else text)",
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
    _file(
        parser,
        "-o",
        "--to",
        metavar="FILE",
        default="mlops-config.yaml",
        help="file to write (default: mlops-config.yaml)",
    )
    parser.add_argument("--force", action="store_true", help="overwrite existing files")
    _output(parser)


def run(parser: argparse.ArgumentParser) -> None:
    """`run`."""
    _file(parser, "-f", "--file", metavar="FILE", required=True, help="modeldeployment.yaml or config.yaml")
    parser.add_argument(
        "--check",
        action="store_true",
        help="check the file without running it; a ModelDeployment is checked for a cluster",
    )
    _directory(parser, "--volume", metavar="DIR", help="root of output_dir (default: the working directory)")
    parser.add_argument("--run-id", metavar="ID", help="ID of the run; a retry with the same ID reuses its directory")
    _output(parser)
    _plugin(parser)
    _directory(
        parser,
        "--plugin-path",
        metavar="DIR",
        action="append",
        default=[],
        help="directory with the plugin modules that the file names (default: that of the file); may be repeated",
    )


def publish(parser: argparse.ArgumentParser) -> None:
    """`publish`."""
    _file(parser, "model", metavar="MODEL", help="joblib or pickle file with a fitted estimator or pipeline")
    _file(parser, "--sample", metavar="ROWS", required=True, help="CSV or Parquet file with sample input rows")
    _directory(parser, "-o", "--to", metavar="DIR", help="parent of the new deployment directory (default: ./models)")
    parser.add_argument("--sha256", metavar="SHA256", help="refuse the model file unless it has this SHA-256")
    _config(parser, "built-in defaults")
    _output(parser)
    _mismatch(parser)
    _plugin(parser)


def serve(parser: argparse.ArgumentParser) -> None:
    """`serve`."""
    _directory(parser, "directory", metavar="DIR", help="deployment directory")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument(
        "--port", type=_port, default=8080, help="port to listen on; 0 picks a free one (default: 8080)"
    )
    parser.add_argument(
        "--digest", metavar="SHA256", help="refuse the directory unless its SHA256SUMS has this SHA-256"
    )
    parser.add_argument("--name", default="model", help="name of the model in paths and responses (default: model)")
    parser.add_argument(
        "--log-predictions",
        choices=("on", "off"),
        help="whether to log predictions (default: as in the directory's config.yaml)",
    )
    _unverified(parser)
    _mismatch(parser)
    _plugin(parser)


def score(parser: argparse.ArgumentParser) -> None:
    """`score`."""
    parser.add_argument("url", metavar="URL", help="address of the server, such as http://127.0.0.1:8080")
    _file(parser, "data", metavar="DATA", help="CSV or Parquet file with the rows to score")
    _file(parser, "-o", "--to", metavar="FILE", help="write the rows and their predictions to this CSV file")
    parser.add_argument("--batch", type=_rows, default=1000, metavar="ROWS", help="rows per request (default: 1000)")
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
    parser.add_argument("model", metavar="MODEL", help="name of the ModelDeployment")
    parser.add_argument(
        "directories",
        metavar="DIR=SHA256",
        nargs="*",
        help="another deployment directory, relative to the volume, and the SHA-256 of its SHA256SUMS; verified only",
    )
    _volume(parser)
    _directory(
        parser,
        "--output-dir",
        metavar="DIR",
        default="models",
        help="directory to search, relative to the volume (default: models)",
    )
    _output(parser)
    _mismatch(parser)


def completion(parser: argparse.ArgumentParser) -> None:
    """`completion`."""
    parser.add_argument("shell", choices=SHELLS, help="shell to print the script for")
