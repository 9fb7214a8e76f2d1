"""What a check answers: things to do, and at most one reason why the resource is not where it should be."""

from __future__ import annotations

from dataclasses import dataclass

from easy_mlops_operator.api.conditions import ConditionType, Reason
from easy_mlops_operator.api.status import Failure, Truth
from easy_mlops_operator.reconcile.model import Action


@dataclass(frozen=True)
class Finding:
    """Why the resource is not where it should be.

    `about`        the positive condition that it makes False or Unknown; None when it is about none of them.
    `stalled`      it cannot go on without help; otherwise it is being worked on.
    `idle`         neither of the two: it is as it was asked to be, only not ready.
    `ready`        reason of Ready, if Ready is False because of this.
    `requeue_after` seconds after which to look again, if no event will tell.
    """

    reason: Reason
    message: str
    ready: Reason = Reason.PROGRESSING
    about: ConditionType | None = None
    truth: Truth = "False"
    stalled: bool = False
    idle: bool = False
    requeue_after: float | None = None
    failure: Failure | None = None


@dataclass(frozen=True)
class Step:
    """What one check has found. The next checks of its chain run only when there is no finding."""

    actions: tuple[Action, ...] = ()
    finding: Finding | None = None
    making: str = ""
    """Revision whose Job is among the actions."""


@dataclass(frozen=True)
class Fallback:
    """What becomes of `spec.rollout.fallback`: what to do about it, and how it stands in words, if there is anything.

    `serves` while the pods serve one; `requeue_after` as in `Finding`.
    """

    actions: tuple[Action, ...] = ()
    words: str = ""
    serves: bool = False
    requeue_after: float | None = None


NOTHING = Step()
