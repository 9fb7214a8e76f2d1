"""What is wrong with a table, in words that name the column and what to do."""

from __future__ import annotations


class DataError(ValueError):
    """A table, or a row of it, that cannot be used.

    `location` is the path of the configuration's field that is concerned, such as `data.target`; empty when none is.
    """

    def __init__(self, message: str, *, location: str = "") -> None:
        self.location = location
        super().__init__(message)


class TableError(DataError):
    """A file that cannot be read as a table: it is not there, empty, or broken."""
