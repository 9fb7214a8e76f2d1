"""Why scoring pods are not ready, as far as the pods themselves report it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from easy_mlops.contract import ContractError, LoadFailure

from easy_mlops_operator.api.conditions import Reason
from easy_mlops_operator.api.status import Failure
from easy_mlops_operator.reconcile.containers import how_it_ended
from easy_mlops_operator.reconcile.views import PodView

_RESOURCES: Final = "spec.serving.resources"


def of_newest_template(pods: Sequence[PodView]) -> list[PodView]:
    """Of pods listed newest first, those made from the newest pod template: problems of older ones are outdated."""
    return [pod for pod in pods if pod.template_hash == pods[0].template_hash]


def load_failure(pods: Iterable[PodView]) -> Failure | None:
    """Why a pod that is not ready could not load its model; None if no pod has reported a reason.

    A pod that ends without a message is restarted by the kubelet, and counts once it is in CrashLoopBackOff.
    """
    for pod in pods:
        if pod.ready or pod.ended is None or pod.ended.exit_code == 0:
            continue
        reported = _reported(pod.ended.message)
        if reported is not None:
            return _failure(pod, Reason(reported.reason), reported.message)
        if pod.waiting_reason == "CrashLoopBackOff":
            return _failure(pod, Reason.LOAD_FAILED, how_it_ended(pod.ended, _RESOURCES, when="before it was ready"))
    return None


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
