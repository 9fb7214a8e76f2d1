"""A trainer that is quick to save, for tests of what happens around it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import pytest

RESULTS = {"model_type": "constant", "is_classifier": False, "metrics": {"rmse": 0.5}}


class ConstantTrainer:
    """Its model file is what the contract says, with a model that is a plain value."""

    def __init__(self, model: Any = 1.5) -> None:
        self.model = model

    def save_model(self, path: str) -> None:
        joblib.dump({"model": self.model, **RESULTS, "backend": "test"}, Path(path))


@pytest.fixture
def trainer() -> ConstantTrainer:
    return ConstantTrainer()


@pytest.fixture
def results() -> dict[str, Any]:
    return dict(RESULTS)


@pytest.fixture(autouse=True)
def in_a_directory_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The default `./models` is in the test's own directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
