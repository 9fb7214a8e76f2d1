"""The test acts as the kubelet: pods request more CPU than any node has, and the test ends them or makes them ready."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import api_server
from easy_mlops.contract import RunResult, StepReport
from easy_mlops_operator.api.labels import SERVICE_NAME, child_labels
from kube import Namespace, Object, is_settled, model_deployment
from nodes import this_machine

TOO_MUCH = {"requests": {"cpu": "1000"}}
DIGEST = "d" * 64
TIME = "2026-11-24T10:00:00Z"


def driven(name: str, **spec: Any) -> Object:
    """A ModelDeployment whose pods no node takes."""
    for section in ("pipeline", "serving"):
        spec[section] = {"resources": TOO_MUCH, **spec.get(section, {})}
    return model_deployment(name, **spec)


@dataclass(frozen=True)
class Kubelet:
    """Gives the pods of one ModelDeployment their status."""

    namespace: Namespace
    resource: str

    def pods(self, component: str) -> list[Object]:
        """Pods of the Job (`pipeline`) or of the Deployment (`serving`) that are not being deleted."""
        selector = f"easymlops.dev/modeldeployment={self.resource},app.kubernetes.io/component={component}"
        return [pod for pod in self.namespace.list("pods", selector) if "deletionTimestamp" not in pod["metadata"]]

    def wait_pod(self, component: str, seconds: float = 30, without: tuple[str, ...] = ()) -> Object:
        """The first pod that is not one of `without`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = [pod for pod in self.pods(component) if pod["metadata"]["name"] not in without]
            if found:
                return found[0]
            time.sleep(0.2)
        raise AssertionError(f"no {component} pod; {self.namespace.kubectl('get', 'md,jobs,pods', '-o', 'wide')}")

    def end(self, pod: Object, message: str, exit_code: int = 0) -> None:
        """The pod's container has ended with a termination message."""
        reason = "Error" if exit_code else "Completed"
        terminated = {
            "exitCode": exit_code, "reason": reason, "message": message, "startedAt": TIME, "finishedAt": TIME
        }  # fmt: skip
        self._set(pod, phase="Failed" if exit_code else "Succeeded", ready=False, state={"terminated": terminated})

    def succeed(self, pod: Object, directory: str = "models/deployment_1", digest: str = DIGEST) -> None:
        """The run has gone well."""
        self.end(pod, self.result(pod, directory, digest).encode())

    def result(self, pod: Object, directory: str, digest: str) -> RunResult:
        """What a run reports that has gone well."""
        arguments = pod["spec"]["containers"][0]["args"]
        return RunResult(
            run_id=arguments[arguments.index("--run-id") + 1],
            ok=True,
            directory=directory,
            digest=digest,
            model_version="1.0.0",
            model_type="logistic_regression",
            metrics={"accuracy": 0.95},
            steps=(StepReport("load_data", "Succeeded", 0.1),),
        )

    def get_ready(self, pod: Object) -> None:
        """The pod answers, at the address of this machine: EndpointSlices have no loopback addresses."""
        self._set(pod, phase="Running", ready=True, state={"running": {"startedAt": TIME}}, podIP=this_machine())
        api_server.put(self.namespace.name, "endpointslices", self._endpoint(pod))

    def _endpoint(self, pod: Object) -> Object:
        """An EndpointSlice with the pod: the controller makes none for pods that are on no node."""
        name, uid = pod["metadata"]["name"], pod["metadata"]["uid"]
        container = pod["spec"]["containers"][0]
        return {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": name,
                "labels": {
                    **child_labels(self.resource, "serving"),
                    SERVICE_NAME: self.resource,
                    "endpointslice.kubernetes.io/managed-by": "tests",
                },
                "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": name, "uid": uid}],
            },
            "addressType": "IPv4",
            "endpoints": [
                {
                    "addresses": [this_machine()],
                    "conditions": {"ready": True},
                    "targetRef": {"kind": "Pod", "name": name, "namespace": self.namespace.name, "uid": uid},
                }
            ],
            "ports": [{"name": "http", "port": container["ports"][0]["containerPort"], "protocol": "TCP"}],
        }

    def serve(self, without: tuple[str, ...] = ()) -> Object:
        """Play through the first run of a resource, not with the pods `without`, until it is served; the resource."""
        self.succeed(self.wait_pod("pipeline", without=without))
        self.get_ready(self.wait_pod("serving", without=without))
        return self.namespace.wait("md", self.resource, is_settled, seconds=15, what="settled")

    def _set(self, pod: Object, *, phase: str, ready: bool, state: Object, **status: Any) -> None:
        container = pod["spec"]["containers"][0]
        statuses = [
            {
                "name": container["name"],
                "image": container["image"],
                "imageID": "",
                "ready": ready,
                "restartCount": 0,
                "state": state,
            }
        ]
        conditions = [{"type": "Ready", "status": str(ready), "lastTransitionTime": TIME}]
        status |= {"phase": phase, "conditions": conditions, "containerStatuses": statuses}
        api_server.patch_status(self.namespace.name, "pod", pod["metadata"]["name"], status)
