"""From the configuration to a recipe for each column, and from the recipes to a scikit-learn transformer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, RobustScaler, StandardScaler

from easy_mlops.config.base import StepSpec, step_of
from easy_mlops.config.errors import did_you_mean
from easy_mlops.config.preprocessing import (
    CategoricalEncoderParams,
    FeatureScalerParams,
    MissingValuesParams,
    PreprocessingSection,
)
from easy_mlops.preprocessing.columns import Column
from easy_mlops.preprocessing.errors import DataError

MAX_CATEGORIES: Final = 256
"""Maximum number of one-hot columns of a text column; the rarest categories share the last one."""

Method = Literal["onehot", "ordinal", "standard", "minmax", "robust", "as_is"]
_SCALERS: Final[Mapping[str, type]] = {"standard": StandardScaler, "minmax": MinMaxScaler, "robust": RobustScaler}
_STRATEGIES: Final = {"drop": "median", "mean": "mean", "median": "median", "mode": "most_frequent"}


@dataclass(frozen=True)
class Recipe:
    """How a column is transformed. `fill` is SimpleImputer's strategy, None to leave missing values unchanged."""

    fill: str | None
    fill_value: float | str | None
    method: Method
    unknown: Literal["ignore", "error"] = "ignore"

    @property
    def encoded(self) -> bool:
        """Whether the column is treated as categorical."""
        return self.method in ("onehot", "ordinal")


@dataclass(frozen=True)
class Plan:
    """Recipes by column; columns without one are dropped. `drop` omits training rows with missing values."""

    recipes: Mapping[str, Recipe]
    drop: bool


def plan_of(section: PreprocessingSection, columns: Sequence[Column]) -> Plan:
    """The recipe for each column. Raises `DataError` for a column in the configuration that is not in the table."""
    steps = _steps(section)
    _check_names(steps, [column.name for column in columns], section)
    missing = next((step for step in steps if step.type == "missing_values"), None)
    filling = MissingValuesParams.parse(missing.params) if missing else None
    encoders = [CategoricalEncoderParams.parse(step.params) for step in steps if step.type == "categorical_encoder"]
    scalers = [FeatureScalerParams.parse(step.params) for step in steps if step.type == "feature_scaler"]
    recipes = {}
    for column in columns:
        recipe = _recipe(column, filling, encoders, scalers)
        if recipe is not None:
            recipes[column.name] = recipe
    if not recipes:
        raise DataError("no column is left to learn from: texts are only used when they are encoded")
    return Plan(recipes, drop=filling is not None and filling.strategy == "drop")


def build_transformer(plan: Plan, columns: Sequence[Column]) -> ColumnTransformer:
    """An unfitted transformer of a DataFrame with these columns into a float64 matrix.

    Columns with the same recipe share a pipeline; a categorical column has its own, so that the position of its output
    is known.
    """
    groups: dict[tuple[Recipe, str], list[str]] = {}
    for column in columns:
        if (recipe := plan.recipes.get(column.name)) is not None:
            own = column.name if recipe.encoded else ""
            groups.setdefault((recipe, own), []).append(column.name)
    texts = {column.name for column in columns if column.text}
    transformers = [
        (f"{recipe.method}_{number}", _pipeline(recipe, text=names[0] in texts), names)
        for number, ((recipe, _), names) in enumerate(groups.items())
    ]
    return ColumnTransformer(transformers, sparse_threshold=0, verbose_feature_names_out=False)


def _steps(section: PreprocessingSection) -> list[StepSpec]:
    """The steps of a section, the keys beside them supplying defaults."""
    default: list[str | StepSpec] = ["missing_values"]
    default += ["categorical_encoder"] if section.encode_categorical else []
    default += ["feature_scaler"] if section.scale_features else []
    steps = []
    for step in map(step_of, section.steps or default):
        params = dict(step.params)
        if step.type == "missing_values":
            params = {"strategy": section.handle_missing, "fill_value": section.fill_value, **params}
        steps.append(StepSpec(type=step.type, params=params))
    return steps


def _check_names(steps: Iterable[StepSpec], names: Sequence[str], section: PreprocessingSection) -> None:
    for step in steps:
        for name in step.params.get("columns") or ():
            if name not in names:
                hint = did_you_mean(name, names)
                where = f"preprocessing.steps[{[step_of(s).type for s in section.steps or ()].index(step.type)}]"
                raise DataError(f"{step.type}: there is no column {name!r} to learn from; {hint}", location=where)


def _recipe(
    column: Column,
    filling: MissingValuesParams | None,
    encoders: Sequence[CategoricalEncoderParams],
    scalers: Sequence[FeatureScalerParams],
) -> Recipe | None:
    """Encoders that list the column take precedence over, for texts, one without a list; so do scalers for numbers."""
    encoder = next((e for e in encoders if e.columns is not None and column.name in e.columns), None)
    if encoder is None and column.text:
        encoder = next((e for e in encoders if e.columns is None), None)
    if encoder is not None:
        return Recipe(*_fill(column, filling, encoded=True), encoder.method, encoder.handle_unknown)
    if column.text:
        return None
    scaler = next((s for s in scalers if s.columns is not None and column.name in s.columns), None)
    if scaler is None and column.kind != "boolean":
        scaler = next((s for s in scalers if s.columns is None), None)
    return Recipe(*_fill(column, filling, encoded=False), scaler.method if scaler else "as_is")


def _fill(
    column: Column, filling: MissingValuesParams | None, *, encoded: bool
) -> tuple[str | None, float | str | None]:
    if filling is None:
        return None, None
    if filling.strategy == "constant":
        value = filling.fill_value
        if column.text:
            return "constant", value if isinstance(value, str) else "missing"
        return "constant", value if isinstance(value, float) else 0.0
    categorical = encoded or column.text or column.kind == "boolean"
    return ("most_frequent" if categorical else _STRATEGIES[filling.strategy]), None


def _pipeline(recipe: Recipe, *, text: bool) -> Pipeline | str:
    steps: list[tuple[str, Any]] = []
    if recipe.fill is not None:
        missing = None if text else np.nan
        imputer = SimpleImputer(missing_values=missing, strategy=recipe.fill, fill_value=recipe.fill_value)
        steps.append(("fill", imputer))
    if recipe.method in _SCALERS:
        steps.append(("scale", _SCALERS[recipe.method]()))
    elif recipe.method == "onehot":
        unknown = "error" if recipe.unknown == "error" else "infrequent_if_exist"
        encoder = OneHotEncoder(handle_unknown=unknown, max_categories=MAX_CATEGORIES, sparse_output=False)
        steps.append(("encode", encoder))
    elif recipe.method == "ordinal":
        rest: dict[str, Any] = {"handle_unknown": "error"}
        if recipe.unknown == "ignore":
            rest = {"handle_unknown": "use_encoded_value", "unknown_value": -1}
        steps.append(("encode", OrdinalEncoder(encoded_missing_value=np.nan, **rest)))
    return Pipeline(steps) if steps else "passthrough"
