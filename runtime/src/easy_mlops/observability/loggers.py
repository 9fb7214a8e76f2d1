"""The built-in steps that store metrics and predictions."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

from easy_mlops.config.observability import LoggerParams
from easy_mlops.observability.entries import check_json, metrics_entry, number, prediction_entry, scalar
from easy_mlops.observability.journal import Entry, Journal
from easy_mlops.observability.steps import ObservabilityStep


class MetricsLoggerStep(ObservabilityStep):
    """Store all logged metrics: segments in `metrics/`, the newest entries in `metrics_history.json`.

    Parameters
    ----------
    **params : object
        `export_limit` (int, default 1000), the number of entries in the JSON export; `enabled` (bool, default True).

    Raises
    ------
    ConfigError
        If a parameter is not valid.

    Examples
    --------
    >>> from easy_mlops.observability import MetricsLoggerStep
    >>> step = MetricsLoggerStep(export_limit=10)
    >>> step.get_metrics_summary()
    {'message': 'No metrics logged yet'}
    """

    name: ClassVar[str] = "metrics_logger"
    params_model = LoggerParams

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        limit = LoggerParams.parse(params, self.name).export_limit
        self._journal = Journal("metrics", "metrics_history.json", metrics_entry, limit)

    @property
    def history(self) -> list[Entry]:
        """All entries, oldest first, as a new list."""
        return list(self.entries())

    def entries(self) -> Iterator[Entry]:
        """All entries, oldest first, read one by one.

        Yields
        ------
        Entry
        """
        return iter(self._journal)

    def on_log_metrics(self, metrics: Mapping[str, Any], model_version: str) -> None:
        """Log the metrics.

        Parameters
        ----------
        metrics : mapping
            Values by name.
        model_version : str
            Version of the model that they are about.

        Raises
        ------
        TypeError
            If they cannot be encoded as JSON.
        """
        check_json(metrics, "metrics")
        self._journal.log(model_version=model_version, metrics=dict(metrics))

    def get_metrics_summary(self) -> dict[str, Any]:
        """Summarize the logged metrics.

        Returns
        -------
        dict
            `latest_metrics` (the last entry), `total_logs`, `first_log`, `last_log`; `trends` of two or more entries.
        """
        first, last, total = self._journal.first(), self._journal.last(1), len(self._journal)
        if first is None:
            return {"message": "No metrics logged yet"}
        summary = {
            "latest_metrics": last[0],
            "total_logs": total,
            "first_log": first["timestamp"],
            "last_log": last[0]["timestamp"],
        }
        if total > 1:
            summary["trends"] = _trends(self.entries())
        return summary

    def save(self, output_dir: Path) -> dict[str, str]:
        """Append new entries to a directory.

        Parameters
        ----------
        output_dir : Path
            The log directory.

        Returns
        -------
        dict of str to str
            Path of the export, by kind of log.
        """
        return {"metrics": str(self._journal.save(output_dir))}

    def load(self, log_dir: Path) -> None:
        """Continue with the entries of a directory.

        Parameters
        ----------
        log_dir : Path
            The log directory.
        """
        self._journal.load(log_dir)


class PredictionsLoggerStep(ObservabilityStep):
    """Store all predictions, without their input: segments in `predictions/`, the newest in `predictions_log.json`.

    Parameters
    ----------
    **params : object
        `export_limit` (int, default 1000), the number of entries in the JSON export; `enabled` (bool, default True).

    Raises
    ------
    ConfigError
        If a parameter is not valid.

    Examples
    --------
    >>> from easy_mlops.observability import PredictionsLoggerStep
    >>> step = PredictionsLoggerStep(export_limit=10)
    >>> step.get_predictions_summary()
    {'message': 'No predictions logged yet'}
    """

    name: ClassVar[str] = "predictions_logger"
    params_model = LoggerParams

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        limit = LoggerParams.parse(params, self.name).export_limit
        self._journal = Journal("predictions", "predictions_log.json", prediction_entry, limit)

    @property
    def log(self) -> list[Entry]:
        """All entries, oldest first, as a new list."""
        return list(self._journal)

    def on_log_prediction(
        self, input_data: Any, prediction: Any, model_version: str, metadata: Mapping[str, Any] | None = None
    ) -> None:
        """Log the prediction.

        Parameters
        ----------
        input_data : object
            The rows: a table, an array, a mapping or anything else.
        prediction : object
            What the model predicted.
        model_version : str
            Version of the model.
        metadata : mapping, optional
            Anything that can be encoded as JSON.

        Raises
        ------
        TypeError
            If `metadata` cannot be encoded as JSON.
        """
        check_json(metadata, "metadata")
        self._journal.log(model_version=model_version, prediction=scalar(prediction), metadata=dict(metadata or {}))

    def get_predictions_summary(self) -> dict[str, Any]:
        """Summarize the logged predictions.

        Returns
        -------
        dict
            `total_predictions`, the times of `first_prediction` and `last_prediction`, `recent_predictions` (five).
        """
        first, recent = self._journal.first(), self._journal.last(5)
        if first is None:
            return {"message": "No predictions logged yet"}
        return {
            "total_predictions": len(self._journal),
            "first_prediction": first["timestamp"],
            "last_prediction": recent[-1]["timestamp"],
            "recent_predictions": recent,
        }

    def save(self, output_dir: Path) -> dict[str, str]:
        """Append new entries to a directory.

        Parameters
        ----------
        output_dir : Path
            The log directory.

        Returns
        -------
        dict of str to str
            Path of the export, by kind of log.
        """
        return {"predictions": str(self._journal.save(output_dir))}

    def load(self, log_dir: Path) -> None:
        """Continue with the entries of a directory.

        Parameters
        ----------
        log_dir : Path
            The log directory.
        """
        self._journal.load(log_dir)


def _trends(history: Iterable[Entry]) -> dict[str, dict[str, float]]:
    """Mean, population standard deviation, minimum and maximum of each metric over the entries that have it."""
    values: dict[str, array[float]] = {}
    for entry in history:
        for name, raw in entry["metrics"].items():
            if (value := number(raw)) is not None:
                values.setdefault(name, array("d")).append(value)
    return {name: _trend(series) for name, series in values.items()}


_SQUARABLE: Final = 1e150
"""The square of a larger number may be infinite."""


def _trend(series: Sequence[float]) -> dict[str, float]:
    low, high = min(series), max(series)
    largest = max(abs(low), abs(high))
    unit = largest if largest > _SQUARABLE else 1.0
    mean = math.fsum(value / unit for value in series) / len(series)
    std = math.sqrt(math.fsum((value / unit - mean) ** 2 for value in series) / len(series))
    return {"mean": mean * unit, "std": std * unit, "min": low, "max": high}
