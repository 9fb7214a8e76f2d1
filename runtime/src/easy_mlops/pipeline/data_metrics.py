"""Metrics of the layer `data`: a batch of rows compared with the rows that the model was trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from easy_mlops.config.observability import ObservabilitySection, Rule
from easy_mlops.monitoring.binning import Binning
from easy_mlops.monitoring.bins import BY_COLUMN, Drift, by_column, null_rates, references
from easy_mlops.observability import log_metric
from easy_mlops.observability.notebook import METRICS_FILE
from easy_mlops.preprocessing import DataPreprocessor
from easy_mlops.preprocessing.conformity import mismatches
from easy_mlops.rules.chance import farthest_beyond_chance
from easy_mlops.rules.figure import Figure
from easy_mlops.rules.metrics import COLUMN_METRICS, METRICS

_NAMED: Final = 5


@dataclass(frozen=True)
class DataMetric:
    """A value and its `context`: the number of rows `n`, the `column`."""

    name: str
    value: float
    context: Mapping[str, Any] = field(default_factory=dict)


def measure_batch(
    frame: pd.DataFrame,
    metadata: Mapping[str, Any],
    preprocessor: DataPreprocessor | None,
    section: ObservabilitySection,
) -> list[DataMetric]:
    """Compute `row_count` and, for a model with a reference, the other metrics of the layer `data`.

    Each has the value of its worst column, and of the columns that rules are about: one that a rule names, or the one
    farthest beyond chance for a rule with `from_reference`. The worst column comes last, so it is the latest value.
    """
    metrics = [DataMetric("row_count", float(len(frame)))]
    if preprocessor is None or not len(frame):
        return metrics
    differing = mismatches(preprocessor.columns_, frame)
    context = {"n": len(frame), **({"column": differing[0], "columns": differing[:_NAMED]} if differing else {})}
    metrics.append(DataMetric("schema_hash_mismatch", float(bool(differing)), context))
    by_metric = _by_column(frame, metadata, preprocessor)
    for metric in COLUMN_METRICS:
        rules = [rule for name, rule in section.rules.items() if (rule.metric or name) == metric]
        values = by_metric.get(metric, [])
        named = {rule.column or _least_by_chance(rule, values) for rule in rules}
        chosen = [item for item in values[1:] if item.column in named] + values[:1]
        metrics += [DataMetric(metric, item.value, _context(metric, item)) for item in chosen if item.value is not None]
    return metrics


def log_batch(metrics: Sequence[DataMetric], logs: Path, version: str) -> None:
    """Append the metrics to a deployment's `metrics.csv`."""
    for item in metrics:
        log_metric(
            item.name,
            item.value,
            layer="data",
            model_version=version,
            window="batch",
            path=logs / METRICS_FILE,
            **item.context,
        )


def _context(metric: str, item: Figure) -> dict[str, Any]:
    """What goes beside the value of a column; of psi also what its limit by chance follows from."""
    by_chance = {"bins": item.bins, "reference": item.reference_rows} if METRICS[metric].by_chance else {}
    return {"column": item.column, "n": item.samples, **by_chance}


def _least_by_chance(rule: Rule, values: Sequence[Figure]) -> str | None:
    """The column that a rule with `from_reference` judges."""
    if rule.from_reference is None or not values:
        return None
    return farthest_beyond_chance(values, rule.from_reference.alpha)[0].column


def _by_column(
    frame: pd.DataFrame, metadata: Mapping[str, Any], preprocessor: DataPreprocessor
) -> dict[str, list[Figure]]:
    """Metrics of the batch by column, the worst first: against the bins of the reference, and missing values."""
    absent = [name for name in preprocessor.feature_names_in_ if name not in frame.columns]
    cells = preprocessor.read(frame.assign(**dict.fromkeys(absent, np.nan)))
    numbers, texts = iter(cells.numbers.T), iter(cells.texts.T)
    columns = [(next(texts) if column.text else next(numbers)).tolist() for column in preprocessor.columns_]
    binning = Binning(preprocessor.feature_names_in_, references(metadata))
    reference = {item.name: item.counts for item in binning.references}
    drift = Drift(reference, binning.by_column(binning.count(list(zip(*columns, strict=True)))))
    nulls = {
        column.name: sum(value is None or value != value for value in values)
        for column, values in zip(preprocessor.columns_, columns, strict=True)
    }
    return {**{metric: by_column(metric, drift) for metric in BY_COLUMN}, "null_rate": null_rates(nulls, len(frame))}
