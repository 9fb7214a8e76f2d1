"""What Kubernetes' controllers say about an object only in Events, which nobody watches."""

from __future__ import annotations

from typing import NamedTuple

from easy_mlops_operator.controller.client import ApiError, Client
from easy_mlops_operator.controller.kinds import Key, Manifest


class SeenEvent(NamedTuple):
    """An Event: when it last happened (RFC 3339, UTC), and its message."""

    time: str
    message: str


async def newest_event(client: Client, about: Manifest, reason: str) -> SeenEvent | None:
    """The newest Event of a reason about an object; None if there is none or it may not be read. Raises `ApiError`."""
    metadata = about["metadata"]
    selector = f"involvedObject.uid={metadata['uid']},reason={reason}"
    try:
        events = await client.events(Key(metadata["namespace"], metadata["name"]), selector)
    except ApiError as error:
        if error.is_refusal:
            return None
        raise
    seen = (SeenEvent(_time(event), str(event.get("message", ""))) for event in events)
    return max(seen, key=lambda event: event.time, default=None)


def _time(event: Manifest) -> str:
    series = event.get("series") or {}
    metadata = event.get("metadata") or {}
    times = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    return next((str(time) for time in times if time), str(metadata.get("creationTimestamp", "")))
