"""A request and the answer to it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final, Protocol

JSON: Final = b"application/json"
_STATUS: Final = {s.value: b"HTTP/1.1 %d %b\r\n" % (s.value, s.phrase.encode()) for s in HTTPStatus}


class Sender(Protocol):
    """The connection that an answer is written to."""

    @property
    def draining(self) -> bool:
        """Whether the server is about to stop."""

    @property
    def date(self) -> bytes:
        """The `Date` header line."""

    def end_with(self, exchange: Exchange, /) -> None:
        """Close the connection after this answer."""

    def flush(self) -> None:
        """Write the answers that are next in order."""


class Exchange:
    """One request, complete, and the answer to it.

    `path` and `query` are as sent; `headers` have lower-case names; `received` is the monotonic time at which the
    request was complete; `abandoned` becomes true once the client has disconnected.
    """

    __slots__ = (
        "_connection",
        "abandoned",
        "answer",
        "body",
        "headers",
        "keep_alive",
        "method",
        "old",
        "path",
        "query",
        "received",
    )

    def __init__(self, connection: Sender, method: bytes, target: bytes, headers: dict[bytes, bytes]) -> None:
        self._connection = connection
        self.method = method
        self.headers = headers
        path, _, self.query = target.partition(b"?")
        if not path.startswith(b"/") and b"://" in path:  # the absolute form, which proxies use
            path = b"/" + path.partition(b"://")[2].partition(b"/")[2]
        self.path = path
        self.body = b""
        self.keep_alive = True
        self.old = False
        """Whether the client speaks HTTP/1.0, where a persistent connection must be announced."""
        self.received = 0.0
        self.abandoned = False
        self.answer: bytes | None = None

    def respond(self, status: int, body: bytes, *, content_type: bytes = JSON, headers: bytes = b"") -> None:
        """Answer, from the event loop's thread. `headers` are further header lines, each ending in CRLF."""
        if self.answer is not None:
            raise RuntimeError("a request is answered once")
        connection = self._connection
        if connection.draining:
            connection.end_with(self)
        if not self.keep_alive:
            headers += b"Connection: close\r\n"
        elif self.old:
            headers += b"Connection: keep-alive\r\n"
        self.answer = b"%bContent-Type: %b\r\nContent-Length: %d\r\n%b%b\r\n%b" % (
            _STATUS[status],
            content_type,
            len(body),
            connection.date,
            headers,
            b"" if self.method == b"HEAD" else body,
        )
        connection.flush()
