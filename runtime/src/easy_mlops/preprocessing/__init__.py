"""From a table to the matrix that a model learns from."""

from easy_mlops.preprocessing.errors import DataError, TableError
from easy_mlops.preprocessing.preprocessor import DataPreprocessor, InputReport
from easy_mlops.preprocessing.table import read_table

__all__ = ["DataError", "DataPreprocessor", "InputReport", "TableError", "read_table"]
