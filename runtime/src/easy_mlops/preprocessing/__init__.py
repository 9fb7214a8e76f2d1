"""From a table to the matrix that a model learns from.

Names are loaded on first use, since scikit-learn and pandas are heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from easy_mlops.lazy import lazy_attributes

if TYPE_CHECKING:
    from easy_mlops.preprocessing.cells import InputReport
    from easy_mlops.preprocessing.errors import DataError, TableError
    from easy_mlops.preprocessing.preprocessor import DataPreprocessor
    from easy_mlops.preprocessing.table import read_table

__all__ = ["DataError", "DataPreprocessor", "InputReport", "TableError", "read_table"]

__getattr__ = lazy_attributes(
    __name__,
    {
        "DataError": "errors",
        "DataPreprocessor": "preprocessor",
        "InputReport": "cells",
        "TableError": "errors",
        "read_table": "table",
    },
)
