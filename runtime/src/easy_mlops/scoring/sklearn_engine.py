"""Tier T3: the fitted preprocessor and estimator as they are, called on a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import sklearn

from easy_mlops.scoring.engine import Datatype, Outputs
from easy_mlops.scoring.errors import RequestError
from easy_mlops.scoring.schema import Column, Row, Schema

_BY_PROBABILITY: Final = frozenset({"RandomForestClassifier", "ExtraTreesClassifier"})
"""Estimators of scikit-learn whose `predict` is the class of the highest probability, so that one call does."""
_TEXT: Final[Any] = "str" if int(pd.__version__.split(".")[0]) >= 3 else object
"""What reading a file gives a text column: pandas 3 has a type for it."""


class SklearnEngine:
    """Any estimator or pipeline of scikit-learn, behind an optional preprocessor with `transform`."""

    tier: Final = "T3"

    def __init__(self, model: Any, preprocessor: Any | None, schema: Schema) -> None:
        self._model = model
        self._preprocessor = preprocessor
        self._schema = schema
        classes = getattr(model, "classes_", None)  # a list of arrays when there are several targets
        self.classes: list[Any] | None = classes.tolist() if isinstance(classes, np.ndarray) else None
        self.probabilistic = hasattr(model, "predict_proba") and self.classes is not None
        self._by_probability = self.probabilistic and _is_forest(model)
        if hasattr(model, "n_jobs"):
            model.n_jobs = 1  # threads cost more than they win on a batch, and sum in no fixed order
        self.datatype: Datatype = _datatype(model)

    def predict(self, rows: Sequence[Row]) -> Outputs:
        """Score rows. Raises what the pipeline raises."""
        with sklearn.config_context(skip_parameter_validation=True):
            inputs: Any = self._frame(rows)
            if self._preprocessor is not None:
                inputs = self._preprocessor.transform(inputs)
            return self._outputs(inputs)

    def _outputs(self, inputs: Any) -> Outputs:
        model = self._model
        probabilities = model.predict_proba(inputs) if self.probabilistic else None
        if probabilities is not None and self._by_probability:
            predictions = model.classes_.take(probabilities.argmax(axis=1), axis=0)
        else:
            predictions = np.asarray(model.predict(inputs))
        if predictions.dtype == np.float32:
            predictions = predictions.astype(np.float64)
        outputs = Outputs(predictions.tolist(), None if probabilities is None else probabilities.tolist())
        _refuse_nan(outputs, predictions)
        _refuse_nan(outputs, probabilities)
        return outputs

    def _frame(self, rows: Sequence[Row]) -> pd.DataFrame:
        """The rows as the file that the model was trained on would have been read."""
        columns = zip(self._schema.columns, zip(*rows, strict=True), strict=True)
        return pd.DataFrame({column.name: _series(column, cells) for column, cells in columns})


def _series(column: Column, cells: Sequence[Any]) -> Any:
    if column.numeric:
        return np.array(cells, dtype=np.float64)  # None becomes NaN
    if column.type == "text":
        return pd.Series(cells, dtype=_TEXT).where(pd.notna, np.nan) if None in cells else pd.Series(cells, dtype=_TEXT)
    if None in cells or column.nullable:
        return np.array([np.nan if cell is None else cell for cell in cells], dtype=object)
    return np.array(cells, dtype=bool)


def _is_forest(model: Any) -> bool:
    return type(model).__name__ in _BY_PROBABILITY and type(model).__module__.startswith("sklearn.")


def _datatype(model: Any) -> Datatype:
    classes = getattr(model, "classes_", None)
    kinds: dict[str, Datatype] = {"b": "BOOL", "i": "INT64", "u": "INT64", "f": "FP64"}
    return kinds.get(classes.dtype.kind, "BYTES") if isinstance(classes, np.ndarray) else "FP64"


def _refuse_nan(outputs: Outputs, values: Any) -> None:
    """A row for which the model gives no number has no answer: JSON would tell it as null, without a word."""
    if values is None or values.dtype.kind != "f":
        return
    wrong = ~np.isfinite(values)
    if not wrong.any():
        return
    for row in np.unique(np.nonzero(wrong)[0]).tolist():
        outputs.errors[row] = RequestError(422, "the row cannot be scored: the model gives no finite number for it")
        outputs.predictions[row] = None
        if outputs.probabilities is not None:
            outputs.probabilities[row] = None
