"""Mistakes in the layout of the repository that would otherwise show up late."""

from __future__ import annotations

import operator
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def test_our_operator_folder_does_not_shadow_the_standard_library() -> None:
    assert Path(operator.__file__).parent == Path(sysconfig.get_path("stdlib"))
    assert not (ROOT / "operator" / "__init__.py").exists()
    assert not (ROOT / "runtime" / "__init__.py").exists()


@pytest.mark.parametrize("module", ["easy_mlops.config", "easy_mlops.contract", "easy_mlops.observability"])
def test_a_light_part_of_the_runtime_imports_no_learning_library(module: str) -> None:
    code = f"import sys, {module}; print([m for m in ('pandas', 'sklearn', 'numpy', 'pyarrow') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_operator_runs_without_the_learning_libraries() -> None:
    code = (
        "import sys\n"
        "for name in ('sklearn', 'pandas', 'numpy', 'joblib', 'pyarrow', 'orjson', 'scipy'):\n"
        "    sys.modules[name] = None\n"
        "import easy_mlops_operator.main, easy_mlops_operator.reconcile\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_pure_core_needs_no_client_and_no_clock() -> None:
    code = (
        "import sys, easy_mlops_operator.reconcile, easy_mlops_operator.builders, easy_mlops.monitoring.figures\n"
        "print([m for m in ('kopf', 'kubernetes', 'aiohttp') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_test_files_have_distinct_names() -> None:
    # pytest imports test files by their base name, so two files of the same name cannot be collected together.
    names = [file.name for file in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(set(names)) == sorted(names)
