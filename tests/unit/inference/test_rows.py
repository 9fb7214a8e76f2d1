"""What a row may hold, column by column."""

from __future__ import annotations

import re
from typing import Any

import pytest
from easy_mlops.inference.errors import Fault, RequestError
from easy_mlops.inference.rows import DoubtfulNumberError, RowReader
from easy_mlops.inference.schema import ModelColumn, Schema, SchemaError
from hypothesis import given
from hypothesis import strategies as st

SCHEMA = Schema(
    (
        ModelColumn("age", "integer"),
        ModelColumn("income", "number", nullable=True),
        ModelColumn("member", "boolean"),
        ModelColumn("city", "text", nullable=True),
    ),
    target="churned",
)
ROW: dict[str, Any] = {"age": 30, "income": 10.5, "member": True, "city": "Rome"}


@pytest.fixture
def reader() -> RowReader:
    return RowReader(SCHEMA)


def error(reader: RowReader, row: Any) -> RequestError:
    with pytest.raises(RequestError) as caught:
        reader.records([ROW, row], exact=True)
    assert caught.value.row == 1
    return caught.value


def test_cells_come_in_the_models_order_whatever_the_rows_order(reader: RowReader) -> None:
    rows = reader.records([dict(reversed(ROW.items()))], exact=False)
    assert rows.cells == [(30, 10.5, True, "Rome")]


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("age", "12", 'takes a number, got the text "12"'),
        ("age", True, "got true; training saw no booleans in it"),
        ("age", [1], "got a list"),
        ("income", {}, "got an object"),
        ("income", float("inf"), "takes finite numbers, got inf"),
        ("age", 2**53 + 1, "over 2\\^53"),
        ("income", -(2**53) - 1, "over 2\\^53"),
        ("member", 1, "takes true or false, got 1"),
        ("member", "true", "takes true or false"),
        ("city", 12, "takes a text, got 12"),
        ("city", False, "takes a text, got false"),
    ],
)
def test_a_value_of_another_type_is_malformed_and_the_error_names_field_and_row(
    reader: RowReader, column: str, value: Any, message: str
) -> None:
    found = error(reader, ROW | {column: value})
    assert (found.fault, found.field) == (Fault.MALFORMED, column)
    assert re.search(message, found.message)


@pytest.mark.parametrize(
    ("column", "value"), [("age", 2**53), ("age", 3.0), ("income", 3), ("income", 1e300), ("income", -0.0)]
)
def test_any_exact_number_is_taken_in_a_numeric_column(reader: RowReader, column: str, value: float) -> None:
    assert value in reader.records([ROW | {column: value}], exact=True).cells[0]


def test_an_unknown_column_is_unsuitable_with_the_nearest_name(reader: RowReader) -> None:
    found = error(reader, ROW | {"incom": 1})
    assert (found.fault, found.field) == (Fault.UNSUITABLE, "incom")
    assert "did you mean 'income'?" in found.message


def test_the_target_in_a_row_is_said_to_be_the_target(reader: RowReader) -> None:
    assert "what the model predicts" in error(reader, ROW | {"churned": "yes"}).message


def test_an_absent_column_is_missing_where_training_saw_missing_values(reader: RowReader) -> None:
    row = {name: value for name, value in ROW.items() if name not in ("income", "city")}
    assert reader.records([row], exact=False).cells == [(30, None, True, None)]


def test_an_absent_column_that_training_never_saw_empty_is_unsuitable(reader: RowReader) -> None:
    found = error(reader, {name: value for name, value in ROW.items() if name != "age"})
    assert (found.fault, found.field) == (Fault.UNSUITABLE, "age")
    assert "missing column 'age'" in found.message


def test_null_is_a_missing_value_in_every_column(reader: RowReader) -> None:
    rows = reader.records([dict.fromkeys(ROW), ROW, ROW | {"city": None}], exact=False)
    assert rows.cells[0] == (None, None, None, None)
    assert rows.nulls() == {0: 1, 1: 1, 2: 1, 3: 2}


@pytest.mark.parametrize("row", [None, 1, "x", [1, 2], [[]]])
def test_a_row_that_is_no_object_is_malformed(reader: RowReader, row: Any) -> None:
    assert error(reader, row).fault is Fault.MALFORMED


def test_errors_are_kept_by_row_when_asked_for(reader: RowReader) -> None:
    rows = reader.records([ROW, ROW | {"age": "x"}, 7, ROW], exact=False, keep_errors=True)
    assert list(rows.numbers) == [0, 3]
    assert {number: found.field for number, found in rows.errors.items()} == {1: "age", 2: None}
    assert rows.total == 4


def test_an_unknown_column_fails_the_request_even_when_errors_are_kept(reader: RowReader) -> None:
    with pytest.raises(RequestError, match="unknown column"):
        reader.records([ROW | {"x": 1}], exact=False, keep_errors=True)


def test_a_float_that_may_have_been_an_integer_is_doubtful_until_read_exactly(reader: RowReader) -> None:
    row = ROW | {"income": 2.0**64}
    with pytest.raises(DoubtfulNumberError):
        reader.records([row], exact=False)
    assert reader.records([row], exact=True).cells[0][1] == 2.0**64


def test_a_table_is_read_by_its_header(reader: RowReader) -> None:
    rows = reader.table(["member", "age"], [[True, 1], [False, 2]], exact=False)
    assert rows.cells == [(1, None, True, None), (2, None, False, None)]


@pytest.mark.parametrize(
    ("names", "data", "fault", "message"),
    [
        (["age", "age", "member"], [], Fault.MALFORMED, "there twice"),
        (["age", "membr"], [], Fault.UNSUITABLE, "did you mean 'member'"),
        (["age"], [], Fault.UNSUITABLE, "missing column 'member'"),
        (["age", 3], [], Fault.MALFORMED, "list of column names"),
        (["age", "member"], [[1]], Fault.MALFORMED, "list of 2 values, got 1 values"),
        (["age", "member"], [[1, True], 5], Fault.MALFORMED, "got 5"),
        (["age", "member"], {}, Fault.MALFORMED, "data must be a list"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(
    reader: RowReader, names: Any, data: Any, fault: Fault, message: str
) -> None:
    with pytest.raises(RequestError, match=message) as caught:
        reader.table(names, data, exact=False)
    assert caught.value.fault is fault


VALUES: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just([])
)


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(ROW, VALUES)), max_size=5))
def test_remembering_right_types_never_lets_a_wrong_row_through(rows: list[dict[str, Any]]) -> None:
    """One reader that has seen all rows judges each as a fresh one does."""
    seasoned = RowReader(SCHEMA)
    for row in rows + rows:
        outcomes = []
        for reader in (seasoned, RowReader(SCHEMA)):
            found = reader.records([row], exact=True, keep_errors=True)
            outcomes.append((found.cells, [e.message for e in found.errors.values()]))
        assert str(outcomes[0]) == str(outcomes[1])


def test_a_schema_without_columns_is_an_error() -> None:
    raws: list[Any] = [
        None,
        {},
        {"columns": []},
        {"columns": [{"name": "a"}]},
        {"columns": [{"name": "a", "type": "?"}]},
    ]
    for raw in raws:
        with pytest.raises(SchemaError):
            Schema.from_metadata(raw)


def test_the_example_row_is_one_that_the_reader_takes(reader: RowReader) -> None:
    assert reader.checked(SCHEMA.example(), 0, True) == (0, 0.0, False, "a")
