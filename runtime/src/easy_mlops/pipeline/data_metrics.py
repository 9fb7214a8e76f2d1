"""What a batch of rows is like, next to those that the model was trained on: the metrics of the layer `data`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pandas as pd

from easy_mlops.config.observability import CHANCE_METRICS, COLUMN_METRICS, ObservabilitySection, Rule
from easy_mlops.monitoring.binning import Binning
from easy_mlops.monitoring.chance import against_chance
from easy_mlops.monitoring.drift import BY_COLUMN, ColumnValue, Drift, by_column
from easy_mlops.monitoring.reference import references
from easy_mlops.observability import log_metric
from easy_mlops.observability.notebook import METRICS_FILE
from easy_mlops.preprocessing import DataPreprocessor
from easy_mlops.preprocessing.conformity import mismatches

_NAMED: Final = 5


@dataclass(frozen=True)
class DataMetric:
    """A value and what goes beside it into `context`: `n` rows, the `column`."""

    name: str
    value: float
    context: Mapping[str, Any] = field(default_factory=dict)


def measure_batch(
    frame: pd.DataFrame,
    metadata: Mapping[str, Any],
    preprocessor: DataPreprocessor | None,
    section: ObservabilitySection,
) -> list[DataMetric]:
    """`row_count` and, for a model with a reference, the other metrics of `data`, each of its worst column.

    A column that a rule names, or judges because chance explains it least, is measured, too; the worst one comes last,
    so that it is the latest of its metric.
    """
    found = [DataMetric("row_count", float(len(frame)))]
    if preprocessor is None or not len(frame):
        return found
    wrong = mismatches(preprocessor.columns_, frame)
    context = {"n": len(frame), **({"column": wrong[0], "columns": wrong[:_NAMED]} if wrong else {})}
    found.append(DataMetric("schema_hash_mismatch", float(bool(wrong)), context))
    drift = _drift(frame, metadata, preprocessor)
    by_metric = _by_column(drift)
    for metric in COLUMN_METRICS:
        rules = [rule for name, rule in section.rules.items() if (rule.metric or name) == metric]
        named = {rule.column or _least_by_chance(rule, drift) for rule in rules}
        values = by_metric.get(metric, [])
        chosen = [item for item in values[1:] if item.column in named] + values[:1]
        found += [
            DataMetric(metric, item.value, _context(metric, item, drift)) for item in chosen if item.value is not None
        ]
    return found


def log_batch(found: Sequence[DataMetric], logs: Path, version: str) -> None:
    """Append the metrics to a deployment's `metrics.csv`."""
    for item in found:
        log_metric(
            item.name,
            item.value,
            layer="data",
            model_version=version,
            window="batch",
            path=logs / METRICS_FILE,
            **item.context,
        )


def _context(metric: str, item: ColumnValue, drift: Drift) -> dict[str, Any]:
    """What goes beside the value of a column; of psi also what tells how large it is by chance."""
    reference = drift.reference.get(item.column, ())
    by_chance = {"bins": len(reference), "reference": sum(reference)} if metric in CHANCE_METRICS else {}
    return {"column": item.column, "n": item.samples, **by_chance}


def _least_by_chance(rule: Rule, drift: Drift) -> str | None:
    """The column that a rule with `from_reference` judges."""
    if rule.from_reference is None:
        return None
    return next((item.column for item in against_chance(drift, rule.from_reference.alpha)), None)


def _drift(frame: pd.DataFrame, metadata: Mapping[str, Any], preprocessor: DataPreprocessor) -> Drift:
    """The batch counted by the bins of the reference."""
    cells = preprocessor.read(frame)
    numbers, texts = iter(cells.numbers.T), iter(cells.texts.T)
    columns = [next(texts) if column.text else next(numbers) for column in preprocessor.columns_]
    binning = Binning(preprocessor.feature_names_in_, references(metadata))
    rows = list(zip(*(values.tolist() for values in columns), strict=True))
    return Drift({item.name: item.counts for item in binning.references}, binning.by_column(binning.count(rows)))


def _by_column(drift: Drift) -> dict[str, list[ColumnValue]]:
    """Metrics of the batch by column, the worst first."""
    found = {metric: by_column(metric, drift) for metric in BY_COLUMN}
    found["null_rate"] = sorted(_null_rates(drift), key=lambda item: -(item.value or 0.0))
    return found


def _null_rates(drift: Drift) -> Iterator[ColumnValue]:
    for column, counts in drift.counts.items():
        yield ColumnValue(column, counts.bins[-1] / counts.rows if counts.rows else None, counts.rows)
