"""Why a claim has no volume: the volume controller says so only in Events, which nobody watches.

Asked for while a claim is unbound and a pod waits for a node because of it, and at no other time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from easy_mlops_operator.controller.client import ApiError, Client
from easy_mlops_operator.controller.kinds import Key, Manifest


async def claim_problem(client: Client, claim: Manifest | None, pods: Iterable[Manifest]) -> str:
    """The newest message about an unbound claim that cannot be provisioned; empty if there is none.

    Raises `ApiError`.
    """
    if claim is None or (claim.get("status") or {}).get("phase") != "Pending" or not any(map(_has_no_node, pods)):
        return ""
    metadata = claim["metadata"]
    selector = f"involvedObject.uid={metadata['uid']},reason=ProvisioningFailed"
    try:
        events = await client.events(Key(metadata["namespace"], metadata["name"]), selector)
    except ApiError as error:
        if error.is_refusal:
            return ""
        raise
    newest = max(events, key=_time, default=None)
    return "" if newest is None else str(newest.get("message", ""))


def _has_no_node(pod: Manifest) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any((item.get("type"), item.get("status")) == ("PodScheduled", "False") for item in conditions)


def _time(event: Mapping[str, Any]) -> str:
    return str(event.get("lastTimestamp") or event["metadata"].get("creationTimestamp") or "")
