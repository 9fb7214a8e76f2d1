"""The two source documents of this project, when they are there: beside the checkout, or at $EASY_MLOPS_SEEDS."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("EASY_MLOPS_SEEDS") or Path(__file__).resolve().parents[3] / "shared" / "seeds")
GUIDE = FOLDER / "deployment-observability.md"
NOTEBOOK = FOLDER / "stage14-deployment-monitoring.md"

there = pytest.mark.skipif(not GUIDE.exists(), reason=f"the source documents are not in {FOLDER}")


def cells_of(notebook: str) -> list[str]:
    """The code cells of a notebook that was exported as text."""
    return [cell.strip() + "\n" for cell in re.findall(r"^In \[None\]:\n(.*?)(?=^## |\Z)", notebook, re.M | re.S)]
