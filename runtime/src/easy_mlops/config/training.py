"""The `training:` section."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from easy_mlops.config.base import Number, Section


class TrainingSection(Section):
    """Which model is trained, and how it is measured."""

    backend: Literal["sklearn", "neural_network", "callable"] = Field(
        default="sklearn", description="sklearn, neural_network (scikit-learn's MLP) or callable."
    )
    model_type: Literal[
        "auto",
        "logistic_regression",
        "linear_regression",
        "random_forest_classifier",
        "random_forest_regressor",
        "hist_gradient_boosting",
        "neural_network",
        "xgboost",
        "lightgbm",
    ] = Field(default="auto", description="auto picks a random forest for the kind of target that it finds.")
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
    callable: str | None = Field(
        default=None,
        description="module:function of the callable backend; it gets (X, y) and returns a model.",
    )
