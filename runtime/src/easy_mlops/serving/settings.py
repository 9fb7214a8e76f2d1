"""The settings of the server that environment variables can change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

DRAIN_ENV: Final = "EASY_MLOPS_DRAIN_SECONDS"


class ServerSettingsError(ValueError):
    """An environment variable has an invalid value."""


@dataclass(frozen=True)
class ServerSettings:
    """`drain_seconds` is the time from SIGTERM to exit: for most of it new requests are still answered, because
    Kubernetes takes a while to stop sending them; in the rest, requests in flight are finished."""

    drain_seconds: float = 5.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> ServerSettings:
        """The settings from environment variables. Raises `ServerSettingsError`."""
        raw = environment.get(DRAIN_ENV)
        if raw is None:
            return cls()
        try:
            seconds = float(raw)
        except ValueError:
            seconds = -1.0
        if not 0 <= seconds <= 3600:
            raise ServerSettingsError(f"{DRAIN_ENV} must be a number of seconds from 0 to 3600, got {raw[:60]!r}")
        return cls(drain_seconds=seconds)
