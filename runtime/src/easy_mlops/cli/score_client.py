"""Sends rows to a running service in batches, a few at a time, and retries each until it is answered."""

from __future__ import annotations

import http.client
import random
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Self
from urllib.parse import urlsplit

import orjson

IN_FLIGHT: Final = 4
_TRIES: Final = 6
_FIRST_DELAY: Final = 0.2
_BUSY: Final = frozenset({429, 502, 503, 504})
"""Statuses of a service that is starting, draining or overloaded, or of a proxy in front of it."""


class ServiceError(Exception):
    """The service cannot be reached or rejects the rows; the message has the reason, column and row."""


@dataclass(frozen=True)
class ServedModel:
    """The service's description of its model: its columns in order, with their types."""

    name: str
    version: str
    columns: dict[str, str]


@dataclass(frozen=True)
class ScoredRows:
    """The predictions for one batch, in the order of its rows; `errors` by row of the batch."""

    rows: int
    predictions: list[Any]
    classes: list[Any] | None
    probabilities: list[Any] | None
    errors: dict[int, str]


class ScoringClient:
    """A client of the service at `url`, such as http://127.0.0.1:8080; it reuses connections until it is closed."""

    def __init__(self, url: str, *, timeout: float = 60.0, sleep: Callable[[float], None] = time.sleep) -> None:
        """Raises `ServiceError` if `url` is not an HTTP(S) address."""
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ServiceError(f"{url!r} is not an address such as http://127.0.0.1:8080")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        try:
            port = parts.port
        except ValueError as error:
            raise ServiceError(f"{url!r} is not an address such as http://127.0.0.1:8080: {error}") from error
        self.url = f"{parts.scheme}://{parts.netloc}"
        self._path = parts.path.rstrip("/").removesuffix("/predict")
        self._connect: Callable[[], http.client.HTTPConnection] = partial(
            kind, str(parts.hostname), port, timeout=timeout
        )
        self._sleep = sleep
        self._idle: list[http.client.HTTPConnection] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: object) -> None:
        while self._idle:
            self._idle.pop().close()

    def model(self) -> ServedModel:
        """The model that is served. Raises `ServiceError`."""
        body = self._request("GET", "/")
        if not isinstance(body, dict) or "columns" not in body:
            raise ServiceError(f"{self.url} does not tell its columns: is it make-mlops-easy serve, and ready?")
        columns = {str(column["name"]): str(column["type"]) for column in body["columns"]}
        return ServedModel(str(body["model"]["name"]), str(body["model"]["version"]), columns)

    def score(self, columns: Sequence[str], batches: Iterable[list[list[Any]]]) -> Iterator[ScoredRows]:
        """The scored batches in order; a few requests are in flight at a time. Raises `ServiceError`."""
        waiting: deque[Future[ScoredRows]] = deque()
        first = 0
        pool = ThreadPoolExecutor(IN_FLIGHT)
        try:
            for rows in batches:
                waiting.append(pool.submit(self._score, list(columns), rows, first))
                first += len(rows)
                if len(waiting) == IN_FLIGHT:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:  # after an error or an interrupt, do not wait for requests in flight
            pool.shutdown(wait=False, cancel_futures=True)

    def _score(self, columns: list[str], rows: list[list[Any]], first: int) -> ScoredRows:
        document = orjson.dumps({"columns": columns, "data": rows}, default=str)
        body = self._request("POST", "/predict?onError=null", document, first)
        errors = {
            int(item["row"]): f"{item['field']}: {item['error']}" if item.get("field") else str(item["error"])
            for item in body.get("errors", ())
        }
        return ScoredRows(len(rows), body["predictions"], body.get("classes"), body.get("probabilities"), errors)

    def _request(self, method: str, path: str, document: bytes | None = None, first: int = 0) -> Any:
        """The JSON of an answer; retried while the service is unavailable or busy. `first` is the batch's first row."""
        problem = ""
        for number in range(_TRIES):
            if number:
                self._sleep(_FIRST_DELAY * 2 ** (number - 1) * random.uniform(0.5, 1.5))  # noqa: S311
            try:
                status, content = self._send(method, path, document)
            except socket.gaierror as error:  # an unknown host name is not worth a retry
                raise ServiceError(f"{self.url}: {error.strerror}") from error
            except (OSError, http.client.HTTPException) as error:
                problem = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
                continue
            if status in _BUSY:
                problem = f"{status} {_error_text(content, first)}"
                continue
            if status != 200:
                raise ServiceError(f"{self.url} answers {status}: {_error_text(content, first)}")
            try:
                return orjson.loads(content)
            except orjson.JSONDecodeError as error:
                raise ServiceError(f"{self.url} does not answer with JSON: {content[:80]!r}") from error
        raise ServiceError(f"{self.url} does not answer after {_TRIES} tries: {problem}")

    def _send(self, method: str, path: str, document: bytes | None) -> tuple[int, bytes]:
        try:
            connection = self._idle.pop()  # thread-safe: list.pop is atomic
        except IndexError:
            connection = self._connect()
        headers = {"Content-Type": "application/json"} if document is not None else {}
        try:
            connection.request(method, self._path + path, document, headers)
            answer = connection.getresponse()
            status, content = answer.status, answer.read()
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return status, content


def _error_text(content: bytes, first: int) -> str:
    """The message of an error body; its row number counts from the first row of the file."""
    try:
        body = orjson.loads(content)
        row = f"row {body['row'] + first}: " if "row" in body else ""
        column = f"{body['field']}: " if body.get("field") else ""
        return f"{row}{column}{body['error']}"
    except (orjson.JSONDecodeError, TypeError, KeyError):
        return content[:200].decode(errors="replace")
