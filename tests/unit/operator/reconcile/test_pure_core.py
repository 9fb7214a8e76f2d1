"""The core is pure: importing it brings no client, no event loop and no learning stack, and it never asks the time."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import easy_mlops_operator.reconcile
import pytest

PACKAGE = Path(easy_mlops_operator.reconcile.__file__).parents[1]
FILES = sorted(file for part in ("api", "builders", "rules", "reconcile") for file in (PACKAGE / part).glob("*.py"))
HEAVY = ["kopf", "kubernetes", "aiohttp", "asyncio", "numpy", "pandas", "sklearn", "joblib", "pyarrow", "scipy"]


def test_importing_the_core_imports_nothing_that_does_io_or_learns() -> None:
    script = f"import sys, easy_mlops_operator.reconcile; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_no_file_asks_for_the_time_or_for_chance(file: Path) -> None:
    names = {node.attr for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Attribute)}
    assert not names & {"now", "utcnow", "today", "monotonic", "random", "uuid4", "environ"} - {"now"}
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in {"now", "utcnow", "today"}
