"""A whole configuration: the sections of a config.yaml."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field

from easy_mlops.config.base import Section
from easy_mlops.config.data import DataSource
from easy_mlops.config.deployment import DeploymentSection
from easy_mlops.config.observability import ObservabilitySection
from easy_mlops.config.preprocessing import PreprocessingSection
from easy_mlops.config.resource import ModelDeploymentSpec
from easy_mlops.config.training import TrainingSection


class Config(Section):
    """The sections of a config.yaml; each one that is left out has its defaults.

    `data` is only needed by `make-mlops-easy run`: everything else is handed its data.
    """

    data: DataSource | None = Field(default=None, description="The table to train on.")
    preprocessing: PreprocessingSection = Field(default_factory=PreprocessingSection)
    training: TrainingSection = Field(default_factory=TrainingSection)
    deployment: DeploymentSection = Field(default_factory=DeploymentSection)
    observability: ObservabilitySection = Field(default_factory=ObservabilitySection)

    @classmethod
    def of(cls, spec: ModelDeploymentSpec) -> Self:
        """The part of a ModelDeployment's spec that a run needs."""
        return cls(**{name: getattr(spec, name) for name in cls.model_fields})

    def snapshot(self) -> dict[str, Any]:
        """The effective configuration as plain data, which `Config.parse` takes again."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)
