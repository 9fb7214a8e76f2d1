"""A table of customers, and a run of a configuration given as a mapping."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from easy_mlops.config import Config
from easy_mlops.contract import RunResult
from easy_mlops.pipeline.run import run

QUICK = {"model_type": "logistic_regression", "cv_folds": 0}
Runner = Callable[..., RunResult]


@pytest.fixture(scope="session")
def customers() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    tenure = rng.integers(0, 73, 120).astype(float)
    return pd.DataFrame(
        {
            "tenure": np.where(rng.random(120) < 0.05, np.nan, tenure),
            "charges": np.round(rng.normal(65, 20, 120), 2),
            "contract": rng.choice(["monthly", "yearly"], 120),
            "member": rng.choice([True, False], 120),
            "churned": np.where(tenure + rng.normal(0, 6, 120) < 30, "yes", "no"),
        }
    )


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """Runs a configuration; files are relative to `tmp_path`, and so is the output directory."""

    def start(raw: dict[str, Any], **options: Any) -> RunResult:
        config = Config.parse({"training": QUICK, "preprocessing": {"handle_missing": "median"}, **raw})
        return run(config, **{"where": "spec", "base": tmp_path, "output_root": tmp_path, **options})

    return start
