"""Errors of tables; messages name the column and the remedy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from easy_mlops.config.errors import did_you_mean


class DataError(ValueError):
    """A table, or a row of it, that cannot be used.

    Parameters
    ----------
    message : str
        The error message.
    location : str, default ""
        Path of the related field in the configuration, such as `data.target`.

    Examples
    --------
    >>> from easy_mlops.preprocessing import DataError
    >>> DataError("there is no column 'left'", location="data.target").location
    'data.target'
    """

    def __init__(self, message: str, *, location: str = "") -> None:
        self.location = location
        super().__init__(message)


class TableError(DataError):
    """A file that cannot be read as a table: it is missing, empty or damaged.

    Examples
    --------
    >>> from easy_mlops.preprocessing import TableError, read_table
    >>> try:
    ...     read_table("missing.csv")
    ... except TableError as error:
    ...     print(type(error).__name__)
    TableError
    """


def unknown_target(target: str, columns: Iterable[Any]) -> DataError:
    """The error for a target that is not in the table."""
    return DataError(f"there is no column {target!r} in the data; {_hint(target, columns)}", location="data.target")


def missing_column(name: str, columns: Iterable[Any]) -> DataError:
    """The error for a column of the model that is not in the table."""
    return DataError(f"column {name!r} is missing; {_hint(name, columns)}")


def _hint(wanted: str, columns: Iterable[Any]) -> str:
    """The column that may be meant, or why a table has no such columns."""
    names = [str(name) for name in columns]
    if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
        return f"its only column is {names[0]!r}, so it may be separated by something else than commas"
    return did_you_mean(wanted, names)
