"""The Job that trains a revision, verifies its artifacts and publishes them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Final

from easy_mlops.contract import DATA_ROOT_ENV, EXIT_FAILED, EXIT_USAGE, mounted_data, run_arguments

from easy_mlops_operator.api.labels import CLAIM_UID, PIPELINE_HASH, child_labels
from easy_mlops_operator.api.names import RESOURCE_FILE, run_id
from easy_mlops_operator.api.spec import ConfigMapPlugin, DataUri, PipelineSection
from easy_mlops_operator.builders.parent import Parent
from easy_mlops_operator.builders.pod import (
    VOLUME,
    Claim,
    base_container,
    base_spec,
    base_volumes,
    tmp_mount,
)
from easy_mlops_operator.builders.podtemplate import additions, customized

CONTAINER: Final = "pipeline"
VOLUME_ROOT: Final = "/volume"
DATA_ROOT: Final = "/data"
CONFIG_ROOT: Final = "/etc/easy-mlops"
PLUGIN_ROOT: Final = "/etc/easy-mlops-plugins"
_DATA: Final = "data"
_CONFIG: Final = "config"
_PLUGINS: Final = "plugins"


def build_job(
    parent: Parent,
    revision: str,
    *,
    pipeline: PipelineSection,
    data: DataUri,
    claim: Claim,
    image: str,
    pull_policy: str,
    attempt: int = 0,
) -> dict[str, Any]:
    """The Job of a revision. Invalid input fails the Job; other failures are retried. `attempt` as in `run_id`."""
    run = run_id(revision, parent.uid, attempt)
    config = {"name": _CONFIG, "configMap": {"name": revision}}
    pod = {
        **base_spec(parent.name, claim),
        "restartPolicy": "Never",
        "containers": [_container(run, pipeline, data, claim, image, pull_policy)],
        "volumes": [*base_volumes(claim), config, *_data_volumes(data, claim), *_plugin_volumes(pipeline.plugins)],
    }
    template = {"metadata": {"labels": child_labels(parent.name, "pipeline", revision)}, "spec": pod}
    metadata = parent.metadata(revision, "pipeline", revision=revision)
    metadata["annotations"] = {CLAIM_UID: claim.uid, PIPELINE_HASH: pipeline_hash(pipeline)}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata,
        "spec": {
            "backoffLimit": pipeline.backoff_limit,
            "activeDeadlineSeconds": pipeline.active_deadline_seconds,
            "podFailurePolicy": bad_input_fails(CONTAINER),
            "template": customized(pipeline.pod_template, template),
        },
    }


def _container(
    run: str,
    pipeline: PipelineSection,
    data: DataUri,
    claim: Claim,
    image: str,
    pull_policy: str,
) -> dict[str, Any]:
    arguments = _arguments(run, pipeline.plugins)
    base = base_container(CONTAINER, arguments, image=image, pull_policy=pull_policy, resources=pipeline.resources)
    return {
        **base,
        "workingDir": VOLUME_ROOT,
        "env": [{"name": DATA_ROOT_ENV, "value": DATA_ROOT}, *base["env"]],
        "volumeMounts": [
            {"name": VOLUME, "mountPath": VOLUME_ROOT},
            {"name": _CONFIG, "mountPath": CONFIG_ROOT, "readOnly": True},
            tmp_mount(),
            *_data_mounts(data, claim),
            *_plugin_mounts(pipeline.plugins),
        ],
    }


def bad_input_fails(container: str) -> dict[str, Any]:
    """A pod failure policy: exit codes that a retry cannot change fail the Job."""
    codes = {"containerName": container, "operator": "In", "values": [EXIT_FAILED, EXIT_USAGE]}
    return {"rules": [{"action": "FailJob", "onExitCodes": codes}]}


def pipeline_hash(pipeline: PipelineSection) -> str:
    """Hash of the resources, limits and additions of a run. If it changes, a failed or unschedulable run is retried.

    A template without additions is left out: an earlier release did not hash it.
    """
    how = pipeline.model_dump(mode="json", include={"resources", "backoff_limit", "active_deadline_seconds"})
    if added := additions(pipeline.pod_template):
        how["pod_template"] = added
    return hashlib.sha256(json.dumps(how, sort_keys=True).encode()).hexdigest()[:16]


def _arguments(run: str, plugins: Sequence[ConfigMapPlugin]) -> list[str]:
    return run_arguments(
        f"{CONFIG_ROOT}/{RESOURCE_FILE}",
        volume=VOLUME_ROOT,
        run_id=run,
        plugin_path=PLUGIN_ROOT if plugins else "",
    )


def _plugin_mounts(plugins: Sequence[ConfigMapPlugin]) -> list[dict[str, Any]]:
    return [{"name": _PLUGINS, "mountPath": PLUGIN_ROOT, "readOnly": True}] if plugins else []


def _plugin_volumes(plugins: Sequence[ConfigMapPlugin]) -> list[dict[str, Any]]:
    """All modules in one directory, from all their ConfigMaps. The run verifies their digests."""
    files = {plugin.as_plugin().file_name: plugin.config_map for plugin in plugins}
    sources = [
        {"configMap": {"name": name, "items": [{"key": file, "path": file}]}} for file, name in sorted(files.items())
    ]
    return [{"name": _PLUGINS, "projected": {"sources": sources}}] if plugins else []


def _data_mounts(data: DataUri, claim: Claim) -> list[dict[str, Any]]:
    if data.scheme not in ("configmap", "pvc"):
        return []
    # A pod must not list a claim twice (kubernetes/kubernetes#28502), so data on the resource's claim uses its volume.
    volume = VOLUME if (data.scheme, data.name) == ("pvc", claim.name) else _DATA
    return [{"name": volume, "mountPath": mounted_data(DATA_ROOT, data.scheme, data.name), "readOnly": True}]


def _data_volumes(data: DataUri, claim: Claim) -> list[dict[str, Any]]:
    if data.scheme == "configmap":
        item = {"key": data.path, "path": data.path}
        return [{"name": _DATA, "configMap": {"name": data.name, "items": [item]}}]
    if data.scheme == "pvc" and data.name != claim.name:
        return [{"name": _DATA, "persistentVolumeClaim": {"claimName": data.name}}]
    return []
