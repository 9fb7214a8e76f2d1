"""From a table to the matrix that a model learns from."""

from easy_mlops.preprocessing.errors import DataError, TableError
from easy_mlops.preprocessing.preprocessor import DataPreprocessor, InputReport

__all__ = ["DataError", "DataPreprocessor", "InputReport", "TableError"]
