"""What all configuration models have in common: strict keys, no implicit conversion, one way to validate."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from easy_mlops.config.errors import ConfigError, Problem, error_of
from easy_mlops.config.pydantic_errors import problems_of


class Section(BaseModel):
    """A part of the configuration: unknown keys and values of the wrong type are errors."""

    # Built on first use: of the many models, a process uses a few.
    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True, strict=True, populate_by_name=True)

    @classmethod
    def parse(cls, raw: Mapping[str, Any] | None, where: str = "") -> Self:
        """Validate a mapping. Raises `ConfigError` listing all problems, each with its path below `where`.

        For a step list with an item that is neither a name nor a mapping, the error is a `TypeError` as well.
        """
        if raw is not None and not isinstance(raw, Mapping):
            message = f"must be a mapping, got {type(raw).__name__}"
            raise ConfigError([Problem(where, "InvalidValue", message)])
        try:
            return cls.model_validate(dict(raw or {}))
        except ValidationError as error:
            raise error_of(problems_of(error, cls, where)) from error


def _file_name(value: str) -> str:
    if not value or value in {".", ".."} or re.search(r"[/\\\x00-\x1f]", value):
        raise ValueError("must be a file name without a slash, not '.' or '..'")
    return value


def as_number(value: Any) -> Any:
    """Accept an integer as a number, since YAML writes `1` for 1.0; booleans and strings are not numbers."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


FileName = Annotated[str, AfterValidator(_file_name), Field(min_length=1, max_length=200)]
"""A file or directory name, never a path."""

Number = Annotated[float, BeforeValidator(as_number), Field(allow_inf_nan=False)]
"""A finite number; integers are accepted, strings are not."""

MetricName = Annotated[str, Field(min_length=1, max_length=63)]
"""Name of a metric or of a rule."""


class StepSpec(Section):
    """A step with parameters."""

    type: str = Field(description="Name of a registered step.", min_length=1)
    params: dict[str, Any] = Field(default_factory=dict, description="Parameters of the step.")


def step_of(item: str | StepSpec) -> StepSpec:
    """A step in its long form."""
    return StepSpec(type=item) if isinstance(item, str) else item
