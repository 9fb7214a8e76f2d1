"""A rule and a figure make one verdict, whoever asks: the library's `ModelMonitor` or the operator."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from easy_mlops.config.observability import ObservabilitySection
from easy_mlops.config.policy import policy_of
from easy_mlops.monitoring import bins
from easy_mlops.monitoring.bins import ColumnCounts
from easy_mlops.monitoring.figures import LIVE, live_figure
from easy_mlops.monitoring.summary import Summary
from easy_mlops.observability import ModelMonitor, log_metric
from easy_mlops.observability.evaluation import evaluate as evaluate_on_a_laptop
from easy_mlops.observability.measurements import Measurement, latest, read_measurements
from easy_mlops.rules import metrics
from easy_mlops.rules.judge import Verdict
from easy_mlops.rules.metrics import METRICS, Metric
from easy_mlops.rules.rule import EffectiveRule
from easy_mlops_operator.api.status import Evaluation
from easy_mlops_operator.reconcile.conditions.evaluations import evaluate
from easy_mlops_operator.reconcile.live import LiveFigures
from hypothesis import example, given
from hypothesis import strategies as st
from summaries import summary

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
NOBODY = LiveFigures(explanation="cannot be collected: no scoring pod is ready")
NUMBERS = st.floats() | st.sampled_from([0.95, 0.9499999, 0.9500001, 0.95000000000001, 1e-300, -0.0])
LIMITS = st.floats(-1e9, 1e9) | st.sampled_from([0.95, 0.9500000001, 0.0])
NIGHTS = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from(["load", "backup"]), "start": st.just("02:00"), "end": st.just("11:00")},
        optional={"rules": st.lists(st.sampled_from(["r", "other"]), max_size=1), "days": st.just(["tue"])},
    ),
    max_size=2,
)


@st.composite
def rules(draw: st.DrawFn, metric: st.SearchStrategy[str]) -> dict[str, Any]:
    """A rule of any form on one of the metrics."""
    limit = draw(
        st.fixed_dictionaries({"op": st.sampled_from([">", ">=", "<", "<=", "==", "!="]), "value": LIMITS})
        | st.tuples(LIMITS, LIMITS).map(lambda ends: {"op": "outside", "low": min(ends), "high": max(ends)})
        | st.fixed_dictionaries({"op": st.sampled_from([">", "<="]), "ratio_to_reference": st.floats(0.01, 100)})
    )
    more = {
        "no_data": draw(st.sampled_from(["unknown", "ok", "alert"])),
        "severity": draw(st.sampled_from(["info", "warning", "critical"])),
        "min_samples": draw(st.integers(1, 200)),
    }
    return {"metric": draw(metric), **limit, **more}


def outcome(found: Verdict | Evaluation) -> tuple[Any, ...]:
    """What a verdict says, in the form that both have."""
    suppressed = (bool(found.suppressed), found.suppressed_by or "", found.suppressed_until or "")
    return (found.name, found.layer, found.state, found.severity, found.source, found.message[:256], *suppressed)


def agree(laptop: Verdict, cluster: Evaluation) -> None:
    assert outcome(laptop) == outcome(cluster)
    low, high = (None if text is None else float(text) for text in (cluster.low, cluster.high))
    assert (laptop.low, laptop.high, laptop.threshold_text) == (low, high, cluster.threshold or "")
    if laptop.state != "NoData" and not laptop.reason:
        assert laptop.value_text == cluster.value


def in_cluster(section: Mapping[str, Any], held_out: Mapping[str, float], live: LiveFigures, now: datetime) -> Any:
    found = evaluate(ObservabilitySection.parse(section), held_out, live, previous=(), now=now)
    return next(item for item in found if item.name == "r")


@given(
    rule=rules(st.sampled_from(["accuracy", "rmse", "revenue_per_decision", "churn"])),
    value=NUMBERS,
    windows=NIGHTS,
    hours=st.integers(0, 200),
)
@example({"metric": "accuracy", "op": "<", "value": 0.95}, 0.9499999, [], 0)
@example({"metric": "accuracy", "op": "<=", "value": 0.95}, 0.9500001, [], 0)
@example({"metric": "revenue_per_decision", "op": "<", "value": 0.95}, 0.9, [], 0)
@example({"metric": "accuracy", "op": "<", "value": 0.95, "no_data": "ok"}, float("nan"), [], 0)
def test_of_a_held_out_metric_library_and_operator_say_the_same(
    rule: dict[str, Any], value: float, windows: list[dict[str, Any]], hours: int
) -> None:
    section = {"rules": {"r": rule}, "runbook": {"suppression_windows": windows}}
    now = NOW + timedelta(hours=hours)
    held_out = {rule["metric"]: value}
    parsed = ObservabilitySection.parse(section)
    found = evaluate_on_a_laptop(parsed, {"metrics": held_out}, reference=held_out, now=now)
    agree(next(item for item in found if item.name == "r"), in_cluster(section, held_out, NOBODY, now))

    monitor = ModelMonitor(section, reference=held_out)
    monitor.log_metrics(held_out)
    reported = next(item for item in monitor.evaluations() if item.name == "r")
    cluster = in_cluster(section, held_out, NOBODY, datetime.now(UTC))
    assert (reported.state, reported.message) == (cluster.state, cluster.message)


@given(value=NUMBERS)
def test_of_a_metric_without_a_rule_library_and_operator_say_the_same(value: float) -> None:
    (found,) = evaluate_on_a_laptop(ObservabilitySection.parse({}), {"metrics": {"cv_std": value}}, now=NOW)
    (cluster,) = evaluate(ObservabilitySection.parse({}), {"cv_std": value}, NOBODY, previous=(), now=NOW)
    assert (found.state, found.message, found.value_text) == (cluster.state, cluster.message, cluster.value or "")


@st.composite
def pods(draw: st.DrawFn) -> Summary:
    """What the pods of a model with two columns have counted."""
    rows = draw(st.integers(0, 300))
    missing, upper = draw(st.integers(0, rows)), draw(st.integers(0, rows))
    latencies = draw(st.lists(st.floats(0.01, 5000), max_size=5))
    pod = summary("d", requests=rows, errors=draw(st.integers(0, rows)), nulls={"a": missing, "b": 0},
                  latencies=latencies)  # fmt: skip
    pod.reference = {"a": (40, 60, 0), "b": (500, 500, 0)}
    for window in pod.windows.values():
        window.drift = {
            "a": ColumnCounts([rows - missing, 0, missing], shift=0.3 * (rows - missing)),
            "b": ColumnCounts([rows - upper, upper, 0], unseen=upper),
        }
    return pod


def logged(figure: Any, metric: str, folder: Path) -> None:
    """The figure as a row of `metrics.csv`, as `predict` writes it."""
    context = {"n": figure.samples, "column": figure.column, "bins": figure.bins, "reference": figure.reference_rows}
    log_metric(
        metric,
        figure.value,
        layer=METRICS[metric].layer,
        window=figure.window,
        path=folder / "metrics.csv",
        **{name: value for name, value in context.items() if value is not None},
    )


@given(
    rule=rules(st.sampled_from(sorted(LIVE))) | st.just({"metric": "psi", "from_reference": {"alpha": 0.01}}),
    column=st.sampled_from([None, "a"]),
    window=st.sampled_from(["1m", "5m", "1h"]),
    pod=pods(),
)  # fmt: skip
def test_of_a_live_figure_library_and_operator_say_the_same(
    rule: dict[str, Any], column: str | None, window: str, pod: Summary
) -> None:
    of_column = {"column": column} if column and METRICS[rule["metric"]].by_column else {}
    section = {"rules": {"r": {**rule, **of_column, "window": window}}}
    cluster = in_cluster(section, {}, LiveFigures(pod), NOW)
    (judged,) = (item for item in _effective(section) if item.name == "r")
    figure = live_figure(pod, judged)
    if figure.value is None:
        return  # nobody logs what has no value
    with TemporaryDirectory() as folder:
        logged(figure, rule["metric"], Path(folder))
        measured = latest(read_measurements(Path(folder)))
    found = evaluate_on_a_laptop(ObservabilitySection.parse(section), {}, measured, now=NOW)
    agree(next(item for item in found if item.name == "r"), cluster)


@given(counts=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900)), min_size=1, max_size=4))
def test_keep_last_is_the_same_verdict_for_library_and_operator(counts: list[tuple[int, int]]) -> None:
    """Of several collections, the last one with 500 rows or more decides: its value, state and message."""
    rule = {"metric": "psi", "column": "a", "op": ">", "value": 0.1, "no_data": "keep_last"}
    section = {"rules": {"r": rule}}
    (judged,) = _effective(section)
    kept: tuple[Evaluation, ...] = ()
    earlier = []
    for rows, missing in counts:
        pod = summary("d", rows=rows)
        pod.reference = {"a": (400, 600, 50)}
        for window in pod.windows.values():
            window.drift = {"a": ColumnCounts([rows // 2, rows - rows // 2, missing])}
        kept = evaluate(ObservabilitySection.parse(section), {}, LiveFigures(pod), previous=kept, now=NOW)
        earlier.append(("psi", live_figure(pod, judged)))
    figure = earlier[-1][1]
    measured = Measurement(NOW, "psi", figure.value, "data", "1", "5m", "a", figure.samples)
    if figure.value is None:
        return  # nobody logs what has no value
    found = evaluate_on_a_laptop(
        ObservabilitySection.parse(section), {}, {("psi", "a"): measured}, earlier=earlier, now=NOW
    )
    agree(next(item for item in found if item.name == "r"), kept[0])


def _effective(section: Mapping[str, Any]) -> list[EffectiveRule]:
    rules = policy_of(ObservabilitySection.parse(section)).effective_rules()
    return [rule for rule in rules if isinstance(rule, EffectiveRule)]


def test_a_metric_is_one_row_and_its_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    """An invented metric: the largest share of rows that fall into one bin."""
    row = Metric("largest_bin", "business", "lower", min_samples=10, by_column=True)
    monkeypatch.setattr(metrics, "METRICS", {**METRICS, row.name: row})
    formula = {"largest_bin": lambda reference, counts: (max(counts.bins) / counts.rows, counts.rows)}
    monkeypatch.setattr(bins, "BY_COLUMN", {**bins.BY_COLUMN, **formula})

    drift = bins.Drift({"a": (5, 5)}, {"a": ColumnCounts([18, 2])})
    (figure,) = bins.by_column("largest_bin", drift)
    assert (figure.value, figure.samples, figure.column) == (0.9, 20, "a")
    measured = Measurement(NOW, "largest_bin", figure.value, "data", "1", "batch", "a", figure.samples)
    section = ObservabilitySection.parse({"metric_thresholds": {"largest_bin": 0.5}})
    (found,) = evaluate_on_a_laptop(section, {}, {("largest_bin", None): measured}, now=NOW)
    assert (found.state, found.layer, found.op) == ("Firing", "business", ">")
    few = Measurement(NOW, "largest_bin", figure.value, "data", "1", "batch", "a", 9)
    (found,) = evaluate_on_a_laptop(section, {}, {("largest_bin", None): few}, now=NOW)
    assert (found.state, found.reason) == ("NoData", "TooFewSamples")
