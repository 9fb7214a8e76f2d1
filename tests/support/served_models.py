"""Real models, trained in moments, in deployment directories."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from churn import Trained, mixed_frame, mixed_pipeline
from deployments import write_deployment
from scoring_service import Running, scoring_server
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from wire import Wire


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
