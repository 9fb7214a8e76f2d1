"""The client: dicts in and out, errors with the server's message, each request counted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from easy_mlops_operator.controller.client import ApiError, Client
from easy_mlops_operator.controller.kinds import JOB, LEASE, MODEL_DEPLOYMENT, Key
from fake_api import FakeApi, serve

JOBS = "/apis/batch/v1/namespaces/ns/jobs"


def job(name: str = "churn-1") -> dict[str, object]:
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"namespace": "ns", "name": name}}


async def test_an_object_that_is_not_there_is_none(client: Client, api: FakeApi) -> None:
    assert await client.get(JOB, "ns", "nothing") is None
    assert api.counted == [("get", "404")]


async def test_a_list_has_kinds_and_the_version_it_is_of(client: Client, api: FakeApi) -> None:
    api.add(f"{JOBS}/churn-1", {"metadata": {"namespace": "ns", "name": "churn-1"}})
    page = await client.page(JOB, "ns", JOB.selector)
    assert [(obj["apiVersion"], obj["kind"]) for obj in page.objects] == [("batch/v1", "Job")]
    assert (page.version, page.continued) == (api.version, None)


async def test_an_apply_goes_with_the_field_manager_it_is_given(client: Client, api: FakeApi) -> None:
    applied = await client.apply(job(), manager="operator")
    assert applied["metadata"]["resourceVersion"] == str(api.version)
    assert api.counted == [("apply", "200")]
    assert api.managers == ["operator"]


async def test_an_error_has_the_servers_message_and_status(client: Client, api: FakeApi) -> None:
    api.fail("PATCH", 403, "exceeded quota: pods")
    with pytest.raises(ApiError, match="exceeded quota: pods") as caught:
        await client.apply(job(), manager="operator")
    assert caught.value.status == 403
    assert api.counted == [("apply", "403")]


async def test_no_answer_is_an_error_without_a_status(client: Client, api: FakeApi) -> None:
    api.fail("PATCH", 0)
    with pytest.raises(ApiError) as caught:
        await client.apply(job(), manager="operator")
    assert caught.value.status == 0
    assert api.counted == [("apply", "error")]


@pytest.mark.parametrize(
    ("status", "is_refusal"),
    [(400, True), (403, True), (422, True), (401, False), (404, False), (409, False), (429, False), (500, False)],
)
def test_a_refusal_is_an_error_that_a_retry_cannot_fix(status: int, is_refusal: bool) -> None:
    assert ApiError(status, "").is_refusal is is_refusal


async def test_discovery_tells_whether_the_crd_is_there(client: Client, api: FakeApi) -> None:
    assert not await client.serves(MODEL_DEPLOYMENT)
    api.objects["/apis/easymlops.dev/v1alpha1"] = {"resources": [{"name": "modeldeployments"}]}
    assert await client.serves(MODEL_DEPLOYMENT)


@pytest.mark.parametrize(
    "write",
    [
        lambda client: client.apply(job(), manager="m"),
        lambda client: client.apply_status({"kind": "ModelDeployment", "metadata": {"namespace": "ns", "name": "m"}}),
        lambda client: client.delete(JOB, "ns", "churn-1", "uid-1"),
        lambda client: client.create_event({"metadata": {"namespace": "ns", "name": "e"}}),
        lambda client: client.patch_event("ns", "e", {"count": 2}),
    ],
)
async def test_nothing_is_written_behind_the_fence(api: FakeApi, write: Callable[[Client], Awaitable[Any]]) -> None:
    async with serve(api, fence=lambda: 0.0) as fenced:
        with pytest.raises(ApiError, match="does not lead"):
            await write(fenced)
        assert await fenced.get(JOB, "ns", "churn-1") is None
    assert api.methods() == ["GET"]


async def test_a_lease_is_written_over_the_version_that_was_seen(api: FakeApi) -> None:
    key = Key("ns", "leader")
    async with serve(api, fence=lambda: 0.0) as client:
        assert await client.get_lease(key) is None
        manifest = {"apiVersion": LEASE.api_version, "kind": LEASE.name, "metadata": key._asdict(), "spec": {}}
        first = await client.create_lease(manifest)
        await client.replace_lease({**first, "spec": {"holderIdentity": "a"}})
        with pytest.raises(ApiError) as caught:
            await client.replace_lease({**first, "spec": {"holderIdentity": "b"}})
        assert caught.value.status == 409
        assert ((await client.get_lease(key)) or {})["spec"] == {"holderIdentity": "a"}
    assert [verb for verb, _ in api.counted] == ["get_lease", "create_lease", *["replace_lease"] * 2, "get_lease"]
