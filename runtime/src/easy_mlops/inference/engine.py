"""What every tier of scoring is to the rest of the server: rows in, outputs out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from easy_mlops.inference.errors import RequestError
from easy_mlops.inference.schema import Row

Datatype = Literal["BOOL", "INT64", "FP64", "BYTES"]


@dataclass
class Outputs:
    """What the model says of some rows; `predictions[i]` and `probabilities[i]` belong to row i.

    `probabilities` is None for a model that has none, and always has as many entries as `predictions` for one that
    has. A row in `errors` could not be scored: its prediction and its probabilities are None.
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
        """Open Inference Protocol's word for the type of a prediction."""

    def predict(self, rows: Sequence[Row]) -> Outputs:
        """Score rows of the model's schema, at least one.

        Rows that are seen to be at fault are in the outputs' `errors`. Any exception means that something in these
        rows could not be scored, without telling which; the caller finds out by asking for fewer at a time.
        """
