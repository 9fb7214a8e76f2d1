"""The latest metrics against their limits: what `status` lists and the report shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Final

from easy_mlops.config.observability import ObservabilitySection
from easy_mlops.config.policy import policy_of
from easy_mlops.monitoring.figures import unknown_column
from easy_mlops.observability.entries import number
from easy_mlops.observability.measurements import Key, Measurement, moment
from easy_mlops.rules.chance import farthest_beyond_chance
from easy_mlops.rules.figure import Figure, not_a_number, not_measured
from easy_mlops.rules.judge import Verdict, apply_no_data, judge, suppress, without_rule
from easy_mlops.rules.rule import EffectiveRule, NoRule

_NO_LIMIT: Final = "it has no limit"
_NOT_RETURNED: Final = frozenset({"alpha", "reason", "top", "threshold_text", "window"})
"""Fields of a verdict that `get_evaluations` does not return."""


def figure_of(item: Measurement) -> Figure:
    """What a row of `metrics.csv` gives to judge."""
    if item.value is None:
        return not_a_number(item.window)
    return Figure(
        item.value,
        samples=item.samples,
        column=item.column,
        window=item.window,
        bins=item.bins or 0,
        reference_rows=item.reference or 0,
    )


def figure_of_entry(value: Any) -> Figure:
    """What a metric of an entry gives to judge; text and None are no numbers."""
    numeric = value if isinstance(value, float) else number(value)
    return not_a_number() if numeric is None else Figure(numeric)


def to_dict(verdict: Verdict) -> dict[str, Any]:
    """A verdict as `ModelMonitor.get_evaluations` returns it."""
    return {item.name: getattr(verdict, item.name) for item in fields(Verdict) if item.name not in _NOT_RETURNED}


@dataclass(frozen=True)
class _KnownFigures:
    """Everything that can be judged: by metric and column, of the last batch, and earlier ones, oldest first."""

    values: Mapping[Key, Figure]
    batch: Sequence[Figure] = ()
    earlier: Iterable[tuple[str, Figure]] = field(default=())

    def of(self, rule: EffectiveRule) -> Figure:
        """The figure that a rule judges, or why there is none."""
        if rule.alpha is not None and rule.column is None and self.batch:
            return farthest_beyond_chance(self.batch, rule.alpha)[0]
        figure = self.values.get((rule.metric, rule.column))
        if figure is not None:
            return figure
        columns = [column for name, column in self.values if name == rule.metric and column is not None]
        if rule.column is not None and columns:
            return unknown_column(rule.column, columns)
        return not_measured(name for name, _ in self.values)

    def last_verdict(self, rule: EffectiveRule) -> Verdict | None:
        """The last verdict on a rule that had data."""
        known = [item for name, item in self.earlier if name == rule.metric and rule.column in (None, item.column)]
        verdicts = (judge(rule, figure) for figure in reversed(known))
        return next((verdict for verdict in verdicts if verdict.state != "NoData"), None)


def evaluate(
    section: ObservabilitySection,
    entry: Mapping[str, Any],
    measured: Mapping[Key, Measurement] | None = None,
    *,
    reference: Mapping[str, float] | None = None,
    earlier: Iterable[tuple[str, Figure]] = (),
    batch: Sequence[Figure] = (),
    now: datetime | None = None,
) -> list[Verdict]:
    """Judge the metrics of an entry and the latest `measured` ones; of a name in both, the newer value.

    Metrics that are measured while a model serves have no default limit, only one that is written. A metric without a
    value, or with fewer samples than its rule requires, is `NoData`, unless the rule's `no_data` says otherwise.

    Parameters
    ----------
    section : ObservabilitySection
    entry : mapping
        A metrics entry: `{timestamp, model_version, metrics}`.
    measured : mapping of (metric, column) to Measurement, optional
        The latest rows of `metrics.csv`.
    reference : mapping of str to float, optional
        The held-out metrics that `ratio_to_reference` multiplies.
    earlier : iterable of (str, Figure)
        All figures by metric, oldest first; `keep_last` uses the last one that can be judged.
    batch : sequence of Figure
        The psi of each column in the last batch; `from_reference` uses the one that chance explains least.
    now : datetime, optional
        Decides which suppression windows are open; by default the present.
    """
    logged, newer = _newest(entry, measured or {})
    figures = _KnownFigures({**{(name, None): figure for name, figure in logged.items()}, **newer}, batch, earlier)
    policy, present = policy_of(section), now or datetime.now(UTC)
    rules = policy.effective_rules(logged, reference)
    ruled = {rule.metric for rule in rules if isinstance(rule, NoRule) or rule.column is None}
    live = dict.fromkeys(name for name, _ in newer if name not in ruled)
    every = [*rules, *(NoRule(name, name, _NO_LIMIT) for name in live)]
    return [suppress(_verdict(rule, figures), policy.suppression, present) for rule in every]


def _newest(
    entry: Mapping[str, Any], measured: Mapping[Key, Measurement]
) -> tuple[dict[str, Figure], dict[Key, Figure]]:
    """The figures of the entry, and those measured that are newer or that the entry does not have."""
    metrics: Mapping[str, Any] = entry.get("metrics") or {}
    logged = {name: figure_of_entry(value) for name, value in metrics.items() if not isinstance(value, dict | list)}
    since = moment(entry.get("timestamp"))
    newer = {
        key: figure_of(item)
        for key, item in measured.items()
        if key[1] is not None or key[0] not in logged or since is None or item.time > since
    }
    return logged, newer


def _verdict(rule: EffectiveRule | NoRule, figures: _KnownFigures) -> Verdict:
    if isinstance(rule, NoRule):
        figure = figures.values.get((rule.metric, None))
        return without_rule(rule, None if figure is None else figure.value)
    previous = figures.last_verdict(rule) if rule.no_data == "keep_last" else None
    return apply_no_data(rule, judge(rule, figures.of(rule)), previous)
