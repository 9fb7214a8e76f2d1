"""The pure heart of the operator: a snapshot of the cluster in, a plan out. No I/O, no clock."""

from easy_mlops_operator.reconcile.model import (
    Action,
    Apply,
    Delete,
    Event,
    Foreign,
    Plan,
    Refusal,
    Settings,
    Snapshot,
    Source,
    Wanted,
)
from easy_mlops_operator.reconcile.plan import reconcile, wanted_sources

__all__ = [
    "Action",
    "Apply",
    "Delete",
    "Event",
    "Foreign",
    "Plan",
    "Refusal",
    "Settings",
    "Snapshot",
    "Source",
    "Wanted",
    "reconcile",
    "wanted_sources",
]
