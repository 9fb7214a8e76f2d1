"""Runs the unit tests of the runtime on other versions of Python, pandas and scikit-learn, each in its own environment.

    python hack/matrix.py            all rows
    python hack/matrix.py 3.14 1.7   the rows that have these words

Every version of each is in some row, and the ends are together: that finds what a full product would. A row whose
interpreter is not on this machine is said to be absent; STRICT=1 makes that a failure.

Each row also trains a model, and is given those of the rows before: it predicts with what its own minor version of
scikit-learn has made, and refuses the others with `VersionMismatch` unless they are let in.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from console import CommandError, Step, run

ROOT = Path(__file__).resolve().parent.parent
TESTS = [
    "config",
    "deployment",
    "logs",
    "monitoring",
    "observability",
    "pipeline",
    "preprocessing",
    "scoring",
    "training",
]
TOOLS = ["hypothesis>=6.150", "pytest>=9", "pytest-asyncio>=1.3", "pytest-xdist>=3.8"]


@dataclass(frozen=True)
class Row:
    """Versions of the three, as far as they are fixed; the rest is the newest that goes with them."""

    python: str
    pandas: str
    sklearn: str

    def __str__(self) -> str:
        return f"Python {self.python}   pandas {self.pandas}   scikit-learn {self.sklearn}"


ROWS = (
    Row("3.11", "2", "1.7"),
    Row("3.11", "3", "1.9"),
    Row("3.12", "2", "1.8"),
    Row("3.13", "3", "1.8"),
    Row("3.14", "3", "1.9"),
    Row("3.14", "2", "1.7"),
)


def main(words: list[str]) -> int:
    results = []
    with tempfile.TemporaryDirectory(prefix="easy-mlops-models-") as models:
        for row in ROWS:
            if all(word in str(row) for word in words):
                started = time.monotonic()
                outcome = attempt(row, Path(models))
                results.append((row, outcome, time.monotonic() - started))
    print()
    for row, outcome, seconds in results:
        print(f"{outcome:<8} {row}   {seconds:4.0f} s")
    bad = {"failed"} | ({"absent"} if os.environ.get("STRICT") == "1" else set())
    return 1 if any(outcome in bad for _, outcome, _ in results) or not results else 0


def attempt(row: Row, models: Path) -> str:
    uv = find_uv()
    interpreter = find_interpreter(uv, row.python)
    if interpreter is None:
        return "absent"
    with environment() as folder:
        python = folder / "bin" / "python"
        try:
            with Step(str(row)):
                run([uv, "venv", "--quiet", "--python", interpreter, str(folder)])
                wanted = [f"pandas=={row.pandas}.*", f"scikit-learn=={row.sklearn}.*", "./runtime[xgboost,lightgbm]"]
                run([uv, "pip", "install", "--quiet", "--python", str(python), *wanted, *TOOLS], cwd=ROOT)
                print(f"  {versions(python)}", file=sys.stderr)
                test(python)
                exchange(row, python.parent / "make-mlops-easy", models)
        except CommandError as error:
            print(error, file=sys.stderr)
            return "failed"
    return "passed"


def test(python: Path) -> None:
    """The unit tests of everything in the runtime package. Raises `CommandError` with the end of what failed."""
    folders = [f"tests/unit/{name}" for name in TESTS]
    names = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    path = f"{python.parent}:{os.environ['PATH']}"
    run([str(python), "-m", "pytest", "-q", "-n", "2", *folders], cwd=ROOT, env={**names, "PATH": path})


def exchange(row: Row, tool: Path, models: Path) -> None:
    """Train a model for the rows to come, and try those of the rows before. Raises `CommandError`."""
    others = sorted(models.iterdir())
    home = models / f"{row.sklearn}-{row.python}"
    home.mkdir()
    (home / "data.csv").write_text("size,town,big\n" + "".join(f"{n},{'ab'[n % 2]},{n > 20}\n" for n in range(40)))
    (home / "config.yaml").write_text("training: {model_type: logistic_regression, cv_folds: 0}\n")
    run([str(tool), "train", "data.csv", "--config", "config.yaml"], cwd=home)
    for other in others:
        (directory,) = (path.parent for path in other.glob("models/*/metadata.json"))
        predict = [str(tool), "predict", "data.csv", str(directory)]
        if other.name.startswith(f"{row.sklearn}-"):
            run(predict, cwd=home)
            continue
        run([*predict, "--allow-version-mismatch"], cwd=home)
        refused = subprocess.run(predict, cwd=home, capture_output=True, text=True, check=False)
        if refused.returncode != 1 or "VersionMismatch" not in refused.stderr:
            raise CommandError(f"{row} takes the model of {other.name}: {refused.stdout}{refused.stderr}")
        print(f"  refuses the model of scikit-learn {other.name.partition('-')[0]}: VersionMismatch", file=sys.stderr)


def versions(python: Path) -> str:
    code = "import pandas, sklearn, sys; print(sys.version.split()[0], pandas.__version__, sklearn.__version__)"
    return run([str(python), "-c", code]).strip()


def find_uv() -> str:
    """uv as hack/toolchain.sh has put it."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "make-mlops-easy"
    return next(str(path) for path in sorted(cache.glob("uv-*/bin/uv"), reverse=True))


def find_interpreter(uv: str, version: str) -> str | None:
    """An interpreter of this version that is on the machine, one of pyenv's among them; none is downloaded."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    kept = sorted(pyenv.glob(f"versions/{version}.*/bin/python"), reverse=True)
    if kept:
        return str(kept[0])
    command = [uv, "python", "find", "--no-python-downloads", "--system", version]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() if found.returncode == 0 else None


@contextmanager
def environment() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="easy-mlops-matrix-") as folder:
        yield Path(folder) / "venv"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
