"""Real models, trained in moments, in deployment directories."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from deployments import write_deployment
from scoring import Running, scoring_server
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from wire import Wire


@dataclass
class Trained:
    """A pipeline, the frame it was trained on, and the directory that holds it."""

    pipeline: Any
    frame: pd.DataFrame
    directory: Path
    digest: str


def mixed_frame(rows: int, seed: int) -> pd.DataFrame:
    """Numbers, integers, booleans and texts, some of them missing."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "tenure": random.integers(0, 72, rows),
            "charges": np.round(random.uniform(20, 110, rows), 2),
            "total": np.round(random.uniform(20, 9000, rows), 2),
            "paperless": random.uniform(size=rows) < 0.5,
            "contract": random.choice(["monthly", "yearly"], rows),
            "payment": random.choice(["card", "check", "bank"], rows),
        }
    )
    frame.loc[random.uniform(size=rows) < 0.1, "total"] = np.nan
    frame.loc[random.uniform(size=rows) < 0.1, "payment"] = np.nan
    return frame


def mixed_pipeline(estimator: Any) -> Any:
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    texts = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    preprocessing = make_column_transformer(
        (numbers, ["tenure", "charges", "total", "paperless"]), (texts, ["contract", "payment"])
    )
    return make_pipeline(preprocessing, estimator)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Trained]:
    """`binary` (texts), `multiclass` (integers) and `regression`, on the same columns."""
    base = tmp_path_factory.mktemp("deployments")
    frame = mixed_frame(300, 0)
    noise = np.random.default_rng(1).normal(0, 1, len(frame))
    amount = frame["charges"] / 20 - frame["tenure"] / 12 + noise
    targets: dict[str, tuple[Any, Any]] = {
        "binary": (LogisticRegression(max_iter=500), np.where(amount > 1, "yes", "no")),
        "multiclass": (RandomForestClassifier(15, random_state=0), np.digitize(amount, [0, 2])),
        "regression": (LinearRegression(), amount),
    }
    trained = {}
    for name, (estimator, target) in targets.items():
        pipeline = mixed_pipeline(estimator).fit(frame, target)
        digest = write_deployment(base / name, pipeline, frame, model_version="2.1.0")
        trained[name] = Trained(pipeline, frame, base / name, digest)
    return trained


@pytest.fixture(scope="session")
def servers(models: dict[str, Trained]) -> Iterator[dict[str, Running]]:
    """All models, served."""
    with (
        scoring_server(models["binary"].directory, name="churn") as binary,
        scoring_server(models["multiclass"].directory, name="churn") as multiclass,
        scoring_server(models["regression"].directory, name="churn") as regression,
    ):
        yield {"binary": binary, "multiclass": multiclass, "regression": regression}


@pytest.fixture
def wire(servers: dict[str, Running]) -> Iterator[Wire]:
    """A connection to the binary classifier."""
    with Wire(servers["binary"].port) as connection:
        yield connection
