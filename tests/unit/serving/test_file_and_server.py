"""A row in a file and the same row in a request get the same prediction, or the same refusal in the same words."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from churn import ROW, Trained
from easy_mlops.deployment.load import LoadedDeployment, load_directory
from easy_mlops.pipeline.scored import predictions_for
from easy_mlops.preprocessing import DataError
from easy_mlops.preprocessing.table import read_table
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from scoring_service import Running
from wire import Wire

ABSENT = object()
"""The column is not there at all."""
NUMBERS = ("tenure", "charges", "total")
MISSING_MARKS = frozenset(pd.io.parsers.readers.STR_NA_VALUES)  # type: ignore[attr-defined]
INTEGERS = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([0, 2**53, 2**53 + 1, -(2**53) - 1, 2**60])
FLOATS = st.floats() | st.sampled_from([0.0, -0.0, 1e308, 5e-324, 2.0**60, 1e300, math.inf, -math.inf, math.nan])
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=["Cs"]), max_size=6)
CELLS: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), INTEGERS, FLOATS, TEXTS, st.sampled_from(["card", "12", "true", "1e3"]), st.just(ABSENT)
)
ROWS = st.fixed_dictionaries({name: st.just(value) | CELLS for name, value in ROW.items()})
WORDS = st.text("abcdxyzäß-'\",; ", min_size=1, max_size=6).filter(lambda text: text.strip().lower() not in {"nan"})
CSV_ROWS = st.fixed_dictionaries(
    {
        **{
            name: st.just(ROW[name]) | st.none() | st.booleans() | INTEGERS | FLOATS | WORDS | st.just(ABSENT)
            for name in NUMBERS
        },
        "paperless": st.none() | st.booleans() | WORDS | st.just(ABSENT),
        "contract": st.sampled_from(["monthly", "12", "true"]) | WORDS | st.none(),
        "payment": st.sampled_from(["card", "007"]) | WORDS | st.none() | st.just(ABSENT),
    }
)
"""What a CSV can carry: a text in a number column must not read as a number, and an empty text is a missing value."""
LAW = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module", params=["binary", "multiclass", "regression"])
def pair(
    request: pytest.FixtureRequest, models: dict[str, Trained], servers: dict[str, Running]
) -> tuple[LoadedDeployment, Running]:
    """A model, loaded to score files, and the server of the same directory."""
    return load_directory(models[request.param].directory), servers[request.param]


def by_server(running: Running, row: dict[str, Any]) -> Any:
    """The prediction, or the message of the refusal."""
    with Wire(running.port) as wire:
        answer = wire.post("/predict?onError=null", json.dumps(row).encode())
    if answer.status != 200:
        assert answer.status in {400, 422}, answer.body
        return "refused: " + str(answer.json["error"])
    errors = answer.json["errors"]
    return "refused: " + str(errors[0]["error"]) if errors else answer.json["predictions"][0]


def by_file(loaded: LoadedDeployment, path: Path) -> Any:
    """The prediction, or the message of the refusal."""
    frame = read_table(path, text_columns=loaded.text_columns)
    texts = read_table(path, text_columns=None) if path.suffix == ".csv" else None
    try:
        predictions, report = predictions_for(loaded, frame, texts)
    except DataError as error:
        return "refused: " + str(error)
    return "refused: " + report.errors[0] if report.errors else predictions[0]


def agree(file: Any, server: Any) -> None:
    """Of a missing column each says what to do about it there."""
    if isinstance(file, str) and file.startswith("refused: column") and "is missing" in file:
        assert str(server).startswith("refused: missing column")
    else:
        assert file == server
        assert type(file) is type(server)


@LAW
@given(row=ROWS)
@example(row={**ROW, "tenure": 2**60})
@example(row={**ROW, "tenure": True})
@example(row={**ROW, "tenure": "12"})
@example(row={**ROW, "paperless": 1})
@example(row={**ROW, "payment": 7})
@example(row={**ROW, "charges": math.inf})
@example(row={**ROW, "total": math.nan})
@example(row={**ROW, "total": ABSENT, "payment": ABSENT})
@example(row={**ROW, "tenure": ABSENT})
def test_a_parquet_row_is_answered_as_its_request_is(
    pair: tuple[LoadedDeployment, Running], tmp_path: Path, row: dict[str, Any]
) -> None:
    loaded, running = pair
    present = {name: value for name, value in row.items() if value is not ABSENT}
    if not present:
        return
    path = tmp_path / "row.parquet"
    pd.DataFrame({name: pd.Series([value], dtype=object) for name, value in present.items()}).to_parquet(path)
    agree(by_file(loaded, path), by_server(running, present))


@LAW
@given(row=CSV_ROWS)
@example(row={**ROW, "tenure": 2**60})
@example(row={**ROW, "tenure": 2**60, "total": math.nan})
@example(row={**ROW, "tenure": True})
@example(row={**ROW, "tenure": math.inf})
@example(row={**ROW, "contract": "12"})
def test_a_csv_row_is_answered_as_its_request_is(
    pair: tuple[LoadedDeployment, Running], tmp_path: Path, row: dict[str, Any]
) -> None:
    loaded, running = pair
    present = {name: value for name, value in row.items() if value is not ABSENT}
    if MISSING_MARKS & {value for value in present.values() if isinstance(value, str)}:
        return
    path = tmp_path / "row.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
        writer.writerow(present)
        writer.writerow([str(v).lower() if isinstance(v, bool) else v for v in present.values()])
    agree(by_file(loaded, path), by_server(running, present))


@pytest.mark.parametrize(
    ("field", "value"),
    [("12", 12), (" 1.5e3 ", 1.5e3), ("-0", 0), ("TRUE", True), ("1_000", "1_000"), ("0x10", "0x10"), ("NA", None)],
)
def test_what_a_csv_field_means_in_a_number_column(
    field: str, value: Any, pair: tuple[LoadedDeployment, Running], tmp_path: Path
) -> None:
    loaded, running = pair
    path = tmp_path / "row.csv"
    pd.DataFrame([{**ROW, "total": field}]).to_csv(path, index=False)
    agree(by_file(loaded, path), by_server(running, {**ROW, "total": value}))


def test_a_row_has_the_same_prediction_beside_rows_that_are_refused(
    pair: tuple[LoadedDeployment, Running], tmp_path: Path
) -> None:
    loaded, running = pair
    path = tmp_path / "rows.csv"
    rows = [ROW, {**ROW, "tenure": 2**60}, {**ROW, "charges": "much"}, {**ROW, "total": None}]
    pd.DataFrame(rows, dtype=object).to_csv(path, index=False)
    predictions, report = predictions_for(
        loaded, read_table(path, text_columns=loaded.text_columns), read_table(path, text_columns=None)
    )
    together = ["refused: " + report.errors[n] if n in report.errors else p for n, p in enumerate(predictions)]
    assert together == [by_server(running, row) for row in rows]
