"""Predictions a second of the scoring server, against a plain server around the same fitted model, in turns.

    python tests/bench/scoring.py [ROUNDS] [MODEL…]

The plain server is what people write when they put a model behind HTTP: aiohttp on uvloop, one DataFrame and one call
of the scikit-learn pipeline for each request. Ours logs every prediction and counts, the plain one does neither. One
row a request; requests a second, p50 and p99 of 1 and of 16 connections, and the processor time of the server for one
request, which other load on the machine does not change as much. The ratio is that of the medians.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import numpy as np
import pandas as pd
import uvloop
from footprint import cpu_seconds

SECONDS = 2.0
CONNECTIONS = (1, 16)
PUBLISHED = "published_pipeline"
"""A pipeline that was fitted elsewhere, with scikit-learn's own preprocessing, and published."""
MODELS = ("logistic_regression", "hist_gradient_boosting", "random_forest_classifier", PUBLISHED)
GOALS = {1: 1.0, 16: 5.0}
"""Ratios by connections that a published pipeline has to reach; for our own preprocessing, those at 16."""


@dataclass(frozen=True)
class Figures:
    """One window of load."""

    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float


def main(rounds: int, models: list[str]) -> int:
    reached = True
    with tempfile.TemporaryDirectory() as folder:
        frame = churn(4000)
        frame.to_csv(Path(folder) / "churn.csv", index=False)
        rows = [
            row.encode()
            for row in frame.drop(columns="churned").head(500).to_json(orient="records", lines=True).split()
        ]
        for model in models:
            directory = train(Path(folder), model)
            found: dict[tuple[str, int], list[Figures]] = {}
            for _ in range(rounds):
                for name in random.sample(["ours", "plain"], 2):
                    with server(name, directory) as (pid, port):
                        for connections in CONNECTIONS:
                            window = asyncio.run(load(port, connections, rows, pid))
                            found.setdefault((name, connections), []).append(window)
            reached &= report(model, found)
    return 0 if reached else 1


def report(model: str, found: dict[tuple[str, int], list[Figures]]) -> bool:
    """Print medians and ratios; whether the goal is reached."""
    print(f"{model}\n  {'':14}{'req/s':>10}{'p50 ms':>10}{'p99 ms':>10}{'cpu µs':>10}")
    medians = {
        key: Figures(*(statistics.median(values) for values in zip(*(vars(w).values() for w in windows), strict=True)))
        for key, windows in found.items()
    }
    for (name, connections), figures in sorted(medians.items(), key=lambda item: (item[0][1], item[0][0])):
        shown = f"{figures.per_second:10.0f}{figures.p50_ms:10.2f}{figures.p99_ms:10.2f}{figures.cpu_us:10.0f}"
        print(f"  {name:6}{connections:3} conn{shown}")
    ratios = {c: medians["ours", c].per_second / medians["plain", c].per_second for c in CONNECTIONS}
    for connections, ratio in ratios.items():
        print(f"  ratio at {connections:2} connections: {ratio:.1f}x")
    goals = GOALS if model == PUBLISHED else {16: GOALS[16]}
    return all(round(ratios[connections], 1) >= goal for connections, goal in goals.items())


def churn(rows: int) -> pd.DataFrame:
    """Six numbers and six texts, some missing, and a target that they tell something about."""
    rng = np.random.default_rng(11)
    frame = pd.DataFrame(
        {
            "tenure": rng.integers(0, 72, rows),
            "contract": rng.choice(["monthly", "yearly", "two-year"], rows),
            "monthly_charges": np.round(rng.uniform(20, 110, rows), 2),
            "total_charges": np.round(rng.uniform(20, 9000, rows), 2),
            "payment": rng.choice(["card", "check", "bank"], rows),
            "internet": rng.choice(["dsl", "fiber", "none"], rows),
            "support_calls": rng.integers(0, 9, rows),
            "gender": rng.choice(["f", "m"], rows),
            "age": rng.integers(18, 90, rows),
            "region": rng.choice(["north", "east", "south", "west"], rows),
            "data_gb": np.round(rng.uniform(0, 500, rows), 1),
            "plan": rng.choice(["basic", "plus"], rows),
        }
    )
    amount = frame["monthly_charges"] / 50 + frame["support_calls"] / 3 - frame["tenure"] / 40
    frame["churned"] = np.where(amount + rng.normal(0, 1, rows) > 2, "yes", "no")
    frame.loc[rng.uniform(size=rows) < 0.03, "total_charges"] = np.nan
    return frame


def publish(folder: Path) -> Path:
    """A deployment directory of a pipeline of scikit-learn."""
    import joblib
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    frame = pd.read_csv(folder / "churn.csv")
    features = frame.drop(columns="churned")
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    columns = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
    )
    pipeline = make_pipeline(columns, LogisticRegression(max_iter=500)).fit(features, frame["churned"])
    joblib.dump(pipeline, folder / "pipeline.joblib")
    features.to_csv(folder / "sample.csv", index=False)
    command = [str(Path(sys.executable).parent / "make-mlops-easy"), "publish", str(folder / "pipeline.joblib")]
    options = ["--sample", str(folder / "sample.csv"), "-o", str(folder / PUBLISHED)]
    subprocess.run([*command, *options], check=True, capture_output=True)
    return next((folder / PUBLISHED).glob("deployment_*"))


