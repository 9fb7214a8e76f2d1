"""Applies a fitted transformer of `recipe.build_transformer` without scikit-learn's overhead per call.

scikit-learn takes milliseconds to transform a single row, mostly for validation and column selection. The fitted steps
themselves are simple: impute, shift and scale, look up a category. Their fitted values are read once, and the result
is compared with scikit-learn's own on training rows; `DataPreprocessor` uses it only if both are bitwise equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer

from easy_mlops.preprocessing.columns import Numbers, Texts
from easy_mlops.preprocessing.errors import DataError

Matrix = NDArray[np.float64]
UNSEEN = "\x00 never seen"
"""A string that no table contains."""
_CHUNK = 2048


@dataclass(frozen=True)
class Scaled:
    """Columns of numbers: out = (x - a) / b, or x * b + a when `factor`; NaN is replaced by `fill` before that."""

    source: NDArray[np.intp]
    target: NDArray[np.intp]
    fill: NDArray[np.float64]
    a: NDArray[np.float64]
    b: NDArray[np.float64]
    factor: bool

    def apply(self, numbers: Numbers, out: Matrix) -> None:
        """Write the columns' outputs."""
        values = numbers[:, self.source]
        missing = np.isnan(values)
        if missing.any():
            values[missing] = np.broadcast_to(self.fill, values.shape)[missing]
        out[:, self.target] = values * self.b + self.a if self.factor else (values - self.a) / self.b


@dataclass(frozen=True)
class Encoded:
    """A column of categories: the output of each category, and that of unseen categories.

    One-hot outputs are stored as the position of their one (-1 for none), ordinal ones as their value.
    """

    name: str
    source: int
    text: bool
    start: int
    codes: Mapping[Any, float]
    unseen: float | None
    onehot: bool

    def apply(self, values: Sequence[Any], out: Matrix) -> None:
        """Write the column's output. Raises `DataError` for an unseen category if `unseen` is None."""
        codes, unseen = self.codes, self.unseen
        outputs = [codes.get(value, unseen) for value in values]
        if unseen is None and None in outputs:
            row = outputs.index(None)
            raise DataError(f"row {row}: column {self.name!r} has the unknown category {values[row]!r}")
        places = np.array(outputs, dtype=np.float64)
        if not self.onehot:
            out[:, self.start] = places
            return
        rows = np.flatnonzero(places >= 0)
        out[rows, self.start + places[rows].astype(np.intp)] = 1.0


@dataclass(frozen=True)
class Rowwise:
    """The parts of a transformer; together they fill a matrix of `width` columns."""

    width: int
    scaled: tuple[Scaled, ...]
    encoded: tuple[Encoded, ...]

    def apply(self, numbers: Numbers, texts: Texts) -> Matrix:
        """Transform rows, from their numbers and their texts."""
        out = np.zeros((len(numbers), self.width))
        for part in self.scaled:
            part.apply(numbers, out)
        for column in self.encoded:
            if column.text:
                column.apply(texts[:, column.source].tolist(), out)
            else:
                cells = numbers[:, column.source].tolist()
                column.apply([None if cell != cell else cell for cell in cells], out)
        return out


def read_transformer(
    transformer: ColumnTransformer, numeric: Mapping[str, int], texts: Mapping[str, int]
) -> Rowwise | None:
    """The parts of a fitted transformer; None if it has a step of an unsupported kind.

    `numeric` and `texts` map each column to its position among the numbers or texts of a row.
    """
    scaled: list[Scaled] = []
    encoded: list[Encoded] = []
    width = 0
    for name, pipeline, names in transformer.transformers_:
        if name == "remainder":
            continue
        span = transformer.output_indices_[name]
        width = max(width, span.stop)
        steps = {} if isinstance(pipeline, str) or not hasattr(pipeline, "named_steps") else dict(pipeline.named_steps)
        if "encode" in steps:
            encoded.append(_encoded(names[0], pipeline, span.start, numeric, texts))
        elif (part := _scaled(steps, [numeric[n] for n in names], span)) is not None:
            scaled.append(part)
        else:
            return None
    return Rowwise(width, tuple(scaled), tuple(encoded))


def _scaled(steps: Mapping[str, Any], source: list[int], span: slice) -> Scaled | None:
    count = len(source)
    fill = np.asarray(steps["fill"].statistics_, dtype=np.float64) if "fill" in steps else np.full(count, np.nan)
    a, b, factor = np.zeros(count), np.ones(count), False
    scaler: Any = steps.get("scale")
    kind = type(scaler).__name__
    if kind == "StandardScaler":
        a, b = scaler.mean_, scaler.scale_
    elif kind == "RobustScaler":
        a, b = scaler.center_, scaler.scale_
    elif kind == "MinMaxScaler":
        a, b, factor = scaler.min_, scaler.scale_, True
    elif scaler is not None:
        return None
    return Scaled(np.array(source), np.arange(span.start, span.stop), fill, np.array(a), np.array(b), factor)


def _encoded(name: str, pipeline: Any, start: int, numeric: Mapping[str, int], texts: Mapping[str, int]) -> Encoded:
    """Get the fitted pipeline's output for each category, for a missing value, and for an unseen category."""
    text = name in texts
    encoder = pipeline.named_steps["encode"]
    onehot = type(encoder).__name__ == "OneHotEncoder"

    known = [None if value is None or value != value else value for value in encoder.categories_[0].tolist()]
    probes = list(known)
    strict = encoder.handle_unknown == "error"
    if not strict:
        probes += [UNSEEN if text else max((abs(value) for value in known if value is not None), default=0.0) + 1.0]
    if None not in known and (not strict or "fill" in pipeline.named_steps):
        probes.append(None)
    codes: dict[Any, float] = {}
    for begin in range(0, len(probes), _CHUNK):
        chunk = probes[begin : begin + _CHUNK]
        codes.update(zip(chunk, _codes(name, pipeline, chunk, text=text, onehot=onehot), strict=True))
    unseen = None if strict else codes.pop(probes[len(known)])
    return Encoded(name, (texts if text else numeric)[name], text, start, codes, unseen, onehot)


def _codes(name: str, pipeline: Any, cells: Sequence[Any], *, text: bool, onehot: bool) -> list[float]:
    values = cells if text else [np.nan if cell is None else cell for cell in cells]
    rows = pipeline.transform(pd.DataFrame({name: pd.Series(values, dtype=object if text else np.float64)}))
    rows = np.asarray(rows, dtype=np.float64)
    codes = np.where(rows.any(axis=1), rows.argmax(axis=1), -1) if onehot else rows[:, 0]
    return [float(code) for code in codes]
