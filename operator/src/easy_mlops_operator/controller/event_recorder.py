"""Kubernetes Events on ModelDeployments: what `kubectl describe` shows.

The same event again is counted up instead of written again, and each resource has a token bucket, so that neither
a flapping rule nor a hostile name fills etcd. An event that cannot be written is dropped: nothing depends on one.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from easy_mlops_operator.api.labels import OPERATOR
from easy_mlops_operator.api.times import rfc3339
from easy_mlops_operator.controller.client import ApiError, Client
from easy_mlops_operator.controller.kinds import Manifest
from easy_mlops_operator.reconcile.model import Event

BURST: Final = 25
SECONDS_PER_TOKEN: Final = 60.0
_REMEMBERED: Final = 4096
_MESSAGE_LIMIT: Final = 1024

_log = logging.getLogger(__name__)


@dataclass
class _Series:
    """An event that was written: its name, and how often it happened."""

    name: str
    count: int


@dataclass
class _Bucket:
    tokens: float
    filled_at: datetime


class EventRecorder:
    """Writes events; `clock` gives the time of day."""

    def __init__(self, client: Client, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._clock = clock
        self._series: OrderedDict[tuple[str, Event], _Series] = OrderedDict()
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._serial = 0

    async def record(self, resource: Manifest, event: Event) -> None:
        """Tell about `event` on `resource`. Never raises for the API server's sake."""
        now = self._clock()
        uid = resource["metadata"]["uid"]
        if not self._take_token(uid, now):
            return
        try:
            series = self._series.get((uid, event))
            if series is None or not await self._count_up(resource, series, now):
                await self._create(resource, event, now)
        except ApiError as error:
            _log.warning("event not written", extra={"reason": event.reason, "error": str(error)})

    async def _count_up(self, resource: Manifest, series: _Series, now: datetime) -> bool:
        """Count the event once more; false when the server has forgotten it (events live for an hour)."""
        series.count += 1
        patch = {"count": series.count, "lastTimestamp": rfc3339(now)}
        try:
            await self._client.patch_event(resource["metadata"]["namespace"], series.name, patch)
        except ApiError as error:
            if error.status == 404:
                return False
            raise
        return True

    async def _create(self, resource: Manifest, event: Event, now: datetime) -> None:
        metadata = resource["metadata"]
        self._serial += 1
        name = f"{metadata['name']}.{int(now.timestamp() * 1e6) + self._serial:x}"
        await self._client.create_event(
            {
                "apiVersion": "v1",
                "kind": "Event",
                "metadata": {"name": name, "namespace": metadata["namespace"]},
                "involvedObject": {
                    "apiVersion": resource["apiVersion"],
                    "kind": resource["kind"],
                    "namespace": metadata["namespace"],
                    "name": metadata["name"],
                    "uid": metadata["uid"],
                },
                "type": event.type,
                "reason": event.reason,
                "message": event.message[:_MESSAGE_LIMIT],
                "count": 1,
                "firstTimestamp": rfc3339(now),
                "lastTimestamp": rfc3339(now),
                "source": {"component": OPERATOR},
                "reportingComponent": OPERATOR,
                "reportingInstance": OPERATOR,
            }
        )
        self._series[metadata["uid"], event] = _Series(name, 1)
        _trim(self._series)

    def _take_token(self, uid: str, now: datetime) -> bool:
        bucket = self._buckets.setdefault(uid, _Bucket(BURST, now))
        refill = (now - bucket.filled_at).total_seconds() / SECONDS_PER_TOKEN
        bucket.tokens, bucket.filled_at = min(BURST, bucket.tokens + refill), now
        self._buckets.move_to_end(uid)
        _trim(self._buckets)
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True


def _trim(remembered: OrderedDict[str, _Bucket] | OrderedDict[tuple[str, Event], _Series]) -> None:
    while len(remembered) > _REMEMBERED:
        remembered.popitem(last=False)
