"""The cost of the library, compared with the least that it must do; each figure is shown next to its goal.

    python tests/bench/library.py

Imports and commands are timed as processes, in turns with what they are compared with; the median of the ratios counts.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from easy_mlops.deployment import ModelDeployer
from easy_mlops.logs import SegmentWriter, line_of, now
from easy_mlops.observability import ModelMonitor

ROUNDS = 9
ENTRIES = 100_000
PREDICTIONS = 1_000_000
MODEL_BYTES = 500_000_000
BLOCK = 1 << 20


@dataclass(frozen=True)
class Figure:
    """A measured value and its limit."""

    what: str
    value: float
    goal: float
    unit: str

    @property
    def met(self) -> bool:
        return self.value <= self.goal


def main() -> int:
    figures = []
    for measure in (import_ratio, logging, status, deploying):
        for figure in measure():
            figures.append(figure)
            sign = "✓" if figure.met else "✗"
            print(f"{sign} {figure.what:<72} {figure.value:8.2f} {figure.unit:<3} (goal ≤ {figure.goal:g})", flush=True)
    return 0 if all(figure.met for figure in figures) else 1


def import_ratio() -> Iterator[Figure]:
    """CPU time of a fresh interpreter that imports, less that of one that imports nothing."""
    ratios = []
    for _ in range(ROUNDS):
        empty = cpu_seconds("pass")
        base = cpu_seconds("import json, yaml, pydantic; pydantic.BaseModel") - empty
        ours = cpu_seconds("import easy_mlops.observability as o; o.ModelMonitor") - empty
        ratios.append(ours / base)
    yield Figure("import easy_mlops.observability / import json, yaml, pydantic", statistics.median(ratios), 2.0, "x")


def logging() -> Iterator[Figure]:
    with working_directory() as folder:
        monitor = ModelMonitor()
        stretches = []
        started = time.perf_counter()
        for _ in range(ENTRIES // 1000):
            begun = time.perf_counter()
            for number in range(1000):
                monitor.log_prediction({"a": number}, 0.5, metadata={"n": number})
            stretches.append(time.perf_counter() - begun)
        monitor.save_logs(folder)
        yield Figure(f"{ENTRIES:,} log_prediction and save", time.perf_counter() - started, 2.0, "s")
        # The garbage collector runs at unpredictable times: the medians of three runs are compared.
        first, last = statistics.median(stretches[:3]), statistics.median(stretches[-3:])
        yield Figure("the last 1,000 of them / the first 1,000", last / first, 1.5, "x")


def status() -> Iterator[Figure]:
    """The command, run on a directory with a million logged predictions."""
    with working_directory() as folder:
        subprocess.run([sys.executable, "-c", DEPLOY], cwd=folder, check=True, capture_output=True)
        directory = next((folder / "models").iterdir())
        fill(directory / "logs", PREDICTIONS)
        seconds, kilobytes = [], 0
        command = [str(Path(sys.executable).parent / "make-mlops-easy"), "status", str(directory)]
        for _ in range(3):
            # Run from a small process, since the memory of a forked child includes its parent's until it calls exec.
            done = subprocess.run([sys.executable, "-c", MEASURE, *command], capture_output=True, text=True, check=True)
            *shown, last = done.stdout.splitlines()
            assert str(PREDICTIONS) in "".join(shown), done.stdout
            seconds.append(float(last.split()[0]))
            kilobytes = max(kilobytes, int(last.split()[1]))
        yield Figure(f"status with {PREDICTIONS:,} logged predictions", statistics.median(seconds), 0.5, "s")
        yield Figure("its memory at the most", kilobytes / 1024, 100.0, "MB")


def deploying() -> Iterator[Figure]:
    """Deploying a model file of 500 MB, compared with writing such a file durably and reading it once."""
    with working_directory() as folder:
        ratios = []
        for number in range(5):
            plain = timed(lambda: write_and_read(folder / "plain.bin"))
            deployer = ModelDeployer({"output_dir": str(folder / f"models{number}")})
            ours = timed(partial(deployer.deploy, BigModel(), None, {"metrics": {}}))
            ratios.append(ours / plain)
            subprocess.run(["rm", "-rf", str(folder / f"models{number}"), str(folder / "plain.bin")], check=True)
        yield Figure("deploying a 500 MB model / writing and reading its file", statistics.median(ratios), 1.3, "x")


class BigModel:
    """Saves at the speed of the disk."""

    def save_model(self, path: str) -> None:
        write_blocks(Path(path))


MEASURE = """
import resource, subprocess, sys, time
begun = time.perf_counter()
subprocess.run(sys.argv[1:], check=True)
print(time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
DEPLOY = """
import pandas as pd
from easy_mlops.pipeline import MLOpsPipeline
pd.DataFrame({"a": range(60), "y": ["no", "yes"] * 30}).to_csv("d.csv", index=False)
open("c.yaml", "w").write("training: {model_type: logistic_regression, cv_folds: 0}")
MLOpsPipeline("c.yaml").run("d.csv", "y")
"""


def fill(logs: Path, count: int) -> None:
    """Logs predictions as scoring pods do."""
    writer = SegmentWriter(logs, "predictions")
    for start in range(0, count, 10_000):
        moment = now()
        writer.append_lines([line_of(record(moment, start + number)) for number in range(10_000)])
    writer.close()


def record(moment: str, number: int) -> dict[str, object]:
    return {"ts": moment, "id": f"{number:032x}", "model_version": "1.0.0", "prediction": "yes", "latency_ms": 1.5}


def write_and_read(path: Path) -> None:
    write_blocks(path)
    with path.open("r+b", buffering=0) as stream:
        os.fsync(stream.fileno())
        while stream.read(BLOCK):
            pass


def write_blocks(path: Path) -> None:
    block = os.urandom(BLOCK)
    with path.open("wb", buffering=0) as stream:
        for _ in range(MODEL_BYTES // BLOCK):
            stream.write(block)


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def cpu_seconds(code: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


@contextmanager
def working_directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="easy-mlops-bench-") as folder:
        yield Path(folder)


if __name__ == "__main__":
    sys.exit(main())
