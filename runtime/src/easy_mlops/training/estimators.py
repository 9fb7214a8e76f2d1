"""The estimator that a `training:` section asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from easy_mlops.config.errors import ConfigError, Problem, did_you_mean
from easy_mlops.config.training import TrainingSection
from easy_mlops.training.targets import Problem as ProblemKind


@dataclass(frozen=True)
class Family:
    """A model type: the problem it solves, how it is made, and whether it takes a seed."""

    problem: ProblemKind
    make: Callable[..., Any]
    seeded: bool = True
    defaults: Mapping[str, Any] | None = None


def _families() -> dict[tuple[str, ProblemKind], Family]:
    """By model type and problem. scikit-learn's modules are loaded here, not when this module is imported."""
    from sklearn.ensemble import (
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
        RandomForestClassifier,
        RandomForestRegressor,
    )
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    return {
        ("logistic_regression", "classification"): Family(
            "classification", LogisticRegression, defaults={"max_iter": 1000}
        ),
        ("linear_regression", "regression"): Family("regression", LinearRegression, seeded=False),
        ("random_forest_classifier", "classification"): Family("classification", RandomForestClassifier),
        ("random_forest_regressor", "regression"): Family("regression", RandomForestRegressor),
        ("hist_gradient_boosting", "classification"): Family("classification", HistGradientBoostingClassifier),
        ("hist_gradient_boosting", "regression"): Family("regression", HistGradientBoostingRegressor),
        ("neural_network", "classification"): Family("classification", MLPClassifier, defaults={"max_iter": 500}),
        ("neural_network", "regression"): Family("regression", MLPRegressor, defaults={"max_iter": 500}),
    }


AUTO: Final[Mapping[ProblemKind, str]] = {
    "classification": "random_forest_classifier",
    "regression": "random_forest_regressor",
}


def model_type_of(section: TrainingSection, problem: ProblemKind) -> str:
    """The concrete model type, `auto` resolved."""
    if section.backend == "neural_network":
        return "neural_network"
    return AUTO[problem] if section.model_type == "auto" else section.model_type


def make_estimator(section: TrainingSection, problem: ProblemKind) -> Any:
    """An unfitted estimator. Raises `ConfigError` for a model type of the other problem, or an unknown parameter."""
    model_type = model_type_of(section, problem)
    families = _families()
    family = families.get((model_type, problem))
    if family is None:
        fitting = sorted(name for name, kind in families if kind == problem)
        message = f"{model_type!r} does not do {problem}, which the target asks for; allowed are {', '.join(fitting)}"
        raise ConfigError([Problem("training.model_type", "ConflictingKeys", message)])
    parameters = {**(family.defaults or {}), **section.hyperparameters}
    if family.seeded:
        parameters.setdefault("random_state", section.random_state)
    known = set(family.make().get_params())
    for name in section.hyperparameters:
        if name not in known:
            message = f"unknown parameter of {family.make.__name__}; {did_you_mean(name, known)}"
            raise ConfigError([Problem(f"training.hyperparameters.{name}", "UnknownField", message)])
    return family.make(**parameters)
