"""The two things that a plan does to a child: apply its manifest, or delete it; and what each of them needs."""

from __future__ import annotations

from easy_mlops_operator.api.names import REPLICAS_MANAGER
from easy_mlops_operator.reconcile.diff import first_difference, stamped
from easy_mlops_operator.reconcile.foreign_fields import repaired_spec
from easy_mlops_operator.reconcile.model import Action, Apply, Delete, Manifest, Refusal


def applied(manifest: Manifest, live: Manifest | None) -> tuple[Apply, ...]:
    """Nothing to do when the live object says all that the manifest says, and others have added nothing to its spec."""
    wanted = stamped(manifest)
    if live is None:
        return (Apply(wanted),)
    differs, spec = first_difference(wanted, live), repaired_spec(live, wanted)
    if not differs and spec is None:
        return ()
    return (Apply(wanted, differs=differs.removeprefix(".") or "spec: fields of others", repaired_spec=spec),)


def needs(action: Action, refusal: Refusal) -> bool:
    """Whether an action must not be carried out because of a refused write.

    No pod runs without its network policy, and no Job without the ConfigMap that its pod mounts.
    """
    if not isinstance(action, Apply):
        return False
    kind, name = action.manifest["kind"], action.manifest["metadata"]["name"]
    if refusal.kind == "NetworkPolicy":
        return kind in ("Job", "Deployment")
    if refusal.kind == "HorizontalPodAutoscaler":
        return action.manager == REPLICAS_MANAGER  # the number of pods is not handed over
    return kind == "Job" and (refusal.kind, refusal.name) == ("ConfigMap", name)


def removed(api_version: str, kind: str, live: Manifest | None) -> tuple[Delete, ...]:
    """Nothing to do when there is none, or it is being deleted."""
    if live is None or live["metadata"].get("deletionTimestamp"):
        return ()
    metadata = live["metadata"]
    return (Delete(api_version, kind, metadata["namespace"], metadata["name"], metadata["uid"]),)
