"""`DataPreprocessor` is a scikit-learn estimator, by scikit-learn's own checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from easy_mlops.preprocessing import DataPreprocessor
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

TABLE = pd.DataFrame({"age": [20.0, np.nan, 40.0, 60.0], "plan": ["basic", "pro", "basic", "pro"]})


def expected_failures(estimator: Any) -> dict[str, str]:
    return {
        "check_do_not_raise_errors_in_init_or_set_params": "a bad configuration is refused at construction, before any "
        "data is read: the guide promises that"
    }


@parametrize_with_checks([DataPreprocessor()], expected_failed_checks=expected_failures)  # type: ignore[untyped-decorator]
def test_scikit_learns_checks(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)


def test_parameters_are_given_back_changed_and_cloned() -> None:
    config = {"handle_missing": "mean"}
    preprocessor = DataPreprocessor(config)
    assert preprocessor.get_params() == {"config": config}
    copied = clone(preprocessor.fit(TABLE))
    assert copied.get_params() == {"config": config}
    assert not hasattr(copied, "transformer_")
    assert copied.set_params(config={"handle_missing": "median"}).section.handle_missing == "median"


def test_it_is_a_step_of_a_pipeline_and_gives_tables() -> None:
    pipeline = make_pipeline(DataPreprocessor({"handle_missing": "mean"}), LogisticRegression())
    pipeline.fit(TABLE, [0, 1, 0, 1])
    assert len(pipeline.predict(TABLE)) == 4
    table = DataPreprocessor({"handle_missing": "mean"}).set_output(transform="pandas").fit_transform(TABLE)
    assert isinstance(table, pd.DataFrame)
    assert len(table.columns) == 3
