"""Network policies of the pods of a resource: only requests for predictions are allowed.

Policies are additive: custom steps that need network access require another policy for the same pods.
"""

from __future__ import annotations

from typing import Any

from easy_mlops_operator.api.labels import COMPONENT, RESOURCE, selector_labels
from easy_mlops_operator.api.names import policy_name
from easy_mlops_operator.builders.parent import Parent


def build_policies(parent: Parent, port: int) -> tuple[dict[str, Any], ...]:
    """One NetworkPolicy for the scoring pods, which accept connections on `port` only, and one for the pods of Jobs.

    Pods read all their input from volumes, so none of them needs egress. A direction that is listed in `policyTypes`
    without a rule is denied.
    """
    jobs = {"key": COMPONENT, "operator": "In", "values": ["pipeline", "pruning"]}
    return (
        _policy(
            parent,
            "serving",
            {"matchLabels": selector_labels(parent.name)},
            {"ingress": [{"ports": [{"protocol": "TCP", "port": port}]}]},
        ),
        _policy(parent, "pipeline", {"matchLabels": {RESOURCE: parent.name}, "matchExpressions": [jobs]}, {}),
    )


def _policy(parent: Parent, component: Any, selector: dict[str, Any], rules: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": parent.metadata(policy_name(parent.name, component), component),
        "spec": {"podSelector": selector, "policyTypes": ["Ingress", "Egress"], **rules},
    }
