"""Scores rows although some of them make the model fail: a batch that fails is halved until the failure is one row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from easy_mlops.inference.engine import Outputs
from easy_mlops.inference.errors import Fault, RequestError
from easy_mlops.inference.schema import Row
from easy_mlops.preprocessing.errors import DataError

_REFUSED_BY_VALIDATION: Final = ("contains NaN", "contains infinity or a value too large")
"""Parts of messages of `sklearn.utils.check_array`."""


def predict_around_failures(
    predict: Callable[[Sequence[Row]], Outputs],
    rows: Sequence[Row],
    *,
    probabilistic: bool,
    explain: Callable[[int, Exception], RequestError],
    most: int | None = None,
) -> Outputs:
    """Score rows and collect the failures.

    Parameters
    ----------
    predict
        Scores some rows; any exception means that something in them cannot be scored.
    rows
        The rows to score.
    probabilistic
        Whether outputs have probabilities.
    explain
        The error of a row for which `predict` raised this exception. What it raises ends the search.
    most
        Stop after so many failures; later rows then have neither a prediction nor an error.
    """
    count = len(rows)
    outputs = Outputs([None] * count, [None] * count if probabilistic else None)
    failures = 0
    stack = [(0, count)] if count else []
    while stack:
        start, stop = stack.pop()
        try:
            part = predict(rows[start:stop])
        except Exception as error:
            if stop - start > 1:
                middle = (start + stop) // 2
                stack += [(middle, stop), (start, middle)]
                continue
            outputs.errors[start] = explain(start, error)
            failures += 1
            if failures == most:
                break
        else:
            outputs.predictions[start:stop] = part.predictions
            if outputs.probabilities is not None and part.probabilities is not None:
                outputs.probabilities[start:stop] = part.probabilities
            outputs.errors.update({start + offset: error for offset, error in part.errors.items()})
    return outputs


def row_error(error: Exception) -> RequestError:
    """The error of a row for which the model raised this exception.

    The caller's mistake are values that the preprocessor refuses, and those that scikit-learn's validation does: a
    missing value, or a number beyond 32-bit floats. Anything else is a failure of the model.
    """
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    first_line = first.removeprefix("row 0: ")[:300]  # the exception is about a single row, which is number 0
    refused = isinstance(error, DataError) or (
        isinstance(error, ValueError) and any(text in first_line for text in _REFUSED_BY_VALIDATION)
    )
    return RequestError(Fault.UNSUITABLE if refused else Fault.UNSCORABLE, f"the row cannot be scored: {first_line}")
