"""Reports the result of a run: to the operator, to programs and to people."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from easy_mlops.cli.output import metric_lines, show
from easy_mlops.contract import EXIT_FAILED, EXIT_OK, EXIT_TRANSIENT, RunResult
from easy_mlops.termination import write_termination_message


def report_result(result: RunResult, arguments: argparse.Namespace, root: Path) -> int:
    """Write the termination message, print the result and return the exit code.

    `root` is the folder that the directory of the result is relative to.
    """
    write_termination_message(result.encode())
    place = os.path.normpath(root / result.directory) if result.directory else ""
    show(arguments.output, {**asdict(result), "directory": place}, _lines(result, place))
    if result.failure is None:
        return EXIT_OK
    message = f"{result.failure.reason}: {result.failure.location}: {result.failure.message}"
    print(f"make-mlops-easy {arguments.command}: {message}", file=sys.stderr)
    return EXIT_TRANSIENT if result.failure.reason == "VolumeUnavailable" else EXIT_FAILED


def _lines(result: RunResult, place: str) -> Iterator[str]:
    if result.ok:
        yield f"directory {place}"
        yield f"digest    {result.digest}"
        yield f"model     {result.model_type}, version {result.model_version}"
        yield from metric_lines(result.metrics)
