"""`POST /predict` on real models: every answer is the pipeline's own."""

from __future__ import annotations

import json
import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import pytest
from churn import ROW, Trained, mixed_frame
from deployments import write_deployment
from easy_mlops.serving.http.limits import Limits
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring_service import Running, scoring_server
from sklearn.linear_model import LogisticRegression
from wire import Wire

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "tenure": st.integers(-100, 1000) | st.none() | st.floats(-1e6, 1e6),
            "charges": st.floats(-1e6, 1e6) | st.just(-0.0) | st.integers(-(2**53), 2**53),
            "paperless": st.booleans(),
            "contract": st.sampled_from(["monthly", "yearly", "never seen", "", "a:b", "ü\U0001f600"]),
        },
        optional={
            "total": st.none() | st.floats(-1e9, 1e9),
            "payment": st.none() | st.sampled_from(["card", "check", "bank", "cash"]),
        },
    ),
    min_size=1,
    max_size=8,
)


def frame_of(rows: list[dict[str, Any]], like: pd.DataFrame) -> pd.DataFrame:
    """The rows as the pipeline's own user would give them: a missing cell is NaN, for pandas 2 keeps None in texts."""
    cells_of = ((name, [row.get(name) for row in rows]) for name in like.columns)
    columns = {name: [np.nan if cell is None else cell for cell in cells] for name, cells in cells_of}
    numbers = {"tenure", "charges", "total"}
    return pd.DataFrame(
        {
            name: np.array(cells, dtype=float) if name in numbers else pd.Series(cells, dtype=like[name].dtype)
            for name, cells in columns.items()
        }
    )


@pytest.mark.parametrize("model", ["binary", "multiclass", "regression"])
@settings(max_examples=40)
@given(rows=ROWS)
def test_every_answer_is_the_pipelines_own(
    models: dict[str, Trained], servers: dict[str, Running], model: str, rows: list[dict[str, Any]]
) -> None:
    trained = models[model]
    with Wire(servers[model].port) as wire:
        answer = wire.post("/predict", rows)
    assert answer.status == 200
    frame = frame_of(rows, trained.frame)
    expected = trained.pipeline.predict(frame)
    if model == "regression":
        assert answer.json["predictions"] == pytest.approx(expected.tolist(), rel=1e-12)
        assert "probabilities" not in answer.json
        assert "classes" not in answer.json
    else:
        assert answer.json["predictions"] == expected.tolist()
        assert np.array(answer.json["probabilities"]) == pytest.approx(trained.pipeline.predict_proba(frame), rel=1e-12)
        assert answer.json["classes"] == trained.pipeline.classes_.tolist()


def test_rows_of_many_clients_at_once_are_not_mixed_up(models: dict[str, Trained], servers: dict[str, Running]) -> None:
    trained = models["binary"]
    frame = mixed_frame(240, 7)
    expected = trained.pipeline.predict_proba(frame).tolist()
    records = json.loads(frame.to_json(orient="records"))

    def client(start: int) -> list[list[float]]:
        with Wire(servers["binary"].port) as wire:
            answers = [wire.post("/predict", record) for record in records[start : start + 30]]
        return [answer.json["probabilities"][0] for answer in answers]

    with ThreadPoolExecutor(8) as pool:
        found = [row for part in pool.map(client, range(0, 240, 30)) for row in part]
    assert np.array(found) == pytest.approx(np.array(expected), rel=1e-12)


def test_all_forms_of_a_request_give_the_same_answer(wire: Wire) -> None:
    single = wire.post("/predict", ROW).json
    listed = wire.post("/predict", [ROW]).json
    table = wire.post("/predict", {"columns": list(ROW), "data": [list(ROW.values())]}).json
    for answer in (listed, table):
        for key in ("predictions", "probabilities", "classes", "model_name", "model_version"):
            assert answer[key] == single[key]
    assert single["model_name"] == "churn"
    assert single["model_version"] == "2.1.0"


def test_every_request_gets_its_own_id_in_body_and_header(wire: Wire) -> None:
    answers = [wire.post("/predict", ROW) for _ in range(3)]
    assert [a.headers["x-prediction-id"] for a in answers] == [a.json["id"] for a in answers]
    assert len({a.json["id"] for a in answers}) == 3


def test_no_rows_get_no_predictions(wire: Wire) -> None:
    answer = wire.post("/predict", [])
    assert (answer.status, answer.json["predictions"]) == (200, [])


def test_numbers_are_printed_so_that_they_read_back_equal(wire: Wire, models: dict[str, Trained]) -> None:
    answer = wire.post("/predict", ROW)
    printed = answer.body.partition(b'"probabilities":[[')[2].partition(b"]")[0].split(b",")
    own = models["binary"].pipeline.predict_proba(frame_of([ROW], models["binary"].frame))[0]
    assert [float(number) for number in printed] == pytest.approx(own.tolist(), rel=1e-15)
    assert [repr(float(number)).encode() for number in printed] == printed


def test_nan_and_null_and_absent_are_the_same(wire: Wire) -> None:
    absent = {name: value for name, value in ROW.items() if name != "total"}
    bodies = [
        json.dumps(absent).encode(),
        json.dumps(absent | {"total": None}).encode(),
        json.dumps(absent | {"total": math.nan}).encode(),
    ]
    first, *others = [wire.post("/predict", body).json["probabilities"] for body in bodies]
    assert others == [first, first]


