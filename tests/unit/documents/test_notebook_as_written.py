"""The notebook's cells work as written, and log the same rows with our functions instead of the notebook's."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

from seeds import NOTEBOOK, cells_of, there

pytestmark = there
OURS = "from easy_mlops.observability import RULES, check_threshold, log_metric\n"


def run(folder: Path, cells: list[str]) -> list[list[str]]:
    """Run cells as one program; returns the metrics that they logged, without times."""
    program = folder / "notebook.py"
    folder.mkdir()
    program.write_text("\n".join(cells))
    # utcnow() is deprecated from Python 3.12 on; the notebook is older.
    command = [sys.executable, "-W", "ignore::DeprecationWarning", program.name]
    environment = {**os.environ, "EASY_MLOPS_METRICS": "tmp/stage14_demo/metrics.csv"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with (folder / "tmp/stage14_demo/metrics.csv").open(newline="") as stream:
        return [row[1:] for row in csv.reader(stream)]


def test_our_functions_log_what_the_notebooks_own_do(tmp_path: Path) -> None:
    cells = cells_of(NOTEBOOK.read_text())
    assert len(cells) == 4
    theirs = run(tmp_path / "theirs", cells)
    setup, logger, simulation, checks = cells
    smoke_test = logger[logger.index("# quick smoke test") :]
    example = checks[checks.index("# example") :]
    ours = run(tmp_path / "ours", [setup, OURS, smoke_test, simulation, example])
    assert len(theirs) == 204  # the header and 203 rows
    assert ours == theirs
