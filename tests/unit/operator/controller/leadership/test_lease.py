"""The law of the election: no two candidates may write at once, even with faults, pauses and wrong clocks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from easy_mlops_operator.controller.kinds import Key, Manifest
from easy_mlops_operator.controller.leadership.lease import Candidacy, Timing, micro_time
from hypothesis import given, settings
from hypothesis import strategies as st

LEASE = Key("system", "easy-mlops-operator")
TIMING = Timing()
NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)


def candidacy(identity: str = "a") -> Candidacy:
    return Candidacy(LEASE, identity, TIMING)


def held_by(identity: str, version: str = "1") -> Manifest:
    lease = candidacy(identity).claim(NOW)
    lease["metadata"]["resourceVersion"] = version
    return lease


def test_a_first_claim_makes_the_lease() -> None:
    assert candidacy().claim(NOW) == {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"namespace": "system", "name": "easy-mlops-operator"},
        "spec": {
            "holderIdentity": "a",
            "leaseDurationSeconds": 15,
            "acquireTime": "2026-11-24T10:00:00.000000Z",
            "renewTime": "2026-11-24T10:00:00.000000Z",
            "leaseTransitions": 0,
        },
    }


def test_a_renewal_keeps_what_others_wrote_and_when_it_was_acquired() -> None:
    own = candidacy()
    lease = held_by("a")
    lease["metadata"]["labels"] = {"team": "ml"}
    own.see(lease, 0)
    renewed = own.claim(NOW + timedelta(seconds=2))
    assert renewed["metadata"] == lease["metadata"]
    assert renewed["spec"] == {**lease["spec"], "renewTime": "2026-11-24T10:00:02.000000Z"}


def test_a_take_over_counts_the_transition() -> None:
    other = candidacy("b")
    other.see(held_by("a"), 0)
    assert other.claim(NOW)["spec"]["leaseTransitions"] == 1


@pytest.mark.parametrize(("now", "may"), [(0, False), (14.9, False), (15, True)])
def test_a_lease_that_was_not_renewed_for_its_duration_can_be_acquired(now: float, may: bool) -> None:
    own = candidacy("b")
    own.see(held_by("a"), 0)
    own.see(held_by("a"), 10)  # the same record again is no sign of life
    assert own.may_claim(now) is may


def test_how_old_a_lease_says_it_is_does_not_matter() -> None:
    own, lease = candidacy("b"), held_by("a")
    lease["spec"]["renewTime"] = micro_time(NOW - timedelta(days=365))
    own.see(lease, 0)
    assert not own.may_claim(14)


def test_writing_ends_five_seconds_before_others_may_lead() -> None:
    own = candidacy()
    own.claimed(held_by("a"), asked_at=0, now=1)
    assert own.seconds_left(9.9) == pytest.approx(5.1)
    assert own.seconds_left(10) == 0


@dataclass
class Contender:
    """A candidate with a clock of its own, that acts only when the test asks it to, and late."""

    candidacy: Candidacy
    offset: float
    claim: Manifest | None = None
    answer: Manifest | None = None
    asked_at: float = 0.0

    def clock(self, now: float) -> float:
        return now + self.offset

    def look(self, server: list[Manifest], now: float) -> None:
        self.candidacy.see(server[-1] if server else None, self.clock(now))

    def ask(self, now: float) -> None:
        """Send a claim that arrives later."""
        if self.claim is None and self.answer is None and self.candidacy.may_claim(self.clock(now)):
            self.claim, self.asked_at = self.candidacy.claim(NOW), self.clock(now)

    def arrive(self, server: list[Manifest]) -> None:
        """The claim reaches the server, which compares and swaps."""
        claim, self.claim = self.claim, None
        current = server[-1]["metadata"]["resourceVersion"] if server else None
        if claim is None or claim["metadata"].get("resourceVersion") != current:
            return
        # Real renewals differ in renewTime; here the version stands for it.
        spec = {**claim["spec"], "renewTime": str(len(server))}
        self.answer = {**claim, "metadata": {**claim["metadata"], "resourceVersion": str(len(server))}, "spec": spec}
        server.append(self.answer)

    def hear(self, now: float) -> None:
        """The answer comes."""
        answer, self.answer = self.answer, None
        if answer is not None:
            self.candidacy.claimed(answer, self.asked_at, self.clock(now))


STEPS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 2.0, 7.0, 9.9, 15.0]),
        st.integers(0, 1),
        st.sampled_from(["look", "ask", "arrive", "hear", "round"]),
    ),
    min_size=10,
    max_size=40,
)


@settings(max_examples=200)
@given(STEPS, st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=2))
def test_no_two_candidates_ever_may_write_at_once(steps: list[tuple[float, int, str]], offsets: list[float]) -> None:
    contenders = [Contender(candidacy(name), offset) for name, offset in zip("ab", offsets, strict=True)]
    server: list[Manifest] = []
    now = 0.0
    for seconds, index, step in steps:
        now += seconds
        contender = contenders[index]
        if step in {"look", "round"}:
            contender.look(server, now)
        if step in {"ask", "round"}:
            contender.ask(now)
        if step in {"arrive", "round"}:
            contender.arrive(server)
        if step in {"hear", "round"}:
            contender.hear(now)
        may_write = [each for each in contenders if each.candidacy.seconds_left(each.clock(now)) > 0]
        assert len(may_write) <= 1
