"""The verdicts of `easy_mlops.rules` on the active revision, as the evaluations of status. No data is never OK."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from easy_mlops.config.observability import ObservabilitySection
from easy_mlops.config.policy import policy_of
from easy_mlops.monitoring.figures import LIVE, live_figure
from easy_mlops.rules.decimals import decimal, exact
from easy_mlops.rules.figure import Figure, NoDataReason, not_measured
from easy_mlops.rules.judge import Verdict, apply_no_data, judge, without_rule
from easy_mlops.rules.rule import EffectiveRule, NoRule
from easy_mlops.rules.suppression import SuppressionPeriod, next_change, suppression_of

from easy_mlops_operator.api.status import MAX_EVALUATIONS, Evaluation
from easy_mlops_operator.api.times import rfc3339
from easy_mlops_operator.reconcile.live import LiveFigures

_MESSAGE_LIMIT: Final = 256
_HELD: Final = "; no data since: "
_NOT_WRITTEN: Final = (None, "default", "alert_threshold", "default_threshold")
"""Sources of evaluations that no rule and no limit of their metric asks for."""


def evaluate(
    section: ObservabilitySection,
    held_out: Mapping[str, float],
    live: LiveFigures,
    *,
    previous: Iterable[Evaluation],
    holds: bool = True,
    now: datetime,
) -> tuple[Evaluation, ...]:
    """At most 64 evaluations, firing ones first, then by name; `since` changes only when the state does.

    A rule that fires goes on firing while there are no live figures, unless it `holds` no more because `previous` is
    about another revision: that the pods with the bad figures are gone does not make them good.

    Raises `ConfigError` when the parameters of a threshold step are not valid.
    """
    before = {evaluation.name: evaluation for evaluation in previous}
    policy = policy_of(section)
    evaluations = []
    for rule in policy.effective_rules(held_out, held_out):
        evaluation = _evaluation(rule, held_out, live, before.get(rule.name), holds=holds)
        if evaluation is not None:
            dated = _dated(evaluation, before.get(rule.name), now)
            evaluations.append(_suppressed(dated, policy.suppression, now))
    # If there are too many, what nobody has limited is not listed.
    listed = sorted(evaluations, key=lambda item: (item.state != "Firing", item.source in _NOT_WRITTEN))
    return tuple(sorted(listed[:MAX_EVALUATIONS], key=lambda item: (item.state != "Firing", item.name)))


def notifies(evaluation: Evaluation) -> bool:
    """Whether the evaluation notifies anybody: it fires, and no window suppresses it."""
    return evaluation.state == "Firing" and not evaluation.suppressed


def seconds_to_change(
    evaluations: Iterable[Evaluation], periods: Iterable[SuppressionPeriod], now: datetime
) -> float | None:
    """How long until a suppression window opens or closes; None while no rule fires, since it does not matter then."""
    if not any(item.state == "Firing" for item in evaluations):
        return None
    change = next_change(periods, now)
    return None if change is None else (change - now).total_seconds()


def _evaluation(
    rule: EffectiveRule | NoRule,
    held_out: Mapping[str, float],
    live: LiveFigures,
    before: Evaluation | None,
    *,
    holds: bool,
) -> Evaluation | None:
    if isinstance(rule, NoRule):  # listed if it is measured, or if a limit is written for it
        value = held_out.get(rule.metric)
        return evaluation_of(without_rule(rule, value)) if rule.has_limit or value is not None else None
    previous = before if before is not None and _is_same_rule(before, rule) else None
    is_live = rule.metric in LIVE
    verdict = judge(rule, _live(rule, live) if is_live else _held_out(rule, held_out))
    if is_live and live.pending:
        return previous if previous is not None and holds else evaluation_of(verdict)
    outcome = apply_no_data(rule, verdict, previous)
    if not isinstance(outcome, Verdict):
        return outcome
    if is_live and holds and outcome.state == "NoData" and previous is not None and previous.state == "Firing":
        return _held(previous, outcome)
    evaluation = evaluation_of(outcome)
    at = live.at if is_live else None
    return evaluation.model_copy(update={"observed_at": at}) if evaluation.value is not None and at else evaluation


def _held(previous: Evaluation, verdict: Verdict) -> Evaluation:
    """What a rule that fires says while there is no data."""
    fired = previous.message.partition(_HELD)[0]
    return previous.model_copy(
        update={"reason": verdict.reason or None, "message": f"{fired}{_HELD}{verdict.message}"[:_MESSAGE_LIMIT]}
    )


def evaluation_of(verdict: Verdict) -> Evaluation:
    """A verdict as status has it."""
    has_data = verdict.state != "NoData" and not verdict.reason
    return Evaluation(
        name=verdict.name,
        layer=verdict.layer,
        state=verdict.state,
        value=verdict.value_text if has_data and verdict.value_text else None,
        op=verdict.op,
        threshold=verdict.threshold_text or None,
        low=_text(verdict.low),
        high=_text(verdict.high),
        from_reference=_from_reference(verdict.alpha),
        source=verdict.source,
        severity=verdict.severity,
        samples=verdict.samples,
        window=verdict.window or None,
        column=verdict.column,
        reason=verdict.reason or None,
        message=verdict.message[:_MESSAGE_LIMIT],
        runbook=verdict.runbook or None,
        top=verdict.top,
    )


def _held_out(rule: EffectiveRule, held_out: Mapping[str, float]) -> Figure:
    if rule.metric in held_out:
        return Figure(held_out[rule.metric])
    return not_measured([*held_out, *LIVE])


def _live(rule: EffectiveRule, live: LiveFigures) -> Figure:
    if live.summary is not None:
        return live_figure(live.summary, rule)
    reason, explanation = NoDataReason.NO_ANSWER, live.explanation
    if live.pending:
        reason, explanation = NoDataReason.NOT_COLLECTED, "has not been collected yet"
    return Figure(None, window=rule.window, reason=reason, explanation=explanation)


def _is_same_rule(evaluation: Evaluation, rule: EffectiveRule) -> bool:
    """Whether an earlier evaluation is of this rule. A limit by chance follows the rows, and is not compared."""
    same = (
        evaluation.op == rule.op
        and (evaluation.low, evaluation.high) == (_text(rule.low), _text(rule.high))
        and evaluation.window == (rule.window if rule.metric in LIVE else None)
        and evaluation.severity == rule.severity
        and evaluation.column == rule.column
        and evaluation.source == rule.source
        and evaluation.from_reference == _from_reference(rule.alpha)
    )
    return same and (rule.alpha is not None or _is_same_limit(evaluation.threshold, rule))


def _is_same_limit(written: str | None, rule: EffectiveRule) -> bool:
    if written is None or rule.threshold is None:
        return written is None and rule.threshold is None
    if rule.limit_is_computed:  # as many digits as its value needed
        return decimal(float(written)) == decimal(rule.threshold)
    return written == exact(rule.threshold)


def _from_reference(alpha: float | None) -> str | None:
    return None if alpha is None else f"chi2, alpha {decimal(alpha)}"


def _text(value: float | None) -> str | None:
    return None if value is None else exact(value)


def _dated(evaluation: Evaluation, before: Evaluation | None, now: datetime) -> Evaluation:
    stays = before is not None and before.state == evaluation.state and before.since
    return evaluation.model_copy(update={"since": before.since if before and stays else rfc3339(now)})


def _suppressed(evaluation: Evaluation, periods: Sequence[SuppressionPeriod], now: datetime) -> Evaluation:
    """The evaluation with the window that suppresses it now, or with none."""
    suppression = suppression_of(periods, evaluation.name, now) if evaluation.state == "Firing" else None
    return evaluation.model_copy(
        update={
            "suppressed": None if suppression is None else True,
            "suppressed_by": None if suppression is None else suppression.by,
            "suppressed_until": None if suppression is None else suppression.until_text,
        }
    )
