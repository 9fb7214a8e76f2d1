"""Open Inference Protocol: the same answers as `/predict`, in another form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from churn import Trained, mixed_frame
from deployments import write_deployment
from scoring_service import Running, scoring_server
from sklearn.linear_model import LogisticRegression
from wire import Wire

PATH = "/v2/models/churn/infer"
BOTH = [{"name": "predict_proba"}, {"name": "predict"}]
TYPES = {
    "tenure": "INT64",
    "charges": "FP64",
    "total": "FP64",
    "paperless": "BOOL",
    "contract": "BYTES",
    "payment": "BYTES",
}


def tensors(frame: pd.DataFrame, shape: tuple[int, ...] = (1,)) -> list[dict[str, Any]]:
    rows = len(frame)
    cells = frame.astype(object).where(frame.notna(), None)
    return [
        {
            "name": name,
            "datatype": TYPES[name],
            "shape": [rows, *shape[1:]],
            "data": cells[name].tolist(),
            "parameters": {"content_type": "pd"},
        }
        for name in frame.columns
    ]


@pytest.mark.parametrize("shape", [(1,), (1, 1)])
def test_columns_are_scored_as_the_pipeline_does(
    models: dict[str, Trained], servers: dict[str, Running], shape: tuple[int, ...]
) -> None:
    frame = mixed_frame(20, 5)
    body = {
        "id": "a request",
        "parameters": {"content_type": "pd"},
        "inputs": tensors(frame, shape)[::-1],
        "outputs": BOTH,
    }
    with Wire(servers["multiclass"].port) as wire:
        answer = wire.post(PATH, body)
    assert answer.status == 200
    pipeline = models["multiclass"].pipeline
    assert answer.json == {
        "model_name": "churn",
        "model_version": "2.1.0",
        "id": "a request",
        "outputs": [
            {
                "name": "predict_proba",
                "shape": [20, 3],
                "datatype": "FP64",
                "parameters": {"content_type": "np"},
                "data": pipeline.predict_proba(frame).ravel().tolist(),
            },
            {
                "name": "predict",
                "shape": [20, 1],
                "datatype": "INT64",
                "parameters": {"content_type": "np"},
                "data": pipeline.predict(frame).tolist(),
            },
        ],
    }


def test_by_default_only_the_prediction_is_reported(wire: Wire) -> None:
    answer = wire.post(PATH, {"inputs": tensors(mixed_frame(2, 1))})
    assert [(o["name"], o["datatype"], o["shape"]) for o in answer.json["outputs"]] == [("predict", "BYTES", [2, 1])]
    assert answer.json["id"] == answer.headers["x-prediction-id"]


def test_the_version_may_be_in_the_path(wire: Wire) -> None:
    body = {"inputs": tensors(mixed_frame(2, 1))}
    assert wire.post("/v2/models/churn/versions/2.1.0/infer", body).status == 200
    assert wire.post("/v2/models/churn/versions/9/infer", body).status == 404
    assert wire.post("/v2/models/other/infer", body).status == 404


@pytest.fixture(scope="module")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A model of two numbers and a boolean."""
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [3, 1, 4, 1], "flag": [True, False, True, False]})
    model = LogisticRegression().fit(frame, [0, 1, 0, 1])
    directory = tmp_path_factory.mktemp("numbers") / "deployment"
    write_deployment(directory, model, frame)
    with scoring_server(directory) as running:
        yield running, model, frame


@pytest.mark.parametrize("nested", [False, True])
def test_one_matrix_holds_the_columns_in_the_models_order(numbers: Any, nested: bool) -> None:
    running, model, frame = numbers
    matrix = frame.to_numpy(dtype=float)
    data = matrix.tolist() if nested else matrix.ravel().tolist()
    body = {"inputs": [{"name": "input-0", "shape": [4, 3], "datatype": "FP32", "data": data}]}
    with Wire(running.port) as wire:
        answer = wire.post("/v2/models/model/infer", body | {"outputs": [{"name": "predict_proba"}]})
    assert answer.status == 200
    found = np.array(answer.json["outputs"][0]["data"]).reshape(4, 2)
    assert found == pytest.approx(model.predict_proba(frame), rel=1e-12)


