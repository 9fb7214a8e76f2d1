"""The answer to a request's rows, before it takes the form that the client asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from easy_mlops.inference.engine import Datatype, Outputs
from easy_mlops.inference.errors import RequestError
from easy_mlops.inference.rows import Rows


@dataclass(frozen=True)
class ModelInfo:
    """The model as answers name it."""

    name: str
    version: str
    digest: str
    tier: str
    classes: list[Any] | None
    probabilistic: bool
    datatype: Datatype


@dataclass(frozen=True)
class Answer:
    """One entry for each row of the request: a prediction, or None and an error by row number."""

    id: str
    model: ModelInfo
    predictions: list[Any]
    probabilities: list[Any] | None = None
    errors: dict[int, RequestError] = field(default_factory=dict)

    @classmethod
    def of(cls, id_: str, model: ModelInfo, rows: Rows, outputs: Outputs) -> Answer:
        """The outputs at the places of their rows, and both kinds of errors together."""
        if not rows.errors:
            return cls(id_, model, outputs.predictions, outputs.probabilities, outputs.errors)
        predictions: list[Any] = [None] * rows.total
        probabilities: list[Any] | None = None if outputs.probabilities is None else [None] * rows.total
        for place, number in enumerate(rows.numbers):
            predictions[number] = outputs.predictions[place]
            if probabilities is not None and outputs.probabilities is not None:
                probabilities[number] = outputs.probabilities[place]
        errors = rows.errors | {rows.numbers[place]: error for place, error in outputs.errors.items()}
        return cls(id_, model, predictions, probabilities, errors)

    def listed_errors(self) -> list[dict[str, Any]]:
        """The errors in order of the rows: row, message and, where there is one, field."""
        listed: list[dict[str, Any]] = []
        for row, error in sorted(self.errors.items()):
            entry = {"row": row, "error": error.message}
            listed.append(entry if error.field is None else {**entry, "field": error.field})
        return listed
