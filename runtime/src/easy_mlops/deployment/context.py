"""The state that deployment steps share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from easy_mlops.deployment.digests import FileDigests
from easy_mlops.deployment.workspace import Workspace

MetadataFactory = Callable[[str, str | None, Mapping[str, Any]], dict[str, Any]]
EndpointWriter = Callable[[Path, str, str], str]


class Description(Protocol):
    """What a model takes, and what that was like in training: `schema` and `reference` of metadata.json."""

    @property
    def schema_(self) -> dict[str, Any]:
        """The columns, see `easy_mlops.preprocessing`."""

    @property
    def reference_(self) -> dict[str, Any]:
        """The profile of each column, and how many rows there were."""


@dataclass
class DeploymentContext:
    """The state of one deployment, read and written by its steps.

    `deployment_dir` is where files go: a hidden directory that exists while steps run and is published as `final_dir`
    once all of them have succeeded. `artifacts` maps names to absolute paths (`deployment_dir`, `model_path`,
    `preprocessor_path`, `metadata_path`, `endpoint_path`) and to whatever else steps want to pass on; texts in it and
    in `metadata` that begin with the hidden path are rewritten when it is published.

    `config` is the effective `deployment:` section. `metadata_factory(model_path, preprocessor_path,
    training_results)` makes the metadata; `endpoint_writer(directory, filename, template)` writes a helper
    script and gives its path; `endpoint_template` is the script's text unless a step has its own. `digests` hashes
    files of the deployment, each only once; `description` is what the model takes, by default what the preprocessor
    does.

    Examples
    --------
    >>> from pathlib import Path
    >>> from easy_mlops.deployment import DeploymentContext
    >>> context = DeploymentContext(None, None, {}, Path("models"), {}, metadata_factory=lambda *paths: {})
    >>> context.artifacts
    {}
    """

    model: Any
    preprocessor: Any
    training_results: Mapping[str, Any]
    base_output_dir: Path
    config: Mapping[str, Any]
    metadata_factory: MetadataFactory
    deployment_dir: Path | None = None
    artifacts: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, Any] | None = None
    endpoint_template: str | None = None
    endpoint_writer: EndpointWriter | None = None
    final_dir: Path | None = None
    run_id: str | None = None
    preferred_name: str | None = None
    workspace: Workspace | None = None
    digests: FileDigests = field(default_factory=FileDigests)
    description: Description | None = None

    def directory_for(self, step: str) -> Path:
        """The directory that a step writes to.

        Parameters
        ----------
        step : str
            Name of the step, for the error message.

        Returns
        -------
        Path

        Raises
        ------
        RuntimeError
            If there is none yet.
        """
        if self.deployment_dir is None:
            raise RuntimeError(f"{step} needs a deployment directory: create_directory has to run before it")
        return self.deployment_dir
