"""Tier T3: the fitted preprocessor and estimator as they are, called on a batch."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import sklearn
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

from easy_mlops.inference.engine import Datatype, Outputs
from easy_mlops.inference.errors import Fault, RequestError
from easy_mlops.inference.labels import deciding_estimator, labels_from
from easy_mlops.inference.schema import ModelColumn, Row, Schema

_TEXT: Final[Any] = "str" if int(pd.__version__.split(".")[0]) >= 3 else object
"""The dtype of a text column that was read from a file; pandas 3 has its own."""
_UNSCORABLE: Final = "the row cannot be scored: "


class SklearnEngine:
    """An estimator behind a fitted `DataPreprocessor`, or any pipeline of scikit-learn that takes a DataFrame.

    Raises `ValueError` if it expects columns that the schema does not have, or an unnamed matrix, whose relation to the
    columns is unknown.
    """

    tier: Final = "T3"

    def __init__(self, model: Any, preprocessor: Any | None, schema: Schema) -> None:
        self._model = model
        self._preprocessor = preprocessor
        self._schema = schema
        first = model if preprocessor is None else preprocessor
        names = getattr(first, "feature_names_in_", None)
        if names is None and hasattr(first, "n_features_in_"):
            raise ValueError("the model takes a prepared matrix, and the deployment has no preprocessor to make it")
        if names is not None and list(names) != list(schema.names):
            raise ValueError("the model takes other columns than the metadata's schema has")
        classes = getattr(model, "classes_", None)  # a list of arrays when there are several targets
        self.classes: list[Any] | None = classes.tolist() if isinstance(classes, np.ndarray) else None
        self.probabilistic = hasattr(model, "predict_proba") and self.classes is not None
        self.datatype: Datatype = _datatype(model)
        self._transforms, self._estimator = _split(model) if self.probabilistic else (None, model)
        self._takes_nan = _takes_nan(model)
        self._alone: set[int] = set()
        if hasattr(model, "n_jobs"):
            model.n_jobs = 1

    def predict(self, rows: Sequence[Row]) -> Outputs:
        """Score rows. Raises what the pipeline raises."""
        self._work_alone()
        # An overflow needs no warning: what comes of it is refused below or by the estimator.
        with sklearn.config_context(skip_parameter_validation=True), np.errstate(all="ignore"):
            if self._preprocessor is None:
                return self._outputs(self._frame(rows))
            matrix = self._preprocessor.transform_rows(rows)
            wrong = ~np.isfinite(matrix)
            if self._takes_nan:
                wrong &= ~np.isnan(matrix)
            if not wrong.any():
                return self._outputs(matrix)
            return self._outputs_of_some(rows, matrix, wrong.any(axis=1))

    def _work_alone(self) -> None:
        """Keep OpenMP and BLAS from using more threads on behalf of this one.

        On a few rows they cost more than they win (they wait spinning, which a pod's quota pays for), and they sum in
        no fixed order. The limit belongs to the calling thread.
        """
        thread = threading.get_ident()
        if thread not in self._alone:
            self._alone.add(thread)
            ThreadpoolController().limit(limits=1)

    def _outputs(self, inputs: Any) -> Outputs:
        if self._transforms is not None:
            inputs = self._transforms.transform(inputs)
        estimator = self._estimator
        probabilities = estimator.predict_proba(inputs) if self.probabilistic else None
        predictions = None if probabilities is None else labels_from(estimator, probabilities)
        if predictions is None:
            predictions = np.asarray(estimator.predict(inputs))
        if predictions.dtype == np.float32:
            predictions = predictions.astype(np.float64)
        outputs = Outputs(predictions.tolist(), None if probabilities is None else probabilities.tolist())
        for values in (predictions, probabilities):
            if values is not None and values.dtype.kind == "f" and not (finite := np.isfinite(values)).all():
                _refuse(outputs, np.unique(np.nonzero(~finite)[0]).tolist())
        return outputs

    def _outputs_of_some(self, rows: Sequence[Row], matrix: NDArray[Any], wrong: NDArray[np.bool_]) -> Outputs:
        """The outputs of a batch in which some rows are not for this model."""
        count = len(rows)
        outputs = Outputs([None] * count, [None] * count if self.probabilistic else None)
        places = np.flatnonzero(~wrong).tolist()
        if places:
            part = self._outputs(matrix[places])
            for offset, place in enumerate(places):
                outputs.predictions[place] = part.predictions[offset]
                if outputs.probabilities is not None and part.probabilities is not None:
                    outputs.probabilities[place] = part.probabilities[offset]
            outputs.errors = {places[offset]: error for offset, error in part.errors.items()}
        for place in np.flatnonzero(wrong).tolist():
            outputs.errors[place] = self._refusal(rows[place])
        return outputs

    def _refusal(self, row: Row) -> RequestError:
        for column, cell in zip(self._schema.columns, row, strict=True):
            if cell is None and not self._takes_nan:
                message = f"{_UNSCORABLE}column {column.name!r} has no value, and the model needs one"
                return RequestError(Fault.UNSUITABLE, message, field=column.name)
        return RequestError(Fault.UNSUITABLE, f"{_UNSCORABLE}a value is too large")

    def _frame(self, rows: Sequence[Row]) -> pd.DataFrame:
        """The rows as the file that the model was trained on would have been read."""
        columns = zip(self._schema.columns, zip(*rows, strict=True), strict=True)
        return pd.DataFrame({column.name: _series(column, cells) for column, cells in columns})


def _series(column: ModelColumn, cells: Sequence[Any]) -> Any:
    if column.numeric:
        return np.array(cells, dtype=np.float64)  # None becomes NaN
    if column.type == "text":
        return pd.Series([np.nan if cell is None else cell for cell in cells], dtype=_TEXT)
    if None in cells or column.nullable:
        return np.array([np.nan if cell is None else cell for cell in cells], dtype=object)
    return np.array(cells, dtype=bool)


def _split(model: Any) -> tuple[Any | None, Any]:
    """A pipeline's transforming steps, None if there are none, and its last step.

    `predict` and `predict_proba` of a pipeline both begin with all the transforms, which take most of the time for a
    few rows. Applied once, they serve both calls.
    """
    model = deciding_estimator(model)
    if type(model) is not Pipeline or len(model.steps) < 2:
        return None, model
    return model[:-1], model.steps[-1][1]


def _takes_nan(model: Any) -> bool:
    try:
        return bool(get_tags(model).input_tags.allow_nan)
    except Exception:  # no estimator of scikit-learn's kind: it will tell by itself what it does not take
        return True


def _datatype(model: Any) -> Datatype:
    classes = getattr(model, "classes_", None)
    kinds: dict[str, Datatype] = {"b": "BOOL", "i": "INT64", "u": "INT64", "f": "FP64"}
    return kinds.get(classes.dtype.kind, "BYTES") if isinstance(classes, np.ndarray) else "FP64"


def _refuse(outputs: Outputs, rows: Sequence[int]) -> None:
    """A row for which the model gives no number has no answer: JSON would tell it as null, without a word."""
    for row in rows:
        outputs.errors[row] = RequestError(Fault.UNSCORABLE, f"{_UNSCORABLE}the model gives no finite number for it")
        outputs.predictions[row] = None
        if outputs.probabilities is not None:
            outputs.probabilities[row] = None
