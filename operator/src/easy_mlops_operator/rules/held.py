"""What fires in a suppression window stays visible, and calls nobody before the window closes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from easy_mlops.config.suppression import SuppressionWindow, next_change, suppression_of

from easy_mlops_operator.api.status import Evaluation
from easy_mlops_operator.api.times import rfc3339


def suppressed(evaluation: Evaluation, windows: Sequence[SuppressionWindow], now: datetime) -> Evaluation:
    """The evaluation with the window that suppresses it now, or with none."""
    fires = evaluation.state == "Firing"
    found = suppression_of(windows, evaluation.name, now) if fires else None
    return evaluation.model_copy(
        update={
            "suppressed": None if found is None else True,
            "suppressed_by": None if found is None else found.by,
            "suppressed_until": None if found is None else rfc3339(found.until),
        }
    )


def calls(evaluation: Evaluation) -> bool:
    """Whether somebody is to be told of it."""
    return evaluation.state == "Firing" and not evaluation.suppressed


def seconds_to_change(
    evaluations: Sequence[Evaluation], windows: Sequence[SuppressionWindow], now: datetime
) -> float | None:
    """How long until a window opens or closes over something that fires; None when that is of no consequence."""
    if not any(item.state == "Firing" for item in evaluations):
        return None
    change = next_change(windows, now)
    return None if change is None else (change - now).total_seconds()
