"""The spec of a ModelDeployment: the YAML sections as they are, and the part for Kubernetes.

One source for the CRD, for the operator and for `make-mlops-easy run`. A field is here only once it works.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from easy_mlops.config.base import Section
from easy_mlops.config.data import DataSource
from easy_mlops.config.deployment import DeploymentSection
from easy_mlops.config.observability import ObservabilitySection
from easy_mlops.config.plugins import Plugin, Sha256
from easy_mlops.config.preprocessing import PreprocessingSection
from easy_mlops.config.training import TrainingSection


def _quantity(value: Any) -> Any:
    """`cpu: 1` is as good as `cpu: "1"`, as in a pod."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Quantity = Annotated[
    str,
    Field(
        pattern=r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$",
        max_length=32,
        json_schema_extra={"x-kubernetes-int-or-string": True},
    ),
    BeforeValidator(_quantity),
]
DnsName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253)]


class KubernetesSection(Section):
    """A section of the Kubernetes part; its keys are camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, serialize_by_alias=True)


class Resources(KubernetesSection):
    """CPU and memory, as in a pod."""

    requests: dict[Literal["cpu", "memory", "ephemeral-storage"], Quantity] = Field(
        default_factory=dict, description="What the scheduler sets aside."
    )
    limits: dict[Literal["cpu", "memory", "ephemeral-storage"], Quantity] = Field(
        default_factory=dict, description="What the container may not exceed."
    )


class ConfigMapPlugin(KubernetesSection):
    """A module of the user's own in a ConfigMap."""

    config_map: DnsName = Field(description="ConfigMap with the key MODULE.py.")
    module: str = Field(
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*(:[A-Za-z_][A-Za-z0-9_]*)?$",
        max_length=100,
        description="Module to import, such as my_steps; it registers its steps. my_steps:MyStep registers that class.",
    )
    sha256: Sha256 = Field(description="SHA-256 of the module's source; another one is refused before it runs.")

    def as_plugin(self) -> Plugin:
        """As a config.yaml names it."""
        return Plugin(module=self.module, sha256=self.sha256)


class PipelineSection(KubernetesSection):
    """The Job that trains, verifies and publishes."""

    image: str | None = Field(
        default=None, min_length=1, max_length=512, description="Image to run; default is the operator's own."
    )
    resources: Resources = Field(default_factory=Resources, description="CPU and memory of the Job's pod.")
    backoff_limit: int = Field(
        default=2, ge=0, le=10, description="Retries after a crash. Bad input is never tried again."
    )
    active_deadline_seconds: int = Field(
        default=3600, ge=10, le=604800, description="Longest time that the Job may take, in seconds."
    )
    plugins: list[ConfigMapPlugin] = Field(
        default_factory=list,
        max_length=16,
        description="Modules of your own, imported before the steps are looked up. They run in the Job and in the "
        "scoring pods, never in the operator.",
    )


class AutoscalingSection(KubernetesSection):
    """A HorizontalPodAutoscaler that sets the number of scoring pods by their CPU."""

    min_replicas: int = Field(default=1, ge=1, le=100, description="Fewest pods.")
    max_replicas: int = Field(ge=1, le=100, description="Most pods; at least minReplicas.")
    target_cpu_utilization_percentage: int = Field(
        default=70,
        ge=1,
        le=1000,
        alias="targetCPUUtilizationPercentage",
        description="CPU that pods should use on average, in percent of their request. Needs a metrics server.",
    )


class ServingSection(KubernetesSection):
    """The pods that answer predictions."""

    replicas: int | None = Field(
        default=None,
        ge=0,
        le=100,
        description="Number of pods; never set by the operator when absent (one). `kubectl scale` sets this field. "
        "Excludes autoscaling.",
    )
    autoscaling: AutoscalingSection | None = Field(
        default=None,
        description="Let a HorizontalPodAutoscaler set the number of pods; the operator then never does. "
        "Excludes replicas.",
    )
    resources: Resources = Field(default_factory=Resources, description="CPU and memory of a scoring pod.")
    port: int = Field(default=8080, ge=1024, le=65535, description="Port of the Service and of the pods.")
    allow_version_mismatch: bool = Field(
        default=False,
        description="true loads a model that another minor version of scikit-learn made; it may answer something else.",
    )


class StorageSection(KubernetesSection):
    """The volume that keeps artifacts and logs: one claim for each ModelDeployment."""

    size: Quantity = Field(default="1Gi", description="Size of the claim.")
    storage_class_name: DnsName | None = Field(
        default=None, description="Storage class; default is the cluster's. Cannot be changed."
    )
    access_modes: list[Literal["ReadWriteOnce", "ReadWriteMany"]] = Field(
        default=["ReadWriteOnce"], min_length=1, max_length=1, description="Access mode. Cannot be changed."
    )
    existing_claim: DnsName | None = Field(
        default=None, description="Use this claim instead of making one; it is never deleted."
    )
    retain: bool = Field(default=True, description="Keep the claim when the resource is deleted.")


class RolloutSection(KubernetesSection):
    """Which revision serves while the newest one cannot."""

    fallback: Literal["none", "lastGood"] = Field(
        default="none",
        description="What serves while the run of the newest revision fails, or waits for its data, and nothing else "
        "serves. lastGood: the newest deployment that runs of this resource's name, earlier ones too, have published "
        "in deployment.output_dir on the volume and that verifies and loads; Serving is True then, Ready stays False. "
        "none: nothing. Without a cluster nothing is served; make-mlops-easy lastgood finds what would be.",
    )


class ModelDeploymentSpec(KubernetesSection):
    """A model to train, keep, serve and judge."""

    data: DataSource = Field(description="The table to train on.")
    preprocessing: PreprocessingSection = Field(
        default_factory=PreprocessingSection,
        description="The preprocessing section of a config.yaml, as it is.",
    )
    training: TrainingSection = Field(
        default_factory=TrainingSection, description="The training section of a config.yaml, as it is."
    )
    deployment: DeploymentSection = Field(
        default_factory=DeploymentSection, description="The deployment section of a config.yaml, as it is."
    )
    observability: ObservabilitySection = Field(
        default_factory=ObservabilitySection,
        description="The observability section of a config.yaml, as it is.",
    )
    pipeline: PipelineSection = Field(default_factory=PipelineSection, description="The Job that trains.")
    serving: ServingSection = Field(default_factory=ServingSection, description="The pods that answer.")
    storage: StorageSection = Field(default_factory=StorageSection, description="Where artifacts are kept.")
    rollout: RolloutSection = Field(
        default_factory=RolloutSection, description="Which revision serves while the newest one cannot."
    )
    suspend: bool = Field(
        default=False,
        description="true freezes the resource: no new Job, no rollout; what serves goes on serving.",
    )
    revision_history_limit: int = Field(
        default=5, ge=1, le=20, description="How many revisions are listed in status and can be gone back to."
    )
