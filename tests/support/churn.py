"""A small table of mixed columns, and pipelines that take it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

ROW: dict[str, Any] = {
    "tenure": 5,
    "charges": 70.5,
    "total": 300.0,
    "paperless": True,
    "contract": "monthly",
    "payment": "card",
}
"""A row of `mixed_frame`."""


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
