"""Why a claim has no volume.

Asked for while a claim is unbound and a pod waits for a node because of it, and at no other time.
"""

from __future__ import annotations

from collections.abc import Iterable

from easy_mlops_operator.controller.client import Client
from easy_mlops_operator.controller.event_reader import newest_event
from easy_mlops_operator.controller.kinds import Manifest


async def claim_problem(client: Client, claim: Manifest | None, pods: Iterable[Manifest]) -> str:
    """The volume controller's newest message about a claim that cannot be provisioned; empty if there is none.

    Raises `ApiError`.
    """
    if claim is None or (claim.get("status") or {}).get("phase") != "Pending" or not any(map(_has_no_node, pods)):
        return ""
    newest = await newest_event(client, claim, "ProvisioningFailed")
    return newest.message if newest is not None else ""


def _has_no_node(pod: Manifest) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any((item.get("type"), item.get("status")) == ("PodScheduled", "False") for item in conditions)
