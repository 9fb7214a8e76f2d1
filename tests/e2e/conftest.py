"""A namespace for each test module, with the restricted pod security standard enforced."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from kube import Namespace
from namespaces import restricted_namespace


@pytest.fixture(scope="module")
def namespace(request: pytest.FixtureRequest) -> Iterator[Namespace]:
    area = request.module.__name__.removeprefix("test_").replace("_", "-")
    with restricted_namespace(f"e2e-{area}") as own:
        yield own


@pytest.fixture(scope="session")
def predict() -> Callable[[str, Any], Any]:
    """POST rows to `/predict` of a scoring service and give the answer."""

    def post(url: str, rows: Any) -> Any:
        body = json.dumps(rows).encode()
        request = urllib.request.Request(f"{url}/predict", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    return post


@pytest.fixture(scope="session")
def churn() -> pd.DataFrame:
    """400 customers: numbers, texts and a flag, some of them missing; whoever has a short tenure leaves."""
    rng = np.random.default_rng(7)
    tenure = rng.integers(0, 73, 400).astype(float)
    return pd.DataFrame(
        {
            "tenure": np.where(rng.random(400) < 0.05, np.nan, tenure),
            "charges": np.round(rng.normal(65, 20, 400), 2),
            "contract": rng.choice(["monthly", "yearly", "two years"], 400),
            "payment": pd.Series(rng.choice(["card", "check"], 400)).mask(rng.random(400) < 0.08),
            "churned": np.where(tenure + rng.normal(0, 8, 400) < 30, "yes", "no"),
        }
    )
