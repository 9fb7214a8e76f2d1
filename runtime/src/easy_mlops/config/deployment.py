"""The `deployment:` section (guide, "Deployment Configuration Recipes") and the parameters of its steps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from easy_mlops.config.base import FileName, Section, StepSpec, step_of
from easy_mlops.config.steps import Catalogue, Steps
from easy_mlops.contract import METADATA_FILE, MODEL_FILE, PREPROCESSOR_FILE


def _version(value: Any) -> Any:
    """A number is converted to a string. The YAML loader preserves the text, so that `1.10` stays `1.10`."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _time(value: Any) -> Any:
    """RFC 3339, UTC. YAML turns an unquoted timestamp into a datetime; a bare date is midnight."""
    if isinstance(value, str):
        try:
            parsed = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(f"must be an RFC 3339 time such as 2024-05-01T09:00:00Z, got {value!r}") from None
        return _rfc3339(parsed)
    if isinstance(value, datetime):
        return _rfc3339(value)
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00Z"
    return value


def _rfc3339(value: datetime) -> str:
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _timestamp_format(value: str) -> str:
    if "/" in value or "\x00" in value:
        raise ValueError("must not contain a slash")
    return value


class DeploymentSection(Section):
    """How the trained model is written to disk: where, under which names, and by which steps."""

    output_dir: str = Field(
        default="./models",
        min_length=1,
        description="Base directory of all deployments. In a cluster it is relative to the root of the volume.",
    )
    deployment_prefix: FileName = Field(
        default="deployment", description="Prefix of directory names: <prefix>_<YYYYmmdd_HHMMSS>, in UTC."
    )
    metadata_filename: FileName = Field(default=METADATA_FILE, description="Name of the metadata file.")
    create_endpoint: bool = Field(
        default=False, description="Whether to add the endpoint_script step, which writes an executable helper script."
    )
    endpoint_filename: FileName = Field(default="predict.py", description="Name of the helper script.")
    endpoint_template: str | None = Field(
        default=None, description="Source of the helper script. If null or empty, the built-in template is used."
    )
    version: Annotated[str, BeforeValidator(_version)] = Field(
        default="1.0.0", max_length=64, description="Version tag of the model. A string: quote numbers such as 1.10."
    )
    deployment_time: Annotated[str | None, BeforeValidator(_time)] = Field(
        default=None,
        description="Time to record instead of the current time, as RFC 3339. Used to replay a historical run.",
    )
    steps: Steps = Field(
        default=None,
        description="Ordered steps that replace the default ones. Each is a name or {type, params}. "
        "Built in: create_directory, save_model, save_preprocessor, save_metadata, endpoint_script.",
    )
    save_format: Literal["joblib"] = Field(
        default="joblib",
        description="Format of the model file; joblib is the only one. Accepted for compatibility with release 0.4.",
    )


class CreateDirectoryParams(Section):
    """Parameters of `create_directory`."""

    prefix: FileName = Field(default="deployment", description="Prefix of the directory name.")
    timestamp_format: Annotated[str, AfterValidator(_timestamp_format)] = Field(
        default="%Y%m%d_%H%M%S", min_length=1, description="strftime format of the time in the directory name, in UTC."
    )


class SaveModelParams(Section):
    """Parameters of `save_model`."""

    filename: FileName = Field(default=MODEL_FILE, description="Name of the model file.")


class SavePreprocessorParams(Section):
    """Parameters of `save_preprocessor`."""

    filename: FileName = Field(default=PREPROCESSOR_FILE, description="Name of the preprocessor file.")


class SaveMetadataParams(Section):
    """Parameters of `save_metadata`."""

    filename: FileName = Field(default=METADATA_FILE, description="Name of the metadata file.")


def _mode(value: Any) -> Any:
    """An octal string (`"0o755"`, `"755"`) is accepted as well as the number."""
    if not isinstance(value, str):
        return value
    try:
        return int(value.removeprefix("0o"), 8)
    except ValueError:
        raise ValueError(f"must be an octal file mode such as 0o755, got {value!r}") from None


class EndpointScriptParams(Section):
    """Parameters of `endpoint_script`."""

    enabled: bool = Field(default=False, description="Whether to write the script.")
    filename: FileName = Field(default="predict.py", description="Name of the script.")
    executable_mode: Annotated[int, BeforeValidator(_mode)] = Field(
        default=0o755, ge=0, le=0o777, description="File mode of the script."
    )
    template: str | None = Field(
        default=None, description="Source of the script. If null, the built-in template is used."
    )


DEPLOYMENT_STEPS: Final[Catalogue] = {
    "create_directory": CreateDirectoryParams,
    "save_model": SaveModelParams,
    "save_preprocessor": SavePreprocessorParams,
    "save_metadata": SaveMetadataParams,
    "endpoint_script": EndpointScriptParams,
}
"""The built-in steps and their parameters."""

DEFAULT_STEPS: Final = ("create_directory", "save_model", "save_preprocessor", "save_metadata")

PREREQUISITES: Final[Mapping[str, str]] = {
    "save_model": "create_directory",
    "save_preprocessor": "create_directory",
    "save_metadata": "save_model",
    "endpoint_script": "create_directory",
}
"""The step that must precede a built-in step."""


def effective_steps(section: DeploymentSection) -> tuple[StepSpec, ...]:
    """The steps of a section, each with all parameters that the section sets for it.

    Keys such as `deployment_prefix` set the default of a step's parameter; the step's own parameters take precedence.
    """
    steps = [step_of(item) for item in section.steps or DEFAULT_STEPS]
    if section.create_endpoint and not any(step.type == "endpoint_script" for step in steps):
        steps.append(StepSpec(type="endpoint_script"))
    defaults: dict[str, dict[str, Any]] = {
        "create_directory": {"prefix": section.deployment_prefix},
        "save_metadata": {"filename": section.metadata_filename},
        "endpoint_script": {
            "enabled": section.create_endpoint,
            "filename": section.endpoint_filename,
            "template": section.endpoint_template or None,
        },
    }
    return tuple(_with_defaults(step, defaults.get(step.type, {})) for step in steps)


def _with_defaults(step: StepSpec, defaults: Mapping[str, Any]) -> StepSpec:
    own = {key: value for key, value in step.params.items() if not (key == "template" and not value)}
    return StepSpec(type=step.type, params={**defaults, **own})
