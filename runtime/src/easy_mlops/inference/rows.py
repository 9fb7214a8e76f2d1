"""From the rows of a request to checked cells in the model's order.

The rules are the same for every tier and every request format:

- A number column accepts numbers: no strings (`"12"` is an error), no booleans, no integers over 2^53 (float64 cannot
  distinguish them), nothing infinite. A boolean column accepts `true` and `false`, a text column strings.
- null and `NaN` mean missing. So does an absent column, if training saw missing values in it; otherwise it is an error.
- An unknown column is an error that suggests the closest known name.

Checking must cost less than the model, so a row is checked by the tuple of its values' types, which is looked up
among those already accepted; only a row that fails is checked value by value, for a precise error.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Final

import orjson

from easy_mlops.config.errors import did_you_mean
from easy_mlops.inference.errors import Fault, RequestError
from easy_mlops.inference.schema import Cell, ModelColumn, Row, Schema

LARGEST_INTEGER: Final = 2**53
DOUBTFUL: Final = 2.0**63
"""A float at least this large may have been written as an integer."""
_SIGNATURES: Final = 4096
"""Maximum number of cached type tuples, so that a client cannot exhaust the server's memory."""
_TAKES: Final[Mapping[str, frozenset[type]]] = {
    "number": frozenset({int, float, type(None)}),
    "integer": frozenset({int, float, type(None)}),
    "boolean": frozenset({bool, type(None)}),
    "text": frozenset({str, type(None)}),
}
_EXPECTS: Final = {"number": "a number", "integer": "a number", "boolean": "true or false", "text": "a text"}


class DoubtfulNumberError(Exception):
    """A number may have been an integer in the body: parse the body exactly and retry."""


@dataclass
class Rows:
    """The rows of one request: `cells` of those that can be scored, `errors` of those that cannot, by row number.

    `numbers[i]` is the row number of `cells[i]`; `total` counts both.
    """

    total: int
    cells: list[Row] = field(default_factory=list)
    numbers: Sequence[int] = ()
    errors: dict[int, RequestError] = field(default_factory=dict)

    def nulls(self) -> dict[int, int]:
        """The number of missing values by column position, for columns that have any."""
        nulls: dict[int, int] = {}
        for row in self.cells:
            if None in row:
                for position, cell in enumerate(row):
                    if cell is None:
                        nulls[position] = nulls.get(position, 0) + 1
        return nulls


