"""Regression: a number for every row, and the metrics of a regression."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kube import Namespace, model_deployment, ready
from sklearn.datasets import load_diabetes


def test_a_regression_is_trained_served_and_judged(namespace: Namespace, predict: Callable[[str, Any], Any]) -> None:
    rules = {"rmse_limit": {"metric": "rmse", "op": ">", "value": 100}}
    namespace.apply(
        model_deployment(
            "diabetes",
            data={"uri": "sklearn://diabetes"},
            training={"model_type": "linear_regression"},
            observability={"rules": rules, "metric_thresholds": {"r2_score": 0.2}},
        )
    )
    status = ready(namespace, "diabetes")["status"]
    evaluations = {item["name"]: item for item in status["evaluations"]}
    assert evaluations["rmse_limit"]["state"] == "OK"
    assert evaluations["r2_score"]["state"] == "OK"
    rows = load_diabetes(as_frame=True).data.head(3).to_dict("records")
    with namespace.forward("service/diabetes", 8080) as url:
        answer = predict(url, rows)
    assert len(answer["predictions"]) == 3
    assert all(isinstance(value, float) and 0 < value < 400 for value in answer["predictions"])
    assert "probabilities" not in answer
