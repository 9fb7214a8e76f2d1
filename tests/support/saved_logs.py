"""What tests of saved logs have in common: a monitor with predictions, and what a directory holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from easy_mlops.observability import ModelMonitor


def monitor_with(numbers: range) -> ModelMonitor:
    """A monitor that has logged each number as a prediction."""
    monitor = ModelMonitor()
    for number in numbers:
        monitor.log_prediction({}, number)
    return monitor


def saved(directory: Path) -> list[Any]:
    """The predictions of a log directory, oldest first."""
    monitor = ModelMonitor()
    monitor.load_logs(directory)
    return [entry["prediction"] for entry in monitor.predictions_log]


def export(directory: Path, name: str = "predictions_log.json") -> list[dict[str, Any]]:
    """The entries of a JSON export."""
    found = json.loads((directory / name).read_text())
    assert isinstance(found, list)
    return found
