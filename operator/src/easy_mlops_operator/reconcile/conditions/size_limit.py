"""The status stays below 64 kB, however much tenants' runs report.

Only many revisions with many long metrics reach the limit; details of the oldest are then dropped first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from easy_mlops_operator.api.status import Status

LIMIT: Final = 60_000
"""Bytes of JSON; leaves room below 64 kB for what the API server adds."""


def within_limit(status: Status) -> Status:
    """The status, or as much of it as fits: names, digests and verdicts are never dropped."""
    if _size(status) <= LIMIT:
        return status
    for smaller in _smaller(status):
        if _size(smaller) <= LIMIT:
            return smaller
    return smaller


def _smaller(status: Status) -> Iterator[Status]:
    """The status with less and less in it."""
    spared = (status.active_revision, status.target_revision)
    less: tuple[dict[str, Any], ...] = ({"metrics": {}}, {"message": ""})
    for dropped in less:
        for revision in reversed(status.revisions):
            if revision.name not in spared:
                status = _with(status, revision.name, dropped)
                yield status
    if status.pipeline is not None:
        steps = tuple(step.model_copy(update={"message": ""}) for step in status.pipeline.steps)
        status = status.model_copy(update={"pipeline": status.pipeline.model_copy(update={"steps": steps})})
        yield status
    bare = {"message": "", "top": (), "runbook": None}
    yield status.model_copy(update={"evaluations": tuple(item.model_copy(update=bare) for item in status.evaluations)})


def _with(status: Status, name: str, update: dict[str, Any]) -> Status:
    revisions = tuple(item.model_copy(update=update) if item.name == name else item for item in status.revisions)
    return status.model_copy(update={"revisions": revisions})


def _size(status: Status) -> int:
    return len(json.dumps(status.to_json(), ensure_ascii=False).encode())
