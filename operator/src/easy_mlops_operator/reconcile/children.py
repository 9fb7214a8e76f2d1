"""The two things that a plan does to a child: apply its manifest, or delete it."""

from __future__ import annotations

from easy_mlops_operator.reconcile.diff import first_difference, stamped
from easy_mlops_operator.reconcile.model import Apply, Delete, Manifest


def applied(manifest: Manifest, live: Manifest | None) -> tuple[Apply, ...]:
    """Nothing to do when the live object says all that the manifest says."""
    wanted = stamped(manifest)
    if live is None:
        return (Apply(wanted),)
    differs = first_difference(wanted, live)
    return (Apply(wanted, differs=differs.removeprefix(".")),) if differs else ()


def removed(api_version: str, kind: str, live: Manifest | None) -> tuple[Delete, ...]:
    """Nothing to do when there is none, or it is being deleted."""
    if live is None or live["metadata"].get("deletionTimestamp"):
        return ()
    metadata = live["metadata"]
    return (Delete(api_version, kind, metadata["namespace"], metadata["name"], metadata["uid"]),)
