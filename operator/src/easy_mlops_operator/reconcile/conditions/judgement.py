"""The evaluations of the active revision as status shows them after this pass."""

from __future__ import annotations

from dataclasses import dataclass

from easy_mlops.config import ConfigError
from easy_mlops.config.observability import logs_predictions

from easy_mlops_operator.api.conditions import Reason
from easy_mlops_operator.api.status import Evaluation, Health, ObservabilityStatus, Truth
from easy_mlops_operator.api.times import parse_time, rfc3339
from easy_mlops_operator.reconcile.acceptance import Accepted
from easy_mlops_operator.reconcile.conditions.assessment import Assessment, assess
from easy_mlops_operator.reconcile.conditions.evaluations import evaluate
from easy_mlops_operator.reconcile.conditions.renewal import is_due
from easy_mlops_operator.reconcile.context import Context
from easy_mlops_operator.reconcile.live import LiveFigures, live_figures
from easy_mlops_operator.reconcile.retention.history import held_out


@dataclass(frozen=True)
class Judgement:
    """What status says about the metrics; `thresholds_met` is the condition, None leaves it as it is.

    `latest` are the evaluations of this moment, which status shows only from time to time.
    """

    evaluations: tuple[Evaluation, ...]
    observability: ObservabilityStatus | None
    thresholds_met: tuple[Truth, Reason, str] | None
    latest: tuple[Evaluation, ...] = ()


def judge_active(context: Context, *, is_stalled: bool) -> Judgement:
    """Evaluate the active revision. Without an accepted spec, its rules are unknown and the last verdict stays."""
    before = context.resource.status
    record = context.revision(context.active)
    if not isinstance(context.spec, Accepted):
        return Judgement(before.evaluations, before.observability, None)
    if record is None:
        return Judgement((), None, ("Unknown", Reason.NO_DATA, "no revision is serving yet"))
    try:
        fresh = evaluate(
            context.wanted.observability,
            held_out(record),
            live_figures(context, record),
            previous=before.evaluations,
            holds=before.active_revision == context.active,
            now=context.now,
        )
    except (ConfigError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        # Figures come from a tenant's pods: whatever is in them must not stop the resource from being reconciled.
        return Judgement(
            before.evaluations,
            before.observability,
            ("Unknown", Reason.EVALUATION_ERROR, f"cannot be evaluated: {error}"),
        )
    last = before.observability.last_evaluated if before.observability else None
    due = is_due(before.evaluations, fresh, parse_time(last), context.now)
    evaluations = fresh if due else before.evaluations
    assessment = assess(evaluations)
    moment = rfc3339(context.now) if due or last is None else last
    thresholds_met = (assessment.status, assessment.reason, assessment.message)
    if not context.endpoints and assessment.status == "True":
        thresholds_met = ("Unknown", Reason.NO_DATA, f"nothing serves; {assessment.message}")
    health = _health(assessment.health, serves=bool(context.endpoints), is_stalled=is_stalled)
    return Judgement(evaluations, _in_short(context, assessment, health, moment), thresholds_met, fresh)


def _health(worst: Health, *, serves: bool, is_stalled: bool) -> Health:
    """Healthy is only what serves and needs no help."""
    if worst != "Healthy":
        return worst
    if not serves:
        return "Unknown"
    return "Warning" if is_stalled else "Healthy"


def prediction_logging(context: Context) -> tuple[Truth, Reason, str] | None:
    """Whether predictions are logged, by the scoring pods' counters; None while there are none."""
    record = context.revision(context.active)
    live = live_figures(context, record) if record is not None else LiveFigures(pending=True)
    summary = live.summary
    if record is None or summary is None:
        return None
    if summary.dropped:
        return "False", Reason.DROPPING, "some predictions could not be written to the prediction log"
    if isinstance(context.spec, Accepted) and not logs_predictions(context.wanted.observability):
        return "False", Reason.DISABLED, "predictions are not logged"
    if summary.logged:
        return "True", Reason.PERSISTENT, f"predictions are written to {record.directory}/logs on the volume"
    return None


def _in_short(context: Context, assessment: Assessment, health: Health, moment: str) -> ObservabilityStatus:
    before = context.resource.status.observability
    same = before is not None and before.health == health and before.since
    return ObservabilityStatus(
        health=health,
        since=before.since if before is not None and same else rfc3339(context.now),
        thresholds=assessment.thresholds,
        firing=assessment.firing,
        summary=assessment.counts,
        last_evaluated=moment,
    )
