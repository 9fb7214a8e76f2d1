"""Arrays as tables: scikit-learn's own tools pass matrices without column names."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sklearn.utils.validation import check_array


def as_table(data: Any) -> pd.DataFrame:
    """Return a table; the columns of an array get scikit-learn's names `x0`, `x1`, …

    Parameters
    ----------
    data : DataFrame or array-like, shape (n_rows, n_columns)
        The rows.

    Returns
    -------
    DataFrame

    Raises
    ------
    ValueError
        If the data is neither a table nor a dense matrix with at least one row and one column.
    """
    if isinstance(data, pd.DataFrame):
        return data
    matrix = check_array(data, dtype=None, ensure_all_finite=False)
    return pd.DataFrame(matrix, columns=[f"x{number}" for number in range(matrix.shape[1])]).infer_objects()
