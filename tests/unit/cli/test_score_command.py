"""`score` against a running server: each row is answered once and in order, whatever fails in between."""

from __future__ import annotations

import csv
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from easy_mlops.cli.main import main
from easy_mlops.cli.score_client import ScoringClient, ServiceError
from scoring_service import scoring_server

ROWS = 250


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A deployed model whose text column looks like numbers, and rows to score."""
    home = tmp_path_factory.mktemp("score")
    rng = np.random.default_rng(3)
    size = rng.normal(0, 1, ROWS)
    frame = pd.DataFrame({"size": size, "zip": rng.choice(["007", "042"], ROWS), "y": np.where(size > 0, "big", "no")})
    frame.to_csv(home / "data.csv", index=False)
    frame.assign(note="x").to_csv(home / "rows.csv", index=False)
    (home / "config.yaml").write_text(
        "training: {model_type: logistic_regression, cv_folds: 0}\n"
        "preprocessing: {steps: [{type: categorical_encoder, params: {columns: [zip]}}, feature_scaler]}\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        assert main(["train", "data.csv", "-t", "y", "-c", "config.yaml"]) == 0
    return home


@pytest.fixture(scope="module")
def url(home: Path) -> Iterator[str]:
    with scoring_server(next((home / "models").iterdir())) as running:
        yield f"http://127.0.0.1:{running.port}"


def lines_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("batch", ["1", "7", "1000"])
def test_each_row_has_its_prediction_in_order(home: Path, url: str, batch: str, tmp_path: Path) -> None:
    to = tmp_path / "scored.csv"
    assert main(["score", url, str(home / "rows.csv"), "-o", str(to), "--batch", batch]) == 0
    lines = lines_of(to)
    assert len(lines) == ROWS
    assert [line["zip"] for line in lines[:20]] == [line["zip"] for line in lines_of(home / "rows.csv")[:20]]
    assert list(lines[0]) == ["size", "zip", "y", "note", "prediction", "probability_big", "probability_no", "error"]
    clear = [line for line in lines if abs(float(line["size"])) > 0.5]
    assert all(line["prediction"] == ("big" if float(line["size"]) > 0 else "no") for line in clear)
    assert all(line["error"] == "" for line in lines)


def test_a_row_that_cannot_be_scored_keeps_its_place_and_has_a_reason(
    home: Path, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("size,zip\n1.5,007\n,007\n-1.5,042\n")
    to = tmp_path / "scored.csv"
    assert main(["score", url, str(rows), "-o", str(to), "--batch", "1"]) == 0
    assert [line["prediction"] for line in lines_of(to)] == ["big", "", "no"]
    assert lines_of(to)[1]["error"].startswith("size: ")
    assert "3 rows scored by model 1.0.0" in (printed := capsys.readouterr().err)
    assert "1 cannot be scored, the first is row 1: size: " in printed


def test_json_is_a_summary(home: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", url, str(home / "rows.csv"), "--output", "json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary == {
        "rows": ROWS, "scored": ROWS, "unscored": 0, "first": None, "model": "model", "version": "1.0.0",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("a,b\n1,2\n", "has none of the model's columns: size, zip"),
        ("size,zip\n", "is empty: it has columns but no rows"),
    ],
)
def test_rows_that_do_not_fit_the_model_are_an_error(
    home: Path, url: str, rows: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rows.csv").write_text(rows)
    assert main(["score", url, str(tmp_path / "rows.csv")]) == 1
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("url", ["ftp://x", "http://", "http://127.0.0.1:99999"])
def test_an_invalid_url_is_an_error(home: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", url, str(home / "rows.csv")]) == 1
    assert "is not an address such as http://127.0.0.1:8080" in capsys.readouterr().err


def test_an_unreachable_server_is_an_error_after_retries() -> None:
    waits: list[float] = []
    with pytest.raises(ServiceError, match=r"http://127\.0\.0\.1:1 does not answer after 6 tries: ConnectionRefused"):
        ScoringClient("http://127.0.0.1:1", sleep=waits.append).model()
    assert len(waits) == 5
    assert waits[-1] > waits[0]


class _Flaky(BaseHTTPRequestHandler):
    """Alternately drops connections and answers 503 before it answers: what a client may see in a rollout."""

    protocol_version = "HTTP/1.1"
    turns: dict[bytes, int]

    def do_GET(self) -> None:
        self._answer({"model": {"name": "m", "version": "1"}, "columns": [{"name": "a", "type": "number"}]})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        turn = self.turns[body] = self.turns.get(body, 0) + 1
        if turn == 1:
            self.close_connection = True
        elif turn == 2:
            self._answer({"error": "the model is being loaded"}, 503)
        else:
            self._answer({"predictions": [row[0] for row in json.loads(body)["data"]], "errors": []})

    def _answer(self, body: object, status: int = 200) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
        pass


def test_an_unreliable_server_neither_loses_nor_doubles_rows() -> None:
    _Flaky.turns = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Flaky)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        batches = [[[float(number * 10 + place)] for place in range(10)] for number in range(20)]
        with ScoringClient(f"http://127.0.0.1:{server.server_port}", sleep=lambda seconds: None) as client:
            answers = list(client.score(["a"], batches))
        assert [value for answer in answers for value in answer.predictions] == [float(n) for n in range(200)]
    finally:
        server.shutdown()
        server.server_close()


def test_an_unknown_host_is_an_error_without_retries(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", "http://no-such-host.invalid", str(home / "rows.csv")]) == 1
    assert "http://no-such-host.invalid: " in capsys.readouterr().err
