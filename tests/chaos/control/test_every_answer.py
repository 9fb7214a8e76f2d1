"""Each request on the way to a served resource is answered once by each fault. The end is the same, without a storm.

All combinations at once, each on a resource of its own, for one operator.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass, field

from end_state import end_state
from fault_proxy import HOLD, RESET, FaultProxy
from kube import Namespace, is_settled, model_deployment
from operator_process import Launcher
from pod_player import pods_played
from stand_in import driven

FAULTS = (403, 404, 409, 410, 422, 429, 500, HOLD, RESET)
NAME = re.compile(r"/(fault-\d\d-\d\d|plain)(?=[-/?]|$)")
REVISION = re.compile(r"-[0-9a-f]{10}(?=[/?]|$)")
SECONDS = 150
"""A refusal is tried again after half a minute, what is not answered is given up after a quarter."""
MORE_REQUESTS = 12


@dataclass
class OneFaultEach:
    """Fails the request that a resource's name says, once, in the way that it says."""

    requests: list[str]
    done: set[str] = field(default_factory=set)

    def __call__(self, method: str, path: str) -> int:
        found = NAME.search(path)
        if found is None or found[1] == "plain" or found[1] in self.done:
            return 0
        _, request, fault = found[1].split("-")
        if template(method, path) != self.requests[int(request)]:
            return 0
        self.done.add(found[1])
        return FAULTS[int(fault)]


def template(method: str, path: str) -> str:
    """A request, but for the resource that it is about."""
    return f"{method} {REVISION.sub('-REVISION', NAME.sub('/NAME', path.partition('?')[0]))}"


def test_no_failed_request_changes_the_end_state(namespace: Namespace, launcher: Launcher, proxy: FaultProxy) -> None:
    launcher.start(server=proxy.url)
    with pods_played(namespace):
        namespace.apply(driven("plain"))
        namespace.wait("md", "plain", is_settled, seconds=60)
        requests = sorted({template(method, path) for _, method, path, _ in proxy.seen if NAME.search(path)})
        undisturbed = sum(1 for _, _, path, _ in proxy.seen if NAME.search(path))
        assert len(requests) >= 8, requests  # seven children and the status
        judge = OneFaultEach(requests)
        proxy.judge = judge
        names = [f"fault-{r:02}-{f:02}" for r in range(len(requests)) for f in range(len(FAULTS))]
        namespace.apply(*(driven(name) for name in names))
        deadline = time.monotonic() + SECONDS
        while unsettled := [each["metadata"]["name"] for each in namespace.list("md") if not is_settled(each)]:
            assert time.monotonic() < deadline, {name: describe(requests, name) for name in unsettled}
            time.sleep(1)
    untouched = set(names) - judge.done
    assert not untouched, {describe(requests, name) for name in untouched}
    wanted = end_state(namespace, "plain")
    for name in names:
        assert end_state(namespace, name) == wanted, describe(requests, name)
    counts = Counter(found[1] for _, _, path, _ in proxy.seen if (found := NAME.search(path)))
    storms = {describe(requests, name): counts[name] for name in names if counts[name] > undisturbed + MORE_REQUESTS}
    print(f"{len(names)} faults; {undisturbed} requests undisturbed, at most {max(counts.values())} with a fault")
    assert not storms


def describe(requests: list[str], name: str) -> str:
    _, request, fault = name.split("-")
    return f"{requests[int(request)]} answered by {FAULTS[int(fault)]}"


def test_the_start_survives_every_fault_of_every_list(
    namespace: Namespace, launcher: Launcher, proxy: FaultProxy
) -> None:
    left: dict[str, list[int]] = {}

    def judge(method: str, path: str) -> int:
        kind = path.partition("?")[0].rpartition("/")[2]
        if method != "GET" or "watch=true" in path or "limit=" not in path:
            return 0
        # One list without an answer is enough: each takes a quarter of a minute.
        faults = left.setdefault(kind, [fault for fault in FAULTS if fault != HOLD or not left])
        return faults.pop() if faults else 0

    proxy.judge = judge
    namespace.apply(model_deployment("churn"))
    operator = launcher.start(server=proxy.url, until_ready=False)
    operator.wait_ready(seconds=300)
    assert len(left) >= 6 and not any(left.values())
    namespace.wait("md", "churn", lambda o: bool(namespace.list("jobs")), seconds=30)
