"""A client that sends exact bytes and reads the responses one by one."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Response:
    """An answer; header names are lower-case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """One connection to 127.0.0.1."""

    def __init__(self, port: int, timeout: float = 10.0) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout)
        self._stream = self._socket.makefile("rb")

    def send(self, raw: bytes) -> None:
        self._socket.sendall(raw)

    def half_close(self) -> None:
        self._socket.shutdown(socket.SHUT_WR)

    def receive(self, *, head: bool = False) -> Response:
        """The next answer. Raises `EOFError` when the connection is closed instead."""
        line = self._stream.readline()
        if not line:
            raise EOFError("closed")
        status = int(line.split()[1])
        headers: dict[str, str] = {}
        while (line := self._stream.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        size = 0 if head or status == 100 else int(headers["content-length"])
        return Response(status, headers, self._stream.read(size))

    def closed(self) -> bool:
        """Wait for the end of the connection; false when more data came."""
        try:
            return self._stream.read(1) == b""
        except ConnectionResetError:
            return True

    def get(self, path: str, method: str = "GET") -> Response:
        self.send(request(method, path))
        return self.receive(head=method == "HEAD")

    def post(self, path: str, body: bytes | Any, **headers: str) -> Response:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send(request("POST", path, raw, **headers))
        return self.receive()

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def request(method: str, path: str, body: bytes | None = None, **headers: str) -> bytes:
    """A request; `content_type="…"` is the header Content-Type."""
    lines = [f"{method} {path} HTTP/1.1", "Host: test"]
    if body is not None:
        lines += [f"Content-Length: {len(body)}"]
        headers.setdefault("content_type", "application/json")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")
