"""Reads one scoring pod's summary. The pod runs a tenant's code, so its answers are treated as hostile.

The answer is cut off after 64 kB and two seconds, is not decompressed, and no redirect is followed: a tenant must
not be able to fill the operator's memory, hold it up, or send it to an address of the tenant's choice.

A thousand models are a hundred requests a second, day and night, each on a connection of its own. A general client
takes three times as long for one; here a request is written as it is, and llhttp (https://llhttp.org, as httptools)
reads the answer.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, cast

import httptools
from easy_mlops.monitoring.summary import SUMMARY_LIMIT, SUMMARY_PATH

from easy_mlops_operator.api import labels

TIMEOUT_SECONDS: Final = 2.0
_IN_FLIGHT: Final = 64
_HEAD_LIMIT: Final = 16 * 1024
"""Bytes that an answer may have besides its body."""


class Address(NamedTuple):
    """Where a pod listens: an IP address, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class CollectionError(Exception):
    """A pod gave no usable summary. `kind` is one of a few values, for the metric's label."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class SummaryClient:
    """GETs summaries, at most 64 at a time."""

    def __init__(self, timeout: float = TIMEOUT_SECONDS) -> None:
        self._limit = asyncio.Semaphore(_IN_FLIGHT)
        self._timeout = timeout

    async def read(self, address: Address) -> bytes:
        """The summary of the pod at `address`, undecoded. Raises `CollectionError`."""
        loop = asyncio.get_running_loop()
        async with self._limit:
            transport: asyncio.Transport | None = None
            try:
                async with asyncio.timeout(self._timeout):
                    transport, answer = await loop.create_connection(lambda: _Answer(address), *address)
                    return await answer.body
            except TimeoutError as error:
                raise CollectionError("timeout", f"{address} took too long") from error
            except OSError as error:
                raise CollectionError("unreachable", f"{address}: {type(error).__name__}") from error
            finally:
                if transport is not None:
                    transport.abort()


class _Answer(asyncio.Protocol):
    """Asks once, and has the answer's body in `body` when it is there."""

    def __init__(self, address: Address) -> None:
        self.body: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._address = address
        self._parser = httptools.HttpResponseParser(self)
        self._read = bytearray()
        self._length = 0
        self._has_length = False
        self._ends_with_connection = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        lines = (
            f"GET {SUMMARY_PATH} HTTP/1.1",
            f"Host: {self._address}",
            f"User-Agent: {labels.OPERATOR}",
            "Accept-Encoding: identity",
            "Connection: close",
        )
        asking = cast(asyncio.Transport, transport)  # uvloop's own are no subclass of it
        asking.write("".join(f"{line}\r\n" for line in (*lines, "")).encode())

    def data_received(self, data: bytes) -> None:
        if self.body.done():
            return
        self._length += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail("unreachable", f"no HTTP: {type(error).__name__}")
        self._check_head()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is None and self._ends_with_connection:
            self.on_message_complete()
        self._fail("unreachable", "the answer was cut off")

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() in (b"content-length", b"transfer-encoding"):
            self._has_length = True

    def on_headers_complete(self) -> None:
        self._ends_with_connection = not self._has_length
        status = self._parser.get_status_code()
        if status != 200:
            self._fail("status", f"answered {status}")

    def on_body(self, body: bytes) -> None:
        self._read += body
        if len(self._read) > SUMMARY_LIMIT:
            self._fail("too_large", f"more than {SUMMARY_LIMIT} bytes")

    def on_message_complete(self) -> None:
        self._check_head()
        if not self.body.done():
            self.body.set_result(bytes(self._read))

    def _check_head(self) -> None:
        if self._length - len(self._read) > _HEAD_LIMIT:
            self._fail("unreachable", f"more than {_HEAD_LIMIT} bytes besides the summary")

    def _fail(self, kind: str, message: str) -> None:
        if not self.body.done():
            self.body.set_exception(CollectionError(kind, f"{self._address}: {message}"))
            self.body.exception()  # nobody may be waiting for it any more, which is no news


def scoring_address(pod: Mapping[str, Any]) -> Address | None:
    """Where a ready scoring pod answers; None when `pod` is not one."""
    metadata, status = pod["metadata"], pod.get("status", {})
    conditions = status.get("conditions") or ()
    is_ready = any(each.get("type") == "Ready" and each.get("status") == "True" for each in conditions)
    if labels.label_of(pod, labels.COMPONENT) != "serving" or "deletionTimestamp" in metadata or not is_ready:
        return None
    ports = [port for container in pod["spec"]["containers"] for port in container.get("ports") or ()]
    try:
        address = ipaddress.ip_address(status.get("podIP", ""))
    except ValueError:
        return None
    if not ports:
        return None
    return Address(str(address), int(ports[0]["containerPort"]))
