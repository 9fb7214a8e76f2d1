"""What `podTemplate` adds reaches the containers of real pods, in a namespace with the restricted standard."""

from __future__ import annotations

from typing import Any

from kube import Namespace, config_map, model_deployment, ready

TEMPLATE: dict[str, Any] = {
    "nodeSelector": {"kubernetes.io/os": "linux"},
    "env": [{"name": "OMP_NUM_THREADS", "value": "2"}],
    "envFrom": [{"configMapRef": {"name": "lookup"}}],
    "volumes": [{"name": "lookup", "configMap": {"name": "lookup"}}],
    "volumeMounts": [{"name": "lookup", "mountPath": "/etc/lookup", "readOnly": True}],
}
READ = "import os; print(os.environ['OMP_NUM_THREADS'], os.environ['region'], open('/etc/lookup/region').read())"


def test_scoring_pods_have_the_variables_and_files(namespace: Namespace) -> None:
    namespace.apply(config_map("lookup", region="north"))
    both = {"podTemplate": TEMPLATE}
    namespace.apply(model_deployment("wine", pipeline=both, serving=both))
    before = ready(namespace, "wine")["status"]
    assert namespace.kubectl("exec", "deployment/wine", "--", "python", "-c", READ).split() == ["2", "north", "north"]
    changed = {"podTemplate": {**TEMPLATE, "env": [{"name": "OMP_NUM_THREADS", "value": "1"}]}}
    namespace.apply(model_deployment("wine", pipeline=changed, serving=changed))
    namespace.wait("md", "wine", lambda md: md["status"]["observedGeneration"] == 2, seconds=30)
    namespace.kubectl("rollout", "status", "deployment/wine", "--timeout=120s")
    after = ready(namespace, "wine")["status"]
    assert after["activeRevision"] == before["activeRevision"]
    assert len(namespace.list("jobs")) == 1
    assert namespace.kubectl("exec", "deployment/wine", "--", "python", "-c", READ).split() == ["1", "north", "north"]