class RowReader:
    """Reads and checks rows for one schema."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._names = schema.names
        self._positions = {name: position for position, name in enumerate(self._names)}
        self._takes = [_TAKES[column.type] for column in schema.columns]
        self._accepted: dict[tuple[type, ...], tuple[int, ...]] = {}
        pick: Any = itemgetter(*self._names)
        self._pick = pick if len(self._names) > 1 else lambda record: (pick(record),)

    def records(self, records: Sequence[Any], *, exact: bool, keep_errors: bool = False) -> Rows:
        """Read rows that are objects of column names and values.

        With `keep_errors`, an invalid row is omitted and its error recorded; otherwise the first error is raised.
        Raises `RequestError`, and `DoubtfulNumberError` unless the body was parsed `exact`ly.
        """
        return self._collect(records, self._record, exact=exact, keep_errors=keep_errors)

    def table(self, names: Any, data: Any, *, exact: bool, keep_errors: bool = False) -> Rows:
        """Read rows from a list of column names and a list of lists of values. Raises as `records`."""
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise RequestError(Fault.MALFORMED, "columns must be a list of column names", field="columns")
        if not isinstance(data, list):
            raise RequestError(Fault.MALFORMED, "data must be a list of rows, each a list of values", field="data")
        order = self.order(names)
        width = len(names)
        straight = order == list(range(width))

        def arranged(values: Any, number: int, exact: bool) -> Row:
            if type(values) is not list or len(values) != width:
                got = f"{len(values)} values" if isinstance(values, list) else _shown(values)
                raise RequestError(Fault.MALFORMED, f"a row of data is a list of {width} values, got {got}", row=number)
            if straight:
                return self.checked(tuple(values), number, exact)
            cells = tuple([None if source is None else values[source] for source in order])
            return self.checked(cells, number, exact)

        return self._collect(data, arranged, exact=exact, keep_errors=keep_errors)

    def order(self, names: Sequence[str]) -> list[int | None]:
        """The position of each model column in `names`, None for a nullable column that is absent.

        Raises `RequestError`: 422 for an unknown or missing column, 400 for one that is named twice.
        """
        places: dict[str, int] = {}
        for place, name in enumerate(names):
            if name not in self._positions:
                raise self.unknown(name)
            if name in places:
                raise RequestError(Fault.MALFORMED, f"column {name!r} is there twice", field=name)
            places[name] = place
        for column in self.schema.columns:
            if column.name not in places and not column.nullable:
                raise _missing(column, None)
        return [places.get(name) for name in self._names]

    def checked(self, cells: Row, number: int, exact: bool) -> Row:
        """Check the cells of row `number` and return them. Raises as `records`."""
        signature = tuple(map(type, cells))
        numeric = self._accepted.get(signature)
        if numeric is None:
            numeric = self._learn(signature)
        if numeric is not None:
            for position in numeric:
                if not -LARGEST_INTEGER <= cells[position] <= LARGEST_INTEGER:  # type: ignore[operator]
                    break
            else:
                return cells
        for column, cell in zip(self.schema.columns, cells, strict=True):
            _check(column, cell, number, exact)
        return cells

    def unknown(self, name: str, row: int | None = None) -> RequestError:
        """The error for a column that the model does not have."""
        shown = name[:200]
        if name == self.schema.target:
            return RequestError(
                Fault.UNSUITABLE,
                f"{shown!r} is what the model predicts, not one of its columns",
                field=shown,
                row=row,
            )
        return RequestError(
            Fault.UNSUITABLE, f"unknown column {shown!r}; {did_you_mean(shown, self._names)}", field=shown, row=row
        )

    def mismatches(self, errors: Iterable[RequestError], nulls: Iterable[int] = ()) -> list[str]:
        """The columns in which a request does not match the schema: unknown, absent, or of another type.

        `errors` are those of reading it, `nulls` the positions of columns with missing values, which are a mismatch
        unless the column is nullable.
        """
        wrong = [error.field for error in errors if error.fault is Fault.UNSUITABLE or error.field in self._positions]
        missing = [self.schema.columns[place] for place in nulls]
        return list(dict.fromkeys([*filter(None, wrong), *(item.name for item in missing if not item.nullable)]))

    def _record(self, record: Any, number: int, exact: bool) -> Row:
        if type(record) is dict and len(record) == len(self._names):
            try:
                cells: Row = self._pick(record)
            except KeyError:
                pass
            else:
                return self.checked(cells, number, exact)
        if not isinstance(record, dict):
            raise RequestError(
                Fault.MALFORMED, f"a row is an object of column names and values, got {_shown(record)}", row=number
            )
        for name in record:
            if name not in self._positions:
                raise self.unknown(name, number)
        for column in self.schema.columns:
            if column.name not in record and not column.nullable:
                raise _missing(column, number)
        return self.checked(tuple([record.get(name) for name in self._names]), number, exact)

    def _collect(self, items: Sequence[Any], read: Any, *, exact: bool, keep_errors: bool) -> Rows:
        if not keep_errors:
            cells = [read(item, number, exact) for number, item in enumerate(items)]
            return Rows(len(cells), cells, range(len(cells)))
        rows = Rows(len(items))
        numbers: list[int] = []
        for number, item in enumerate(items):
            try:
                row = read(item, number, exact)
            except RequestError as error:
                if error.fault is Fault.UNSUITABLE and error.field not in self._positions:
                    raise  # an unknown column is a mistake in the request, not in one row's data
                rows.errors[number] = error
            else:
                rows.cells.append(row)
                numbers.append(number)
        rows.numbers = numbers
        return rows

    def _learn(self, signature: tuple[type, ...]) -> tuple[int, ...] | None:
        """The positions whose magnitude must be checked; None if these types are not valid."""
        if not all(kind in takes for kind, takes in zip(signature, self._takes, strict=True)):
            return None
        numeric = tuple(place for place, kind in enumerate(signature) if kind in (int, float))
        if len(self._accepted) < _SIGNATURES:
            self._accepted[signature] = numeric
        return numeric


def _check(column: ModelColumn, cell: Any, row: int, exact: bool) -> None:
    kind = type(cell)
    if kind not in _TAKES[column.type]:
        hint = "; training saw no booleans in it" if column.numeric and kind is bool else ""
        message = f"column {column.name!r} takes {_EXPECTS[column.type]}, got {_shown(cell)}{hint}"
        raise RequestError(Fault.MALFORMED, message, field=column.name, row=row)
    if kind is float:
        if not exact and abs(cell) >= DOUBTFUL:
            raise DoubtfulNumberError
        if not math.isfinite(cell):
            message = f"column {column.name!r} takes finite numbers, got {cell}"
            raise RequestError(Fault.MALFORMED, message, field=column.name, row=row)
    if kind is int and abs(cell) > LARGEST_INTEGER:
        message = f"column {column.name!r}: the integer {str(cell)[:40]} is over 2^53, the largest that is exact"
        raise RequestError(Fault.MALFORMED, message, field=column.name, row=row)


def _missing(column: ModelColumn, row: int | None) -> RequestError:
    message = f"missing column {column.name!r}, which training never saw empty; send null if it has no value"
    return RequestError(Fault.UNSUITABLE, message, field=column.name, row=row)


def _shown(value: Cell | list[Any] | dict[str, Any]) -> str:
    """A value in an error message."""
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, str):
        return f"the text {orjson.dumps(value[:60]).decode()}"
    return "null" if value is None else str(value)[:60].lower()
