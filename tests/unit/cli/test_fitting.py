"""Lines are wrapped on a terminal only."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest
from command_line import PROGRAM, environment, read_terminal
from easy_mlops.cli.output import fitted

WIDTH = 50


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("short", "short"),
        ("  OK       accuracy   0.9", "  OK       accuracy   0.9"),
        ("  OK       accuracy             0.9123  within 0.8 of", "  OK       accuracy\n      0.9123  within 0.8 of"),
        ("see /a/path/that/is/longer/than/the/terminal", "see\n    /a/path/that/is/longer/than/the/terminal"),
        (
            "# a page\nwith lines of its own, however long they are",
            "# a page\nwith lines of its own, however long they are",
        ),
    ],
)
def test_a_long_line_is_wrapped_with_an_indent(line: str, shown: str) -> None:
    assert fitted(line, 30) == shown


def test_status_fits_a_narrow_terminal(customers: Path) -> None:
    ours, its = pty.openpty()
    narrow = environment() | {"COLUMNS": str(WIDTH)}
    with subprocess.Popen([PROGRAM, "status", "models/deployment_1"], cwd=customers, env=narrow, stdout=its):
        os.close(its)
        lines = read_terminal(ours).splitlines()
    assert lines[0].startswith("model       logistic_regression")
    assert max(len(line) for line in lines) <= WIDTH
