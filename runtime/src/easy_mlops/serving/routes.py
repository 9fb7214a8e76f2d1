"""The routes of the server and their handlers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial
from http import HTTPStatus
from importlib.metadata import version
from typing import Final, Literal
from urllib.parse import unquote_to_bytes

import orjson
from prometheus_client.core import Metric

from easy_mlops.contract import HEALTH_PATH, READY_PATH
from easy_mlops.inference.errors import Fault, RequestError
from easy_mlops.monitoring.outcome import RequestOutcome
from easy_mlops.monitoring.summary import SUMMARY_PATH
from easy_mlops.serving import metrics as prometheus
from easy_mlops.serving.errors import STATUS, body_of, error_body
from easy_mlops.serving.forms import v2
from easy_mlops.serving.forms.rows import RowsForm
from easy_mlops.serving.http.exchange import JSON, Exchange
from easy_mlops.serving.http.server import HttpServer
from easy_mlops.serving.prediction import RETRY, Prediction
from easy_mlops.serving.readiness import Waiting, seconds_to_wait
from easy_mlops.serving.service import Service

State = Literal["loading", "ready", "draining"]
_VERSION: Final = version("make-mlops-easy")
_MODELS: Final = b"/v2/models/"
_JSON_TYPES: Final = frozenset({b"", b"application/json", b"text/json", b"application/x-www-form-urlencoded"})
"""The last one is the default of `curl -d`; a real form fails to parse as JSON."""
_LISTED: Final = {
    "POST /predict": "score a row object, a list of row objects, or {columns, data}",
    "POST /v2/models/{name}/infer": "Open Inference Protocol",
    "GET /v2/models/{name}": "the model's columns and outputs",
    "GET /healthz": "the process lives",
    "GET /readyz": "the model is verified, loaded and has scored a row",
    "GET /metrics": "Prometheus",
    f"GET {SUMMARY_PATH}": "what the operator collects",
}
_log = logging.getLogger(__name__)


class Routes:
    """Answers complete requests. Without a `service`, prediction requests get 503."""

    def __init__(self, metrics: prometheus.Metrics) -> None:
        self.service: Service | None = None
        self._waiting = Waiting(self._tell_readiness)
        self.server: HttpServer | None = None
        self.metrics = metrics
        self._exposition = prometheus.Exposition(self._families)
        self._fixed: dict[bytes, tuple[str, Callable[[Exchange], None]]] = {
            b"/predict": ("POST", self._predict),
            b"/": ("GET", self._index),
            HEALTH_PATH.encode(): ("GET", self._health),
            READY_PATH.encode(): ("GET", self._readiness),
            b"/metrics": ("GET", self._metrics),
            SUMMARY_PATH.encode(): ("GET", self._summary),
            b"/v2": ("GET", self._v2_server),
            b"/v2/health/live": ("GET", self._v2_live),
            b"/v2/health/ready": ("GET", self._v2_ready),
        }

    @property
    def state(self) -> State:
        """Whether the server can serve predictions, and if not, why."""
        if self.service is None:
            return "loading"
        return "draining" if self.server is not None and self.server.draining else "ready"

    def start(self, service: Service) -> None:
        """Serve predictions from now on."""
        self.service = service
        if self.server is not None:
            self.server.on_refusal = partial(_count_refusal, service)
        self._waiting.end()

    def __call__(self, exchange: Exchange) -> None:
        """Answer a request, now or when the model has scored it."""
        try:
            fixed = self._fixed.get(exchange.path)
            if fixed is not None:
                method, handler = fixed
                if self._allowed(exchange, method):
                    handler(exchange)
            elif exchange.path.startswith(_MODELS):
                self._model(exchange)
            else:
                self._fail(exchange, RequestError(Fault.NOT_FOUND, f"there is no {_text(exchange.path)}; see /"))
        except RequestError as error:
            self._fail(exchange, error)
        except Exception:
            _log.exception("a request failed")
            if exchange.answer is None:
                self._fail(exchange, RequestError(Fault.BUG, "the server failed; its log has the reason"))

    # --- predictions

    def _predict(self, exchange: Exchange) -> None:
        service = self._loaded(exchange)
        Prediction(service, exchange, RowsForm(exchange.query), "/predict").start()

    def _infer(self, exchange: Exchange) -> None:
        service = self._loaded(exchange)
        if b"inference-header-content-length" in exchange.headers:
            raise RequestError(Fault.MALFORMED, "binary tensors are not taken; send them as JSON (binary_data=False)")
        Prediction(service, exchange, v2.V2Form(service.model), "/v2/infer").start()

    def _loaded(self, exchange: Exchange) -> Service:
        """The service, if it can accept this request. Raises `RequestError`."""
        if self.service is None:
            raise RequestError(Fault.NOT_READY, "the model is being loaded")
        kind = exchange.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if kind not in _JSON_TYPES and not kind.endswith(b"+json"):
            raise RequestError(Fault.MEDIA_TYPE, f"the body must be application/json, not {_text(kind)}")
        if exchange.headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise RequestError(Fault.MEDIA_TYPE, "a compressed body is not taken")
        return self.service

    # --- Open Inference Protocol

    def _model(self, exchange: Exchange) -> None:
        parts = [unquote_to_bytes(part).decode(errors="replace") for part in exchange.path[len(_MODELS) :].split(b"/")]
        name, rest = parts[0], parts[1:]
        requested = None
        if rest and rest[0] == "versions":
            requested, rest = (rest[1] if len(rest) > 1 else ""), rest[2:]
        action = "/".join(rest)
        method = "POST" if action == "infer" else "GET"
        if action not in ("", "ready", "infer"):
            raise RequestError(Fault.NOT_FOUND, f"there is no {_text(exchange.path)}; see /")
        if not self._allowed(exchange, method):
            return
        model = self.service.model if self.service is not None else None
        if model is not None and (name != model.name or requested not in (None, model.version)):
            wanted = name[:100] if requested is None else f"{name[:100]} version {requested[:100]}"
            raise RequestError(
                Fault.NOT_FOUND, f"there is no model {wanted}; this is {model.name} version {model.version}"
            )
        if action == "infer":
            self._infer(exchange)
        elif action == "ready":
            status = 200 if self.state == "ready" else 503
            self._respond(exchange, status, orjson.dumps({"name": name, "ready": status == 200}), "/v2/models/ready")
        elif self.service is None:
            raise RequestError(Fault.NOT_READY, "the model is being loaded")
        else:
            body = v2.model_metadata(self.service.model, self.service.schema)
            self._respond(exchange, 200, body, "/v2/models")

    def _v2_server(self, exchange: Exchange) -> None:
        self._respond(exchange, 200, v2.server_metadata(_VERSION))

    def _v2_live(self, exchange: Exchange) -> None:
        self._respond(exchange, 200 if self._alive else 503, orjson.dumps({"live": self._alive}))

    def _v2_ready(self, exchange: Exchange) -> None:
        ready = self.state == "ready"
        self._respond(exchange, 200 if ready else 503, orjson.dumps({"ready": ready}))

    # --- the server itself

    @property
    def _alive(self) -> bool:
        return self.service is None or self.service.batcher.alive

    def _health(self, exchange: Exchange) -> None:
        status = "alive" if self._alive else "the thread of the model has died"
        self._respond(exchange, 200 if self._alive else 503, orjson.dumps({"status": status}))

    def _readiness(self, exchange: Exchange) -> None:
        seconds = seconds_to_wait(exchange.query)
        if seconds and self.state == "loading":
            self._waiting.add(exchange, seconds)
        else:
            self._tell_readiness(exchange)

    def _tell_readiness(self, exchange: Exchange) -> None:
        fine = ("ready",) if seconds_to_wait(exchange.query) is None else ("ready", "draining")
        ready = self.state in fine and self._alive
        self._respond(exchange, 200 if ready else 503, orjson.dumps({"status": self.state}))

    def _summary(self, exchange: Exchange) -> None:
        if self.service is None:
            raise RequestError(Fault.NOT_READY, "the model is being loaded")
        self._respond(exchange, 200, self.service.summary().encode())

    def _metrics(self, exchange: Exchange) -> None:
        self._respond(exchange, 200, self._exposition.text(), content_type=prometheus.CONTENT_TYPE)

    def _families(self) -> Iterator[Metric]:
        yield from self.metrics.families()
        yield prometheus.gauge("easymlops_ready", "1 if the server can serve predictions.", self.state == "ready")
        if self.server is not None:
            yield prometheus.gauge("easymlops_connections", "Open connections.", self.server.connections)
            yield prometheus.gauge("easymlops_body_bytes", "Request bodies in memory.", self.server.buffered)
            refused = (({"code": str(code)}, count) for code, count in sorted(self.server.refused.items()))
            text = "Requests refused before they were complete, by status code."
            yield prometheus.counter("easymlops_http_refused", text, refused)
        if self.service is not None:
            model, log = self.service.model, self.service.log
            labels = {"name": model.name, "version": model.version, "digest": model.digest, "tier": model.tier}
            yield prometheus.gauge("easymlops_model_info", "The model that is served.", 1, labels)
            waiting = self.service.batcher.waiting
            yield prometheus.gauge("easymlops_queue_requests", "Requests queued or being scored.", waiting)
            logged: prometheus.Samples = [({}, log.logged)]
            yield prometheus.counter("easymlops_predictions_logged", "Rows in the prediction log.", logged)
            text = "Rows that the prediction log could not take."
            yield prometheus.counter("easymlops_predictions_dropped", text, [({}, log.dropped)])

    def _index(self, exchange: Exchange) -> None:
        body: dict[str, object] = {"service": "make-mlops-easy", "version": _VERSION, "state": self.state}
        if self.service is not None:
            model = self.service.model
            body["model"] = {"name": model.name, "version": model.version, "digest": model.digest, "tier": model.tier}
            body["columns"] = [
                {"name": c.name, "type": c.type, "nullable": c.nullable} for c in self.service.schema.columns
            ]
        self._respond(exchange, 200, orjson.dumps({**body, "routes": _LISTED}, option=orjson.OPT_INDENT_2))

    # --- answers

    def _allowed(self, exchange: Exchange, method: str) -> bool:
        actual = exchange.method
        if actual == method.encode() or (method == "GET" and actual == b"HEAD"):
            return True
        allow = b"GET, HEAD" if method == "GET" else b"POST"
        message = f"{_text(exchange.path)} takes {allow.decode()}, not {_text(actual)}"
        exchange.respond(405, error_body(message), headers=b"Allow: %b\r\n" % allow)
        self.metrics.requests[self._name(exchange), 405] += 1
        return False

    def _fail(self, exchange: Exchange, error: RequestError) -> None:
        headers = RETRY if error.fault is Fault.NOT_READY else b""
        exchange.respond(STATUS[error.fault], body_of(error), headers=headers)
        self.metrics.requests[self._name(exchange), STATUS[error.fault]] += 1

    def _respond(
        self, exchange: Exchange, status: int, body: bytes, route: str = "", *, content_type: bytes = JSON
    ) -> None:
        exchange.respond(status, body, content_type=content_type)
        self.metrics.requests[route or self._name(exchange), status] += 1

    def _name(self, exchange: Exchange) -> str:
        """The route's name in metrics: one of a fixed set, for any path."""
        path = exchange.path
        if path in self._fixed:
            return path.decode()
        if path.startswith(_MODELS):
            last = path.rpartition(b"/")[2]
            return "/v2/infer" if last == b"infer" else "/v2/models/ready" if last == b"ready" else "/v2/models"
        return "other"


def _text(raw: bytes) -> str:
    """Bytes of a request in an error message."""
    return raw[:100].decode(errors="replace")


def _count_refusal(service: Service, status: int) -> None:
    """Overload fails the caller, unlike a request that is not HTTP or does not arrive in time."""
    overload = status == HTTPStatus.SERVICE_UNAVAILABLE
    service.live.count(None, RequestOutcome.FAILED if overload else RequestOutcome.REJECTED, is_read=False)
