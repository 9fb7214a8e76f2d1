"""The steps of a deployment: the base class for custom steps, and the five built-in steps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Final, Self

import joblib

from easy_mlops.config.base import FileName, Section, StepSpec
from easy_mlops.config.deployment import (
    CreateDirectoryParams,
    EndpointScriptParams,
    SaveMetadataParams,
    SaveModelParams,
    SavePreprocessorParams,
)
from easy_mlops.config.errors import ConfigError
from easy_mlops.config.registry import StepKind
from easy_mlops.config.steps import check_params
from easy_mlops.deployment.context import DeploymentContext
from easy_mlops.deployment.metadata import encode, files_in, moved, versions
from easy_mlops.deployment.template import DEFAULT_ENDPOINT_TEMPLATE
from easy_mlops.deployment.workspace import reserve


class DeploymentStep:
    """Base class of all deployment steps. Subclasses set `name` and implement `run`.

    Parameters
    ----------
    **params : object
        The step's parameters in the configuration, by default stored in `self.params`.

    Attributes
    ----------
    name : str
        The name of the step in `deployment.steps`.
    params_model : type or None
        The model that validates the parameters of a built-in step.

    Examples
    --------
    >>> from easy_mlops.deployment import DeploymentStep, ModelDeployer
    >>> class WriteCard(DeploymentStep):
    ...     name = "write_card"
    ...
    ...     def run(self, context):
    ...         (context.deployment_dir / "card.md").write_text(self.params["text"])
    >>> WriteCard.from_config({"text": "A churn model."}).params
    {'text': 'A churn model.'}
    """

    name: ClassVar[str]
    params_model: ClassVar[type[Section] | None] = None

    def __init__(self, **params: Any) -> None:
        self.params: dict[str, Any] = params

    @classmethod
    def from_config(cls, params: Mapping[str, Any] | None = None) -> Self:
        """Create the step with the parameters of the configuration.

        Parameters
        ----------
        params : mapping, optional
            The `params` of the step's entry in `deployment.steps`.

        Returns
        -------
        DeploymentStep
        """
        return cls(**(params or {}))

    def run(self, context: DeploymentContext) -> None:
        """Run the step. Any exception aborts the deployment, and nothing is published.

        Parameters
        ----------
        context : DeploymentContext
            The deployment in progress: its directory, model, preprocessor and artifact map.
        """
        raise NotImplementedError(f"{type(self).__name__} does not implement run")


class _BuiltInStep(DeploymentStep):
    """A step whose parameters are validated at construction. Raises `ConfigError` naming the step and the parameter."""

    params_model: ClassVar[type[Section]]

    def __init__(self, **params: Any) -> None:
        if problems := check_params(StepSpec(type=self.name, params=params), self.params_model, ""):
            raise ConfigError(problems)
        checked = self.params_model.parse(params)
        super().__init__(**{name: getattr(checked, name) for name in self.params_model.model_fields})


class CreateDeploymentDirectoryStep(_BuiltInStep):
    """Reserve the directory `<prefix>_<time>` in the output directory, with a numeric suffix if it exists.

    Parameters
    ----------
    prefix : str, default "deployment"
        Beginning of the directory name.
    timestamp_format : str, default "%Y%m%d_%H%M%S"
        `strftime` format of the current time in UTC.

    Examples
    --------
    >>> from easy_mlops.deployment import CreateDeploymentDirectoryStep
    >>> CreateDeploymentDirectoryStep(prefix="churn").params["prefix"]
    'churn'
    """

    name = "create_directory"
    params_model = CreateDirectoryParams

    def run(self, context: DeploymentContext) -> None:
        """Create the directory under a temporary name.

        Parameters
        ----------
        context : DeploymentContext
            The deployment in progress.

        Raises
        ------
        RuntimeError
            If the directory exists already.
        OSError
            If it cannot be created.
        """
        if context.deployment_dir is not None:
            raise RuntimeError("create_directory ran already in this deployment")
        stem = f"{self.params['prefix']}_{datetime.now(UTC).strftime(self.params['timestamp_format'])}"
        base = context.base_output_dir.absolute()
        workspace = reserve(base, stem, run_id=context.run_id, preferred=context.preferred_name)
        context.workspace = workspace
        context.deployment_dir, context.final_dir = workspace.path, workspace.final
        context.artifacts["deployment_dir"] = str(workspace.path)


class SaveModelStep(_BuiltInStep):
    """Write the model file by `context.model.save_model(path)`.

    Parameters
    ----------
    filename : str, default "model.joblib"
        Name of the file.

    Examples
    --------
    >>> from easy_mlops.deployment import SaveModelStep
    >>> SaveModelStep().params
    {'filename': 'model.joblib'}
    """

    name = "save_model"
    params_model = SaveModelParams

    def run(self, context: DeploymentContext) -> None:
        """Write the model file.

        Parameters
        ----------
        context : DeploymentContext
            The deployment in progress.

        Raises
        ------
        RuntimeError
            If there is no directory yet. Whatever the trainer raises is raised, too.
        """
        path = context.directory_for(self.name) / self.params["filename"]
        context.model.save_model(str(path))
        context.artifacts["model_path"] = str(path)


class SavePreprocessorStep(_BuiltInStep):
    """Write the fitted preprocessor, if there is one.

    Parameters
    ----------
    filename : str, default "preprocessor.joblib"
        Name of the file.

    Examples
    --------
    >>> from easy_mlops.deployment import SavePreprocessorStep
    >>> SavePreprocessorStep().params
    {'filename': 'preprocessor.joblib'}
    """

    name = "save_preprocessor"
    params_model = SavePreprocessorParams

    def run(self, context: DeploymentContext) -> None:
        """Write the fitted preprocessor, if there is one.

        Parameters
        ----------
        context : DeploymentContext
            The deployment in progress.

        Raises
        ------
        RuntimeError
            If there is no directory yet.
        """
        path = context.directory_for(self.name) / self.params["filename"]
        if context.preprocessor is None:
            return
        joblib.dump(context.preprocessor, path)
        context.artifacts["preprocessor_path"] = str(path)


class SaveMetadataStep(_BuiltInStep):
    """Write `metadata.json`: paths of the artifacts, results of the training, schema of the input.

    Parameters
    ----------
    filename : str, default "metadata.json"
        Name of the file.

    Examples
    --------
    >>> from easy_mlops.deployment import SaveMetadataStep
    >>> SaveMetadataStep(filename="manifest.json").params
    {'filename': 'manifest.json'}
    """

    name = "save_metadata"
    params_model = SaveMetadataParams

    def run(self, context: DeploymentContext) -> None:
        """Write metadata.json.

        Parameters
        ----------
        context : DeploymentContext
            The deployment in progress.

        Raises
        ------
        RuntimeError
            If there is no directory or no saved model yet.
        """
        directory = context.directory_for(self.name)
        model_path = context.artifacts.get("model_path")
        if model_path is None:
            raise RuntimeError(f"{self.name} needs a saved model: save_model has to run before it")
        preprocessor_path = context.artifacts.get("preprocessor_path")
        path = directory / self.params["filename"]
        metadata = context.metadata_factory(model_path, preprocessor_path, context.training_results)
        metadata |= {
            "run_id": context.run_id,
            "files": files_in(directory, context.artifacts),
            "schema": getattr(context.description or context.preprocessor, "schema_", None),
            "reference": _reference(context),
            "versions": versions(),
            "digest": context.digests.of(Path(model_path)),
        }
        context.metadata = metadata
        final = context.final_dir or directory
        path.write_text(encode(moved(metadata, directory, final)), encoding="utf-8")
        context.artifacts["metadata_path"] = str(path)


class EndpointScriptStep(_BuiltInStep):
    """Write an executable helper script that scores files with the deployment in its own directory.

    Parameters
    ----------
    enabled : bool, default False
        Whether the script is written.
    filename : str, default "predict.py"
        Name of the script.
    executable_mode : int, default 0o755
        File mode of the script.
    template : str, optional
        Text of the script; the default is the built-in one.

    Examples
    --------
    >>> from easy_mlops.deployment import EndpointScriptStep
    >>> EndpointScriptStep(enabled=True, filename="score.py").enabled
    True
    """

    name = "endpoint_script"
    params_model = EndpointScriptParams

    @property
    def enabled(self) -> bool:
        """Whether the script is written."""
        return bool(self.params["enabled"])

    def run(self, context: DeploymentContext) -> None:
        """Write the helper script.

        Parameters
        ----------
        context : DeploymentContext
            The deployment in progress.

        Raises
        ------
        RuntimeError
            If there is no directory yet.
        """
        directory = context.directory_for(self.name)
        if not self.enabled:
            return
        template = self.params["template"] or context.endpoint_template or DEFAULT_ENDPOINT_TEMPLATE
        write = context.endpoint_writer or write_endpoint
        path = write(directory, self.params["filename"], template)
        Path(path).chmod(self.params["executable_mode"])
        context.artifacts["endpoint_path"] = path


def write_endpoint(directory: Path, filename: FileName, template: str) -> str:
    """Write an executable helper script and return its path."""
    path = directory / filename
    path.write_text(template, encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def _reference(context: DeploymentContext) -> dict[str, Any] | None:
    """The training split's profile and the held-out metrics, as the reference for later data."""
    profile = getattr(context.description or context.preprocessor, "reference_", None)
    if not profile:
        return None
    return {**profile, "metrics": dict(context.training_results.get("metrics") or {})}


DEPLOYMENT_KIND: Final = StepKind("deployment", DeploymentStep)
STEP_REGISTRY: Final = DEPLOYMENT_KIND.registry(
    (CreateDeploymentDirectoryStep, SaveModelStep, SavePreprocessorStep, SaveMetadataStep, EndpointScriptStep)
)
"""All deployment steps by name; `ModelDeployer.STEP_REGISTRY` is the same object unless it is reassigned."""
