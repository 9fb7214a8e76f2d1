"""A figure to judge: the value of a metric and the samples behind it, or why there is no value."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class NoDataReason(StrEnum):
    """Why a verdict is `NoData`."""

    TOO_FEW_SAMPLES = "TooFewSamples"
    NOT_COLLECTED = "NotCollected"
    NO_ANSWER = "NoAnswer"
    NOT_MEASURED = "NotMeasured"
    NOT_A_NUMBER = "NotANumber"
    UNKNOWN_COLUMN = "UnknownColumn"
    NO_REFERENCE = "NoReference"
    NO_DIRECTION = "NoDirection"


class Figure(NamedTuple):
    """A metric's value, or None with a `reason` and an `explanation`, which completes a sentence about the metric.

    `samples` is the number of rows or requests behind the value, None where it is not known or the value is a count.
    `column` is the one that the value is of, `window` how far back it reaches. `bins` and `reference_rows` are those of
    the column's reference; a limit by chance follows from them. `top` lists the largest contributions.
    """

    value: float | None
    samples: int | None = None
    column: str | None = None
    window: str = ""
    bins: int = 0
    reference_rows: int = 0
    reason: str = ""
    explanation: str = ""
    top: tuple[str, ...] = ()


def not_a_number(window: str = "") -> Figure:
    """The figure of a metric whose value is NaN, infinite, missing or text."""
    return Figure(None, reason=NoDataReason.NOT_A_NUMBER, explanation="is not a finite number", window=window)


def not_measured(known: Iterable[str]) -> Figure:
    """The figure of a metric that is not among the `known` ones."""
    names = ", ".join(sorted(set(known))) or "none"
    return Figure(None, reason=NoDataReason.NOT_MEASURED, explanation=f"is not measured; measured metrics: {names}")
