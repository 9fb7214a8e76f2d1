"""The `training:` section."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from easy_mlops.config.base import Number, Section
from easy_mlops.config.patterns import FUNCTION

Backend = Literal["sklearn", "neural_network", "callable"]
ModelType = Literal[
    "auto",
    "logistic_regression",
    "linear_regression",
    "random_forest_classifier",
    "random_forest_regressor",
    "hist_gradient_boosting",
    "xgboost",
    "lightgbm",
]


class TrainingSection(Section):
    """Which model is trained, and how it is evaluated."""

    backend: Backend = Field(
        default="sklearn",
        description="What creates the estimator: sklearn; neural_network, scikit-learn's multi-layer perceptron, which "
        "requires model_type auto; or callable, a function of your own.",
    )
    callable: str | None = Field(
        default=None,
        pattern=FUNCTION,
        max_length=200,
        description="MODULE:FUNCTION that creates the estimator, for backend callable. It is called with the "
        "hyperparameters, and with random_state if it accepts that, and must return an estimator with fit and predict. "
        "The module must be installed or be one of the plugins.",
    )
    model_type: ModelType = Field(
        default="auto",
        description="Model to train. auto selects a random forest classifier if the target is text or has few distinct "
        "integers, else a random forest regressor. hist_gradient_boosting, xgboost and lightgbm choose between "
        "classification and regression in the same way. xgboost and lightgbm are extras of the package; the runtime "
        "image does not include lightgbm.",
    )
    test_size: Number = Field(default=0.2, gt=0, lt=1, description="Fraction of the rows to hold out for evaluation.")
    random_state: int = Field(default=42, ge=0, le=2**32 - 1, description="Seed of all random number generators.")
    cv_folds: int = Field(
        default=5,
        ge=0,
        le=20,
        description="Number of cross-validation folds on the training split; 0 and 1 disable it.",
    )
    hyperparameters: dict[str, Any] = Field(
        default_factory=dict, description="Parameters passed to the estimator unchanged."
    )
