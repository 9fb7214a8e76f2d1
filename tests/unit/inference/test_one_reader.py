"""A row is read alike from a request, from a Parquet file and from a CSV: the same cells, or the same refusal."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
from easy_mlops.inference.rows import RowReader, Rows
from easy_mlops.inference.schema import ModelColumn, Schema
from easy_mlops.inference.table import read_rows
from easy_mlops.preprocessing.table import read_table
from easy_mlops.serving.forms.json_body import read_exactly
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

SCHEMA = Schema(
    (
        ModelColumn("number", "number", nullable=True),
        ModelColumn("integer", "integer", nullable=True),
        ModelColumn("boolean", "boolean", nullable=True),
        ModelColumn("text", "text", nullable=True),
    )
)
MISSING_MARKS = {"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "n/a", "#N/A", "<NA>", "-nan", "-NaN", "#NA"}
NUMBERS = st.integers(-(2**70), 2**70) | st.sampled_from([2**53, 2**53 + 1, -(2**53) - 1, 2**60]) | st.floats()
TEXTS = st.sampled_from(["12", "1.5e3", "true", "FALSE", "a", "a,b", 'say "a"', "ä", "inf", "1_000", " x"])
VALUES = st.none() | st.booleans() | NUMBERS | TEXTS
RECORDS = st.fixed_dictionaries(dict.fromkeys(SCHEMA.names, VALUES))


def outcome(rows: Rows) -> tuple[list[Any], dict[int, tuple[str, str | None]]]:
    return rows.cells, {row: (error.message, error.field) for row, error in rows.errors.items()}


def from_request(record: dict[str, Any]) -> tuple[list[Any], dict[int, tuple[str, str | None]]]:
    records = read_exactly(json.dumps([record]).encode())
    return outcome(RowReader(SCHEMA).records(records, exact=True, keep_errors=True))


@given(RECORDS)
@example({"number": 2**60, "integer": True, "boolean": "12", "text": "a"})
@example({"number": "12", "integer": None, "boolean": True, "text": 5})
@example({"number": math.inf, "integer": 5.0, "boolean": 1, "text": None})
def test_typed_values_of_a_file_are_read_as_those_of_a_request(record: dict[str, Any]) -> None:
    table = pd.DataFrame({name: pd.Series([value], dtype=object) for name, value in record.items()})
    assert outcome(read_rows(table, SCHEMA, texts_only=False)) == from_request(record)


def as_field(value: Any) -> str:
    """A value as a CSV has it."""
    if value is None or value != value:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def can_be_a_field(column: ModelColumn, value: Any) -> bool:
    """Whether a CSV can hold this value: its fields are texts, so the column says whether `12` and `true` are."""
    if value is None or value != value:
        return True
    if column.type == "text":
        return isinstance(value, str) and value not in MISSING_MARKS
    if column.type == "boolean":
        return isinstance(value, bool) or value in ("a", "a,b", 'say "a"', "ä")
    return not isinstance(value, str) or value in ("a", "a,b", 'say "a"', "ä")


@given(record=RECORDS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(record={"number": 2**60, "integer": True, "boolean": False, "text": "12"})
@example(record={"number": math.inf, "integer": 2**53, "boolean": True, "text": "true"})
def test_the_fields_of_a_csv_are_read_as_the_values_of_a_request(tmp_path: Path, record: dict[str, Any]) -> None:
    record = {c.name: record[c.name] if can_be_a_field(c, record[c.name]) else None for c in SCHEMA.columns}
    if all(value is None or value != value for value in record.values()):
        return  # a line without a value is no row of a CSV
    path = tmp_path / "rows.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(record)
        writer.writerow(map(as_field, record.values()))
    table = read_table(path, text_columns=None)
    assert outcome(read_rows(table, SCHEMA, texts_only=True)) == from_request(record)
