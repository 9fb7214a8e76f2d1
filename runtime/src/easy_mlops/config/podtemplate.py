"""What a spec may add to the pods of its Job or to its scoring pods: where they run, as whom, and with which data.

There is no security context, no command, no host path and no container: whatever a spec adds, its pods stay within the
restricted Pod Security Standard and run the project's program.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from easy_mlops.config.kubernetes import KubernetesSection
from easy_mlops.config.patterns import (
    ALLOWED,
    ENV_NAME,
    LABEL_KEY,
    LABEL_VALUE,
    MOUNT_PATH,
    OBJECT_NAME,
    RELATIVE_PATH,
    VOLUME_NAME,
)


def _matching(pattern: str) -> AfterValidator:
    """A pattern that only the check has: the schema has little room, and none for patterns of keys."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"must be {ALLOWED[pattern]}, got {text!r}")
        return text

    return AfterValidator(check)


LabelKey = Annotated[str, _matching(LABEL_KEY)]
LabelValue = Annotated[str, _matching(LABEL_VALUE), Field(max_length=63)]
Reference = Annotated[str, _matching(OBJECT_NAME), Field(max_length=253)]
Key = Annotated[str, Field(min_length=1, max_length=253)]


class Toleration(KubernetesSection):
    """A taint that the pods tolerate."""

    key: str | None = Field(default=None, max_length=317, description="Key of the taint; unset for all keys.")
    operator: Literal["Exists", "Equal"] | None = Field(
        default=None, description="Exists for any value. Kubernetes defaults it to Equal."
    )
    value: str | None = Field(default=None, max_length=63, description="Value of the taint, for Equal.")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(
        default=None, description="Effect of the taint; unset for all effects."
    )
    toleration_seconds: int | None = Field(
        default=None, ge=0, le=2**31 - 1, description="Duration for the effect NoExecute."
    )


class Affinity(KubernetesSection):
    """Rules of affinity, as in a pod."""

    node_affinity: dict[str, Any] | None = Field(default=None, description="Nodes on which the pods may or should run.")
    pod_affinity: dict[str, Any] | None = Field(
        default=None,
        description="Pods near which the pods must or should run.",
    )
    pod_anti_affinity: dict[str, Any] | None = Field(
        default=None, description="Pods near which the pods must not or should not run."
    )


class SpreadConstraint(KubernetesSection):
    """A topology spread constraint of the pods that have this template; their labels are its selector."""

    max_skew: int = Field(default=1, ge=1, le=100, description="Maximum difference of the number of pods.")
    topology_key: str = Field(min_length=1, max_length=317, description="Label of nodes.")
    when_unsatisfiable: Literal["DoNotSchedule", "ScheduleAnyway"] = Field(
        default="ScheduleAnyway", description="Whether pods that cannot satisfy it are scheduled."
    )


class ObjectName(KubernetesSection):
    """An object of the same namespace."""

    name: Reference = Field(description="Name of the object.")


class KeyReference(KubernetesSection):
    """A key of a ConfigMap or of a Secret."""

    name: Reference = Field(description="Name of the ConfigMap or Secret.")
    key: Key = Field(description="Its key.")


class VariableSource(KubernetesSection):
    """Where the value of a variable comes from: exactly one source."""

    config_map_key_ref: KeyReference | None = Field(default=None, description="A key of a ConfigMap.")
    secret_key_ref: KeyReference | None = Field(default=None, description="A key of a Secret.")


class Variable(KubernetesSection):
    """An environment variable: a value, or where it comes from."""

    name: str = Field(pattern=ENV_NAME, max_length=253, description="Name of the variable.")
    value: str | None = Field(default=None, max_length=32768, description="Its value.")
    value_from: VariableSource | None = Field(default=None, description="Where its value comes from. ")


class VariablesFrom(KubernetesSection):
    """Variables from a ConfigMap or a Secret: exactly one of them."""

    config_map_ref: ObjectName | None = Field(default=None, description="The ConfigMap.")
    secret_ref: ObjectName | None = Field(default=None, description="The Secret.")


class SecretFiles(KubernetesSection):
    """A volume with the keys of a Secret."""

    secret_name: Reference = Field(description="Name of the Secret.")


class ClaimFiles(KubernetesSection):
    """A volume of a PersistentVolumeClaim."""

    claim_name: Reference = Field(description="Name of the claim: none that the pods mount anyway.")


class ExtraVolume(KubernetesSection):
    """A volume with exactly one source; other types are not available."""

    name: str = Field(pattern=VOLUME_NAME, max_length=63, description="Name of the volume.")
    config_map: ObjectName | None = Field(default=None, description="Keys of a ConfigMap as files.")
    secret: SecretFiles | None = Field(default=None, description="Keys of a Secret as files.")
    persistent_volume_claim: ClaimFiles | None = Field(default=None, description="Files on a claim.")


class ExtraMount(KubernetesSection):
    """Where a volume of `volumes` is mounted."""

    name: str = Field(max_length=63, description="Name of a volume in volumes.")
    mount_path: str = Field(pattern=MOUNT_PATH, max_length=512, description="Absolute path in the container.")
    sub_path: Annotated[str, _matching(RELATIVE_PATH)] | None = Field(
        default=None, max_length=512, description="Path in the volume; unset for its root."
    )
    read_only: bool | None = Field(default=None, description="Whether it is read-only.")


class PodTemplate(KubernetesSection):
    """What is added to pods. Nothing here makes a new revision of the model."""

    labels: dict[LabelKey, LabelValue] = Field(default_factory=dict, max_length=32, description="Labels of the pods.")
    annotations: dict[LabelKey, Annotated[str, Field(max_length=16384)]] = Field(
        default_factory=dict, max_length=32, description="Annotations of the pods."
    )
    node_selector: dict[LabelKey, LabelValue] = Field(
        default_factory=dict, max_length=32, description="Labels of nodes that may run the pods."
    )
    tolerations: list[Toleration] = Field(
        default_factory=list, max_length=32, description="Taints that the pods tolerate."
    )
    affinity: Affinity | None = Field(default=None, description="Rules of affinity.")
    topology_spread_constraints: list[SpreadConstraint] = Field(
        default_factory=list,
        max_length=8,
        description="How the pods are spread over nodes and zones. Replaces the constraints of the operator.",
    )
    service_account_name: Reference | None = Field(
        default=None,
        description="Service account of the pods, for example for a cloud's workload identity. Its token for the API "
        "server is not mounted. Defaults to that of the namespace.",
    )
    image_pull_secrets: list[ObjectName] = Field(
        default_factory=list, max_length=16, description="Secrets for the registries of the images."
    )
    priority_class_name: Reference | None = Field(default=None, description="Priority class of the pods.")
    runtime_class_name: Reference | None = Field(default=None, description="Runtime class of the pods.")
    env: list[Variable] = Field(default_factory=list, max_length=64, description="Environment variables.")
    env_from: list[VariablesFrom] = Field(
        default_factory=list,
        max_length=16,
        description="ConfigMaps and Secrets, all keys of which are environment variables.",
    )
    volumes: list[ExtraVolume] = Field(
        default_factory=list, max_length=16, description="Volumes from a ConfigMap, a Secret or a claim."
    )
    volume_mounts: list[ExtraMount] = Field(
        default_factory=list, max_length=16, description="Where volumes are mounted in the container."
    )
