"""The live figures of the scoring pods: those of the active revision, and only while they are current."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from easy_mlops.monitoring.summary import Summary

from easy_mlops_operator.api.conditions import ConditionType, Reason
from easy_mlops_operator.api.status import Revision
from easy_mlops_operator.api.times import rfc3339
from easy_mlops_operator.reconcile.context import Context


@dataclass(frozen=True)
class LiveFigures:
    """The scoring pods' merged figures, or the `explanation` why there are none.

    `at` is when they were collected (RFC 3339, UTC). `pending` while no collection has been tried: the earlier verdicts
    stand until one has.
    """

    summary: Summary | None = None
    at: str | None = None
    explanation: str = ""
    pending: bool = False


def live_figures(context: Context, record: Revision) -> LiveFigures:
    """The figures of a revision."""
    if not context.ready_pods:
        return LiveFigures(explanation="cannot be collected: no scoring pod is ready")
    summary, at = context.observed.summary, context.observed.summary_at
    if at is None:
        return LiveFigures(pending=True)
    if context.now - at > timedelta(seconds=context.settings.stale_after):
        return LiveFigures(
            explanation=f"has not been reported by any scoring pod for more than {context.settings.stale_after:.0f} s"
        )
    if summary is None or summary.digest != record.digest:
        return LiveFigures(pending=True)
    return LiveFigures(summary, rfc3339(at))


def why_model_fails(context: Context) -> str:
    """Why the active revision fails on all rows of the latest requests; empty if it works or nobody has asked it."""
    record = context.revision(context.active)
    if record is None:
        return ""
    live = live_figures(context, record)
    if live.summary is not None:
        return live.summary.failing.removeprefix("the row cannot be scored: ")
    before = context.resource.status.condition(ConditionType.SERVING)
    is_known = live.pending and before is not None and before.reason == Reason.MODEL_FAILS
    return before.message.removeprefix(FAILS) if before is not None and is_known else ""


FAILS: Final = "the model fails on all rows of the latest requests: "
"""Begins the message of the condition."""
