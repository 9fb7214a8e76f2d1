"""The conditions of a ModelDeployment, their reasons, and the rules for changing them.

Positive: True is good. `Reconciling` and `Stalled` follow kstatus and are present only while True.
Every reason has a row in docs/reasons.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from easy_mlops_operator.api.status import Condition, Truth
from easy_mlops_operator.api.times import rfc3339


class ConditionType(StrEnum):
    """Types of conditions."""

    READY = "Ready"
    UP_TO_DATE = "UpToDate"
    SERVING = "Serving"
    SPEC_ACCEPTED = "SpecAccepted"
    PIPELINE_SUCCEEDED = "PipelineSucceeded"
    MODEL_LOADED = "ModelLoaded"
    THRESHOLDS_MET = "ThresholdsMet"
    PREDICTION_LOGGING = "PredictionLogging"
    RECONCILING = "Reconciling"
    STALLED = "Stalled"


class Reason(StrEnum):
    """Reasons of conditions and events."""

    # Ready
    SERVING = "Serving"
    PROGRESSING = "Progressing"
    NO_READY_REPLICAS = "NoReadyReplicas"
    SUSPENDED = "Suspended"
    INVALID_SPEC = "InvalidSpec"
    PIPELINE_FAILED = "PipelineFailed"
    NAME_CONFLICT = "NameConflict"
    REFUSED = "Refused"
    # UpToDate
    ROLLED_OUT = "RolledOut"
    TRAINING = "Training"
    ROLLING_OUT = "RollingOut"
    WAITING = "Waiting"
    HELD = "Held"
    FAILED = "Failed"
    # Serving
    ENDPOINTS_AVAILABLE = "EndpointsAvailable"
    NO_ENDPOINTS = "NoEndpoints"
    MODEL_FAILS = "ModelFails"
    # SpecAccepted
    VALID = "Valid"
    UNKNOWN_FIELD = "UnknownField"
    UNKNOWN_STEP = "UnknownStep"
    CONFLICTING_KEYS = "ConflictingKeys"
    INVALID_VALUE = "InvalidValue"
    # PipelineSucceeded
    COMPLETED = "Completed"
    RUNNING = "Running"
    STEP_FAILED = "StepFailed"
    DEADLINE_EXCEEDED = "DeadlineExceeded"
    OUT_OF_MEMORY = "OutOfMemory"
    DATA_UNAVAILABLE = "DataUnavailable"
    VOLUME_UNAVAILABLE = "VolumeUnavailable"
    UNSCHEDULABLE = "Unschedulable"
    IMAGE_UNAVAILABLE = "ImageUnavailable"
    FAILED_CREATE = "FailedCreate"
    # ModelLoaded
    LOADED = "Loaded"
    VERSION_MISMATCH = "VersionMismatch"
    LOAD_FAILED = "LoadFailed"
    DIGEST_MISMATCH = "DigestMismatch"
    # ThresholdsMet
    WITHIN_THRESHOLDS = "WithinThresholds"
    RULE_FIRING = "RuleFiring"
    NO_DATA = "NoData"
    EVALUATION_ERROR = "EvaluationError"
    # PredictionLogging
    PERSISTENT = "Persistent"
    DISABLED = "Disabled"
    DROPPING = "Dropping"
    # events only
    PRUNE_FAILED = "PruneFailed"


ORDER = tuple(ConditionType)
"""The order in which conditions are listed."""


def make_condition(
    type_: ConditionType, status: Truth, reason: Reason, message: str, *, generation: int, now: datetime
) -> Condition:
    """A new condition, whose status changes now."""
    return Condition(
        type=type_.value,
        status=status,
        reason=reason.value,
        message=message,
        observed_generation=generation,
        last_transition_time=rfc3339(now),
    )


def merge_conditions(previous: Iterable[Condition], current: Iterable[Condition]) -> tuple[Condition, ...]:
    """`current` in a fixed order, with the `lastTransitionTime` of `previous` where the status is the same.

    A condition that is only in `previous` is removed; pass it in `current` to retain it.
    """
    before = {condition.type: condition for condition in previous}
    merged = {}
    for condition in current:
        old = before.get(condition.type)
        if old is not None and old.status == condition.status:
            condition = condition.model_copy(update={"last_transition_time": old.last_transition_time})
        merged[condition.type] = condition
    known = [merged.pop(type_.value) for type_ in ORDER if type_.value in merged]
    return (*known, *(merged[name] for name in sorted(merged)))
