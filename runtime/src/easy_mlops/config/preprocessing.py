"""The `preprocessing:` section and the parameters of its steps."""

from __future__ import annotations

import math
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from easy_mlops.config.base import Section
from easy_mlops.config.steps import Catalogue, Steps

Strategy = Literal["drop", "mean", "median", "mode", "constant"]


def _fill_value(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if value is not None and not isinstance(value, float | str):
        raise ValueError("must be a number or a text")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("must be a finite number")
    return value


FillValue = Annotated[float | str | None, BeforeValidator(_fill_value)]


class PreprocessingSection(Section):
    """What happens to the columns before the model sees them. Fitted on the training split only."""

    handle_missing: Strategy = Field(
        default="drop",
        description="drop leaves training rows with a missing value out; the others fill it in. "
        "A row to be predicted is never dropped.",
    )
    fill_value: FillValue = Field(
        default=None, description="Value for handle_missing: constant; default 0, and 'missing' for text."
    )
    encode_categorical: bool = Field(default=True, description="Whether text columns are encoded.")
    scale_features: bool = Field(default=True, description="Whether numeric columns are scaled.")
    steps: Steps = Field(
        default=None,
        description="Ordered steps that replace the default ones; each is a name or {type, params}. "
        "Built in: missing_values, categorical_encoder, feature_scaler.",
    )


class MissingValuesParams(Section):
    """Parameters of `missing_values`."""

    strategy: Strategy = Field(default="drop", description="As handle_missing.")
    fill_value: FillValue = Field(default=None, description="Value for strategy: constant.")


class CategoricalEncoderParams(Section):
    """Parameters of `categorical_encoder`."""

    columns: list[str] | None = Field(default=None, description="Columns to encode; default are all text columns.")
    handle_unknown: Literal["ignore", "error"] = Field(
        default="ignore", description="What a category that training never saw does to a prediction."
    )
    method: Literal["onehot", "ordinal"] = Field(default="onehot", description="Kind of encoding.")


class FeatureScalerParams(Section):
    """Parameters of `feature_scaler`."""

    columns: list[str] | None = Field(default=None, description="Columns to scale; default are all numeric ones.")
    method: Literal["standard", "minmax", "robust"] = Field(default="standard", description="Kind of scaling.")


PREPROCESSING_STEPS: Final[Catalogue] = {
    "missing_values": MissingValuesParams,
    "categorical_encoder": CategoricalEncoderParams,
    "feature_scaler": FeatureScalerParams,
}
"""The built-in steps and their parameters, in the default order."""
