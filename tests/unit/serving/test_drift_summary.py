"""What a serving process tells about the rows that it scored, next to those that its model was trained on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from churn import mixed_frame
from easy_mlops.monitoring.bins import by_column
from easy_mlops.monitoring.summary import SUMMARY_PATH, Summary
from easy_mlops.pipeline import MLOpsPipeline
from scoring_service import ServerProcess
from wire import Wire

CONFIG = """\
preprocessing: {handle_missing: median}
training: {model_type: logistic_regression, cv_folds: 0}
"""


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("drift")
    frame = mixed_frame(600, 0)
    frame["churned"] = np.where(frame["tenure"] < 30, "yes", "no")
    frame.to_csv(home / "churn.csv", index=False)
    (home / "config.yaml").write_text(f"{CONFIG}deployment: {{output_dir: {home}}}\n")
    return Path(MLOpsPipeline(home / "config.yaml").run(home / "churn.csv")["deployment"]["deployment_dir"])


@pytest.fixture
def wire(deployed: Path) -> Iterator[Wire]:
    with ServerProcess(deployed, log_predictions=False) as server:
        port = server.port()
        server.event("ready")
        with Wire(port, 30) as connection:
            yield connection


def post(wire: Wire, body: Any) -> int:
    raw = json.dumps(body).encode()
    wire.send(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(raw), raw))
    return wire.receive().status


def told(wire: Wire) -> Summary:
    wire.send(f"GET {SUMMARY_PATH} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return Summary.decode(wire.receive().body)


def rows_of(seed: int, **changed: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(mixed_frame(600, seed).assign(**changed).to_json(orient="records"))
    return rows


def test_rows_in_one_request_and_in_many_are_counted_alike(wire: Wire) -> None:
    rows = rows_of(1)
    assert post(wire, rows[:400]) == 200
    assert all(post(wire, row) == 200 for row in rows[400:])
    drift = told(wire).drift("5m")
    assert {counts.rows for counts in drift.counts.values()} == {600}
    assert list(drift.counts) == list(drift.reference) == list(rows[0])
    assert all(item.value is not None and item.value < 0.2 for item in by_column("psi", drift))
    missing = sum(row["total"] is None for row in rows)
    assert drift.counts["total"].bins[-1] == missing > 0


def test_a_shifted_column_is_the_worst(wire: Wire) -> None:
    shifted = mixed_frame(600, 2)["charges"] + 60
    assert post(wire, rows_of(2, charges=shifted, contract="weekly")) == 200
    drift = told(wire).drift("1m")
    assert by_column("psi", drift)[0].column in ("charges", "contract")
    shift = by_column("feature_mean_shift", drift)[0]
    assert (shift.column, shift.samples) == ("charges", 600)
    assert shift.value == pytest.approx(60 / mixed_frame(600, 0)["charges"].std(), rel=0.15)
    assert by_column("unseen_category_rate", drift)[0].value == 1.0


def test_requests_of_another_schema_are_counted_by_column(wire: Wire) -> None:
    (row,) = rows_of(3)[:1]
    row["charges"] = 50.0
    assert post(wire, {**row, "chargse": 1.0}) == 422
    assert post(wire, {**row, "charges": "50"}) == 400
    assert post(wire, {**row, "charges": None}) == 200
    assert post(wire, {**row, "total": None}) == 200  # training saw missing values there
    assert post(wire, [1]) == 400
    assert told(wire).windows["1m"].mismatches == {"chargse": 1, "charges": 2}
