"""`/readyz` before there is a model, and the wait for it."""

from __future__ import annotations

import time

import pytest
from easy_mlops.serving.metrics import Metrics
from easy_mlops.serving.readiness import MOST_SECONDS, seconds_to_wait
from easy_mlops.serving.routes import Routes
from scoring_service import http_server
from wire import Wire


@pytest.mark.parametrize(
    ("query", "seconds"),
    [
        (b"", None),
        (b"wait=", None),
        (b"wait=x", None),
        (b"wait=-1", None),
        (b"wait=0", 0),
        (b"wait=30", 30),
        (b"a=b&wait=5", 5),
        (b"wait=100000", MOST_SECONDS),
    ],
)
def test_seconds_to_wait(query: bytes, seconds: int | None) -> None:
    assert seconds_to_wait(query) == seconds


def test_without_a_model_the_answer_comes_at_once_or_after_the_wait() -> None:
    with http_server(lambda: Routes(Metrics())) as running, Wire(running.port) as wire:
        assert wire.get("/readyz").status == 503
        begun = time.monotonic()
        answer = wire.get("/readyz?wait=1")
        assert (answer.status, answer.body) == (503, b'{"status":"loading"}')
        assert time.monotonic() - begun >= 0.9
