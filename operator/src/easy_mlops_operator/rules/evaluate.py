"""Verdicts: every rule of the observability section on the figure that it names. No data is never OK."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from easy_mlops.config.effective import EffectiveRule, NoRule
from easy_mlops.config.observability import ObservabilitySection
from easy_mlops.config.thresholds import effective_rules
from easy_mlops.monitoring.summary import Summary

from easy_mlops_operator.api.conditions import NoVerdict
from easy_mlops_operator.api.decimals import decimal
from easy_mlops_operator.api.status import MAX_EVALUATIONS, Evaluation
from easy_mlops_operator.api.times import rfc3339
from easy_mlops_operator.rules.figures import LIVE, Figure, by_chance
from easy_mlops_operator.rules.held import suppressed
from easy_mlops_operator.rules.ruling import same_rule, verdict, without_data

NAME_LIMIT: Final = 63


@dataclass(frozen=True)
class Live:
    """The scoring pods' merged figures, or why there are none.

    `pending` when nobody has asked the pods yet: what was judged before stands until somebody has.
    """

    summary: Summary | None = None
    why: str = ""
    pending: bool = False


def evaluate(
    section: ObservabilitySection,
    held_out: Mapping[str, float],
    live: Live,
    *,
    previous: Iterable[Evaluation],
    now: datetime,
) -> tuple[Evaluation, ...]:
    """At most 64 verdicts, firing ones first, then by name; `since` moves only when the state does.

    Raises `ConfigError` when the section's own step parameters are not valid.
    """
    before = {evaluation.name: evaluation for evaluation in previous}
    found: dict[str, Evaluation] = {}
    for rule in effective_rules(section, held_out, held_out):
        evaluation = _judge(rule, held_out, live, before)
        if evaluation is None:
            continue
        if evaluation.name in found:  # a rule may carry the name of another metric
            evaluation = evaluation.model_copy(update={"name": f"{evaluation.name[: NAME_LIMIT - 7]}-metric"})
        windows = section.runbook.suppression_windows
        found[evaluation.name] = suppressed(_dated(evaluation, before.get(evaluation.name), now), windows, now)
    ordered = sorted(found.values(), key=lambda item: (item.state != "Firing", item.name))
    return tuple(ordered[:MAX_EVALUATIONS])


def _judge(
    rule: EffectiveRule | NoRule, held_out: Mapping[str, float], live: Live, before: Mapping[str, Evaluation]
) -> Evaluation | None:
    if isinstance(rule, NoRule):
        return _without_rule(rule, held_out)
    kept = before.get(rule.name)
    if kept is not None and not same_rule(kept, rule):
        kept = None
    if rule.metric not in LIVE:
        return without_data(rule, verdict(rule, _held_out(rule, held_out)), kept)
    if live.pending:
        return kept or verdict(rule, _live(rule, live))
    return without_data(rule, verdict(rule, _live(rule, live)), kept)


def _without_rule(rule: NoRule, held_out: Mapping[str, float]) -> Evaluation | None:
    """A held-out metric is listed all the same; of a live one that nothing judges there is nothing to tell."""
    value = held_out.get(rule.metric)
    if value is None:
        return None
    return Evaluation(name=rule.metric, layer="model", state="NoRule", value=decimal(value), message=rule.reason)


def _held_out(rule: EffectiveRule, held_out: Mapping[str, float]) -> Figure:
    if rule.metric in held_out:
        return Figure(held_out[rule.metric])
    known = ", ".join(sorted({*held_out, *LIVE}))
    return Figure(None, reason=NoVerdict.NOT_MEASURED, why=f"is not measured; measured are {known}")


def _live(rule: EffectiveRule, live: Live) -> Figure:
    if live.summary is None and live.pending:
        return Figure(None, reason=NoVerdict.NOT_COLLECTED, why="has not been collected yet")
    if live.summary is None:
        return Figure(None, reason=NoVerdict.NO_ANSWER, why=live.why)
    read = LIVE[rule.metric][1] if rule.alpha is None else by_chance(rule.alpha)
    return read(live.summary, rule.window, rule.column)


def _dated(evaluation: Evaluation, before: Evaluation | None, now: datetime) -> Evaluation:
    stays = before is not None and before.state == evaluation.state and before.since
    return evaluation.model_copy(update={"since": before.since if before and stays else rfc3339(now)})
