"""Why a Job has no pod: the Job controller says so only in Events, which nobody watches.

Asked for while a Job that has not ended has been without a pod for some seconds, and at no other time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from easy_mlops_operator.api.labels import controller_of
from easy_mlops_operator.api.times import parse_time
from easy_mlops_operator.controller.client import ApiError, Client
from easy_mlops_operator.controller.kinds import Key, Manifest

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
        metadata = job["metadata"]
        selector = f"involvedObject.uid={metadata['uid']},reason=FailedCreate"
        try:
            events = await self._client.events(Key(metadata["namespace"], metadata["name"]), selector)
        except ApiError as error:
            if error.is_refusal:
                return ""
            raise
        newest = max(events, key=_time, default=None)
        if newest is None or any(str(pod["metadata"].get("creationTimestamp", "")) > _time(newest) for pod in own):
            return ""
        return str(newest.get("message", ""))


def _time(event: Mapping[str, Any]) -> str:
    series = event.get("series") or {}
    metadata = event.get("metadata") or {}
    times = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    return next((str(time) for time in times if time), str(metadata.get("creationTimestamp", "")))
