"""The process: it starts honestly, ends in good order, and tells why it cannot serve."""

from __future__ import annotations

import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest
import sleepy
from churn import ROW, Trained
from deployments import prediction_records, write_deployment
from easy_mlops.contract import LoadFailure
from easy_mlops.serving.settings import ServerSettings, ServerSettingsError
from scoring_service import ServerProcess
from sleepy import SleepyModel
from wire import Wire

CLIENTS = 8
MOST = 2000


def test_it_lives_before_it_is_ready_and_drains_under_load_without_a_failed_request(
    models: dict[str, Trained], tmp_path: Path
) -> None:
    trained = models["binary"]
    directory = tmp_path / "deployment"
    digest = write_deployment(directory, trained.pipeline, trained.frame)
    with ServerProcess(directory, {"EASY_MLOPS_DRAIN_SECONDS": "5"}, digest=digest, name="churn") as process:
        port = process.port()
        with Wire(port) as early:
            assert early.get("/healthz").status == 200
            assert early.get("/readyz?wait=30").status == 200
        assert process.event("ready")["digest"] == digest
        with Wire(port) as ready:
            assert ready.get("/readyz").status == 200
        load = Load(port)
        with ThreadPoolExecutor(CLIENTS) as pool:
            clients = [pool.submit(load.client) for _ in range(CLIENTS)]
            load.wait_for(100)
            process.signal(signal.SIGTERM)
            process.event("draining")
            load.draining_since = time.monotonic()
            with Wire(port) as late:
                answer = late.get("/readyz")
                assert (answer.status, answer.headers["connection"]) == (503, "close")
                assert late.closed()
            with Wire(port) as probe:
                assert probe.get("/readyz?wait=1").status == 200
            done = sum(client.result() for client in clients)
        assert load.statuses == {200}
        assert load.after_sigterm >= CLIENTS
        stopped = process.event("stopped")
        assert (stopped["logged"], stopped["dropped"]) == (done, 0)
        assert process.wait() == 0
        assert process.errors() == ""
    assert len(prediction_records(directory)) == done


class Load:
    """Clients that go on until a second after SIGTERM, as if the cluster took that long to notice."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._lock = threading.Condition()
        self.statuses: set[int] = set()
        self.sent = 0
        self.after_sigterm = 0
        self.draining_since: float | None = None

    def client(self) -> int:
        done = 0
        wire = Wire(self._port)
        while True:
            draining = self.draining_since is not None
            answer = wire.post("/predict", ROW)
            done += 1
            with self._lock:
                self.sent += 1
                self.after_sigterm += draining
                self.statuses.add(answer.status)
                self._lock.notify_all()
            if answer.headers.get("connection") == "close":
                wire.close()
                wire = Wire(self._port)
            since = self.draining_since
            if since is not None and draining and (time.monotonic() > since + 1 or self.sent > MOST):
                wire.close()
                return done

    def wait_for(self, sent: int) -> None:
        with self._lock:
            assert self._lock.wait_for(lambda: self.sent >= sent, 20)


def test_what_is_in_flight_at_an_interrupt_is_finished_and_nothing_else_waited_for(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0]})
    write_deployment(tmp_path / "deployment", SleepyModel(), frame)
    environment = {"PYTHONPATH": str(Path(sleepy.__file__).parent), "EASY_MLOPS_DRAIN_SECONDS": "60"}
    with ServerProcess(tmp_path / "deployment", environment) as process:
        port = process.port()
        process.event("ready")
        with Wire(port) as wire, Wire(port):
            start = time.monotonic()
            wire.send(b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n" + b'{"a":3.0}')
            with Wire(port) as other:
                assert other.get("/healthz").status == 200
            process.signal(signal.SIGINT)
            assert wire.receive().json["predictions"] == [3.0]
            assert process.wait() == 0
            assert time.monotonic() - start < 30


def test_a_directory_that_cannot_be_served_is_reported_in_the_termination_message(tmp_path: Path) -> None:
    message = tmp_path / "termination-log"
    with ServerProcess(tmp_path / "nothing", {"EASY_MLOPS_TERMINATION_LOG": str(message)}) as process:
        assert process.wait() == 1
        (line,) = process.errors().splitlines()
    failure = LoadFailure.decode(message.read_text())
    assert failure.reason == "LoadFailed"
    assert line == f"LoadFailed: {failure.message}"
    assert "no such directory" in line


def test_a_port_that_is_taken_is_reported(models: dict[str, Trained], tmp_path: Path) -> None:
    message = tmp_path / "termination-log"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        environment = {"EASY_MLOPS_TERMINATION_LOG": str(message)}
        with ServerProcess(models["binary"].directory, environment, port=port) as process:
            assert process.wait() == 1
    assert f"cannot listen on 127.0.0.1:{port}" in LoadFailure.decode(message.read_text()).message


def test_a_signal_while_loading_ends_it_at_once(models: dict[str, Trained]) -> None:
    with ServerProcess(models["binary"].directory) as process:
        process.port()
        process.signal(signal.SIGTERM)
        assert process.event("stopped")["reason"] == "before the model was loaded"
        assert process.wait() == 0


def test_a_drain_time_that_is_no_time_is_a_usage_error(models: dict[str, Trained]) -> None:
    with ServerProcess(models["binary"].directory, {"EASY_MLOPS_DRAIN_SECONDS": "soon"}) as process:
        assert process.wait() == 2
        assert "EASY_MLOPS_DRAIN_SECONDS" in process.errors()


@pytest.mark.parametrize("raw", ["", "-1", "nan", "inf", "3601"])
def test_only_seconds_up_to_an_hour_are_a_drain_time(raw: str) -> None:
    with pytest.raises(ServerSettingsError, match="from 0 to 3600"):
        ServerSettings.from_environment({"EASY_MLOPS_DRAIN_SECONDS": raw})
    assert ServerSettings.from_environment({"EASY_MLOPS_DRAIN_SECONDS": "0.5"}).drain_seconds == 0.5
    assert ServerSettings.from_environment({}).drain_seconds == 5
