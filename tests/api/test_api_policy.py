"""The sample policy lets the API server reject what a namespace may not use, with a helpful message."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kube import Namespace, kubectl
from stand_in import driven

SAMPLE = Path(__file__).resolve().parents[2] / "manifests" / "samples" / "policy"
DIGEST = "@sha256:" + "a" * 64


@pytest.fixture(scope="module")
def limited(shared_namespace: Namespace, crd: str) -> Iterator[Namespace]:
    """A namespace with the sample's limits; other namespaces are not affected."""
    own = f"limits-{shared_namespace.name}"
    policy, binding = (yaml.safe_load((SAMPLE / f"{name}.yaml").read_text()) for name in ("policy", "binding"))
    policy["metadata"]["name"] = binding["metadata"]["name"] = binding["spec"]["policyName"] = own
    kubectl("label", "namespace", shared_namespace.name, "easymlops.dev/limits=enforced")
    kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all([policy, binding]))
    try:
        deadline = time.monotonic() + 30
        while "spec.serving asks for 9 pods" not in attempt(shared_namespace, serving={"replicas": 9}):
            assert time.monotonic() < deadline, "the policy never came into force"
            time.sleep(0.5)
        yield shared_namespace
    finally:
        kubectl("delete", "validatingadmissionpolicy,validatingadmissionpolicybinding", own)


def attempt(namespace: Namespace, **spec: Any) -> str:
    """The API server's response to a ModelDeployment (server-side dry run)."""
    body = yaml.safe_dump(driven("churn", **spec))
    return namespace.kubectl("apply", "--dry-run=server", "-f", "-", stdin=body, check=False)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        (
            {"pipeline": {"image": f"docker.io/any/thing{DIGEST}"}},
            "allowed here are images below registry.example.com/ml/",
        ),
        ({"pipeline": {"image": "registry.example.com/ml/train:1"}}, "it must name a digest"),
        ({"serving": {"autoscaling": {"maxReplicas": 5}}}, "spec.serving asks for 5 pods; allowed here are 4"),
        ({"data": {"uri": "https://example.com/rows.csv"}}, "spec.data.uri begins with 'https'; allowed here are"),
        (
            {"pipeline": {"plugins": [{"configMap": "mine", "module": "steps", "sha256": "b" * 64}]}},
            "spec.pipeline.plugins are 1; allowed here are 0",
        ),
        ({"pipeline": {"podTemplate": {"serviceAccountName": "admin"}}}, "allowed here are default models"),
        ({"serving": {"podTemplate": {"priorityClassName": "system-node-critical"}}}, "allowed here are batch"),
        ({"serving": {"podTemplate": {"runtimeClassName": "runc"}}}, "podTemplate.runtimeClassName and"),
        ({"pipeline": {"podTemplate": {"tolerations": [{"operator": "Exists"}]}}}, "are not allowed here"),
    ],
    ids=["image", "digest", "replicas", "data", "plugins", "account", "priority", "runtime", "tolerations"],
)
def test_a_spec_beyond_a_limit_is_refused(limited: Namespace, spec: dict[str, Any], says: str) -> None:
    answer = attempt(limited, **spec)
    assert "denied request" in answer
    assert says in answer


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"serving": {"replicas": 4}},
        {"serving": {"autoscaling": {"maxReplicas": 4}}},
        {"pipeline": {"image": f"registry.example.com/ml/train{DIGEST}"}},
        {"data": {"uri": "configmap://rows/data.csv"}},
        {"serving": {"podTemplate": {"serviceAccountName": "models", "priorityClassName": "batch"}}},
    ],
    ids=["plain", "replicas", "autoscaling", "image", "data", "template"],
)
def test_a_spec_within_the_limits_is_accepted(limited: Namespace, spec: dict[str, Any]) -> None:
    assert attempt(limited, **spec).strip() == "modeldeployment.easymlops.dev/churn created (server dry run)"


def test_scaling_beyond_the_limit_is_refused(limited: Namespace) -> None:
    limited.apply(driven("scaled"))
    scaled = limited.kubectl(
        "patch", "md", "scaled", "--type=merge", "-p", '{"spec":{"serving":{"replicas":5}}}', check=False
    )
    assert "spec.serving asks for 5 pods" in scaled
    limited.kubectl("delete", "md", "scaled")


def test_another_namespace_is_not_affected(limited: Namespace, namespace: Namespace) -> None:
    assert "created (server dry run)" in attempt(namespace, serving={"replicas": 9})
