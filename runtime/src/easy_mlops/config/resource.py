"""The spec of a ModelDeployment: the YAML sections unchanged, and the part for Kubernetes.

The only source of the CRD, of the operator and of `make-mlops-easy run`. A field is added only once it works.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from easy_mlops.config.data import DataSource
from easy_mlops.config.deployment import DeploymentSection
from easy_mlops.config.kubernetes import DnsName, KubernetesSection
from easy_mlops.config.observability import ObservabilitySection
from easy_mlops.config.patterns import QUANTITY, SINGLE_MODULE
from easy_mlops.config.plugins import Plugin, Sha256
from easy_mlops.config.podtemplate import PodTemplate
from easy_mlops.config.preprocessing import PreprocessingSection
from easy_mlops.config.training import TrainingSection


def _quantity(value: Any) -> Any:
    """`cpu: 1` means the same as `cpu: "1"`, as in a pod."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Quantity = Annotated[
    str,
    Field(
        pattern=QUANTITY,
        max_length=32,
        json_schema_extra={"x-kubernetes-int-or-string": True},
    ),
    BeforeValidator(_quantity),
]


class Resources(KubernetesSection):
    """CPU and memory, as in a pod."""

    requests: dict[Literal["cpu", "memory", "ephemeral-storage"], Quantity] = Field(
        default_factory=dict, description="Amount that the scheduler reserves."
    )
    limits: dict[Literal["cpu", "memory", "ephemeral-storage"], Quantity] = Field(
        default_factory=dict, description="Maximum that the container may use."
    )


class ConfigMapPlugin(KubernetesSection):
    """A Python module in a ConfigMap."""

    config_map: DnsName = Field(description="ConfigMap that has the source of the module in the key MODULE.py.")
    module: str = Field(
        pattern=SINGLE_MODULE,
        max_length=100,
        description="Module to import, such as my_steps, which registers its steps. my_steps:MyStep registers that "
        "class.",
    )
    sha256: Sha256 = Field(
        description="SHA-256 of the module's source. Source with another digest is refused before it runs."
    )

    def as_plugin(self) -> Plugin:
        """The same plugin as an entry of a config.yaml."""
        return Plugin(module=self.module, sha256=self.sha256)


class PipelineSection(KubernetesSection):
    """The Job that trains, verifies and publishes the model."""

    image: str | None = Field(
        default=None,
        min_length=1,
        max_length=512,
        description="Container image of the Job and of the scoring pods. Defaults to the runtime image of the "
        "installation.",
    )
    resources: Resources = Field(default_factory=Resources, description="Compute resources of the Job's pod.")
    backoff_limit: int = Field(
        default=2, ge=0, le=10, description="Number of retries after a crash. Invalid input is not retried."
    )
    active_deadline_seconds: int = Field(
        default=3600, ge=10, le=604800, description="Maximum duration of the Job, in seconds."
    )
    rerun: str | None = Field(
        default=None,
        min_length=1,
        max_length=253,
        description="Any text, such as a date. A change trains the same spec again, for example on changed data; with "
        "an earlier text, the revision of that text serves again. Without a cluster it has no effect.",
    )
    plugins: list[ConfigMapPlugin] = Field(
        default_factory=list,
        max_length=16,
        description="Modules of your own that are imported before the steps are looked up. They run in the Job and "
        "in the scoring pods, never in the operator.",
    )
    pod_template: PodTemplate = Field(
        default_factory=PodTemplate,
        description="Additions to the pods of the Job. A change applies to the next run and makes no new revision.",
    )


class AutoscalingSection(KubernetesSection):
    """A HorizontalPodAutoscaler that scales the scoring pods by their CPU utilization."""

    min_replicas: int = Field(default=1, ge=1, le=100, description="Minimum number of pods.")
    max_replicas: int = Field(ge=1, le=100, description="Maximum number of pods. Must not be less than minReplicas.")
    target_cpu_utilization_percentage: int = Field(
        default=70,
        ge=1,
        le=1000,
        alias="targetCPUUtilizationPercentage",
        description="Target average CPU utilization, in percent of the CPU request. Requires a metrics server.",
    )


