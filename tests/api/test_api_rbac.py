"""The operator may do what it does, and nothing else. Asked of the API server as the operator's service account."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import rendering
import yaml
from kube import Namespace, kubectl, model_deployment
from operator_process import Identity
from processes import eventually

ROOT = Path(__file__).resolve().parents[2]

ALLOWED = [
    "list modeldeployments.easymlops.dev",
    "watch modeldeployments.easymlops.dev",
    "patch modeldeployments.easymlops.dev --subresource=status",
    "create jobs.batch",
    "patch deployments.apps",
    "create services",
    "create persistentvolumeclaims",
    "delete persistentvolumeclaims",
    "delete configmaps",
    "delete jobs.batch",
    "watch pods",
    "patch networkpolicies.networking.k8s.io",
    "create horizontalpodautoscalers.autoscaling",
    "delete horizontalpodautoscalers.autoscaling",
    "create poddisruptionbudgets.policy",
    "delete poddisruptionbudgets.policy",
    "create events",
    "list events",
]
FORBIDDEN = [
    "create modeldeployments.easymlops.dev",
    "update modeldeployments.easymlops.dev",
    "patch modeldeployments.easymlops.dev",
    "delete modeldeployments.easymlops.dev",
    "update modeldeployments.easymlops.dev --subresource=status",
    "delete networkpolicies.networking.k8s.io",
    "delete deployments.apps",
    "create pods --subresource=eviction",
    "patch deployments.apps --subresource=scale",
    "get secrets",
    "list secrets",
    "watch secrets",
    "create pods",
    "delete pods",
    "patch pods",
    "create pods --subresource=exec",
    "create pods --subresource=attach",
    "create pods --subresource=portforward",
    "get pods --subresource=log",
    "get pods --subresource=proxy",
    "get services --subresource=proxy",
    "get nodes",
    "create serviceaccounts",
    "create serviceaccounts --subresource=token",
    "impersonate users",
    "create clusterrolebindings.rbac.authorization.k8s.io",
    "escalate clusterroles.rbac.authorization.k8s.io",
    "bind clusterroles.rbac.authorization.k8s.io",
    "patch customresourcedefinitions.apiextensions.k8s.io",
    "create namespaces",
    "deletecollection jobs.batch",
    "deletecollection configmaps",
    "get leases.coordination.k8s.io",
    "create leases.coordination.k8s.io",
    "* *",
]


@pytest.mark.parametrize("question", ALLOWED)
def test_what_it_does_is_allowed(identity: Identity, crd: str, question: str) -> None:
    assert identity.can(question)


@pytest.mark.parametrize("question", FORBIDDEN)
def test_everything_else_is_forbidden(identity: Identity, crd: str, question: str) -> None:
    assert not identity.can(question)


def test_it_cannot_change_a_users_resource(identity: Identity, shared_namespace: Namespace, crd: str) -> None:
    shared_namespace.apply(model_deployment("mine"))
    for patch in ({"spec": {"suspend": True}}, {"metadata": {"annotations": {"a": "b"}}}):
        body = yaml.safe_dump(patch)
        answer = shared_namespace.kubectl(
            "patch", "md", "mine", "--type=merge", "-p", body, "--as", identity.user, check=False
        )
        assert "forbidden" in answer


VIEW = ["get md", "list md", "watch md", "get md --subresource=status", "get md --subresource=scale"]
EDIT = ["create md", "update md", "patch md", "delete md", "deletecollection md", "patch md --subresource=scale"]


@pytest.fixture(scope="module")
def users(crd: str, shared_namespace: Namespace) -> Iterator[None]:
    """Three users, each with one of Kubernetes' own roles in the namespace."""
    roles = [yaml.safe_load((ROOT / f"manifests/users/{file}.yaml").read_text()) for file in ("view", "edit")]
    for role in roles:  # beside those of an installed operator
        role["metadata"]["name"] += f"-{shared_namespace.name}"
    kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(roles))
    try:
        for name in ("view", "edit", "admin"):
            shared_namespace.kubectl("create", "rolebinding", name, f"--clusterrole={name}", f"--user={name}-user")
        yield
    finally:
        kubectl("delete", "clusterrole", *(role["metadata"]["name"] for role in roles))


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        ("view", VIEW, [*EDIT, "patch md --subresource=status"]),
        ("edit", VIEW + EDIT, ["patch md --subresource=status"]),
        ("admin", VIEW + EDIT, ["patch md --subresource=status"]),
    ],
)
def test_the_roles_of_kubernetes_include_modeldeployments(
    users: None, shared_namespace: Namespace, role: str, may: list[str], may_not: list[str]
) -> None:
    def can(question: str) -> bool:
        asked = question.replace(" md", " modeldeployments.easymlops.dev").split()
        answer = shared_namespace.kubectl("auth", "can-i", *asked, "--as", f"{role}-user", check=False)
        return answer.splitlines()[0] == "yes"

    eventually(lambda: can(may[-1]))  # a controller aggregates the roles
    assert [question for question in may if not can(question)] == []
    assert [question for question in may_not if can(question)] == []


@pytest.mark.parametrize("overlay", rendering.OVERLAYS)
def test_no_role_has_a_wildcard(overlay: str) -> None:
    roles = [item for item in rendering.render(overlay) if item["kind"] in {"Role", "ClusterRole"}]
    assert roles
    assert not [rule for role in roles for rule in role["rules"] for values in rule.values() if "*" in values]


@pytest.mark.parametrize("overlay", rendering.OVERLAYS)
def test_the_manifests_are_accepted(crd: str, overlay: str) -> None:
    objects = rendering.render(overlay)
    for item in objects:
        item["metadata"].pop("namespace", None)  # its namespace need not exist yet
    answer = kubectl("apply", "--dry-run=server", "-f", "-", stdin=yaml.safe_dump_all(objects))
    assert answer.count("(server dry run)") == len(objects)


def test_the_namespaced_overlay_needs_nothing_of_the_cluster() -> None:
    kinds = {item["kind"] for item in rendering.render("namespaced")}
    assert kinds == {"ServiceAccount", "Role", "RoleBinding", "Deployment", "Service", "NetworkPolicy"}


def test_the_operators_pod_meets_the_restricted_standard(shared_namespace: Namespace) -> None:
    kubectl("label", "namespace", shared_namespace.name, "pod-security.kubernetes.io/enforce=restricted")
    deployment = yaml.safe_load((ROOT / "manifests/base/deployment.yaml").read_text())
    template = deployment["spec"]["template"]
    template["spec"].pop("serviceAccountName")
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "operator"}, "spec": template["spec"]}
    assert "created" in shared_namespace.kubectl("create", "--dry-run=server", "-f", "-", stdin=yaml.safe_dump(pod))
