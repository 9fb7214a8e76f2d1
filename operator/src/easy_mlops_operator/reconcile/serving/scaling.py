"""Who sets the number of scoring pods, and how many of them may be disturbed at once.

The spec does, or an autoscaler, or whoever scales the Deployment; never two of them.
"""

from __future__ import annotations

from easy_mlops_operator.api.names import REPLICAS_MANAGER, deployment_name
from easy_mlops_operator.api.spec import AutoscalingSection
from easy_mlops_operator.builders import build_autoscaler, build_budget
from easy_mlops_operator.reconcile.children import applied, removed
from easy_mlops_operator.reconcile.context import Context
from easy_mlops_operator.reconcile.model import Action, Apply, Manifest


def hand_over(context: Context) -> tuple[Action, ...]:
    """Before the Deployment is applied: nobody else is left to set the number, and the number that is there stays.

    A field that server-side apply does not find in a manifest any more is taken out, and the number of pods then is
    one: under load that is an outage. So another field manager holds it until the autoscaler writes it.
    """
    autoscaling, live = context.wanted.serving.autoscaling, context.deployment
    if autoscaling is None:
        return removed("autoscaling/v2", "HorizontalPodAutoscaler", context.observed.autoscaler)
    if context.observed.autoscaler is not None or live is None:
        return ()
    return (Apply(_pinned(context, _within(autoscaling, live.wanted)), manager=REPLICAS_MANAGER),)


def keep_scaling(context: Context) -> tuple[Action, ...]:
    """After the Deployment is applied: its autoscaler and its disruption budget are as they should be."""
    autoscaling = context.wanted.serving.autoscaling
    actions: list[Action] = []
    if autoscaling is not None:
        actions += applied(build_autoscaler(context.parent, autoscaling), context.observed.autoscaler)
    if has_budget(context):
        actions += applied(build_budget(context.parent), context.observed.budget)
    else:
        actions += removed("policy/v1", "PodDisruptionBudget", context.observed.budget)
    return tuple(actions)


def has_budget(context: Context) -> bool:
    """Whether pods are evicted one by one only: there are several, and on more than one node.

    Where the volume ties all of them to one node, the next pod cannot start elsewhere before the last one has left.
    A budget would then keep that node from ever being drained.
    """
    serving, live = context.wanted.serving, context.deployment
    fewest = serving.replicas
    if serving.autoscaling is not None:
        fewest = serving.autoscaling.min_replicas
    elif fewest is None:
        fewest = live.wanted if live is not None else 1
    return context.mount.shared and fewest > 1


def _within(autoscaling: AutoscalingSection, replicas: int) -> int:
    return min(max(replicas, autoscaling.min_replicas), autoscaling.max_replicas)


def _pinned(context: Context, replicas: int) -> Manifest:
    metadata = {"name": deployment_name(context.parent.name), "namespace": context.parent.namespace}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"replicas": replicas}}