class ServingSection(KubernetesSection):
    """The pods that serve predictions."""

    replicas: int | None = Field(
        default=None,
        ge=0,
        le=100,
        description="Number of pods. If unset, there is one at first, and the operator does not manage the number. "
        "`kubectl scale` sets this field. Excludes autoscaling.",
    )
    autoscaling: AutoscalingSection | None = Field(
        default=None,
        description="Let a HorizontalPodAutoscaler manage the number of pods. Excludes replicas.",
    )
    resources: Resources = Field(default_factory=Resources, description="Compute resources of a scoring pod.")
    port: int = Field(default=8080, ge=1024, le=65535, description="Port of the Service and of the pods.")
    allow_version_mismatch: bool = Field(
        default=False,
        description="Whether to load a model that was trained with another minor version of scikit-learn. Its "
        "predictions may differ.",
    )
    pod_template: PodTemplate = Field(
        default_factory=PodTemplate,
        description="Additions to the scoring pods. A change rolls out new pods with the same model.",
    )


class StorageSection(KubernetesSection):
    """The volume that stores artifacts and logs: one claim per ModelDeployment."""

    size: Quantity = Field(default="1Gi", description="Size of the claim. It can grow but not shrink.")
    storage_class_name: DnsName | None = Field(
        default=None, description="Storage class of the claim. Defaults to the cluster's default class. Immutable."
    )
    access_modes: list[Literal["ReadWriteOnce", "ReadWriteMany"]] = Field(
        default=["ReadWriteOnce"],
        min_length=1,
        max_length=1,
        description="Access mode of the claim. Defaults to ReadWriteOnce. Immutable.",
    )
    existing_claim: DnsName | None = Field(
        default=None, description="Name of a claim to use instead of creating one; it is never deleted. Immutable."
    )
    retain: bool = Field(default=True, description="Whether to keep the claim when the resource is deleted.")


class RolloutSection(KubernetesSection):
    """Which revision serves while the newest one is not available."""

    fallback: Literal["none", "lastGood"] = Field(
        default="none",
        description="What to serve while the run of the newest revision fails or waits for its data and no other "
        "revision serves. none: nothing. lastGood: the newest deployment in deployment.output_dir on the volume that a "
        "run of a resource of this name published and that can be verified and loaded; Serving is then True, and Ready "
        "stays False. Without a cluster it has no effect; make-mlops-easy lastgood shows which deployment would serve.",
    )


class ModelDeploymentSpec(KubernetesSection):
    """A model to train, store, serve and monitor."""

    data: DataSource = Field(description="The table to train on.")
    preprocessing: PreprocessingSection = Field(
        default_factory=PreprocessingSection,
        description="The preprocessing section of a config.yaml, unchanged.",
    )
    training: TrainingSection = Field(
        default_factory=TrainingSection, description="The training section of a config.yaml, unchanged."
    )
    deployment: DeploymentSection = Field(
        default_factory=DeploymentSection, description="The deployment section of a config.yaml, unchanged."
    )
    observability: ObservabilitySection = Field(
        default_factory=ObservabilitySection,
        description="The observability section of a config.yaml, unchanged.",
    )
    pipeline: PipelineSection = Field(default_factory=PipelineSection, description="The Job that trains the model.")
    serving: ServingSection = Field(default_factory=ServingSection, description="The pods that serve predictions.")
    storage: StorageSection = Field(
        default_factory=StorageSection, description="The volume that stores artifacts and logs."
    )
    rollout: RolloutSection = Field(
        default_factory=RolloutSection, description="Which revision serves while the newest one is not available."
    )
    suspend: bool = Field(
        default=False,
        description="Whether to suspend the resource: no new Job, no rollout. Running pods continue to serve.",
    )
    revision_history_limit: int = Field(
        default=5, ge=1, le=20, description="Number of revisions to list in status and to keep on the volume."
    )
