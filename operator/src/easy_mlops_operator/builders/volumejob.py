"""The common part of Jobs that only use the volume: they do not train and do not belong to a revision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from easy_mlops_operator.api.labels import Component, child_labels
from easy_mlops_operator.api.spec import PodTemplate, Resources
from easy_mlops_operator.builders.job import VOLUME_ROOT
from easy_mlops_operator.builders.parent import Parent
from easy_mlops_operator.builders.pod import VOLUME, Claim, base_container, base_spec, base_volumes, tmp_mount
from easy_mlops_operator.builders.podtemplate import customized


def build_volume_job(
    parent: Parent,
    name: str,
    component: Component,
    container: str,
    arguments: Sequence[str],
    *,
    spec: dict[str, Any],
    resources: Resources,
    template: PodTemplate,
    claim: Claim,
    image: str,
    pull_policy: str,
    read_only: bool = False,
) -> dict[str, Any]:
    """A Job of one container with the whole volume. `spec` sets its retries and deadline."""
    body = base_container(container, arguments, image=image, pull_policy=pull_policy, resources=resources)
    mount = {"name": VOLUME, "mountPath": VOLUME_ROOT, **({"readOnly": True} if read_only else {})}
    body["volumeMounts"] = [mount, tmp_mount()]
    pod = {
        **base_spec(parent.name, claim),
        "restartPolicy": "Never",
        "containers": [body],
        "volumes": base_volumes(claim),
    }
    made = {"metadata": {"labels": child_labels(parent.name, component)}, "spec": pod}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": parent.metadata(name, component),
        "spec": {**spec, "template": customized(template, made)},
    }
