"""Creates the estimator that a `training:` section configures."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from easy_mlops.config.errors import ConfigError, Problem, did_you_mean
from easy_mlops.config.training import TrainingSection
from easy_mlops.training.targets import Problem as ProblemKind


@dataclass(frozen=True)
class Family:
    """A model type: the problem it solves, its constructor, and whether it accepts a seed."""

    problem: ProblemKind
    make: Callable[..., Any]
    seeded: bool = True
    defaults: Mapping[str, Any] | None = None


def _families() -> dict[tuple[str, ProblemKind], Family]:
    """By model type and problem. scikit-learn is imported here, not when this module is imported."""
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


_PACKAGES: Final[Mapping[str, Mapping[ProblemKind, str]]] = {
    "xgboost": {"classification": "XGBClassifier", "regression": "XGBRegressor"},
    "lightgbm": {"classification": "LGBMClassifier", "regression": "LGBMRegressor"},
}
"""Model types of optional packages: the extras of the same names."""
_QUIET: Final[Mapping[str, Mapping[str, Any]]] = {"xgboost": {"verbosity": 0}, "lightgbm": {"verbosity": -1}}

AUTO: Final[Mapping[ProblemKind, str]] = {
    "classification": "random_forest_classifier",
    "regression": "random_forest_regressor",
}


def model_type_of(section: TrainingSection, problem: ProblemKind) -> str:
    """The concrete model type, `auto` resolved; for the callable backend, the callable."""
    if section.backend == "neural_network":
        return "neural_network"
    if section.callable is not None:
        return section.callable
    return AUTO[problem] if section.model_type == "auto" else section.model_type


def make_estimator(section: TrainingSection, problem: ProblemKind) -> Any:
    """An unfitted estimator.

    Raises `ConfigError` for a model type of the other problem or of a package that is not installed, for an unknown
    parameter, and for a callable that does not return an estimator.
    """
    if section.callable is not None:
        return call(section)
    model_type = model_type_of(section, problem)
    families = _families()
    family = _of_package(model_type, problem) if model_type in _PACKAGES else families.get((model_type, problem))
    if family is None:
        fitting = sorted({name for name, kind in families if kind == problem} | set(_PACKAGES))
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
    estimator = family.make(**parameters)
    if model_type == "xgboost" and problem == "classification":
        from easy_mlops.training.labelled import LabelledClassifier

        return LabelledClassifier(estimator)
    return estimator


def call(section: TrainingSection) -> Any:
    """The estimator that `training.callable` returns for the hyperparameters and, if it accepts one, the seed.

    Raises `ConfigError` if it cannot be imported, fails, or returns an object without `fit` and `predict`.
    """
    module, _, name = str(section.callable).partition(":")
    try:
        function = getattr(importlib.import_module(module), name)
        parameters = dict(section.hyperparameters)
        if "random_state" in inspect.signature(function).parameters:
            parameters.setdefault("random_state", section.random_state)
        estimator = function(**parameters)
    except Exception as error:  # user code may raise anything
        hint = f"; a file {module}.py is named in plugins, too" if isinstance(error, ModuleNotFoundError) else ""
        message = f"{section.callable!r} cannot be called: {type(error).__name__}: {error}{hint}"
        raise ConfigError([Problem("training.callable", "InvalidValue", message)]) from error
    missing = [method for method in ("fit", "predict") if not callable(getattr(estimator, method, None))]
    if missing:
        message = f"{section.callable!r} gives a {type(estimator).__name__}, which has no {' and no '.join(missing)}"
        raise ConfigError([Problem("training.callable", "InvalidValue", message)])
    return estimator


def _of_package(model_type: str, problem: ProblemKind) -> Family:
    try:
        package = importlib.import_module(model_type)
    except (ImportError, OSError) as error:  # OSError: a system library that the package needs is missing
        message = f"{model_type} is not installed here: pip install 'make-mlops-easy[{model_type}]' ({error})"
        raise ConfigError([Problem("training.model_type", "InvalidValue", message)]) from error
    return Family(problem, getattr(package, _PACKAGES[model_type][problem]), defaults=_QUIET[model_type])
