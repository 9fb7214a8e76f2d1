"""The operator that is measured, and what is there around it."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from fleet import Fleet
from footprint import cpu_seconds
from operator_process import WRITING, Identity, OperatorProcess, run_operator
from plain_api import PlainApi
from watching import Watched

COLLECT_SECONDS = "10"
"""As it is by default; the tests' operators ask more often."""
PATIENCE_SECONDS = 0.6
"""For so long anything is waited for, for each resource: a figure that misses its goal by far is still a figure."""


@dataclass
class UnderTest:
    """One operator at a time, on one fleet."""

    api: PlainApi
    fleet: Fleet
    names: tuple[str, ...]
    resources: Watched
    deployments: Watched
    services: Watched
    identity: Identity
    folder: Path
    started: int = 0
    _stack: ExitStack = field(default_factory=ExitStack)
    _operator: OperatorProcess | None = None

    @property
    def operator(self) -> OperatorProcess:
        assert self._operator is not None, "no operator has been started"
        return self._operator

    @property
    def pid(self) -> int:
        return self.operator.process.pid

    @property
    def limit(self) -> float:
        """Seconds after which whatever is waited for is given up."""
        return max(600.0, PATIENCE_SECONDS * len(self.names))

    def goal(self, of_a_thousand: float) -> float | None:
        """The goals are those of a thousand resources; more have none, save for memory."""
        return of_a_thousand if len(self.names) <= 1000 else None

    def start_operator(self, server: str | None = None) -> None:
        """Start an operator that watches all namespaces, straight or through a proxy."""
        self.started += 1
        kubeconfig = self.identity.kubeconfig(self.folder / f"kubeconfig-{self.started}", server)
        log = self.folder / f"operator-{self.started}.log"
        self._operator = self._stack.enter_context(
            run_operator(kubeconfig, "", log, until_ready=False, COLLECT_SECONDS=COLLECT_SECONDS, LOG_LEVEL="DEBUG")
        )

    def stop_operator(self) -> None:
        """Stop it as Kubernetes does."""
        self.operator.stop()
        self._stack.close()

    def cpu(self) -> float:
        """The operator's processor time so far, in seconds."""
        return cpu_seconds(self.pid)

    async def requests(self) -> Counter[str]:
        """The operator's requests so far, by verb."""
        text = await asyncio.to_thread(self.operator.get, "/metrics")
        found: Counter[str] = Counter()
        for line in text[1].splitlines():
            if line.startswith("easymlops_api_requests_total{"):
                sample, _, value = line.rpartition(" ")
                found[sample.partition('verb="')[2].partition('"')[0]] += int(float(value))
        return found

    async def wait_quiet(self, seconds: float = 5.0) -> None:
        """Until it has written nothing for so long and no key waits."""
        last, since = await self._state(), time.monotonic()
        deadline = since + self.limit
        while time.monotonic() - since < seconds and time.monotonic() < deadline:
            await asyncio.sleep(0.5)
            if (now := await self._state()) != last or now[1]:
                last, since = now, time.monotonic()

    async def _state(self) -> tuple[int, float]:
        requests = await self.requests()
        depth = await asyncio.to_thread(self.operator.metric, "easymlops_queue_depth")
        return sum(requests[verb] for verb in WRITING), depth
