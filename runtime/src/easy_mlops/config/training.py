"""The `training:` section."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from easy_mlops.config.base import Number, Section

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
    """Which model is trained, and how it is measured."""

    backend: Backend = Field(
        default="sklearn",
        description="sklearn; neural_network (scikit-learn's multi-layer perceptron, with model_type auto); or "
        "callable, which calls a function of your own.",
    )
    callable: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$",
        max_length=200,
        description="MODULE:FUNCTION of the backend callable. It is called with the hyperparameters, and random_state "
        "if it takes that, and gives an estimator with fit and predict. The module is installed or one of the plugins.",
    )
    model_type: ModelType = Field(
        default="auto",
        description="auto picks a random forest for the kind of target that it finds: a classifier for texts and "
        "for few different whole numbers, else a regressor. hist_gradient_boosting, xgboost and lightgbm decide in the "
        "same way; the last two are extras of the package, and lightgbm is not in the runtime image.",
    )
    test_size: Number = Field(
        default=0.2, gt=0, lt=1, description="Share of the rows that is held out to measure the model."
    )
    random_state: int = Field(default=42, ge=0, le=2**32 - 1, description="Seed of every random choice.")
    cv_folds: int = Field(
        default=5,
        ge=0,
        le=20,
        description="Folds of the cross-validation on the training split; 0 or 1 is none.",
    )
    hyperparameters: dict[str, Any] = Field(
        default_factory=dict, description="Parameters handed to the estimator as they are."
    )
