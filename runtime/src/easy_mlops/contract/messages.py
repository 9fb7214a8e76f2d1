"""What a pod reports to the operator at its end: exit codes, the result of a run, or why a model failed to load.

The result is in the termination message of the container, which Kubernetes truncates to 4096 bytes;
`RunResult.encode` therefore drops the least important parts first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, get_args

TERMINATION_LIMIT: Final = 4096
"""Bytes that Kubernetes keeps of a container's termination message."""

TERMINATION_LOG_ENV: Final = "EASY_MLOPS_TERMINATION_LOG"
"""Environment variable with the path of the termination message file; unset on a laptop."""

DATA_ROOT_ENV: Final = "EASY_MLOPS_DATA_ROOT"
"""Environment variable with the root of the Job's input (see `mounted_data`); unset on a laptop."""

EXIT_OK: Final = 0
EXIT_FAILED: Final = 1
"""The input is invalid: a retry cannot succeed, so the Job fails immediately."""
EXIT_USAGE: Final = 2
EXIT_TRANSIENT: Final = 75
"""The environment failed, such as a full volume: a retry may succeed (EX_TEMPFAIL of sysexits.h)."""

RunReason = Literal["StepFailed", "DataUnavailable", "VolumeUnavailable", "InvalidSpec"]
LoadReason = Literal["DigestMismatch", "VersionMismatch", "LoadFailed"]
StepState = Literal["Succeeded", "Failed", "Skipped"]


class ContractError(ValueError):
    """A message from a pod does not have the expected form."""


@dataclass(frozen=True)
class StepReport:
    """One step of a run: its name, its state at the end, its wall-clock duration in seconds and an optional message."""

    name: str
    state: StepState
    seconds: float
    message: str = ""


@dataclass(frozen=True)
class RunFailure:
    """The failure of a run. `location` is the name of a step, or a field path such as `spec.data.target`."""

    reason: RunReason
    location: str
    message: str


@dataclass(frozen=True)
class RunResult:
    """The result of a run, as the Job reports it and the operator writes it to the status.

    `directory` is relative to the volume's root; `digest` is the SHA-256 of the directory's SHA256SUMS,
    64 lower-case hexadecimal digits; `metrics` are measured on the held-out split.
    """

    run_id: str
    ok: bool
    directory: str = ""
    digest: str = ""
    model_version: str = ""
    model_type: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    steps: tuple[StepReport, ...] = ()
    failure: RunFailure | None = None

    def encode(self, limit: int = TERMINATION_LIMIT) -> str:
        """JSON of at most `limit` bytes: drops messages of steps first, then the end of the failure, then metrics."""
        body = {"v": 1, **asdict(self)}
        text = _dump(body)
        if _size(text) > limit:
            for step in body["steps"]:
                step["message"] = ""
            text = _dump(body)
        if _size(text) > limit and body["failure"]:
            over = _size(text) - limit
            message = body["failure"]["message"].encode()
            size = max(200, len(message) - over - 8)
            body["failure"]["message"] = message[:size].decode(errors="ignore") + "…"
            text = _dump(body)
        while _size(text) > limit and body["metrics"]:
            body["metrics"] = dict(list(body["metrics"].items())[:-1])
            text = _dump(body)
        if _size(text) > limit:
            body["steps"] = []
            text = _dump(body)
        return text

    @classmethod
    def decode(cls, text: str) -> RunResult:
        """Parse a termination message. Raises `ContractError` if it is not a result."""
        body = _load(text)
        try:
            failure = body.get("failure")
            return cls(
                run_id=str(body["run_id"]),
                ok=bool(body["ok"]),
                directory=str(body["directory"]),
                digest=str(body["digest"]),
                model_version=str(body["model_version"]),
                model_type=str(body.get("model_type", "")),
                metrics={str(k): float(v) for k, v in body["metrics"].items()},
                steps=tuple(_step(step) for step in body["steps"]),
                failure=_failure(failure) if failure else None,
            )
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise ContractError(f"not a run result: {error!r}") from error


@dataclass(frozen=True)
class LoadFailure:
    """Why a scoring pod failed to serve its directory; its termination message."""

    reason: LoadReason
    message: str

    def encode(self, limit: int = TERMINATION_LIMIT) -> str:
        """JSON of at most `limit` bytes."""
        message = self.message.encode()[: limit - 200].decode(errors="ignore")
        return _dump({"v": 1, "reason": self.reason, "message": message})

    @classmethod
    def decode(cls, text: str) -> LoadFailure:
        """Parse a termination message. Raises `ContractError` if it is not a failure to load."""
        body = _load(text)
        reason, message = body.get("reason"), body.get("message")
        if reason not in ("DigestMismatch", "VersionMismatch", "LoadFailed") or not isinstance(message, str):
            raise ContractError("not a load failure: no known reason")
        return cls(reason=reason, message=message)


def _step(raw: Mapping[str, Any]) -> StepReport:
    state = raw["state"]
    if state not in get_args(StepState):
        raise ValueError(f"{state!r} is not a state of a step")
    return StepReport(str(raw["name"]), state, float(raw["seconds"]), str(raw.get("message", "")))


def _failure(raw: Mapping[str, Any]) -> RunFailure:
    reason = raw["reason"]
    if reason not in get_args(RunReason):
        raise ValueError(f"{reason!r} is not a reason")
    return RunFailure(reason, str(raw["location"]), str(raw["message"]))


def _dump(body: Mapping[str, Any]) -> str:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _size(text: str) -> int:
    return len(text.encode())


def _load(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ContractError(f"not JSON: {error}") from error
    if not isinstance(body, dict) or body.get("v") != 1:
        raise ContractError("not a version 1 message")
    return body
