"""The examples in the docstrings of the library run as they are written."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import easy_mlops
import pytest

SOURCES = Path(easy_mlops.__file__).parent
MODULES = sorted(
    ".".join(path.relative_to(SOURCES.parent).with_suffix("").parts).removesuffix(".__init__")
    for path in SOURCES.rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)
DOCUMENTED = {
    "easy_mlops.deployment.deployer",
    "easy_mlops.observability.monitor",
    "easy_mlops.preprocessing.preprocessor",
    "easy_mlops.training.trainer",
}


def test_the_main_classes_have_examples() -> None:
    assert set(MODULES) >= DOCUMENTED


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_docstrings_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert result.attempted
    assert not result.failed
