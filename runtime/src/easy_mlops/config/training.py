"""The `training:` section."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from easy_mlops.config.base import Number, Section

Backend = Literal["sklearn", "neural_network"]
ModelType = Literal[
    "auto",
    "logistic_regression",
    "linear_regression",
    "random_forest_classifier",
    "random_forest_regressor",
    "hist_gradient_boosting",
]


class TrainingSection(Section):
    """Which model is trained, and how it is measured."""

    backend: Backend = Field(
        default="sklearn",
        description="sklearn, or neural_network (scikit-learn's multi-layer perceptron, with model_type auto).",
    )
    model_type: ModelType = Field(
        default="auto",
        description="auto picks a random forest for the kind of target that it finds: a classifier for texts and "
        "for few different whole numbers, else a regressor. hist_gradient_boosting decides in the same way.",
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
