"""From a table to the matrix that a model learns from.

Names are loaded on first use, since scikit-learn and pandas are heavy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from easy_mlops.preprocessing.errors import DataError, TableError
    from easy_mlops.preprocessing.preprocessor import DataPreprocessor, InputReport
    from easy_mlops.preprocessing.table import read_table

__all__ = ["DataError", "DataPreprocessor", "InputReport", "TableError", "read_table"]

_HOMES: Final = {
    "DataError": "easy_mlops.preprocessing.errors",
    "DataPreprocessor": "easy_mlops.preprocessing.preprocessor",
    "InputReport": "easy_mlops.preprocessing.preprocessor",
    "TableError": "easy_mlops.preprocessing.errors",
    "read_table": "easy_mlops.preprocessing.table",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