GOOD = {"name": "a", "shape": [1], "datatype": "FP64", "data": [1.0]}
REST = [
    {"name": "b", "shape": [1], "datatype": "INT64", "data": [1]},
    {"name": "flag", "shape": [1], "datatype": "BOOL", "data": [True]},
]


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ([], 400, "object with inputs"),
        ({}, 400, "list of tensors"),
        ({"inputs": []}, 400, "list of tensors"),
        ({"inputs": [3]}, 400, "inputs[0] must be a tensor"),
        ({"inputs": [GOOD | {"name": 3}]}, 400, "has no name"),
        ({"inputs": [GOOD | {"shape": [1, 1, 1]}]}, 400, "one or two sizes"),
        ({"inputs": [GOOD | {"shape": [-1]}]}, 400, "one or two sizes"),
        ({"inputs": [GOOD | {"datatype": "FP46"}]}, 400, "did you mean 'FP64'"),
        ({"inputs": [GOOD | {"data": "x"}]}, 400, "data must be a list"),
        ({"inputs": [GOOD | {"data": [1, 2]}]}, 400, "has 1 values, data has 2"),
        ({"inputs": [GOOD | {"data": [True]}]}, 400, "a value is no FP64"),
        ({"inputs": [GOOD | {"data": [[1.0]]}]}, 400, "nested data"),
        ({"inputs": [GOOD | {"parameters": {"binary_data_size": 8}}]}, 400, "binary tensors"),
        ({"inputs": [GOOD | {"parameters": 3}]}, 400, "parameters must be an object"),
        ({"inputs": [GOOD, *REST], "parameters": []}, 400, "parameters must be an object"),
        ({"inputs": [GOOD, *REST], "id": 3}, 400, "id must be a text"),
        ({"inputs": [GOOD, GOOD, *REST]}, 400, "there twice"),
        ({"inputs": [GOOD]}, 422, "missing column 'b'"),
        ({"inputs": [GOOD | {"name": "c"}, *REST]}, 422, "unknown column 'c'"),
        ({"inputs": [GOOD | {"shape": [2], "data": [1, 2]}, *REST]}, 400, "has 1 rows, 'a' has 2"),
        ({"inputs": [GOOD | {"shape": [1, 2], "data": [1, 2]}, *REST]}, 400, "must have the shape"),
        ({"inputs": [GOOD | {"shape": [1, 2], "data": [1, 2]}]}, 422, "has 2 columns, the model takes 3"),
        ({"inputs": [GOOD | {"shape": [1, 3], "data": [1, 2, 3]}]}, 400, "takes true or false"),
        ({"inputs": [GOOD, *REST], "outputs": [{"name": "predict_prob"}]}, 400, "did you mean 'predict_proba'"),
        ({"inputs": [GOOD, *REST], "outputs": 3}, 400, "outputs must be a list"),
        ({"inputs": [GOOD | {"datatype": "BYTES", "data": ["1"]}, *REST]}, 400, "takes a number"),
        ({"inputs": [GOOD | {"datatype": "INT64", "data": [1.5]}, *REST]}, 400, "no INT64"),
    ],
)
def test_what_is_wrong_is_reported(numbers: Any, body: Any, status: int, message: str) -> None:
    with Wire(numbers[0].port) as wire:
        answer = wire.post("/v2/models/model/infer", body)
    assert answer.status == status, answer.body
    assert message in answer.json["error"]


def test_a_regressor_has_no_probabilities(servers: dict[str, Running]) -> None:
    with Wire(servers["regression"].port) as wire:
        body = {"inputs": tensors(mixed_frame(2, 1)), "outputs": [{"name": "predict_proba"}]}
        answer = wire.post(PATH, body)
        assert answer.status == 400
        assert "allowed are predict" in answer.json["error"] or "did you mean 'predict'" in answer.json["error"]
        assert wire.post(PATH, body | {"outputs": []}).json["outputs"][0]["datatype"] == "FP64"


def test_binary_requests_are_refused_with_what_to_do(wire: Wire) -> None:
    answer = wire.post(PATH, b"{}", inference_header_content_length="2")
    assert answer.status == 400
    assert "binary_data=False" in answer.json["error"]


def test_with_on_error_null_wrong_rows_are_null(servers: dict[str, Running]) -> None:
    inputs = tensors(mixed_frame(3, 1))
    inputs[0]["data"][1] = 2**60
    body = {
        "inputs": inputs,
        "parameters": {"onError": "null"},
        "outputs": BOTH,
    }
    with Wire(servers["multiclass"].port) as wire:
        answer = wire.post(PATH, body)
    probabilities, predictions = (output["data"] for output in answer.json["outputs"])
    assert [p is None for p in predictions] == [False, True, False]
    assert [p is None for p in probabilities] == [False] * 3 + [True] * 3 + [False] * 3
    assert [(e["row"], e["field"]) for e in answer.json["parameters"]["errors"]] == [(1, "tenure")]


def test_no_rows_are_an_answer_without_data(wire: Wire) -> None:
    answer = wire.post(PATH, {"inputs": tensors(mixed_frame(2, 1).iloc[:0])})
    assert answer.json["outputs"][0]["shape"] == [0, 1]


def test_the_model_tells_its_columns_and_outputs(wire: Wire) -> None:
    told = wire.get("/v2/models/churn").json
    assert told["name"] == "churn"
    assert told["versions"] == ["2.1.0"]
    assert told["parameters"]["tier"] == "T3"
    assert {i["name"]: i["datatype"] for i in told["inputs"]} == TYPES
    assert [o["name"] for o in told["outputs"]] == ["predict", "predict_proba"]
    assert wire.get("/v2/models/churn/versions/2.1.0").json == told
    assert wire.get("/v2/models/other").status == 404


def test_health_and_readiness_in_v2(wire: Wire) -> None:
    assert wire.get("/v2").json["name"] == "make-mlops-easy"
    assert wire.get("/v2/health/live").json == {"live": True}
    assert wire.get("/v2/health/ready").json == {"ready": True}
    assert wire.get("/v2/models/churn/ready").json == {"name": "churn", "ready": True}
    assert wire.get("/v2/models/other/ready").status == 404