@pytest.mark.parametrize(
    ("body", "status", "field", "row"),
    [
        (b"", 400, None, None),
        (b"{", 400, None, None),
        (b"3", 400, None, None),
        (b'"text"', 400, None, None),
        (b"null", 400, None, None),
        (b'{"tenure":1,"tenure":2}', 400, "tenure", None),
        (json.dumps(ROW | {"tenure": "5"}).encode(), 400, "tenure", 0),
        (json.dumps(ROW | {"tenure": 2**53 + 1}).encode(), 400, "tenure", 0),
        (json.dumps(ROW | {"tenure": 2**64}).encode(), 400, "tenure", 0),
        (json.dumps(ROW | {"tenure": True}).encode(), 400, "tenure", 0),
        (json.dumps(ROW | {"charges": math.inf}).encode(), 400, "charges", 0),
        (json.dumps([ROW, ROW | {"contract": 3}]).encode(), 400, "contract", 1),
        (json.dumps([ROW, {"tenur": 3}]).encode(), 422, "tenur", 1),
        (json.dumps({"tenure": 3}).encode(), 422, "charges", 0),
        (json.dumps({"columns": ["tenur"], "data": []}).encode(), 422, "tenur", None),
        (json.dumps({"columns": list(ROW), "data": [[1]]}).encode(), 400, None, 0),
        (json.dumps({"columns": list(ROW), "data": [], "onerror": "null"}).encode(), 400, "onerror", None),
        (json.dumps({"columns": list(ROW), "data": [], "onError": "no"}).encode(), 400, "onError", None),
    ],
)
def test_a_wrong_body_is_answered_with_what_is_wrong_and_where(
    wire: Wire, body: bytes, status: int, field: str | None, row: int | None
) -> None:
    answer = wire.post("/predict", body)
    assert (answer.status, answer.json.get("field"), answer.json.get("row")) == (status, field, row)
    assert answer.json["error"]
    assert wire.post("/predict", ROW).status == 200


def test_with_on_error_null_a_wrong_row_is_null_with_its_reason(wire: Wire) -> None:
    rows = [ROW, ROW | {"tenure": "5"}, ROW]
    plain = wire.post("/predict", [ROW]).json
    for answer in (
        wire.post("/predict?onError=null", rows),
        wire.post("/predict", {"columns": list(ROW), "data": [list(r.values()) for r in rows], "onError": "null"}),
    ):
        assert answer.status == 200
        assert answer.json["predictions"] == [plain["predictions"][0], None, plain["predictions"][0]]
        assert answer.json["probabilities"] == [plain["probabilities"][0], None, plain["probabilities"][0]]
        assert [(e["row"], e["field"]) for e in answer.json["errors"]] == [(1, "tenure")]


def test_an_unknown_parameter_is_refused_with_the_right_one(wire: Wire) -> None:
    answer = wire.post("/predict?onerror=null", ROW)
    assert answer.status == 400
    assert "did you mean 'onError'?" in answer.json["error"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content_type": "application/json; charset=utf-8"}, 200),
        ({"content_type": "application/x-www-form-urlencoded"}, 200),  # curl -d
        ({"content_type": "application/vnd.api+json"}, 200),
        ({"content_type": "text/csv"}, 415),
        ({"content_encoding": "gzip"}, 415),
    ],
)
def test_the_content_type_has_to_be_json(wire: Wire, headers: dict[str, str], status: int) -> None:
    assert wire.post("/predict", ROW, **headers).status == status


def test_a_large_body_is_scored_like_a_small_one(models: dict[str, Trained], servers: dict[str, Running]) -> None:
    frame = mixed_frame(5000, 3)
    with Wire(servers["multiclass"].port) as wire:
        answer = wire.post("/predict", frame.to_json(orient="records").encode())
    assert answer.json["predictions"] == models["multiclass"].pipeline.predict(frame).tolist()


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A model without imputation, which fails on a missing value."""
    directory = tmp_path_factory.mktemp("bare") / "deployment"
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [0.5, 0.1, 0.7, 0.2]})
    write_deployment(directory, LogisticRegression().fit(frame, [0, 1, 0, 1]), frame)
    with scoring_server(directory) as running:
        yield running


def test_a_row_that_the_model_cannot_take_is_a_422_with_its_number(bare: Running) -> None:
    rows = [{"a": 1, "b": 1}, {"a": 1, "b": None}, {"a": None, "b": None}]
    with Wire(bare.port) as wire:
        answer = wire.post("/predict", rows)
        assert (answer.status, answer.json["row"]) == (422, 1)
        assert "NaN" in answer.json["error"]
        answer = wire.post("/predict?onError=null", rows)
        assert answer.status == 200
        assert [p is None for p in answer.json["predictions"]] == [False, True, True]
        assert [e["row"] for e in answer.json["errors"]] == [1, 2]


def test_a_number_outside_of_what_the_model_can_hold_is_the_callers_error(servers: dict[str, Running]) -> None:
    with Wire(servers["multiclass"].port) as wire:
        answer = wire.post("/predict", ROW | {"charges": 1e300})
    assert (answer.status, answer.json["row"]) == (422, 0)


def test_more_rows_than_allowed_are_413(models: dict[str, Trained]) -> None:
    with scoring_server(models["binary"].directory, Limits(rows=3)) as running, Wire(running.port) as wire:
        assert wire.post("/predict", [ROW] * 3).status == 200
        assert wire.post("/predict", [ROW] * 4).status == 413
