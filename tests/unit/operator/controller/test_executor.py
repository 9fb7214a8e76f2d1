"""A plan is carried out in order, and one that was made from an old view of the cluster does no harm."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from easy_mlops_operator.controller.client import ApiError, Client
from easy_mlops_operator.controller.event_recorder import EventRecorder
from easy_mlops_operator.controller.executor import Executor
from easy_mlops_operator.controller.expectations import Expectations
from easy_mlops_operator.controller.kinds import JOB, MODEL_DEPLOYMENT, SERVICE, Key
from easy_mlops_operator.controller.name_conflicts import NameConflicts
from easy_mlops_operator.controller.store import Store
from easy_mlops_operator.reconcile import Apply, Delete, Event, Outcome, Refusal, StatusReport
from fake_api import FakeApi

KEY = Key("ns", "churn")
JOB_PATH = "/apis/batch/v1/namespaces/ns/jobs/churn-1"
SERVICE_PATH = "/api/v1/namespaces/ns/services/churn"
RESOURCE_PATH = "/apis/easymlops.dev/v1alpha1/namespaces/ns/modeldeployments/churn"
OWNER = {"apiVersion": "easymlops.dev/v1alpha1", "kind": "ModelDeployment", "name": "churn", "controller": True}


def child(kind: str, name: str, uid: str = "md-1", **fields: Any) -> dict[str, Any]:
    labels = {"easymlops.dev/modeldeployment": "churn"}
    metadata = {"namespace": "ns", "name": name, "labels": labels, "ownerReferences": [{**OWNER, "uid": uid}]}
    return {"apiVersion": "batch/v1" if kind == "Job" else "v1", "kind": kind, "metadata": metadata, **fields}


class Rig:
    """An executor with everything it works with."""

    def __init__(self, client: Client) -> None:
        self.store = Store()
        self.conflicts = NameConflicts()
        self.now = 0.0
        self.expectations = Expectations(self.store, lambda: self.now)
        recorder = EventRecorder(client, lambda: datetime(2026, 1, 1, tzinfo=UTC))
        self.executor = Executor(client, self.store, self.expectations, self.conflicts, recorder)


@pytest.fixture
async def rig(client: Client) -> Rig:
    return Rig(client)


async def test_a_child_is_created_by_one_request(rig: Rig, api: FakeApi, resource: dict[str, Any]) -> None:
    outcome = await rig.executor.execute(resource, [Apply(child("Job", "churn-1"))])
    assert api.methods() == ["PATCH"]
    assert outcome.written == ["apply Job/churn-1"]
    assert rig.store.get(JOB, Key("ns", "churn-1")) is not None


async def test_a_known_child_is_applied_under_its_uid(rig: Rig, api: FakeApi, resource: dict[str, Any]) -> None:
    rig.store.put(JOB, api.add(JOB_PATH, child("Job", "churn-1")))
    await rig.executor.execute(resource, [Apply(child("Job", "churn-1", spec={"suspend": True}))])
    assert api.methods() == ["PATCH"]
    assert api.requests[0][2]["metadata"]["uid"] == api.objects[JOB_PATH]["metadata"]["uid"]


async def test_an_apply_that_changed_nothing_is_not_reported(rig: Rig, api: FakeApi, resource: dict[str, Any]) -> None:
    rig.store.put(JOB, api.add(JOB_PATH, child("Job", "churn-1")))
    outcome = await rig.executor.execute(resource, [Apply(child("Job", "churn-1"))])
    assert (outcome.verdict, outcome.written) == ("done", [])


async def test_an_unknown_object_of_another_owner_is_not_changed(
    rig: Rig, api: FakeApi, resource: dict[str, Any]
) -> None:
    theirs = api.add(SERVICE_PATH, {"kind": "Service", "metadata": {"namespace": "ns", "name": "churn"}})
    outcome = await rig.executor.execute(resource, [Apply(child("Service", "churn"))])
    assert outcome.verdict == "behind"
    assert rig.conflicts.of(KEY) == [(SERVICE, "churn")]
    assert api.objects[SERVICE_PATH] == theirs
    assert api.methods() == ["PATCH", "GET"]
    assert rig.store.get(SERVICE, KEY) is None


async def test_a_child_of_an_earlier_resource_of_this_name_is_not_taken_over(
    rig: Rig, api: FakeApi, resource: dict[str, Any]
) -> None:
    rig.store.put(SERVICE, api.add(SERVICE_PATH, child("Service", "churn", uid="md-0")))
    outcome = await rig.executor.execute(resource, [Apply(child("Service", "churn"))])
    assert outcome.verdict == "behind"
    assert rig.conflicts.of(KEY) == [(SERVICE, "churn")]
    assert api.requests == []


async def test_a_child_that_the_store_had_missed_is_taken_in(rig: Rig, api: FakeApi, resource: dict[str, Any]) -> None:
    api.add(JOB_PATH, child("Job", "churn-1"))
    outcome = await rig.executor.execute(resource, [Apply(child("Job", "churn-1"))])
    assert outcome.verdict == "behind"
    assert rig.store.get(JOB, Key("ns", "churn-1")) is not None


async def test_an_object_that_was_replaced_unseen_is_not_taken_over(
    rig: Rig, api: FakeApi, resource: dict[str, Any]
) -> None:
    rig.store.put(JOB, api.add(JOB_PATH, child("Job", "churn-1")))
    theirs = api.add(JOB_PATH, {"kind": "Job", "metadata": {"namespace": "ns", "name": "churn-1"}})
    outcome = await rig.executor.execute(resource, [Apply(child("Job", "churn-1"))])
    assert outcome.verdict == "behind"
    assert api.objects[JOB_PATH] == theirs
    assert rig.store.get(JOB, Key("ns", "churn-1")) == theirs


async def test_an_object_that_was_deleted_unseen_is_forgotten(rig: Rig, api: FakeApi, resource: dict[str, Any]) -> None:
    rig.store.put(JOB, api.add(JOB_PATH, child("Job", "churn-1")))
    del api.objects[JOB_PATH]
    outcome = await rig.executor.execute(resource, [Apply(child("Job", "churn-1"))])
    assert outcome.verdict == "behind"
    assert rig.store.get(JOB, Key("ns", "churn-1")) is None


async def test_a_refusal_does_not_stop_other_actions(rig: Rig, api: FakeApi, resource: dict[str, Any]) -> None:
    api.objects[RESOURCE_PATH] = dict(resource)
    api.fail("PATCH", 403, "exceeded quota")
    outcome = await rig.executor.execute(resource, [Apply(child("Job", "churn-1")), Apply(child("Service", "churn"))])
    assert (outcome.verdict, outcome.message) == ("refused", "apply Job/churn-1: exceeded quota")
    assert outcome.refusals == [Refusal("Job", "churn-1", "apply Job/churn-1: exceeded quota")]
    assert outcome.written == ["apply Service/churn"]
    assert SERVICE_PATH in api.objects
    assert "status" not in api.objects[RESOURCE_PATH]


@pytest.mark.parametrize(("refused", "needing"), [("NetworkPolicy", "Job"), ("NetworkPolicy", "Deployment")])
async def test_no_pod_is_made_without_its_network_policy(
    rig: Rig, api: FakeApi, resource: dict[str, Any], refused: str, needing: str
) -> None:
    api.fail("PATCH", 403, "no")
    actions = [Apply(child(refused, "churn")), Apply(child(needing, "churn")), Apply(child("Service", "churn"))]
    outcome = await rig.executor.execute(resource, actions)
    assert (outcome.verdict, outcome.written) == ("refused", ["apply Service/churn"])


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_passing_failure_is_raised_and_nothing_follows(
    rig: Rig, api: FakeApi, resource: dict[str, Any], status: int
) -> None:
    api.fail("PATCH", status)
    with pytest.raises(ApiError):
        await rig.executor.execute(resource, [Apply(child("Job", "churn-1")), Apply(child("Service", "churn"))])
    assert api.methods() == ["PATCH"]


@pytest.mark.parametrize(("status", "is_refused"), [(500, True), (503, True), (429, False), (0, False)])
async def test_what_the_api_server_fails_at_for_long_counts_as_refused(
    rig: Rig, api: FakeApi, resource: dict[str, Any], status: int, is_refused: bool
) -> None:
    api.fail("PATCH", status, "failed calling webhook")
    executed = rig.executor.execute(resource, [Apply(child("Job", "churn-1"))], gives_up=True)
    if is_refused:
        outcome = await executed
        assert outcome.refusals == [Refusal("Job", "churn-1", "apply Job/churn-1: failed calling webhook")]
    else:
        with pytest.raises(ApiError):
            await executed


async def test_the_status_carries_the_uid_and_nothing_but_status(
    rig: Rig, api: FakeApi, resource: dict[str, Any]
) -> None:
    api.objects[RESOURCE_PATH] = dict(resource)
    outcome = Outcome()
    await rig.executor.report(resource, StatusReport({"phase": "Serving"}), outcome)
    assert api.requests == [
        (
            "PATCH",
            f"{RESOURCE_PATH}/status",
            {
                "apiVersion": "easymlops.dev/v1alpha1",
                "kind": "ModelDeployment",
                "metadata": {"name": "churn", "namespace": "ns", "uid": "md-1"},
                "status": {"phase": "Serving"},
            },
        )
    ]
    assert outcome.written == ["status"]
    assert rig.store.resource(KEY) is not None


async def test_the_status_of_a_deleted_resource_is_not_exposed(
    rig: Rig, api: FakeApi, resource: dict[str, Any]
) -> None:
    outcome = Outcome()
    await rig.executor.report(resource, StatusReport({"phase": "Serving"}), outcome)
    assert (outcome.verdict, outcome.written) == ("behind", [])


async def test_an_empty_plan_makes_no_request(rig: Rig, api: FakeApi, resource: dict[str, Any]) -> None:
    outcome = await rig.executor.execute(resource, [])
    await rig.executor.report(resource, StatusReport(), outcome)
    assert api.requests == []


async def test_the_events_of_a_report_are_recorded(rig: Rig, api: FakeApi, resource: dict[str, Any]) -> None:
    await rig.executor.report(resource, StatusReport(events=(Event("Normal", "Completed", "trained"),)), Outcome())
    assert [(obj["reason"], obj["message"]) for path, obj in api.objects.items() if "/events/" in path] == [
        ("Completed", "trained")
    ]


async def test_an_apply_says_which_field_differs(rig: Rig, api: FakeApi, resource: dict[str, Any]) -> None:
    rig.store.put(JOB, api.add(JOB_PATH, child("Job", "churn-1")))
    action = Apply(child("Job", "churn-1", spec={"suspend": True}), differs="spec.suspend")
    assert (await rig.executor.execute(resource, [action])).written == ["apply Job/churn-1 (spec.suspend)"]


async def test_a_deletion_names_the_uid_and_is_not_repeated_until_it_shows(
    rig: Rig, api: FakeApi, resource: dict[str, Any]
) -> None:
    live = api.add(JOB_PATH, child("Job", "churn-1"))
    rig.store.put(JOB, live)
    plan = [Delete("batch/v1", "Job", "ns", "churn-1", live["metadata"]["uid"])]
    await rig.executor.execute(resource, plan)
    await rig.executor.execute(resource, plan)
    assert [request[:2] for request in api.requests] == [("DELETE", JOB_PATH)]
    assert api.requests[0][2] == {
        "preconditions": {"uid": live["metadata"]["uid"]},
        "propagationPolicy": "Background",
    }


async def test_an_expectation_is_given_up_after_five_seconds(rig: Rig, api: FakeApi, resource: dict[str, Any]) -> None:
    live = api.add(JOB_PATH, child("Job", "churn-1"))
    rig.store.put(JOB, live)
    plan = [Delete("batch/v1", "Job", "ns", "churn-1", live["metadata"]["uid"])]
    await rig.executor.execute(resource, plan)
    rig.now = 5.0
    await rig.executor.execute(resource, plan)
    assert api.methods() == ["DELETE", "DELETE", "GET"]
    assert rig.store.get(JOB, Key("ns", "churn-1")) is None


async def test_a_child_that_is_about_to_go_is_not_applied(rig: Rig, api: FakeApi, resource: dict[str, Any]) -> None:
    live = api.add(JOB_PATH, child("Job", "churn-1"))
    rig.store.put(JOB, live)
    await rig.executor.execute(resource, [Delete("batch/v1", "Job", "ns", "churn-1", live["metadata"]["uid"])])
    outcome = await rig.executor.execute(resource, [Apply(child("Job", "churn-1"))])
    assert (outcome.verdict, outcome.seconds) == ("waiting", 5.0)
    rig.store.remove(JOB, {**live, "metadata": {**live["metadata"], "resourceVersion": "999"}})
    assert (await rig.executor.execute(resource, [Apply(child("Job", "churn-1"))])).verdict == "done"


async def test_a_deletion_of_what_another_one_replaced_deletes_nothing(
    rig: Rig, api: FakeApi, resource: dict[str, Any]
) -> None:
    api.add(JOB_PATH, child("Job", "churn-1"))
    outcome = await rig.executor.execute(resource, [Delete("batch/v1", "Job", "ns", "churn-1", "old")])
    assert (outcome.verdict, outcome.written) == ("done", [])
    assert JOB_PATH in api.objects


async def test_a_status_that_the_schema_forbids_is_refused_not_repeated_at_once(
    rig: Rig, api: FakeApi, resource: dict[str, Any]
) -> None:
    api.fail("PATCH", 422, "status.phase: Invalid value")
    outcome = Outcome()
    await rig.executor.report(resource, StatusReport({"phase": 1}), outcome)
    assert (outcome.verdict, outcome.message) == ("refused", "status: status.phase: Invalid value")
    assert outcome.refusals == []
    events = [obj for path, obj in api.objects.items() if "/events/" in path]
    assert [(event["reason"], event["message"]) for event in events] == [("Refused", outcome.message)]


async def test_a_change_of_an_immutable_field_is_refused(rig: Rig, api: FakeApi, resource: dict[str, Any]) -> None:
    rig.store.put(JOB, api.add(JOB_PATH, child("Job", "churn-1")))
    api.fail("PATCH", 422, "spec.template: field is immutable")
    outcome = await rig.executor.execute(resource, [Apply(child("Job", "churn-1", spec={}))])
    assert (outcome.verdict, outcome.message) == ("refused", "apply Job/churn-1: spec.template: field is immutable")


async def test_a_pass_that_is_cancelled_leaves_the_store_as_it_was(
    rig: Rig, api: FakeApi, resource: dict[str, Any]
) -> None:
    task = asyncio.create_task(rig.executor.execute(resource, [Apply(child("Job", "churn-1"))]))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert rig.store.get(JOB, Key("ns", "churn-1")) is None
    assert rig.store.resource(KEY) is None
    assert rig.store.count(MODEL_DEPLOYMENT) == 0
