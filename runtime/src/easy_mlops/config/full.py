"""A whole configuration: the sections of a config.yaml."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, PrivateAttr

from easy_mlops.config.base import Section
from easy_mlops.config.data import DataSource
from easy_mlops.config.deployment import DeploymentSection
from easy_mlops.config.observability import ObservabilitySection
from easy_mlops.config.plugins import Imported, Plugins
from easy_mlops.config.preprocessing import PreprocessingSection
from easy_mlops.config.resource import ModelDeploymentSpec
from easy_mlops.config.training import TrainingSection


class Config(Section):
    """The sections of a config.yaml; a section that is left out has its defaults.

    `data` is only required by `make-mlops-easy run`: all other commands take the data as an argument.
    """

    plugins: Plugins = Field(
        default_factory=list,
        description="Modules of your own, such as [my_steps], that are imported before the steps are looked up.",
    )
    data: DataSource | None = Field(default=None, description="The table to train on.")
    preprocessing: PreprocessingSection = Field(default_factory=PreprocessingSection)
    training: TrainingSection = Field(default_factory=TrainingSection)
    deployment: DeploymentSection = Field(default_factory=DeploymentSection)
    observability: ObservabilitySection = Field(default_factory=ObservabilitySection)

    _imported: Imported = PrivateAttr(default_factory=Imported)

    @property
    def imported(self) -> Imported:
        """What importing the plugins yielded; empty before. It is not shared with other configurations."""
        return self._imported

    def with_imported(self, imported: Imported) -> Self:
        """A copy of this configuration with the result of importing its plugins.

        Parameters
        ----------
        imported : Imported
            The steps and sources that the plugins have registered.

        Returns
        -------
        Config
        """
        config = self.model_copy()
        config._imported = imported
        return config

    @classmethod
    def of(cls, spec: ModelDeploymentSpec) -> Self:
        """The part of a ModelDeployment's spec that a run uses.

        Parameters
        ----------
        spec : ModelDeploymentSpec
            An accepted spec.

        Returns
        -------
        Config
        """
        sections = {name: getattr(spec, name) for name in cls.model_fields if name != "plugins"}
        return cls(plugins=[plugin.as_plugin() for plugin in spec.pipeline.plugins], **sections)

    def snapshot(self) -> dict[str, Any]:
        """The effective values, defaults included, as plain data that `Config.parse` accepts.

        An `alert_threshold` that nobody wrote is not included: it applies to fewer metrics than a written one.

        Returns
        -------
        dict
            Sections by name.
        """
        exclude = None if self.plugins else {"plugins"}
        snapshot = self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=exclude)
        if "alert_threshold" not in self.observability.model_fields_set:
            del snapshot["observability"]["alert_threshold"]
        return snapshot
