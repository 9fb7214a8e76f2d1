"""Why a Job has no pod.

Asked for while a Job that has not ended has been without a pod for some seconds, and at no other time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

from easy_mlops_operator.api.labels import controller_of
from easy_mlops_operator.api.times import parse_time
from easy_mlops_operator.controller.client import Client
from easy_mlops_operator.controller.event_reader import newest_event
from easy_mlops_operator.controller.kinds import Manifest

_PATIENCE: Final = timedelta(seconds=2)
"""How long a Job may have no pod: the first one is usually there after a tenth of a second."""
_ENDED: Final = ("Succeeded", "Failed")


class PodRefusals:
    """Reads the Events of Jobs without a pod."""

    def __init__(self, client: Client, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._clock = clock

    async def of(self, jobs: Iterable[Manifest], pods: Iterable[Manifest]) -> dict[str, str]:
        """The controller's message for each Job, by name, whose next pod is refused. Raises `ApiError`."""
        found = {}
        owned = list(pods)
        for job in jobs:
            own = [pod for pod in owned if (controller_of(pod) or {}).get("uid") == job["metadata"]["uid"]]
            if self._lacks_pod(job, own) and (message := await self._message(job, own)):
                found[str(job["metadata"]["name"])] = message
        return found

    def _lacks_pod(self, job: Manifest, own: list[Manifest]) -> bool:
        made = parse_time(job["metadata"].get("creationTimestamp"))
        if made is None or self._clock() - made < _PATIENCE or job["metadata"].get("deletionTimestamp"):
            return False
        conditions = (job.get("status") or {}).get("conditions") or ()
        if any(item.get("status") == "True" for item in conditions):
            return False
        return all((pod.get("status") or {}).get("phase") in _ENDED for pod in own)

    async def _message(self, job: Manifest, own: list[Manifest]) -> str:
        """The newest refusal, if it is newer than all pods."""
        newest = await newest_event(self._client, job, "FailedCreate")
        if newest is None or any(str(pod["metadata"].get("creationTimestamp", "")) > newest.time for pod in own):
            return ""
        return newest.message
