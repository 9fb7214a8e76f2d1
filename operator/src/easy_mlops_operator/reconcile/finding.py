"""What a check answers: actions, and at most one reason why the resource is not as its spec asks."""

from __future__ import annotations

from dataclasses import dataclass, field

from easy_mlops_operator.api.conditions import ConditionType, Reason
from easy_mlops_operator.api.status import Failure, Truth
from easy_mlops_operator.reconcile.model import Action


@dataclass(frozen=True)
class Finding:
    """Why the resource is not as its spec asks.

    `about`        the positive condition that it makes False or Unknown; None if it concerns none of them.
    `stalled`      nothing will change without help; otherwise the operator is working on it.
    `idle`         neither of the two: it is as it was asked to be, only not ready.
    `ready`        reason of Ready, if Ready is False because of this.
    `requeue_after` seconds after which to look again, if no watch event will come.
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
    """The answer of one check. The next checks of its chain run only if there is no finding."""

    actions: tuple[Action, ...] = ()
    finding: Finding | None = None
    making: str = ""
    """Revision whose Job is among the actions."""


@dataclass(frozen=True)
class Fallback:
    """What becomes of `spec.rollout.fallback`: actions, and a message if there is something to report.

    `serves` while the pods serve one; `requeue_after` as in `Finding`.
    """

    actions: tuple[Action, ...] = ()
    message: str = ""
    serves: bool = False
    requeue_after: float | None = None


@dataclass(frozen=True)
class Findings:
    """The findings of a pass. The first of them decides."""

    gate: Finding | None = None
    pipeline: Finding | None = None
    serving: Finding | None = None
    fallback: Fallback = field(default_factory=Fallback)

    @property
    def decisive(self) -> Finding | None:
        """Why the resource is not as its spec asks."""
        return self.gate or self.pipeline or self.serving

    @property
    def message(self) -> str:
        """The message of the decisive finding, and what serves meanwhile."""
        message = self.decisive.message if self.decisive is not None else ""
        return f"{message}; {self.fallback.message}" if message and self.fallback.message else message


NOTHING = Step()
