"""Laws of the preprocessor, whatever the table and the configuration."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
from easy_mlops.preprocessing import DataError, DataPreprocessor
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NUMBERS = st.floats(-1e6, 1e6, allow_subnormal=False) | st.none()
TEXTS = st.sampled_from(["a", "b", "", "ü", "a b"]) | st.none()
FLAGS = st.booleans() | st.none()
ROWS = st.lists(st.tuples(NUMBERS, NUMBERS, TEXTS, FLAGS), min_size=4, max_size=25)
ENCODERS = st.sampled_from(["onehot", "ordinal"]).map(
    lambda m: {"type": "categorical_encoder", "params": {"method": m}}
)
SCALERS = st.sampled_from(["standard", "minmax", "robust"]).map(
    lambda m: {"type": "feature_scaler", "params": {"method": m}}
)
STEPS = st.tuples(st.just("missing_values"), ENCODERS, SCALERS).map(list)
CONFIGS = st.fixed_dictionaries(
    {"handle_missing": st.sampled_from(["drop", "mean", "median", "mode", "constant"])},
    optional={"steps": STEPS, "scale_features": st.booleans()},
)


def frame_of(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["x", "y", "t", "f"], dtype=object)
    return frame.astype({"x": float, "y": float})


def fit(config: dict[str, Any], frame: pd.DataFrame) -> DataPreprocessor | None:
    try:
        preprocessor = DataPreprocessor(config)
        preprocessor.prepare_data(frame)
    except DataError:  # a column without any value, or no complete row
        return None
    return preprocessor


@settings(max_examples=60, suppress_health_check=[HealthCheck.filter_too_much])
@given(CONFIGS, ROWS, ROWS)
def test_the_quick_way_is_scikit_learns_to_the_bit(
    config: dict[str, Any], rows: list[tuple[Any, ...]], others: list[tuple[Any, ...]]
) -> None:
    preprocessor = fit(config, frame_of(rows))
    if preprocessor is None or preprocessor.transformer_ is None:
        return
    cells = preprocessor.read(frame_of(others))
    assert preprocessor._rowwise is not None
    by_scikit_learn = preprocessor._by_scikit_learn(cells)
    assert np.array_equal(preprocessor._rowwise.apply(cells.numbers, cells.texts), by_scikit_learn, equal_nan=True)


@settings(max_examples=40, deadline=None)
@given(CONFIGS, ROWS, ROWS)
def test_rows_one_by_one_are_the_rows_together(
    config: dict[str, Any], rows: list[tuple[Any, ...]], others: list[tuple[Any, ...]]
) -> None:
    preprocessor = fit(config, frame_of(rows))
    if preprocessor is None:
        return
    frame = frame_of(others)
    together = preprocessor.transform(frame)
    assert len(together) == len(others)
    alone = np.vstack([preprocessor.transform_rows([row]) for row in others])
    assert np.array_equal(alone, together)
    assert np.isfinite(together).all()


@settings(max_examples=20, deadline=None)
@given(CONFIGS, ROWS)
def test_a_pickle_is_the_same_preprocessor(config: dict[str, Any], rows: list[tuple[Any, ...]]) -> None:
    preprocessor = fit(config, frame_of(rows))
    if preprocessor is None:
        return
    again = pickle.loads(pickle.dumps(preprocessor))
    frame = frame_of(rows)
    assert np.array_equal(again.transform(frame), preprocessor.transform(frame))
    assert again.schema_ == preprocessor.schema_
