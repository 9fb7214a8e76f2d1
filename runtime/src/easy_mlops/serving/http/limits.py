"""Limits on the resources that one client, and all clients together, can use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    head: int = 32 * KIB
    """Request line and headers; longer is 431."""
    headers: int = 100
    body: int = 16 * MIB
    """One request's body; longer is 413."""
    bodies: int = 192 * MIB
    """All bodies in memory; beyond it another large one is 503."""
    small_body: int = 64 * KIB
    """Bodies up to this size are read on the event loop and never rejected because of `bodies`."""
    rows: int = 100_000
    """Rows of one request; more is 413."""
    connections: int = 2048
    """When there are more, the one that has been idle longest is closed; when none is idle, the new one gets 503."""
    pipeline: int = 32
    """Requests of one connection that may wait for their answers before reading from it stops."""
    queue: int = 1024
    """Requests that wait for the model; more is 429."""
    batch: int = 1024
    """Rows that the model gets in one call."""
    read_timeout: float = 30.0
    """From a request's first byte to its last, and from connecting to the first request; longer is 408."""
    idle_timeout: float = 75.0
    """Between two requests of one connection; longer than the usual 60 s of load balancers."""
    write_timeout: float = 30.0
    """For a client that does not read its answers."""
    linger: float = 2.0
    """Time for a rejected client that is still sending to read the answer before the connection is closed."""
