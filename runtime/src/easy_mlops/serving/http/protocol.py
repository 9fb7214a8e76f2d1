"""HTTP/1.1 on one connection: requests in, answers out in the same order.

httptools (llhttp) parses. This module adds the order of pipelined answers, limits, timeouts, and closing such that the
client still receives the last answer (RFC 9112, section 9.6).
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from http import HTTPStatus
from typing import Final, Protocol

import httptools

from easy_mlops.serving.errors import error_body
from easy_mlops.serving.http.exchange import Exchange
from easy_mlops.serving.http.limits import Limits
from easy_mlops.serving.http.state import State

_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_HOP: Final = frozenset({b"connection", b"upgrade", b"http2-settings"})
_NEVER: Final = math.inf


class Server(Protocol):
    """The interface of the server that owns all connections."""

    limits: Limits
    draining: bool
    date: bytes
    buffered: int

    def time(self) -> float:
        """Seconds of a monotonic clock."""

    def handle(self, exchange: Exchange, /) -> None:
        """Answer a complete request, now or later."""

    def admit(self, connection: Connection, /) -> bool:
        """Accept a new connection; false if there are too many."""

    def forget(self, connection: Connection, /) -> None:
        """Note that a connection has ended."""

    def count_refusal(self, status: int, /) -> None:
        """Count a request that was rejected before it was complete."""


class Connection(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._limits = server.limits
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._exchanges: deque[Exchange] = deque()
        self._state = State.IDLE
        self._refusal: tuple[int, str] | None = None
        self._full = False
        self._must_continue = False
        self._deadline = _NEVER
        self._write_deadline = _NEVER
        self._headers: dict[bytes, bytes] = {}
        self._chunks: list[bytes] = []
        self._size = 0
        self._new_message()

    # --- for the server and for answers

    @property
    def draining(self) -> bool:
        """Whether the server is about to stop, so that every answer is the last one of its connection."""
        return self.server.draining

    @property
    def date(self) -> bytes:
        """The `Date` header line."""
        return self.server.date

    @property
    def busy(self) -> bool:
        """Whether a request is being read or waits for its answer."""
        return self._state.is_reading or bool(self._exchanges)

    @property
    def idle_since(self) -> float:
        """Grows with the time of the last request, for the connection that has been idle longest; inf when busy."""
        return _NEVER if self.busy or not self._state.takes_requests else self._deadline

    def end_with(self, exchange: Exchange) -> None:
        """Close the connection after this answer, unless more requests have been read."""
        if self._exchanges and self._exchanges[-1] is exchange and not self._state.is_reading:
            exchange.keep_alive = False
            self._enter(State.LAST)

    def close(self) -> None:
        """Close once all written data has been sent."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close immediately."""
        if self._transport is not None:
            self._transport.abort()

    def expire(self, now: float) -> None:
        """Close if the client has missed a deadline."""
        lingers = self._state is State.LINGERING
        if now >= self._write_deadline or (lingers and now >= self._deadline):
            self.abort()
        elif now >= self._deadline:
            if self._state.is_reading:
                self._refuse(HTTPStatus.REQUEST_TIMEOUT, "the request did not arrive in time")
            else:
                self.close()

    # --- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "write")
        self._transport = transport  # type: ignore[assignment]
        self._deadline = self.server.time() + self._limits.read_timeout
        if not self.server.admit(self):
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections")

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._enter(State.CLOSED)
        self.server.buffered -= self._size
        self._size = 0
        for exchange in self._exchanges:
            exchange.abandoned = True
            self.server.buffered -= len(exchange.body)
        self._exchanges.clear()
        self.server.forget(self)

    def data_received(self, data: bytes) -> None:
        if not self._state.takes_requests:
            self._enter(State.LINGERING)
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._decline_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            if not self._state.takes_requests:
                self._enter(State.LINGERING)  # data after the last request that is answered
            elif self._refusal is not None:
                self._refuse(*self._refusal)
            else:
                self._refuse(HTTPStatus.BAD_REQUEST, f"not HTTP/1.1: {error}")
        else:
            if self._state is State.HEAD:
                self._unfinished += len(data)
                if self._unfinished > self._limits.head:
                    self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the header is too long")

    def eof_received(self) -> bool:
        """Close: this is how a client looks that stopped waiting, whose rows should not be scored."""
        return False

    def pause_writing(self) -> None:
        self._write_deadline = self.server.time() + self._limits.write_timeout
        self._throttle()

    def resume_writing(self) -> None:
        self._write_deadline = _NEVER
        self._throttle()

    # --- httptools

    def on_message_begin(self) -> None:
        self._new_message()
        self._enter(State.HEAD)
        self._deadline = self.server.time() + self._limits.read_timeout

    def on_url(self, url: bytes) -> None:
        self._url += url
        self._count_head(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._state is not State.HEAD:
            return  # trailers of a chunked body
        self._headers[name.lower()] = value
        self._count_head(len(name) + len(value) + 4)

    def on_headers_complete(self) -> None:
        self._enter(State.BODY)
        self._method = self._parser.get_method()
        headers = self._headers
        if self._method == b"CONNECT":
            self._stop(HTTPStatus.METHOD_NOT_ALLOWED, "this is no proxy")
        if self._parser.should_upgrade():
            return
        version = self._parser.get_http_version()
        if version not in ("1.0", "1.1"):
            self._stop(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "this is an HTTP/1.1 server")
        if b"host" not in headers and version == "1.1":
            self._stop(HTTPStatus.BAD_REQUEST, "the Host header is missing")
        if b"content-length" in headers:
            self._check_size(int(headers[b"content-length"]))
        expect = headers.get(b"expect")
        if expect is not None:
            if expect.lower() != b"100-continue":
                self._stop(HTTPStatus.EXPECTATION_FAILED, "only 100-continue can be expected")
            self._must_continue = True
            self._continue()

    def on_body(self, body: bytes) -> None:
        self._size += len(body)
        self.server.buffered += len(body)
        self._check_size(self._size)
        self._chunks.append(body)

    def on_message_complete(self) -> None:
        if self._parser.should_upgrade():
            return
        self._must_continue = False
        self._deadline = _NEVER
        exchange = Exchange(self, self._method, self._url, self._headers)
        exchange.body = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        exchange.keep_alive = self._parser.should_keep_alive()
        exchange.old = self._parser.get_http_version() == "1.0"
        exchange.received = self.server.time()
        self._chunks = []
        self._size = 0
        self._enter(State.IDLE if exchange.keep_alive else State.LAST)
        self._exchanges.append(exchange)
        if len(self._exchanges) >= self._limits.pipeline:
            self._throttle()
        self.server.handle(exchange)

    # --- answers

    def flush(self) -> None:
        """Write the answers that are next in order."""
        transport, exchanges = self._transport, self._exchanges
        if transport is None:
            return
        while exchanges and (answer := exchanges[0].answer) is not None:
            exchange = exchanges.popleft()
            self.server.buffered -= len(exchange.body)
            transport.write(answer)
            if not exchange.keep_alive:
                self._finish(transport)
                return
        if not exchanges:
            if self._state.is_reading:
                self._continue()
            else:
                self._deadline = self.server.time() + self._limits.idle_timeout
        if self._full:
            self._throttle()

    def _finish(self, transport: asyncio.Transport) -> None:
        """Close after the last answer; a client that is still sending gets time to read it."""
        self._enter(State.LAST)
        for exchange in self._exchanges:
            exchange.abandoned = True
            self.server.buffered -= len(exchange.body)
        self._exchanges.clear()
        if self._state is not State.LINGERING:
            transport.close()
            return
        transport.write_eof()
        self._deadline = self.server.time() + self._limits.linger
        self._throttle()

    def _refuse(self, status: int, message: str) -> None:
        """Answer the request that is being read with an error, and close."""
        exchange = Exchange(self, b"", b"", {})
        exchange.keep_alive = False
        self._enter(State.LINGERING)
        self._must_continue = False
        self._deadline = _NEVER
        self.server.buffered -= self._size
        self._size = 0
        self._chunks = []
        self._exchanges.append(exchange)
        self.server.count_refusal(status)
        exchange.respond(status, error_body(message))

    def _continue(self) -> None:
        if self._must_continue and not self._exchanges and self._transport is not None:
            self._must_continue = False
            self._transport.write(_CONTINUE)

    def _throttle(self) -> None:
        """Stop reading from a client that sends faster than it reads answers."""
        too_many = len(self._exchanges) >= self._limits.pipeline or self._write_deadline != _NEVER
        full = too_many and self._state is not State.LINGERING
        if full != self._full and self._transport is not None and not self._transport.is_closing():
            self._full = full
            if full:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()

    # --- reading

    def _enter(self, state: State) -> None:
        self._state = self._state.then(state)

    def _new_message(self) -> None:
        self._method = b""
        self._url = b""
        self._headers = {}
        self._chunks = []
        self._size = 0
        self._head = 0
        self._unfinished = 0

    def _count_head(self, size: int) -> None:
        self._unfinished = 0
        self._head += size
        if self._head > self._limits.head or len(self._headers) > self._limits.headers:
            self._stop(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the header is too long")

    def _check_size(self, size: int) -> None:
        if size > self._limits.body:
            self._stop(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is over {self._limits.body} bytes")
        if size > self._limits.small_body and self.server.buffered > self._limits.bodies:
            self._stop(HTTPStatus.SERVICE_UNAVAILABLE, "too many large requests at once")

    def _stop(self, status: int, message: str) -> None:
        """Make the parser stop, from one of its callbacks; `data_received` then rejects the request."""
        self._refusal = (status, message)
        raise ValueError(message)

    def _decline_upgrade(self, rest: bytes) -> None:
        """Continue as if no other protocol had been offered (RFC 9110, section 7.8).

        Java's HTTP client offers HTTP/2 with every first request. The parser stops before the body, so a new one is
        fed the same head without the offer.
        """
        lines = [b"%b %b HTTP/%b\r\n" % (self._method, self._url, self._parser.get_http_version().encode())]
        lines += [b"%b: %b\r\n" % item for item in self._headers.items() if item[0] not in _HOP]
        if b"close" in self._headers.get(b"connection", b"").lower():
            lines.append(b"Connection: close\r\n")
        self._parser = httptools.HttpRequestParser(self)
        self.data_received(b"".join([*lines, b"\r\n", rest]))
