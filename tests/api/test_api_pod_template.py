"""What `podTemplate` adds to pods: a real API server accepts it, returns it unchanged, and checks what it can."""

from __future__ import annotations

import time
from typing import Any

import pytest
import yaml
from kube import Namespace
from operator_process import OperatorProcess
from pod_additions import ADDITIONS
from stand_in import Kubelet, driven

# Admission refuses pods of classes that do not exist, so this template has none.
RUNNABLE = {key: value for key, value in ADDITIONS.items() if key not in ("runtimeClassName", "serviceAccountName")}
RUNNABLE["affinity"] = {"nodeAffinity": ADDITIONS["affinity"]["nodeAffinity"]}
BOTH: dict[str, Any] = {"pipeline": {"podTemplate": RUNNABLE}, "serving": {"podTemplate": RUNNABLE}}


def test_both_kinds_of_pods_have_the_additions(namespace: Namespace, operator: OperatorProcess) -> None:
    namespace.apply(driven("churn", **BOTH))
    kubelet = Kubelet(namespace, "churn")
    training = kubelet.wait_pod("pipeline")
    kubelet.serve()
    for pod in (training, kubelet.wait_pod("serving")):
        assert pod["metadata"]["labels"]["team"] == "credit"
        assert pod["spec"]["nodeSelector"] == {"kubernetes.io/os": "linux"}
        assert {item["name"] for item in pod["spec"]["containers"][0]["env"]} >= {"HTTPS_PROXY", "NO_PROXY", "TOKEN"}


def test_a_change_for_scoring_pods_rolls_them_and_one_for_jobs_does_nothing_now(
    namespace: Namespace, operator: OperatorProcess
) -> None:
    namespace.apply(driven("churn"))
    Kubelet(namespace, "churn").serve()
    before = namespace.get("deployment", "churn")
    (job,) = namespace.list("jobs")
    namespace.apply(driven("churn", **BOTH))
    after = namespace.wait(
        "deployment",
        "churn",
        lambda item: "team" in item["spec"]["template"]["metadata"]["labels"],
        seconds=20,
    )
    assert after["metadata"]["generation"] == before["metadata"]["generation"] + 1
    settled = namespace.wait("md", "churn", lambda md: md["status"]["observedGeneration"] == 2, seconds=20)
    assert len(settled["status"]["revisions"]) == 1
    assert [item["metadata"]["uid"] for item in namespace.list("jobs")] == [job["metadata"]["uid"]]
    time.sleep(2)
    written = operator.writes()
    namespace.kubectl("annotate", "md", "churn", "example.com/pass=again")
    time.sleep(3)
    assert operator.writes() == written
    assert namespace.get("deployment", "churn")["metadata"]["generation"] == after["metadata"]["generation"]


@pytest.mark.parametrize("section", ["pipeline", "serving"])
@pytest.mark.parametrize(
    ("additions", "says"),
    [
        ({"env": [{"name": "HOME", "value": "/"}]}, "env: the operator sets HOME"),
        ({"volumes": [{"name": "tmp", "secret": {"secretName": "a"}}]}, "volumes: the operator sets volume, tmp"),
        ({"volumes": [{"name": "a"}]}, "a volume has exactly one of configMap, secret and persistentVolumeClaim"),
        ({"labels": {"easymlops.dev/revision": "x"}}, "labels: the operator or Kubernetes sets a key"),
        ({"volumeMounts": [{"name": "a", "mountPath": "/model/logs"}]}, "volumeMounts: the pods use a mountPath"),
        ({"volumeMounts": [{"name": "a", "mountPath": "a/../b"}]}, "mountPath: Invalid value"),
    ],
)
def test_the_api_server_refuses_names_of_the_operator(
    shared_namespace: Namespace, crd: str, section: str, additions: dict[str, Any], says: str
) -> None:
    body = yaml.safe_dump(driven("bad", **{section: {"podTemplate": additions}}))
    assert says in shared_namespace.kubectl("apply", "--dry-run=server", "-f", "-", stdin=body, check=False)
