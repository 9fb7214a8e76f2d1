"""What is wrong with a table, in words that name the column and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from easy_mlops.config.errors import did_you_mean


class DataError(ValueError):
    """A table, or a row of it, that cannot be used.

    `location` is the path of the configuration's field that is concerned, such as `data.target`; empty when none is.
    """

    def __init__(self, message: str, *, location: str = "") -> None:
        self.location = location
        super().__init__(message)


class TableError(DataError):
    """A file that cannot be read as a table: it is not there, empty, or broken."""


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
