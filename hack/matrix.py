"""Runs the unit tests of the runtime on other versions of Python, pandas and scikit-learn, each in its own environment.

    python hack/matrix.py            all rows
    python hack/matrix.py 3.14 1.7   the rows that contain these words

Every supported version is in some row, and the oldest and newest versions are combined. A row whose interpreter is not
installed is reported as absent; STRICT=1 makes that a failure.

Each row also trains a model and loads the models of the rows before it: it predicts with those that were trained with
its own minor version of scikit-learn, and refuses the others with `VersionMismatch` unless that is allowed.
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
RUNTIME = ROOT / "runtime" / "src" / "easy_mlops"
NOT_TESTED = ("cli",)  # its tests are about terminals and shells, not about the versions of libraries
TOOLS = ["hypothesis>=6.150", "pytest>=9", "pytest-asyncio>=1.3", "pytest-xdist>=3.8"]


@dataclass(frozen=True)
class Row:
    """The pinned versions; all other packages are the newest that are compatible."""

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
        for row in (row for row in ROWS if all(word in str(row) for word in words)):
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
                packages = [f"pandas=={row.pandas}.*", f"scikit-learn=={row.sklearn}.*", "./runtime[xgboost,lightgbm]"]
                run([uv, "pip", "install", "--quiet", "--python", str(python), *packages, *TOOLS], cwd=ROOT)
                print(f"  {versions(python)}", file=sys.stderr)
                test(python)
                exchange(row, python.parent / "make-mlops-easy", models)
        except CommandError as error:
            print(error, file=sys.stderr)
            return "failed"
    return "passed"


def test(python: Path) -> None:
    """Run the unit tests of the runtime package. Raises `CommandError` with the end of their output if one fails."""
    variables = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    variables["PATH"] = f"{python.parent}:{os.environ['PATH']}"
    run([str(python), "-m", "pytest", "-q", "-n", "2", *runtime_tests()], cwd=ROOT, env=variables)


def runtime_tests() -> list[str]:
    """Test files for the packages of the runtime that need nothing of the operator."""
    files = [
        file
        for folder in sorted((ROOT / "tests" / "unit").iterdir())
        if folder.name not in NOT_TESTED and (RUNTIME / folder.name).is_dir()
        for file in sorted(folder.rglob("test_*.py"))
    ]
    return [str(file.relative_to(ROOT)) for file in files if "easy_mlops_operator" not in file.read_text()]


def exchange(row: Row, tool: Path, models: Path) -> None:
    """Train a model for the following rows, and load those of the previous rows. Raises `CommandError`."""
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
            raise CommandError(f"{row} loads the model of {other.name}: {refused.stdout}{refused.stderr}")
        print(f"  refuses the model of scikit-learn {other.name.partition('-')[0]}: VersionMismatch", file=sys.stderr)


def versions(python: Path) -> str:
    code = "import pandas, sklearn, sys; print(sys.version.split()[0], pandas.__version__, sklearn.__version__)"
    return run([str(python), "-c", code]).strip()


def find_uv() -> str:
    """The uv that hack/toolchain.sh installed."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "make-mlops-easy"
    return next(str(path) for path in sorted(cache.glob("uv-*/bin/uv"), reverse=True))


def find_interpreter(uv: str, version: str) -> str | None:
    """An installed interpreter of this version, also one of pyenv's; nothing is downloaded."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    installed = sorted(pyenv.glob(f"versions/{version}.*/bin/python"), reverse=True)
    if installed:
        return str(installed[0])
    command = [uv, "python", "find", "--no-python-downloads", "--system", version]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


@contextmanager
def environment() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="easy-mlops-matrix-") as folder:
        yield Path(folder) / "venv"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
