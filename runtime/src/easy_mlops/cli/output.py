"""What commands print: results on stdout, progress on stderr, and errors that name what is wrong."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from easy_mlops.contract import StepReport

SIGNS = {"Succeeded": "✓", "Failed": "✗", "Skipped": "–"}


class UserError(RuntimeError):
    """Something that the user can put right; the message says what."""


def show_step(step: StepReport) -> None:
    """A line for a step that has ended."""
    line = f"{SIGNS[step.state]} {step.name:<20} {step.seconds:8.2f} s  {step.message}".rstrip()
    print(line, file=sys.stderr, flush=True)


def write_page(text: str, file: str | None, what: str) -> None:
    """Write a text for people to a file, or without one to stdout. Raises `UserError` when it cannot be written."""
    if not file:
        print(text)
        return
    try:
        Path(file).write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{file} cannot be written: {error.strerror}") from error
    print(f"{what} in {file}")


def show_json(value: Any) -> None:
    """Strict JSON on stdout, for machines."""
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False, default=str))


def show_metrics(metrics: Mapping[str, float]) -> None:
    """A line a metric, four decimals."""
    for name, value in metrics.items():
        print(f"  {name:<16} {value:.4f}")
