"""The pure core of the operator. No I/O, no clock. A pass goes straight through it:

desired = read(resource, settings)
observed = gather(desired)                         (controller)
planned = plan(desired, observed, settings, now)
outcome = execute(planned.actions)                 (controller)
report = status_of(planned, outcome)
"""

from easy_mlops_operator.reconcile.children import needs
from easy_mlops_operator.reconcile.conditions.report import status_of
from easy_mlops_operator.reconcile.desired import Desired, read
from easy_mlops_operator.reconcile.model import (
    Action,
    Apply,
    ConflictingObject,
    Delete,
    Event,
    Observed,
    Outcome,
    Refusal,
    Settings,
    Source,
    StatusReport,
    Wanted,
)
from easy_mlops_operator.reconcile.plan import Plan, plan

__all__ = [
    "Action",
    "Apply",
    "ConflictingObject",
    "Delete",
    "Desired",
    "Event",
    "Observed",
    "Outcome",
    "Plan",
    "Refusal",
    "Settings",
    "Source",
    "StatusReport",
    "Wanted",
    "needs",
    "plan",
    "read",
    "status_of",
]
