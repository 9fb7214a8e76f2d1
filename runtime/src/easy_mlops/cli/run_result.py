"""The end of a command whose result is that of a run: for the operator, for programs and for people."""

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
    """Leave the result where the operator finds it, print it, and give the exit code; its directory lies in `root`."""
    write_termination_message(result.encode())
    place = os.path.normpath(root / result.directory) if result.directory else ""
    show(arguments.output, {**asdict(result), "directory": place}, _lines(result, place))
    if result.failure is None:
        return EXIT_OK
    told = f"{result.failure.reason}: {result.failure.location}: {result.failure.message}"
    print(f"make-mlops-easy {arguments.command}: {told}", file=sys.stderr)
    return EXIT_TRANSIENT if result.failure.reason == "VolumeUnavailable" else EXIT_FAILED


def _lines(result: RunResult, place: str) -> Iterator[str]:
    if result.ok:
        yield f"directory {place}"
        yield f"digest    {result.digest}"
        yield f"model     {result.model_type}, version {result.model_version}"
        yield from metric_lines(result.metrics)
