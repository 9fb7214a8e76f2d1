"""Selects the ports of 127.0.0.1 that lead to the cluster."""

import socket
from collections.abc import Callable, Iterable

from .errors import ClusterError
from .kindconfig import PORTS

FIRST_CHOICES = range(38080, 39000, 100)


def is_free(port: int) -> bool:
    """Whether nothing listens on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def choose_ports(
    wanted: int | None, *, free: Callable[[int], bool] = is_free, choices: Iterable[int] = FIRST_CHOICES
) -> int:
    """The first of the cluster's ports: ``wanted`` (0: no ports), else the first choice whose ports are all free.

    Raises ClusterError if a wanted port is in use.
    """
    if wanted == 0:
        return 0
    for first in choices if wanted is None else (wanted,):
        busy = [port for port in range(first, first + PORTS) if not free(port)]
        if not busy:
            return first
    raise ClusterError(f"port {busy[0]} of 127.0.0.1 is in use: choose others with --host-port FIRST (0 for none)")
