"""What the installation decides, from the environment."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from easy_mlops_operator.api.labels import OPERATOR
from easy_mlops_operator.controller.kinds import Key
from easy_mlops_operator.reconcile.model import Settings as ReconcileSettings

_LABEL_VALUE = r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?"
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_POLICIES = ("Always", "IfNotPresent", "Never")
PREFIX = "EASY_MLOPS_"
MISSED_COLLECTIONS = 3
"""For so many intervals figures stay fresh; then there is no data."""


class SettingsError(ValueError):
    """An environment variable is missing or cannot be read."""


@dataclass(frozen=True)
class Election:
    """Which Lease decides who leads, and this replica's name in it."""

    lease: Key
    identity: str


@dataclass(frozen=True)
class OperatorSettings:
    """All settings. `watch_namespace` None means all namespaces, `election` None one replica; times are in seconds.

    `shard` is the value of the label `easymlops.dev/shard` of the resources to reconcile; empty: resources without it.
    """

    reconcile: ReconcileSettings
    watch_namespace: str | None = None
    shard: str = ""
    election: Election | None = None
    collect_seconds: float = 10.0
    resync_seconds: float = 600.0
    workers: int = 32
    port: int = 8080
    log_level: int = logging.INFO

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read `EASY_MLOPS_*`. Raises `SettingsError` naming the variable and what is allowed."""
        image = environment.get(f"{PREFIX}RUNTIME_IMAGE", "")
        if not image:
            raise SettingsError(f"{PREFIX}RUNTIME_IMAGE must name the image of the Jobs and scoring pods")
        policy = environment.get(f"{PREFIX}IMAGE_PULL_POLICY") or "IfNotPresent"
        if policy not in _POLICIES:
            raise SettingsError(f"{PREFIX}IMAGE_PULL_POLICY is {policy!r}; allowed are {', '.join(_POLICIES)}")
        collect_seconds = _number(environment, "COLLECT_SECONDS", cls.collect_seconds, 1, 3600)
        return cls(
            reconcile=ReconcileSettings(
                runtime_image=image,
                image_pull_policy=policy,  # type: ignore[arg-type]  # one of _POLICIES
                allowed_images=tuple(environment.get(f"{PREFIX}ALLOWED_IMAGES", "").split()),
                stale_after=MISSED_COLLECTIONS * collect_seconds,
            ),
            watch_namespace=environment.get(f"{PREFIX}WATCH_NAMESPACE") or None,
            shard=_shard(environment),
            election=_election(environment),
            collect_seconds=collect_seconds,
            resync_seconds=_number(environment, "RESYNC_SECONDS", cls.resync_seconds, 1, 86400),
            workers=int(_number(environment, "WORKERS", cls.workers, 1, 256)),
            port=int(_number(environment, "PORT", cls.port, 0, 65535)),
            log_level=_log_level(environment),
        )


def _log_level(environment: Mapping[str, str]) -> int:
    text = environment.get(f"{PREFIX}LOG_LEVEL") or "INFO"
    if text not in _LOG_LEVELS:
        raise SettingsError(f"{PREFIX}LOG_LEVEL is {text!r}; allowed are {', '.join(_LOG_LEVELS)}")
    return logging.getLevelNamesMapping()[text]


def _shard(environment: Mapping[str, str]) -> str:
    text = environment.get(f"{PREFIX}SHARD", "")
    if not re.fullmatch(_LABEL_VALUE, text):
        raise SettingsError(f"{PREFIX}SHARD is {text!r}; allowed is a label's value: up to 63 of a-z A-Z 0-9 - _ .")
    return text


def _election(environment: Mapping[str, str]) -> Election | None:
    text = environment.get(f"{PREFIX}LEADER_ELECTION") or "false"
    if text not in {"true", "false"}:
        raise SettingsError(f"{PREFIX}LEADER_ELECTION is {text!r}; allowed are true, false")
    if text == "false":
        return None
    names = {name: environment.get(PREFIX + name, "") for name in ("POD_NAMESPACE", "POD_NAME")}
    for name, value in names.items():
        if not value:
            raise SettingsError(f"{PREFIX}{name} must be set, since {PREFIX}LEADER_ELECTION is true")
    return Election(Key(names["POD_NAMESPACE"], OPERATOR), names["POD_NAME"])


def _number(environment: Mapping[str, str], name: str, default: float, least: float, most: float) -> float:
    text = environment.get(PREFIX + name)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise SettingsError(f"{PREFIX}{name} is {text!r}; allowed are numbers from {least:g} to {most:g}")
    return value
