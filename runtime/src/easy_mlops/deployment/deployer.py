"""`ModelDeployer`: turns a trained model into a verified directory, by an ordered list of steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from copy import copy
from pathlib import Path
from typing import Any, ClassVar

import yaml

from easy_mlops.config.base import StepSpec
from easy_mlops.config.check.deployment import check_deployment
from easy_mlops.config.deployment import DeploymentSection, effective_steps
from easy_mlops.config.errors import ConfigError, Problem, require
from easy_mlops.config.plugins import Imported
from easy_mlops.contract import CONFIG_FILE, LOGS_DIRECTORY, SUMS_FILE
from easy_mlops.deployment.context import DeploymentContext, Description
from easy_mlops.deployment.digests import FileDigests
from easy_mlops.deployment.load import load_directory
from easy_mlops.deployment.metadata import complete, moved, now, plain
from easy_mlops.deployment.plugins import keep_plugins
from easy_mlops.deployment.steps import (
    DEPLOYMENT_KIND,
    STEP_REGISTRY,
    DeploymentStep,
    EndpointScriptStep,
    write_endpoint,
)
from easy_mlops.deployment.sums import digest_of, encode_sums, files_of
from easy_mlops.deployment.template import DEFAULT_ENDPOINT_TEMPLATE
from easy_mlops.deployment.tracker import NoTracker, Tracker
from easy_mlops.pages import object_table

DirectoryHook = Callable[[Path], None]


class ModelDeployer:
    """Deploy trained models as the `deployment:` section of the configuration describes.

    Parameters
    ----------
    config : DeploymentSection or mapping, optional
        The `deployment:` section; the default is an empty one.
    snapshot : mapping, optional
        The content of `config.yaml` in a deployment; the default is this section.
    plugins : Imported, optional
        Steps for this deployer only, and files that a deployment includes so that it can be loaded where they are not
        installed.

    Attributes
    ----------
    config : dict
        The effective section.
    steps : list of DeploymentStep
        The configured steps, in the order in which they run.
    deployment_info : dict
        The artifact map and the digest of the last deployment; empty before the first one.
    STEP_REGISTRY : dict
        All registered steps by name.

    Raises
    ------
    ConfigError
        If the configuration is not valid, before any file is written. It is a `ValueError`; for a step that is neither
        a name nor a mapping it is a `TypeError` as well.

    Examples
    --------
    >>> from easy_mlops.deployment import ModelDeployer
    >>> deployer = ModelDeployer({"output_dir": "./artifacts", "create_endpoint": True})
    >>> [step.name for step in deployer.steps]
    ['create_directory', 'save_model', 'save_preprocessor', 'save_metadata', 'endpoint_script']
    >>> deployer
    ModelDeployer(output_dir='./artifacts', steps=5, deployed=None)
    """

    STEP_REGISTRY: ClassVar[dict[str, type[DeploymentStep]]] = STEP_REGISTRY

    def __init__(
        self,
        config: DeploymentSection | Mapping[str, Any] | None = None,
        *,
        snapshot: Mapping[str, Any] | None = None,
        plugins: Imported | None = None,
    ) -> None:
        self._plugins = plugins or Imported()
        self._registry = DEPLOYMENT_KIND.extended(self.STEP_REGISTRY, self._plugins.steps)
        section = config if isinstance(config, DeploymentSection) else DeploymentSection.parse(config, "deployment")
        require(check_deployment(section, "deployment", DEPLOYMENT_KIND.catalogue(self._registry, section.steps)))
        self.section = section
        self.config: dict[str, Any] = section.model_dump(exclude_none=True)
        self.steps: list[DeploymentStep] = [self._make(spec) for spec in effective_steps(section)]
        self.deployment_info: dict[str, Any] = {}
        self._snapshot = snapshot if snapshot is not None else {"deployment": self.config}
        self._failed_name: str | None = None

    def __repr__(self) -> str:
        deployed = self.deployment_info.get("deployment_dir")
        output_dir = self.section.output_dir
        return f"{type(self).__name__}(output_dir={output_dir!r}, steps={len(self.steps)}, deployed={deployed!r})"

    def _repr_html_(self) -> str:
        steps = ", ".join(step.name for step in self.steps)
        rows = {"output_dir": self.section.output_dir, "version": self.section.version, "steps": steps}
        return object_table(type(self).__name__, rows | self.deployment_info)

    @classmethod
    def register_step(cls, step: type[DeploymentStep]) -> None:
        """Make a step available to `deployment.steps` by its `name`; it may replace a built-in one.

        Parameters
        ----------
        step : type
            A subclass of `DeploymentStep` with a class attribute `name`.

        Raises
        ------
        TypeError
            If the step is not a subclass of `DeploymentStep`.
        AttributeError
            If the step has no name.
        """
        DEPLOYMENT_KIND.register(cls.STEP_REGISTRY, step)

    def get_step(self, name: str) -> DeploymentStep | None:
        """The configured step of a name.

        Parameters
        ----------
        name : str

        Returns
        -------
        DeploymentStep or None
        """
        return next((step for step in self.steps if step.name == name), None)

    def create_model_metadata(
        self, model_path: str, preprocessor_path: str | None, training_results: Mapping[str, Any]
    ) -> dict[str, Any]:
        """What metadata.json says about the run; `save_metadata` adds what it knows of files and columns.

        Parameters
        ----------
        model_path : str
            Path of the model file.
        preprocessor_path : str or None
            Path of the fitted preprocessor.
        training_results : mapping
            Results of `ModelTrainer.train`.

        Returns
        -------
        dict
        """
        return {
            "model_path": model_path,
            "preprocessor_path": preprocessor_path,
            "training_results": plain(training_results),
            "deployment_time": self.section.deployment_time or now(),
            "version": self.section.version,
            "status": "deployed",
        }

    def deploy(
        self,
        model: Any,
        preprocessor: Any,
        training_results: Mapping[str, Any],
        create_endpoint: bool | None = None,
        *,
        output_dir: str | Path | None = None,
        run_id: str | None = None,
        description: Description | None = None,
        tracker: Tracker | None = None,
        before_publish: DirectoryHook | None = None,
        verify: DirectoryHook | None = None,
    ) -> dict[str, str]:
        """Run the steps and publish the directory.

        If a step fails, its own exception is raised with a note naming the step, and no directory remains. This
        function is long because of its parameters, each of which is part of the public API.

        Parameters
        ----------
        model : object
            Has a method `save_model(path)`.
        preprocessor : object or None
            Is serialised with joblib.
        training_results : mapping
            Is recorded in the metadata.
        create_endpoint : bool, optional
            Whether to write the helper script; overrides the configuration either way.
        output_dir : str or path, optional
            Overrides the configured base directory.
        run_id : str, optional
            Identifies the run: a retry of the same run reuses its directory name.
        description : Description, optional
            Schema and reference of the model's input, if the preprocessor does not have them.
        tracker : Tracker, optional
            Is notified of each step.
        before_publish : callable, optional
            Is called with the directory to add files such as logs.
        verify : callable, optional
            Is called with the finished directory and rejects it by raising an exception.

        Returns
        -------
        dict of str to str
            The artifact map; its paths are absolute.
        """
        context = DeploymentContext(
            model=model,
            preprocessor=preprocessor,
            training_results=training_results,
            base_output_dir=Path(output_dir or self.section.output_dir),
            config=self.config,
            metadata_factory=self.create_model_metadata,
            endpoint_template=self.section.endpoint_template,
            endpoint_writer=write_endpoint,
            run_id=run_id,
            preferred_name=self._failed_name,
            description=description,
        )
        tracker = tracker or NoTracker()
        try:
            self._run_steps(context, self._steps_for(create_endpoint), tracker)
            digest = self._finish(context, tracker, before_publish, verify)
        except BaseException:
            if context.workspace is not None:
                self._failed_name = context.workspace.final.name
                context.workspace.abandon()
            raise
        self._failed_name = None
        self.deployment_info = {**context.artifacts, "digest": digest}
        return dict(context.artifacts)

    def save_deployment_artifacts(
        self,
        model: Any,
        preprocessor: Any,
        training_results: Mapping[str, Any],
        output_dir: str | Path | None = None,
    ) -> dict[str, str]:
        """`deploy` with another base directory for this once.

        Parameters
        ----------
        model, preprocessor, training_results : object
            As for `deploy`.
        output_dir : str or path, optional
            The base directory.

        Returns
        -------
        dict of str to str
            A copy of the artifact map.
        """
        return self.deploy(model, preprocessor, training_results, output_dir=output_dir)

    def create_endpoint_script(self, deployment_dir: str | Path) -> str:
        """Add the helper script to a published directory and bring its SHA256SUMS up to date.

        Parameters
        ----------
        deployment_dir : str or path

        Returns
        -------
        str
        """
        directory = Path(deployment_dir).absolute()
        template = self.section.endpoint_template or DEFAULT_ENDPOINT_TEMPLATE
        path = write_endpoint(directory, self.section.endpoint_filename, template)
        if (directory / SUMS_FILE).exists():
            write_sums(directory)
        return path

    def get_deployment_info(self) -> dict[str, Any]:
        """Artifact map and digest of the last deployment of this deployer; empty before the first.

        Returns
        -------
        dict
        """
        return dict(self.deployment_info)

    def load_deployed_model(
        self, deployment_dir: str | Path, *, allow_unverified: bool = False
    ) -> tuple[dict[str, Any], Any | None, dict[str, Any]]:
        """Load what a directory has, verified before anything is unpickled.

        Parameters
        ----------
        deployment_dir : str or path
            A deployment directory.
        allow_unverified : bool, default False
            Whether to load a directory without SHA256SUMS, as release 0.4 wrote them.

        Returns
        -------
        model_data : dict
            The content of the model file; its `model` is the estimator.
        preprocessor : object or None
        metadata : dict

        Raises
        ------
        IntegrityError
            If a file is missing or was changed.
        """
        loaded = load_directory(deployment_dir, allow_unverified=allow_unverified)
        return dict(loaded.model_data), loaded.preprocessor, dict(loaded.metadata)

    def _make(self, spec: StepSpec) -> DeploymentStep:
        try:
            return self._registry[spec.type].from_config(spec.params)
        except TypeError as error:  # raised if a custom step has no such parameter
            raise ConfigError([Problem("deployment.steps", "InvalidValue", f"step {spec.type!r}: {error}")]) from error

    def _steps_for(self, create_endpoint: bool | None) -> list[tuple[DeploymentStep, bool]]:
        """The steps, each with whether it runs. What a call says about the helper script wins."""
        chosen = []
        for step in self.steps:
            runs = not isinstance(step, EndpointScriptStep) or step.enabled
            if _is_script(step) and create_endpoint is not None:
                runs, step = create_endpoint, copy(step)
                step.params = {**step.params, "enabled": create_endpoint}
            chosen.append((step, runs))
        if create_endpoint and not any(_is_script(step) for step, _ in chosen):
            wanted = self.section.model_copy(update={"create_endpoint": True})
            chosen.append((self._make(effective_steps(wanted)[-1]), True))
        return chosen

    def _run_steps(
        self, context: DeploymentContext, steps: list[tuple[DeploymentStep, bool]], tracker: Tracker
    ) -> None:
        for step, runs in steps:
            if not runs:
                tracker.skip(step.name, "switched off")
                continue
            with tracker.step(step.name):
                try:
                    step.run(context)
                except Exception as error:
                    error.add_note(f"in the deployment step {step.name!r}")
                    raise

    def _finish(
        self,
        context: DeploymentContext,
        tracker: Tracker,
        before_publish: DirectoryHook | None,
        verify: DirectoryHook | None,
    ) -> str:
        """Seal, verify and publish the directory; its digest, empty when no step made a directory."""
        directory, workspace = context.deployment_dir, context.workspace
        if directory is None:
            return ""
        with tracker.step("checksums"):
            (directory / LOGS_DIRECTORY).mkdir(exist_ok=True)
            if before_publish is not None:
                before_publish(directory)
            keep_plugins(self._plugins.files, directory)
            snapshot = yaml.safe_dump(plain(self._snapshot), sort_keys=False, allow_unicode=True)
            (directory / CONFIG_FILE).write_text(snapshot, encoding="utf-8")
            complete(directory, context.final_dir or directory, context.artifacts)
            digest = write_sums(directory, context.digests)
        if verify is not None:
            with tracker.step("verify"):
                verify(directory)
        if workspace is None:  # a custom step created the directory in its final place
            return digest
        with tracker.step("publish"):
            workspace.publish()
        context.artifacts = moved(context.artifacts, workspace.path, workspace.final)
        context.metadata = moved(context.metadata, workspace.path, workspace.final)
        context.deployment_dir, context.workspace = workspace.final, None
        return digest


def _is_script(step: DeploymentStep) -> bool:
    return isinstance(step, EndpointScriptStep) or step.name == EndpointScriptStep.name


def write_sums(directory: Path, digests: FileDigests | None = None) -> str:
    """Write SHA256SUMS over everything in a directory, replacing an older one at once; the deployment's digest."""
    digests = digests or FileDigests()
    sums = {str(path.relative_to(directory)): digests.of(path) for path in files_of(directory)}
    content = encode_sums(sums)
    new = directory / f".{SUMS_FILE}.new"
    try:
        new.write_bytes(content)
        new.replace(directory / SUMS_FILE)
    finally:
        with suppress(OSError):
            new.unlink()
    return digest_of(content)
