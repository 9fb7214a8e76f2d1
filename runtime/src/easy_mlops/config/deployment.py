"""The `deployment:` section (guide, "Deployment Configuration Recipes") and the parameters of its steps."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from easy_mlops.config.base import FileName, Section, StepSpec, check_steps


def _version(value: Any) -> Any:
    """A YAML number is taken as its text; `1.10` must be quoted, which the loader and the CRD see to."""
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


def _timestamp_format(value: Any) -> Any:
    if isinstance(value, str) and "/" in value:
        raise ValueError("must not contain a slash")
    return value


Steps = Annotated[list[str | StepSpec] | None, BeforeValidator(check_steps)]


class DeploymentSection(Section):
    """How the trained model is written down: where, under which names, by which steps."""

    output_dir: str = Field(
        default="./models",
        min_length=1,
        description="Base directory of all deployments. In the cluster it lies inside the volume.",
    )
    deployment_prefix: FileName = Field(
        default="deployment", description="Directories are named <prefix>_<YYYYmmdd_HHMMSS>, in UTC."
    )
    metadata_filename: FileName = Field(default="metadata.json", description="Name of the metadata file.")
    create_endpoint: bool = Field(
        default=False, description="Adds the endpoint_script step, which writes an executable helper script."
    )
    endpoint_filename: FileName = Field(default="predict.py", description="Name of the helper script.")
    endpoint_template: str | None = Field(
        default=None, description="Text of the helper script; null or empty takes the built-in one."
    )
    version: Annotated[str, BeforeValidator(_version)] = Field(
        default="1.0.0", max_length=64, description="Version tag of the model, a string: quote 1.10."
    )
    deployment_time: Annotated[str | None, BeforeValidator(_time)] = Field(
        default=None, description="Time to record instead of now, RFC 3339, to replay a historical run."
    )
    steps: Steps = Field(
        default=None,
        max_length=64,
        description="Ordered steps that replace the default ones; each is a name or {type, params}. "
        "Built in: create_directory, save_model, save_preprocessor, save_metadata, endpoint_script.",
    )
    save_format: Annotated[str, Field(pattern="^joblib$")] = Field(
        default="joblib", description="Kept from release 0.4; joblib is the only format."
    )


class CreateDirectoryParams(Section):
    """Parameters of `create_directory`."""

    prefix: FileName = Field(default="deployment", description="Beginning of the directory's name.")
    timestamp_format: Annotated[str, BeforeValidator(_timestamp_format)] = Field(
        default="%Y%m%d_%H%M%S", min_length=1, description="strftime format of the directory's time, in UTC."
    )


class SaveModelParams(Section):
    """Parameters of `save_model`."""

    filename: FileName = Field(default="model.joblib", description="Name of the model file.")


class SavePreprocessorParams(Section):
    """Parameters of `save_preprocessor`."""

    filename: FileName = Field(default="preprocessor.joblib", description="Name of the preprocessor file.")


class SaveMetadataParams(Section):
    """Parameters of `save_metadata`."""

    filename: FileName = Field(default="metadata.json", description="Name of the metadata file.")


def _mode(value: Any) -> Any:
    """An octal text (`"0o755"`, `"755"`) is a mode as well as the number itself."""
    return int(value.removeprefix("0o"), 8) if isinstance(value, str) else value


class EndpointScriptParams(Section):
    """Parameters of `endpoint_script`."""

    enabled: bool = Field(default=False, description="Whether the script is written.")
    filename: FileName = Field(default="predict.py", description="Name of the script.")
    executable_mode: Annotated[int, BeforeValidator(_mode)] = Field(
        default=0o755, ge=0, le=0o777, description="File mode of the script."
    )
    template: str | None = Field(default=None, description="Text of the script; null takes the built-in one.")


DEPLOYMENT_STEPS: Final[dict[str, type[Section]]] = {
    "create_directory": CreateDirectoryParams,
    "save_model": SaveModelParams,
    "save_preprocessor": SavePreprocessorParams,
    "save_metadata": SaveMetadataParams,
    "endpoint_script": EndpointScriptParams,
}
"""The built-in steps and their parameters, in the default order."""
