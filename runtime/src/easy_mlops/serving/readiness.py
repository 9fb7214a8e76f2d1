"""Answers of `/readyz`, those included that wait until the model is loaded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qs

from easy_mlops.serving.http.exchange import Exchange

MOST_SECONDS: Final = 60
"""Longest wait of a request."""


def seconds_to_wait(query: bytes) -> int | None:
    """The value of `wait` in a query string, at most `MOST_SECONDS`; None if it is absent or no whole number."""
    value = parse_qs(query.decode("ascii", errors="replace")).get("wait", [""])[0]
    return min(int(value), MOST_SECONDS) if value.isascii() and value.isdigit() else None


class Waiting:
    """Requests that are answered once the model is loaded."""

    def __init__(self, answer: Callable[[Exchange], None]) -> None:
        self._answer = answer
        self._timers: dict[Exchange, asyncio.TimerHandle] = {}

    def add(self, exchange: Exchange, seconds: int) -> None:
        """Answer this one in so many seconds, or earlier."""
        self._timers[exchange] = asyncio.get_running_loop().call_later(seconds, self._end, exchange)

    def end(self) -> None:
        """Answer all now."""
        for exchange in tuple(self._timers):
            self._end(exchange)

    def _end(self, exchange: Exchange) -> None:
        self._timers.pop(exchange).cancel()
        if not exchange.abandoned:
            self._answer(exchange)
