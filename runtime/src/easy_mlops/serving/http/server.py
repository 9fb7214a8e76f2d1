"""The listener, and what concerns all connections: their number, timeouts and shutdown."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable
from email.utils import formatdate

from easy_mlops.serving.http.exchange import Exchange
from easy_mlops.serving.http.limits import Limits
from easy_mlops.serving.http.protocol import Connection


class HttpServer:
    """Accepts connections and passes complete requests to `handle`, on the event loop."""

    def __init__(self, handle: Callable[[Exchange], None], limits: Limits | None = None) -> None:
        self.handle = handle
        self.limits = limits or Limits()
        self.draining = False
        self.buffered = 0
        """Bytes of request bodies in memory."""
        self.date = b""
        self.refused: Counter[int] = Counter()
        """Requests rejected before they were complete, by status."""
        self.on_refusal: Callable[[int], None] = lambda status: None
        """Called with the status of each of them."""
        self._loop = asyncio.get_running_loop()
        self.time = time.monotonic  # uvloop's own clock stands still during an iteration
        self._connections: set[Connection] = set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._listener: asyncio.Server | None = None
        shortest = min(self.limits.read_timeout, self.limits.idle_timeout, self.limits.write_timeout)
        self._period = min(1.0, shortest / 4)
        self._sweep()

    @property
    def connections(self) -> int:
        """Open connections."""
        return len(self._connections)

    async def listen(self, host: str, port: int) -> int:
        """Start to accept connections; returns the port. Raises `OSError` if the port is not available."""
        self._listener = await self._loop.create_server(lambda: Connection(self), host, port, backlog=1024)
        name = self._listener.sockets[0].getsockname()
        return int(name[1])

    def admit(self, connection: Connection) -> bool:
        """Accept a new connection; false if there are too many and none is idle."""
        full = len(self._connections) >= self.limits.connections
        if full:
            idle = min(self._connections, key=lambda c: c.idle_since)
            if idle.idle_since == math.inf:
                self._connections.add(connection)
                return False
            idle.abort()
        self._connections.add(connection)
        self._empty.clear()
        return True

    def forget(self, connection: Connection) -> None:
        """Note that a connection has ended."""
        self._connections.discard(connection)
        if not self._connections:
            self._empty.set()

    def count_refusal(self, status: int) -> None:
        """Count a request that was rejected before it was complete."""
        self.refused[status] += 1
        self.on_refusal(status)

    def drain(self) -> None:
        """Close every connection after its next answer."""
        self.draining = True

    async def close(self, within: float) -> bool:
        """Stop accepting, finish requests in flight, close; returns whether all finished `within` the seconds."""
        self.draining = True
        if self._listener is not None:
            self._listener.close()
        for connection in list(self._connections):
            if not connection.busy:
                connection.close()
        try:
            await asyncio.wait_for(self._empty.wait(), max(0.0, within))
        except TimeoutError:
            for connection in list(self._connections):
                connection.abort()
            return False
        finally:
            self._timer.cancel()
        return True

    def _sweep(self) -> None:
        self.date = b"Date: %b\r\n" % formatdate(usegmt=True).encode()
        now = self.time()
        for connection in list(self._connections):
            connection.expire(now)
        self._timer = self._loop.call_later(self._period, self._sweep)
