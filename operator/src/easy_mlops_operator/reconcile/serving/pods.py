"""Why scoring pods are not ready, as far as the pods themselves report it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from easy_mlops.contract import ContractError, LoadFailure

from easy_mlops_operator.api.conditions import Reason
from easy_mlops_operator.api.status import Failure
from easy_mlops_operator.api.times import parse_time
from easy_mlops_operator.reconcile.containers import how_it_ended
from easy_mlops_operator.reconcile.views import PodView

_RESOURCES: Final = "spec.serving.resources"
_LOOPS_AFTER: Final = 3
"""Restarts after which a container that ends without a message counts as one that cannot work."""
_HEALTHY_AFTER: Final = timedelta(minutes=1)
"""How long such a container must be ready before it counts as working again."""
_FORGOTTEN_AFTER: Final = timedelta(minutes=10)
"""Earlier restarts do not count after a run of this length: the kubelet forgets them, too."""


def of_newest_template(pods: Sequence[PodView]) -> list[PodView]:
    """Of pods listed newest first, those made from the newest pod template: problems of older ones are outdated."""
    return [pod for pod in pods if pod.template_hash == pods[0].template_hash]


def load_failure(pods: Iterable[PodView], now: datetime) -> Failure | None:
    """Why a pod cannot work: it has reported why, or it has been restarted again and again.

    A crash loop is one state: between two crashes it does not matter whether the container waits, starts or is ready.
    """
    for pod in pods:
        if pod.ended is None or pod.ended.exit_code == 0:
            continue
        reported = _reported(pod.ended.message)
        if reported is not None and not pod.ready:
            return _failure(pod, Reason(reported.reason), reported.message)
        if _loops(pod) and seconds_to_healthy(pod, now) != 0.0:
            message = f"the container is restarted again and again: it {how_it_ended(pod.ended, _RESOURCES)}"
            return _failure(pod, Reason.LOAD_FAILED, message)
    return None


def crash(pods: Iterable[PodView]) -> Failure | None:
    """How a pod that is not ready ended without a message; the kubelet restarts it, which may help."""
    crashed = (pod for pod in pods if not pod.ready and pod.ended is not None and pod.ended.exit_code != 0)
    for pod in crashed:
        assert pod.ended is not None
        return _failure(pod, Reason.LOAD_FAILED, how_it_ended(pod.ended, _RESOURCES, when="before it was ready"))
    return None


def look_again(pods: Iterable[PodView], now: datetime) -> float | None:
    """Seconds until a container that is in a crash loop counts as working, if it goes on; None if none is ready."""
    waits = [seconds_to_healthy(pod, now) for pod in pods if _loops(pod)]
    return min((seconds for seconds in waits if seconds), default=None)


def seconds_to_healthy(pod: PodView, now: datetime) -> float | None:
    """Seconds for which a pod must still be ready to count as working; None while it is not ready."""
    since = parse_time(pod.ready_since) if pod.ready else None
    return None if since is None else max(0.0, (since + _HEALTHY_AFTER - now).total_seconds())


def _loops(pod: PodView) -> bool:
    if pod.ended is None or pod.ended.exit_code == 0 or pod.restarts < _LOOPS_AFTER:
        return False
    began, ended = parse_time(pod.ended.started_at), parse_time(pod.ended.finished_at)
    return began is None or ended is None or ended - began < _FORGOTTEN_AFTER


def image_problem(pods: Iterable[PodView]) -> Failure | None:
    """Why the image of a scoring pod cannot be pulled."""
    problem = next((pod.image_problem for pod in pods if pod.image_problem), "")
    return Failure(location="pod", reason=Reason.IMAGE_UNAVAILABLE, message=problem) if problem else None


def unschedulable(pods: Iterable[PodView]) -> str:
    """The scheduler's message about a pod that fits no node; empty if there is none."""
    return next((pod.unschedulable for pod in pods if pod.unschedulable), "")


def _reported(message: str) -> LoadFailure | None:
    try:
        return LoadFailure.decode(message)
    except ContractError:
        return None


def _failure(pod: PodView, reason: Reason, message: str) -> Failure:
    assert pod.ended is not None
    return Failure(
        location="serving", reason=reason, message=message, time=pod.ended.finished_at, exit_code=pod.ended.exit_code
    )
