"""Whatever a body holds, the answer is a prediction for each row or an error that is the caller's: never a 500."""

from __future__ import annotations

import json
from typing import Any

from churn import ROW
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring_service import Running
from wire import Wire

PATH = "/v2/models/churn/infer"
DATATYPES = ["INT64", "FP64", "BOOL", "BYTES", "FP32", "X", 3]
CELLS: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from([1e308, -1e308, 5e-324, 2**53, 2**53 + 1, 2**64, 10**400, "NaN", "card", "monthly", "\x00"]),
)
JSON = st.recursive(CELLS, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=5), v, max_size=3))
NEARLY_ROWS = st.fixed_dictionaries(
    {name: st.just(value) | CELLS for name, value in ROW.items()}, optional={"extra": CELLS}
)
NEARLY_PLAIN = st.one_of(
    NEARLY_ROWS,
    st.lists(NEARLY_ROWS, max_size=4),
    st.fixed_dictionaries(
        {
            "columns": st.just(list(ROW)) | JSON,
            "data": st.lists(st.lists(CELLS, min_size=5, max_size=7), max_size=3) | JSON,
        },
        optional={"onError": st.sampled_from(["null", "fail", "x"])},
    ),
)
TENSORS = st.fixed_dictionaries(
    {
        "name": st.sampled_from(list(ROW)) | st.text(max_size=5),
        "shape": st.sampled_from([[1], [1, 1], [1, 6], [2], [0], [10**9, 10**9], "x", [1.5]]),
        "datatype": st.sampled_from(DATATYPES),
        "data": st.lists(CELLS, max_size=6) | JSON,
    }
)
NEARLY_V2 = st.fixed_dictionaries(
    {"inputs": st.lists(TENSORS, max_size=6) | JSON},
    optional={"outputs": JSON | st.just([{"name": "predict"}]), "id": JSON, "parameters": JSON},
)
ALLOWED = {200, 400, 413, 422}


def check(running: Running, path: str, body: bytes) -> None:
    with Wire(running.port) as wire:
        answer = wire.post(path, body)
        assert answer.status in ALLOWED, answer.body
        if answer.status != 200:
            assert answer.json["error"]
        assert wire.post("/predict", ROW).status == 200


def text(value: Any) -> bytes:
    return json.dumps(value).encode()


@settings(max_examples=100)
@given(body=NEARLY_PLAIN | JSON, path=st.sampled_from(["/predict", "/predict?onError=null"]))
def test_no_json_for_predict_is_a_500(servers: dict[str, Running], body: Any, path: str) -> None:
    check(servers["multiclass"], path, text(body))


@settings(max_examples=100)
@given(body=NEARLY_V2 | JSON)
def test_no_json_for_v2_is_a_500(servers: dict[str, Running], body: Any) -> None:
    check(servers["binary"], PATH, text(body))


@settings(max_examples=80)
@given(data=st.data(), path=st.sampled_from(["/predict", PATH]))
def test_no_damaged_body_is_a_500(servers: dict[str, Running], data: st.DataObject, path: str) -> None:
    body = bytearray(text([ROW, ROW] if path == "/predict" else {"inputs": []}))
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(body) - 1))
        body[position : position + 1] = data.draw(st.binary(max_size=3))
    check(servers["regression"], path, bytes(body))
