"""The interface of every scoring tier: rows in, outputs out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from easy_mlops.inference.errors import RequestError
from easy_mlops.inference.schema import Row

Datatype = Literal["BOOL", "INT64", "FP64", "BYTES"]


@dataclass
class Outputs:
    """The model's outputs for some rows; `predictions[i]` and `probabilities[i]` belong to row i.

    `probabilities` is None for a model without probabilities, and has as many entries as `predictions` otherwise.
    A row in `errors` could not be scored: its prediction and its probabilities are None.
    """

    predictions: list[Any]
    probabilities: list[Any] | None = None
    errors: dict[int, RequestError] = field(default_factory=dict)


class Engine(Protocol):
    """A loaded model. `predict` runs in the worker's thread, one call at a time."""

    @property
    def tier(self) -> str:
        """T1, T2 or T3."""

    @property
    def classes(self) -> list[Any] | None:
        """The labels, in the order of the probabilities; None for a regressor."""

    @property
    def probabilistic(self) -> bool:
        """Whether outputs have probabilities."""

    @property
    def datatype(self) -> Datatype:
        """The type of a prediction in the Open Inference Protocol."""

    def predict(self, rows: Sequence[Row]) -> Outputs:
        """Score rows of the model's schema, at least one.

        Rows that are known to fail are in the outputs' `errors`. Any exception means that one or more of the rows could
        not be scored; the caller finds them by scoring fewer rows at a time.
        """
