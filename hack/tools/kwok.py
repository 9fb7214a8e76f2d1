"""kwok, which plays nodes and the pods on them.

PYTHONPATH=hack python -m tools.kwok      builds it when it is not built yet
"""

from __future__ import annotations

from pathlib import Path

from tools.programs import KWOK, programs


def kwok() -> Path:
    """The program."""
    return programs(KWOK) / "kwok"


if __name__ == "__main__":
    kwok()
