"""Everything but predictions: probes, metrics, summary, index, and what is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from churn import ROW, Trained, mixed_frame
from easy_mlops.monitoring.summary import Summary
from easy_mlops.serving.http.limits import Limits
from easy_mlops.serving.metrics import Metrics
from easy_mlops.serving.routes import Routes
from scoring_service import Running, http_server, scoring_server
from wire import Wire

SAMPLE = re.compile(r'[a-z_]+(\{([a-z]+="(\\.|[^"\\])*",?)+\})? -?[0-9.e+-]+')


@pytest.fixture
def fresh(models: dict[str, Trained]) -> Iterator[Wire]:
    """A connection to a server that has counted nothing yet."""
    with scoring_server(models["binary"].directory, name="churn") as running, Wire(running.port) as wire:
        yield wire


@pytest.fixture
def own(models: dict[str, Trained]) -> Iterator[Running]:
    """A server that a test may spoil."""
    with scoring_server(models["binary"].directory) as running:
        yield running


def samples(wire: Wire) -> dict[str, float]:
    answer = wire.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = {}
    for line in answer.body.decode().splitlines():
        if line.startswith("#"):
            assert re.fullmatch(r"# (HELP|TYPE) [a-z_]+ .+", line)
        else:
            assert SAMPLE.fullmatch(line), line
            name, _, value = line.rpartition(" ")
            assert name not in found
            found[name] = float(value)
    return found


def test_metrics_count_requests_rows_and_what_was_missing(fresh: Wire) -> None:
    fresh.post("/predict", [ROW, ROW | {"total": None}])
    fresh.post("/predict", {"x": 1})
    fresh.get("/nowhere")
    found = samples(fresh)
    assert found['easymlops_http_requests_total{code="200",route="/predict"}'] == 1
    assert found['easymlops_http_requests_total{code="422",route="/predict"}'] == 1
    assert found['easymlops_http_requests_total{code="404",route="other"}'] == 1
    assert found["easymlops_prediction_rows_total"] == 2
    assert found['easymlops_prediction_nulls_total{column="total"}'] == 1
    assert found["easymlops_prediction_duration_seconds_count"] == 1
    assert found['easymlops_prediction_duration_seconds_bucket{le="+Inf"}'] == 1
    assert found['easymlops_batch_rows_bucket{le="1"}'] == 0
    assert found['easymlops_batch_rows_bucket{le="2"}'] == 1
    assert found["easymlops_ready"] == 1
    assert found["easymlops_connections"] == 1
    assert found["easymlops_queue_requests"] == 0
    assert found["process_resident_memory_bytes"] > 1e7
    (model,) = [name for name in found if name.startswith("easymlops_model_info{")]
    assert {'name="churn"', 'version="2.1.0"'} < set(re.findall(r'\w+="[^"]*"', model))


def test_the_summary_is_what_the_operator_reads(fresh: Wire, models: dict[str, Trained]) -> None:
    fresh.post("/predict", [ROW, ROW | {"payment": None}])
    fresh.post("/predict", b"nonsense")
    summary = Summary.decode(fresh.get("/monitoring/v1/summary").body)
    assert summary.digest == models["binary"].digest
    assert summary.model_version == "2.1.0"
    for window in summary.windows.values():
        assert (window.requests, window.errors, window.rows) == (2, 0, 2)
        assert window.nulls == {**dict.fromkeys(mixed_frame(1, 0).columns, 0), "payment": 1}
        assert window.latency_ms.count == 1


def test_the_index_tells_model_columns_and_routes(wire: Wire) -> None:
    told = wire.get("/").json
    assert told["model"]["name"] == "churn"
    assert told["columns"][0] == {"name": "tenure", "type": "integer", "nullable": False}
    assert "POST /predict" in told["routes"]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [("GET", "/predict", "POST"), ("DELETE", "/healthz", "GET, HEAD"), ("GET", "/v2/models/churn/infer", "POST")],
)
def test_another_method_is_405_with_the_right_one(wire: Wire, method: str, path: str, allow: str) -> None:
    answer = wire.get(path, method)
    assert (answer.status, answer.headers["allow"]) == (405, allow)


@pytest.mark.parametrize(
    "path", ["/nowhere", "/predict/", "/v2/models/churn/infer/x", "/v2/models/churn/versions/1/x", "/%70redict"]
)
def test_what_is_not_there_is_404(wire: Wire, path: str) -> None:
    answer = wire.get(path)
    assert answer.status == 404
    assert answer.json["error"]


def test_probes_answer_head_too(wire: Wire) -> None:
    assert wire.get("/healthz", "HEAD").status == 200
    assert wire.get("/readyz", "HEAD").status == 200


def test_while_the_model_is_loading_only_liveness_is_fine() -> None:
    with http_server(lambda: Routes(Metrics())) as running, Wire(running.port) as wire:
        assert wire.get("/healthz").status == 200
        assert wire.get("/metrics").status == 200
        for path in ("/readyz", "/v2/health/ready", "/v2/models/x/ready", "/v2/models/x", "/monitoring/v1/summary"):
            assert wire.get(path).status == 503
        answer = wire.post("/predict", ROW)
        assert answer.status == 503
        assert answer.headers["retry-after"] == "1"


def test_while_draining_predictions_go_on_and_readiness_ends(own: Running) -> None:
    with Wire(own.port) as early:
        assert early.get("/readyz").status == 200
        own.call(own.server.drain)
        answer = early.post("/predict", ROW)
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert early.closed()
    with Wire(own.port) as late:
        answer = late.get("/readyz")
        assert (answer.status, answer.headers["connection"]) == (503, "close")


def test_a_full_queue_is_429_with_when_to_come_back(models: dict[str, Trained]) -> None:
    with scoring_server(models["binary"].directory, Limits(queue=0)) as running, Wire(running.port) as wire:
        answer = wire.post("/predict", ROW)
        assert (answer.status, answer.headers["retry-after"]) == (429, "1")
        assert samples(wire)['easymlops_http_requests_total{code="429",route="/predict"}'] == 1


def test_a_model_that_breaks_is_a_500_and_counts_as_an_error(own: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(rows: object) -> None:
        raise RuntimeError("a bug in the model")

    assert own.service is not None
    monkeypatch.setattr(own.service.batcher._engine, "predict", broken)
    with Wire(own.port) as wire:
        answer = wire.post("/predict", ROW)
        assert answer.status == 500
        assert "log" in answer.json["error"]
        window = Summary.decode(wire.get("/monitoring/v1/summary").body).windows["1m"]
        assert (window.requests, window.errors) == (1, 1)
