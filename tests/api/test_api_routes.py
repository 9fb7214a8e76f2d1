"""The sample routes are accepted, and lead to the Service of the example by its name and port."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from easy_mlops.config.resource import ServingSection
from easy_mlops_operator.builders import Parent, build_service
from kube import Namespace, kubectl
from tools.programs import GATEWAY_API, source

SAMPLES = Path(__file__).resolve().parents[2] / "manifests" / "samples" / "routes"


@pytest.fixture(scope="module")
def gateway_api(alone: None) -> Iterator[None]:
    """The CRD of HTTPRoutes."""
    file = source(*GATEWAY_API) / "config" / "crd" / "standard" / "gateway.networking.k8s.io_httproutes.yaml"
    kubectl("apply", "--server-side", "-f", str(file))
    kubectl("wait", "--for=condition=Established", "crd/httproutes.gateway.networking.k8s.io", "--timeout=30s")
    yield
    kubectl("delete", "-f", str(file))


def test_the_samples_are_accepted(namespace: Namespace, gateway_api: None) -> None:
    namespace.kubectl("apply", "--validate=strict", "-k", str(SAMPLES))
    made = namespace.kubectl("get", "ingresses,httproutes.gateway.networking.k8s.io", "-o", "name").split()
    assert made == [
        "ingress.networking.k8s.io/breast-cancer",
        "httproute.gateway.networking.k8s.io/breast-cancer",
    ]


def test_they_lead_to_the_service() -> None:
    service = build_service(Parent("breast-cancer", "shop", "u-1"), ServingSection().port)
    (port,) = service["spec"]["ports"]
    ingress, route = (yaml.safe_load((SAMPLES / f"{name}.yaml").read_text()) for name in ("ingress", "httproute"))
    for path in ingress["spec"]["rules"][0]["http"]["paths"]:
        assert path["backend"]["service"] == {"name": service["metadata"]["name"], "port": {"name": port["name"]}}
    for rule in route["spec"]["rules"]:
        assert rule["backendRefs"] == [{"name": service["metadata"]["name"], "port": port["port"]}]
