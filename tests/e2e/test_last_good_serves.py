"""A recreated resource with a retained volume cannot train: the newest good revision serves meanwhile."""

from __future__ import annotations

import pytest
from claim_pod import claim_pod
from kube import Namespace, Object, condition, is_true, model_deployment, ready
from load import Load
from namespaces import has_children
from node_port import reach
from sklearn.datasets import load_breast_cancer

NAME = "tumor"
SERVING = {"easymlops.dev/modeldeployment": NAME, "app.kubernetes.io/component": "serving"}
NODE_PORT = 30083
GONE = {"uri": f"pvc://{NAME}/gone.csv"}
GOOD = {"uri": "sklearn://breast_cancer"}
ROWS = load_breast_cancer(as_frame=True).data.head(2).to_dict("records")
BREAK = "from pathlib import Path; Path('/data/{}/model.joblib').write_bytes(b'changed')"


def wanted(version: str, data: Object = GOOD) -> Object:
    return model_deployment(NAME, data=data, deployment={"version": version}, rollout={"fallback": "lastGood"})


@pytest.fixture(scope="module")
def earlier(namespace: Namespace) -> list[Object]:
    """Two revisions of a resource that is gone, the oldest first; the newest one's model was changed since."""
    made = []
    for version in ("1.0.0", "2.0.0"):
        namespace.apply(wanted(version))
        resource = ready(namespace, NAME)
        active = resource["status"]["activeRevision"]
        record = next(item for item in resource["status"]["revisions"] if item["name"] == active)
        made.append({**record, "run": f"{active}-{resource['metadata']['uid'][:8]}"})
    namespace.kubectl("delete", "md", NAME, "--timeout=60s")
    namespace.wait("pvc", NAME, lambda _: not has_children(namespace, NAME), seconds=60, what="alone")
    namespace.apply(claim_pod("breaker", NAME, BREAK.format(made[1]["directory"])))
    namespace.wait("pod", "breaker", lambda o: o["status"].get("phase") == "Succeeded", seconds=60, what="done")
    return made


@pytest.fixture(scope="module")
def fallen_back(namespace: Namespace, earlier: list[Object]) -> Object:
    namespace.apply(wanted("3.0.0", GONE))
    return namespace.wait("md", NAME, falls_back, seconds=180, what="falling back")


def falls_back(resource: Object) -> bool:
    return is_true("Serving")(resource) and "serves instead" in condition(resource, "Ready")["message"]


def test_the_newest_good_revision_serves(earlier: list[Object], fallen_back: Object) -> None:
    status = fallen_back["status"]
    assert status["activeRevision"] == earlier[0]["run"]
    assert status["serving"]["version"] == "1.0.0"
    active = next(item for item in status["revisions"] if item["name"] == status["activeRevision"])
    same = ("digest", "directory", "metrics", "model_type", "claim")
    assert {key: active.get(key) for key in same} == {key: earlier[0].get(key) for key in same}


def test_the_status_names_the_failed_target_the_serving_revision_and_the_rejected_ones(
    earlier: list[Object], fallen_back: Object
) -> None:
    assert condition(fallen_back, "Ready")["status"] == "False"
    assert condition(fallen_back, "Ready")["reason"] == "PipelineFailed"
    assert condition(fallen_back, "Stalled")["reason"] == "DataUnavailable"
    message = condition(fallen_back, "Ready")["message"]
    assert f"{earlier[0]['run']} serves instead" in message
    assert f"{earlier[1]['directory']}/model.joblib was changed" in message


def test_a_corrected_spec_takes_over_without_a_failed_request(namespace: Namespace, fallen_back: Object) -> None:
    url = f"{reach(namespace, 'load', SERVING, NODE_PORT)}/predict"
    with Load(url, ROWS) as load:
        versions = load.phases[0].versions
        load.wait(lambda: versions["1.0.0"] > 200, 30)
        namespace.apply(wanted("3.0.0"))
        corrected = ready(namespace, NAME)
        # What the fallback's pod has begun it ends; for a while it answers on connections that are kept alive.
        load.wait(lambda: versions["3.0.0"] > 1000, 60)
    assert load.failures == []
    assert set(versions) == {"1.0.0", "3.0.0"}
    assert corrected["status"]["activeRevision"] == corrected["status"]["targetRevision"]
    jobs = [job["metadata"]["name"] for job in namespace.list("jobs")]
    assert f"{NAME}-lastgood" not in jobs