def train(folder: Path, model: str) -> Path:
    """A deployment directory, made by the command line."""
    if model == PUBLISHED:
        return publish(folder)
    config = {
        "preprocessing": {"handle_missing": "median"},
        "training": {"model_type": model, "cv_folds": 0},
        "deployment": {"output_dir": str(folder / model)},
    }
    (folder / f"{model}.yaml").write_text(json.dumps(config))
    command = [
        str(Path(sys.executable).parent / "make-mlops-easy"),
        "train",
        str(folder / "churn.csv"),
        "-t",
        "churned",
    ]
    subprocess.run([*command, "-c", str(folder / f"{model}.yaml")], check=True, capture_output=True)
    return next((folder / model).glob("deployment_*"))


@contextmanager
def server(name: str, directory: Path) -> Iterator[tuple[int, int]]:
    """A server process that is ready: its id and its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    if name == "ours":
        command = [str(Path(sys.executable).parent / "make-mlops-easy"), "serve", str(directory), "--port", str(port)]
    else:
        command = [sys.executable, __file__, "--plain", str(directory), str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "EASY_MLOPS_DRAIN_SECONDS": "0"})
    try:
        while not ready(port):
            if process.poll() is not None:
                raise RuntimeError(f"the {name} server ended with {process.returncode}")
            time.sleep(0.05)
        yield process.pid, port
    finally:
        process.terminate()
        process.wait()


def ready(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n")
            return connection.recv(100).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


class Client(asyncio.Protocol):
    """Sends the next request as soon as an answer is complete, until the deadline."""

    def __init__(
        self, requests: list[bytes], deadline: float, latencies: list[float], done: asyncio.Future[None]
    ) -> None:
        self._requests = requests
        self._next = random.randrange(len(requests))
        self._deadline = deadline
        self._latencies = latencies
        self._done = done
        self._answer = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._send()

    def _send(self) -> None:
        self._next = (self._next + 1) % len(self._requests)
        self._sent = time.perf_counter()
        self._transport.write(self._requests[self._next])

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, separator, body = self._answer.partition(b"\r\n\r\n")
        if not separator:
            return
        size = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(body) < size:
            return
        if not head.startswith(b"HTTP/1.1 200"):
            self._done.set_exception(RuntimeError(self._answer.decode()))
            return
        now = time.perf_counter()
        self._latencies.append(now - self._sent)
        self._answer = b""
        if now < self._deadline:
            self._send()
        else:
            self._transport.close()
            self._done.set_result(None)


async def load(port: int, connections: int, rows: list[bytes], pid: int) -> Figures:
    """Closed-loop load from this process; the first half second is not counted."""
    head = b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
    requests = [head % (len(row), row) for row in rows]
    await clients(port, connections, requests, 0.5)
    before, start = cpu_seconds(pid), time.perf_counter()
    latencies = await clients(port, connections, requests, SECONDS)
    seconds, used = time.perf_counter() - start, cpu_seconds(pid) - before
    latencies.sort()
    count = len(latencies)
    return Figures(count / seconds, latencies[count // 2] * 1e3, latencies[count * 99 // 100] * 1e3, used / count * 1e6)


async def clients(port: int, connections: int, requests: list[bytes], seconds: float) -> list[float]:
    loop = asyncio.get_running_loop()
    latencies: list[float] = []
    waiting = [loop.create_future() for _ in range(connections)]
    deadline = time.perf_counter() + seconds
    for done in waiting:
        await loop.create_connection(lambda d=done: Client(requests, deadline, latencies, d), "127.0.0.1", port)  # type: ignore[misc]
    await asyncio.gather(*waiting)
    return latencies


def plain_scoring(model: Any, preprocessor_file: Path) -> Callable[[pd.DataFrame], dict[str, Any]]:
    """What people write: one call of a pipeline, or of a transformer and twice of the model behind it."""
    import joblib

    if not preprocessor_file.exists():
        return lambda frame: {"probabilities": model.predict_proba(frame).tolist()}
    preprocessor = joblib.load(preprocessor_file)
    kinds = {column.name: object if column.text else np.float64 for column in preprocessor.columns_}

    def score(frame: pd.DataFrame) -> dict[str, Any]:
        matrix = preprocessor.transformer_.transform(frame.astype(kinds))
        return {"predictions": model.predict(matrix).tolist(), "probabilities": model.predict_proba(matrix).tolist()}

    return score


def serve_plainly(directory: Path, port: int) -> None:
    """The plain server."""
    import joblib
    from aiohttp import web

    score = plain_scoring(joblib.load(directory / "model.joblib")["model"], directory / "preprocessor.joblib")

    async def predict(request: web.Request) -> web.Response:
        return web.json_response(score(pd.DataFrame([await request.json()])))

    async def readyz(request: web.Request) -> web.Response:
        return web.Response()

    async def run() -> None:
        app = web.Application()
        app.add_routes([web.post("/predict", predict), web.get("/readyz", readyz)])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        await asyncio.Event().wait()

    uvloop.run(run())


if __name__ == "__main__":
    if sys.argv[1:2] == ["--plain"]:
        serve_plainly(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3, sys.argv[2:] or list(MODELS)))
