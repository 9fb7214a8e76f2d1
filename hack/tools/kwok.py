"""kwok, which simulates nodes and their pods.

PYTHONPATH=hack python -m tools.kwok      builds it if necessary
"""

from __future__ import annotations

from pathlib import Path

from tools.programs import KWOK, programs


def kwok() -> Path:
    """Path of the binary."""
    return programs(KWOK) / "kwok"


if __name__ == "__main__":
    kwok()
