"""A load on a scoring service while something happens to it: connections that are kept alive, every answer counted.

Nothing is tried again: what a client sees as a failure is one.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 10.0
REACHABLE_SECONDS = 30.0


@dataclass
class Phase:
    """What was answered while one thing happened; `versions` are those of the models that answered."""

    name: str
    answered: int = 0
    slowest: float = 0.0
    failures: list[str] = field(default_factory=list)
    versions: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        versions = ", ".join(f"{name}: {count}" for name, count in sorted(self.versions.items()))
        slowest = f"slowest {self.slowest * 1000:.0f} ms"
        return f"{self.name}: {self.answered} answered ({versions}), {len(self.failures)} failed, {slowest}"


class Load:
    """`clients` threads that send `body` to `url`, together `rate` times a second, from its first good answer on
    and as long as the context is open."""

    def __init__(self, url: str, body: Any, *, clients: int = 8, rate: float = 300.0) -> None:
        self._url = urlsplit(url)
        self._body = json.dumps(body).encode()
        self._pause = clients / rate
        self._ended = threading.Event()
        self._changed = threading.Condition()
        self._threads = [threading.Thread(target=self._client) for _ in range(clients)]
        self.phases = [Phase("before")]

    def __enter__(self) -> Self:
        self._wait_until_reachable()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    @property
    def answered(self) -> int:
        """All answers so far."""
        return sum(phase.answered for phase in self.phases)

    @property
    def failures(self) -> list[str]:
        """All failures so far, each with its phase."""
        return [f"{phase.name}: {failure}" for phase in self.phases for failure in phase.failures]

    @contextmanager
    def phase(self, name: str) -> Iterator[Phase]:
        """What is answered from now on counts for this phase, until the next one begins."""
        with self._changed:
            self.phases.append(Phase(name))
        yield self.phases[-1]

    def wait(self, until: Callable[[], bool], seconds: float) -> None:
        """Wait for something that answers or failures make true."""
        with self._changed:
            assert self._changed.wait_for(until, seconds), [str(phase) for phase in self.phases]

    def _wait_until_reachable(self) -> None:
        """Nodes learn of a Service's first pod a moment after it is ready; nothing has been promised until then."""
        deadline = time.monotonic() + REACHABLE_SECONDS
        with closing(self._connection()) as connection:
            while wrong := self._ask(connection)[2]:
                assert time.monotonic() < deadline, f"{self._url.geturl()} does not answer: {wrong}"
                time.sleep(0.2)

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._url.hostname or "", self._url.port, timeout=TIMEOUT_SECONDS)

    def _client(self) -> None:
        connection = self._connection()
        due = time.monotonic()
        while not self._ended.is_set():
            self._note(*self._ask(connection))
            due = max(due + self._pause, time.monotonic() - self._pause)
            self._ended.wait(max(0.0, due - time.monotonic()))
        connection.close()

    def _ask(self, connection: http.client.HTTPConnection) -> tuple[float, str, str]:
        """Seconds, the version that answered, and what went wrong."""
        start = time.monotonic()
        try:
            connection.request("POST", self._url.path, self._body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()  # the next request opens a new one
            return time.monotonic() - start, "", repr(error)
        wrong = "" if answer.status == 200 else f"{answer.status}: {text[:200]!r}"
        return time.monotonic() - start, "" if wrong else str(json.loads(text).get("model_version", "")), wrong

    def _note(self, seconds: float, version: str, wrong: str) -> None:
        with self._changed:
            phase = self.phases[-1]
            phase.slowest = max(phase.slowest, seconds)
            if wrong:
                phase.failures.append(wrong)
            else:
                phase.answered += 1
                phase.versions[version] += 1
            self._changed.notify_all()
