"""Who leads and when: on virtual time, with the real timing of 15, 10 and 2 seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from easy_mlops_operator.controller.kinds import Key
from easy_mlops_operator.controller.leadership.elector import Elector
from lease_store import LeaseStore
from virtual_time import run_virtual

LEASE = Key("system", "easy-mlops-operator")
NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)


class Replica:
    """An elector, and when it began and ended to lead."""

    def __init__(self, store: LeaseStore, name: str) -> None:
        loop = asyncio.get_running_loop()
        self.elector = Elector(store.seen_by(name), LEASE, name, lambda: NOW + timedelta(seconds=loop.time()))
        self.led_from = self.led_until = float("nan")
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        await self.elector.acquire()
        self.led_from = loop.time()
        await self.elector.hold()
        self.led_until = loop.time()

    @property
    def leads(self) -> bool:
        return self.elector.role == "leading"

    async def kill(self) -> None:
        """It is gone, and tells nobody."""
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


Scenario = Callable[[LeaseStore], Awaitable[None]]


def run(scenario: Scenario) -> LeaseStore:
    async def play() -> LeaseStore:
        store = LeaseStore(latency=0.02)
        await scenario(store)
        return store

    return run_virtual(play())


def test_the_first_leads_at_once_and_the_second_stands_by() -> None:
    async def scenario(store: LeaseStore) -> None:
        first = Replica(store, "a")
        await asyncio.sleep(0.1)
        second = Replica(store, "b")
        await asyncio.sleep(60)
        assert first.led_from < 0.1
        assert (first.leads, second.leads) == (True, False)
        assert second.elector.seconds_left() == 0
        await first.kill()
        await second.kill()

    assert set(run(scenario).writes) == {"a"}  # a standby writes nothing


def test_the_lease_is_renewed_every_two_seconds() -> None:
    async def scenario(store: LeaseStore) -> None:
        replica = Replica(store, "a")
        await asyncio.sleep(20.5)
        await replica.kill()

    assert len(run(scenario).writes) == 11


def test_a_lease_that_is_released_is_taken_within_two_seconds() -> None:
    async def scenario(store: LeaseStore) -> None:
        first = Replica(store, "a")
        await asyncio.sleep(0.1)
        second = Replica(store, "b")
        await asyncio.sleep(7)
        released_at = asyncio.get_running_loop().time()
        await first.kill()
        await first.elector.release()
        assert not first.leads
        await asyncio.sleep(2)
        assert second.led_from - released_at < 2
        await second.kill()

    run(scenario)


def test_after_a_death_the_standby_waits_until_the_lease_has_run_out() -> None:
    async def scenario(store: LeaseStore) -> None:
        first = Replica(store, "a")
        await asyncio.sleep(0.1)
        second = Replica(store, "b")
        await asyncio.sleep(7)
        died_at = asyncio.get_running_loop().time()
        await first.kill()
        await asyncio.sleep(20)
        assert 13 <= second.led_from - died_at < 17.5
        await second.kill()

    assert run(scenario).lease["spec"]["leaseTransitions"] == 1  # type: ignore[index]


def test_a_restarted_container_of_the_same_pod_leads_again_at_once() -> None:
    async def scenario(store: LeaseStore) -> None:
        first = Replica(store, "a")
        await asyncio.sleep(7)
        await first.kill()
        again = Replica(store, "a")
        await asyncio.sleep(0.1)
        assert again.leads
        await again.kill()

    assert run(scenario).lease["spec"]["leaseTransitions"] == 0  # type: ignore[index]


def test_a_leader_that_cannot_renew_stops_before_anybody_else_leads() -> None:
    async def scenario(store: LeaseStore) -> None:
        first = Replica(store, "a")
        await asyncio.sleep(0.1)
        second = Replica(store, "b")
        await asyncio.sleep(7)
        cut_off_at = asyncio.get_running_loop().time()
        store.cut_off.add("a")
        await asyncio.sleep(20)
        assert first.led_until - cut_off_at <= 10
        assert second.led_from - first.led_until >= 2.9
        await second.kill()

    run(scenario)


def test_a_short_outage_of_the_api_server_changes_nothing() -> None:
    async def scenario(store: LeaseStore) -> None:
        first = Replica(store, "a")
        await asyncio.sleep(0.1)
        second = Replica(store, "b")
        await asyncio.sleep(1)
        store.cut_off |= {"a", "b"}
        await asyncio.sleep(7)
        store.cut_off.clear()
        await asyncio.sleep(30)
        assert (first.leads, second.leads) == (True, False)
        await first.kill()
        await second.kill()

    run(scenario)


def test_a_lease_that_somebody_deleted_is_made_again() -> None:
    async def scenario(store: LeaseStore) -> None:
        replica = Replica(store, "a")
        await asyncio.sleep(5)
        store.lease = None
        await asyncio.sleep(3)
        assert (store.holder, replica.leads) == ("a", True)
        await replica.kill()

    run(scenario)


def test_a_lease_acquired_by_another_candidate_ends_leadership_at_the_next_check() -> None:
    async def scenario(store: LeaseStore) -> None:
        replica = Replica(store, "a")
        await asyncio.sleep(5)
        assert store.lease is not None
        store.swap({**store.lease, "spec": {**store.lease["spec"], "holderIdentity": "intruder"}})
        await asyncio.sleep(2.1)
        assert not replica.leads
        assert replica.task.done()
        await replica.elector.release()

    assert run(scenario).holder == "intruder"  # what is not ours is not released


@pytest.mark.parametrize("latency", [0.0, 0.3, 1.5])
def test_of_many_that_start_together_one_leads(latency: float) -> None:
    async def scenario(store: LeaseStore) -> None:
        store.latency = latency
        replicas = [Replica(store, name) for name in "abcde"]
        await asyncio.sleep(30)
        assert [replica.leads for replica in replicas].count(True) == 1
        for replica in replicas:
            await replica.kill()

    run(scenario)


def test_a_release_without_an_answer_does_not_delay_the_exit() -> None:
    async def scenario(store: LeaseStore) -> None:
        replica = Replica(store, "a")
        await asyncio.sleep(1)
        store.cut_off.add("a")
        await replica.kill()
        started = asyncio.get_running_loop().time()
        await replica.elector.release()
        assert asyncio.get_running_loop().time() - started <= 1

    run(scenario)
