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
        raise ValueError("must be a number or a string")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("must be a finite number")
    return value


FillValue = Annotated[float | str | None, BeforeValidator(_fill_value)]


class PreprocessingSection(Section):
    """How columns are transformed before they reach the model. Fitted on the training split only."""

    handle_missing: Strategy = Field(
        default="drop",
        description="How missing values are handled. drop leaves out training rows that have one; the other strategies "
        "fill it in. Rows to predict are never dropped.",
    )
    fill_value: FillValue = Field(
        default=None, description="Value for handle_missing: constant. Defaults to 0, and to 'missing' in text columns."
    )
    encode_categorical: bool = Field(default=True, description="Whether to encode text columns.")
    scale_features: bool = Field(default=True, description="Whether to scale numeric columns.")
    steps: Steps = Field(
        default=None,
        description="Ordered steps that replace the default ones. Each is a name or {type, params}. "
        "Built in: missing_values, categorical_encoder, feature_scaler.",
    )


class MissingValuesParams(Section):
    """Parameters of `missing_values`."""

    strategy: Strategy = Field(default="drop", description="Same as handle_missing.")
    fill_value: FillValue = Field(default=None, description="Value for strategy: constant.")


class CategoricalEncoderParams(Section):
    """Parameters of `categorical_encoder`."""

    columns: list[str] | None = Field(default=None, description="Columns to encode. Defaults to all text columns.")
    handle_unknown: Literal["ignore", "error"] = Field(
        default="ignore",
        description="What to do with a category that was not seen in training: ignore it, or refuse the row.",
    )
    method: Literal["onehot", "ordinal"] = Field(default="onehot", description="Encoding method.")


class FeatureScalerParams(Section):
    """Parameters of `feature_scaler`."""

    columns: list[str] | None = Field(default=None, description="Columns to scale. Defaults to all numeric columns.")
    method: Literal["standard", "minmax", "robust"] = Field(default="standard", description="Scaling method.")


PREPROCESSING_STEPS: Final[Catalogue] = {
    "missing_values": MissingValuesParams,
    "categorical_encoder": CategoricalEncoderParams,
    "feature_scaler": FeatureScalerParams,
}
"""The built-in steps and their parameters, in the default order."""
