"""What a pass gets to see: from the store what is watched, by name what is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from easy_mlops.monitoring.summary import WINDOWS, Summary, Window
from easy_mlops_operator.controller.client import ApiError, Client
from easy_mlops_operator.controller.gather import Gatherer
from easy_mlops_operator.controller.kinds import CLAIM, CONFIG_MAP, ENDPOINT_SLICE, JOB, POD, SERVICE, Key, Kind
from easy_mlops_operator.controller.name_conflicts import NameConflicts
from easy_mlops_operator.controller.store import Store
from easy_mlops_operator.controller.summary_cache import SummaryCache
from easy_mlops_operator.reconcile import Observed, Settings, read
from fake_api import FakeApi

KEY = Key("ns", "churn")
CONFIG_PATH = "/api/v1/namespaces/ns/configmaps/rows"
CLAIM_PATH = "/api/v1/namespaces/ns/persistentvolumeclaims/datasets"
NOW = datetime(2026, 11, 24, tzinfo=UTC)


class Rig:
    def __init__(self, client: Client) -> None:
        self.store, self.conflicts, self.summaries = Store(), NameConflicts(), SummaryCache(timedelta(seconds=30))
        self.gatherer = Gatherer(client, self.store, self.conflicts, self.summaries, lambda: NOW)

    async def gather(self, resource: dict[str, Any]) -> Observed:
        return await self.gatherer.gather(KEY, read(resource, Settings(runtime_image="runtime:1")))


@pytest.fixture
async def rig(client: Client) -> Rig:
    return Rig(client)


def child(kind: Kind, name: str, uid: str = "md-1") -> dict[str, Any]:
    return {
        "apiVersion": kind.api_version,
        "kind": kind.name,
        "metadata": {
            "namespace": "ns",
            "name": name,
            "uid": f"uid-{name}",
            "resourceVersion": "5",
            "labels": {"easymlops.dev/modeldeployment": "churn", "app.kubernetes.io/managed-by": "easy-mlops-operator"},
            "ownerReferences": [{"kind": "ModelDeployment", "name": "churn", "uid": uid, "controller": True}],
        },
    }


async def test_children_come_from_the_store_without_a_request(rig: Rig, api: FakeApi, resource: dict[str, Any]) -> None:
    for kind, name in ((JOB, "churn-1"), (CONFIG_MAP, "churn-1"), (POD, "churn-x"), (SERVICE, "churn")):
        rig.store.put(kind, child(kind, name))
    observed = await rig.gather(resource)
    assert api.requests == []
    assert [len(part) for part in (observed.jobs, observed.configs, observed.pods)] == [1, 1, 1]
    assert observed.service is not None
    assert (observed.deployment, observed.claim, observed.conflicts) == (None, None, ())


async def test_a_child_of_an_earlier_resource_is_not_ours_and_being_deleted(rig: Rig, resource: dict[str, Any]) -> None:
    rig.store.put(JOB, child(JOB, "churn-1", uid="md-0"))
    observed = await rig.gather(resource)
    assert observed.jobs == ()
    assert [(item.kind, item.name, item.leaving) for item in observed.conflicts] == [("Job", "churn-1", True)]


async def test_somebody_elses_claim_is_asked_for_by_name(rig: Rig, api: FakeApi, resource: dict[str, Any]) -> None:
    resource["spec"]["storage"] = {"existingClaim": "datasets"}
    assert (await rig.gather(resource)).claim is None
    api.add(CLAIM_PATH, {"kind": "PersistentVolumeClaim", "metadata": {"namespace": "ns", "name": "datasets"}})
    claim = (await rig.gather(resource)).claim
    assert claim is not None
    assert claim["metadata"]["name"] == "datasets"


@pytest.mark.parametrize(
    ("uri", "objects", "state", "says"),
    [
        ("configmap://rows/a.csv", {}, "missing", "ConfigMap 'rows' does not exist in namespace 'ns'"),
        ("configmap://rows/a.csv", {CONFIG_PATH: {"data": {"b.csv": ""}}}, "missing", "it has b.csv"),
        ("configmap://rows/a.csv", {CONFIG_PATH: {}}, "missing", "it has none"),
        ("configmap://rows/a.csv", {CONFIG_PATH: {"data": {"a.csv": ""}}}, "found", ""),
        ("configmap://rows/a.csv", {CONFIG_PATH: {"binaryData": {"a.csv": ""}}}, "found", ""),
        ("pvc://datasets/a.csv", {}, "missing", "PersistentVolumeClaim 'datasets' does not exist"),
        ("pvc://datasets/a.csv", {CLAIM_PATH: {}}, "found", ""),
        ("sklearn://wine", {}, "found", ""),
    ],
)
async def test_the_source_of_the_data_is_looked_up(
    rig: Rig, api: FakeApi, resource: dict[str, Any], uri: str, objects: dict[str, Any], state: str, says: str
) -> None:
    for path, obj in objects.items():
        api.add(path, obj)
    resource["spec"]["data"]["uri"] = uri
    source = (await rig.gather(resource)).source
    assert source.state == state
    assert says in source.message


async def test_a_look_up_that_is_forbidden_leaves_the_source_unknown(
    rig: Rig, api: FakeApi, resource: dict[str, Any]
) -> None:
    resource["spec"]["data"]["uri"] = "configmap://rows/a.csv"
    api.fail("GET", 403, "no")
    source = (await rig.gather(resource)).source
    assert (source.state, source.message) == ("unknown", "spec.data.uri: cannot read ConfigMap 'rows': no")


@pytest.mark.parametrize("refused", [0, 1])
async def test_what_is_missing_is_reported_whatever_else_cannot_be_read(
    rig: Rig, api: FakeApi, resource: dict[str, Any], refused: int
) -> None:
    plugin = {"configMap": "steps", "module": "my_steps", "sha256": "0" * 64}
    resource["spec"] |= {"data": {"uri": "configmap://rows/a.csv"}, "pipeline": {"plugins": [plugin]}}
    api.fail("GET", 403, "no", times=refused)
    api.add(CONFIG_PATH, {"data": {"a.csv": ""}})
    source = (await rig.gather(resource)).source
    assert source.state == "missing"
    assert source.message == "spec.pipeline.plugins[0]: ConfigMap 'steps' does not exist in namespace 'ns'"


async def test_a_look_up_that_fails_ends_the_pass(rig: Rig, api: FakeApi, resource: dict[str, Any]) -> None:
    resource["spec"]["data"]["uri"] = "configmap://rows/a.csv"
    api.fail("GET", 500)
    with pytest.raises(ApiError):
        await rig.gather(resource)


async def test_the_figures_are_those_of_the_active_revision(rig: Rig, resource: dict[str, Any]) -> None:
    for digest, requests in (("d" * 64, 1), ("e" * 64, 2)):
        summary = Summary(digest, "1", {name: Window(requests=requests) for name in WINDOWS})
        rig.summaries.put(KEY, 1, [summary.encode()], Summary.decode, NOW)
    assert (await rig.gather(resource)).summary is None
    revision = {"name": "churn-2", "state": "Succeeded", "digest": "e" * 64}
    resource["status"] = {"activeRevision": "churn-2", "revisions": [revision]}
    observed = await rig.gather(resource)
    assert observed.summary is not None
    assert observed.summary.windows["1m"].requests == 2
    assert observed.summary_at == NOW


EVENTS_PATH = "/api/v1/namespaces/ns/events/"


def job_made(seconds_ago: float, **status: Any) -> dict[str, Any]:
    job = child(JOB, "churn-1")
    made = NOW - timedelta(seconds=seconds_ago)
    job["metadata"]["creationTimestamp"] = made.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {**job, "status": status}


def refused_pod(seconds_ago: float, message: str, name: str = "e1") -> dict[str, Any]:
    time = (NOW - timedelta(seconds=seconds_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"metadata": {"namespace": "ns", "name": name}, "message": message, "lastTimestamp": time}


async def test_the_events_of_a_job_without_a_pod_say_why(rig: Rig, api: FakeApi, resource: dict[str, Any]) -> None:
    rig.store.put(JOB, job_made(5))
    api.add(f"{EVENTS_PATH}e1", refused_pod(9, "earlier"))
    api.add(f"{EVENTS_PATH}e2", refused_pod(4, "exceeded quota: q", "e2"))
    assert (await rig.gather(resource)).refused_pods == {"churn-1": "exceeded quota: q"}


@pytest.mark.parametrize(
    ("job", "phases"),
    [
        (job_made(1), []),
        (job_made(5), ["Pending"]),
        (job_made(5), ["Failed", "Running"]),
        (job_made(5, conditions=[{"type": "Complete", "status": "True"}]), []),
        (job_made(5, conditions=[{"type": "Failed", "status": "True"}]), ["Failed"]),
    ],
)
async def test_no_event_is_asked_for_while_a_job_has_a_pod_is_new_or_has_ended(
    rig: Rig, api: FakeApi, resource: dict[str, Any], job: dict[str, Any], phases: list[str]
) -> None:
    rig.store.put(JOB, job)
    for index, phase in enumerate(phases):
        pod = child(POD, f"churn-1-{index}")
        pod["metadata"]["ownerReferences"] = [{"kind": "Job", "uid": "uid-churn-1", "controller": True}]
        rig.store.put(POD, {**pod, "status": {"phase": phase}})
    assert (await rig.gather(resource)).refused_pods == {}
    assert api.requests == []


async def test_a_refusal_from_before_the_newest_pod_is_over(rig: Rig, api: FakeApi, resource: dict[str, Any]) -> None:
    rig.store.put(JOB, job_made(60))
    pod = child(POD, "churn-1-0")
    pod["metadata"] |= {
        "ownerReferences": [{"kind": "Job", "uid": "uid-churn-1", "controller": True}],
        "creationTimestamp": (NOW - timedelta(seconds=10)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    rig.store.put(POD, {**pod, "status": {"phase": "Failed"}})
    api.add(f"{EVENTS_PATH}e1", refused_pod(30, "exceeded quota: q"))
    assert (await rig.gather(resource)).refused_pods == {}


async def test_events_that_may_not_be_read_leave_the_reason_unknown(
    rig: Rig, api: FakeApi, resource: dict[str, Any]
) -> None:
    rig.store.put(JOB, job_made(5))
    api.fail("GET", 403, "no")
    assert (await rig.gather(resource)).refused_pods == {}


NO_NODE = {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]}


@pytest.mark.parametrize(
    ("claim", "pod", "problem"),
    [
        ({"phase": "Pending"}, NO_NODE, 'storageclass "gold" not found'),
        ({"phase": "Pending"}, {"phase": "Pending"}, ""),
        ({"phase": "Bound"}, NO_NODE, ""),
    ],
)
async def test_why_a_claim_has_no_volume_is_asked_for_while_a_pod_waits_for_it(
    rig: Rig, api: FakeApi, resource: dict[str, Any], claim: dict[str, Any], pod: dict[str, Any], problem: str
) -> None:
    made = child(CLAIM, "churn")
    made["metadata"]["labels"]["app.kubernetes.io/component"] = "storage"
    rig.store.put(CLAIM, {**made, "status": claim})
    rig.store.put(POD, {**child(POD, "churn-1-0"), "status": pod})
    api.add(f"{EVENTS_PATH}e1", refused_pod(4, 'storageclass "gold" not found'))
    assert (await rig.gather(resource)).claim_problem == problem
    assert bool(api.requests) == bool(problem)


@pytest.mark.parametrize(("service", "found"), [("churn", 1), ("other", 0)])
async def test_endpoint_slices_are_those_of_the_service(
    rig: Rig, resource: dict[str, Any], service: str, found: int
) -> None:
    slice_ = child(ENDPOINT_SLICE, "churn-abcde")
    slice_["metadata"]["labels"]["kubernetes.io/service-name"] = service
    rig.store.put(ENDPOINT_SLICE, slice_)
    assert len((await rig.gather(resource)).endpoint_slices) == found


async def test_what_others_have_set_is_known_without_the_managed_fields(rig: Rig, resource: dict[str, Any]) -> None:
    service = child(SERVICE, "churn")
    fields = {"manager": "kubectl-patch", "fieldsV1": {"f:spec": {"f:type": {}}}}
    service["metadata"]["managedFields"] = [fields]
    rig.store.put(SERVICE, service)
    observed = (await rig.gather(resource)).service
    assert observed is not None
    assert observed["metadata"]["foreignFields"] == [["type"]]
    assert "managedFields" not in observed["metadata"]
