"""The Job that removes artifacts of revisions beyond `revisionHistoryLimit`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from easy_mlops.contract import prune_arguments, pruned_directories

from easy_mlops_operator.api.names import pruner_name
from easy_mlops_operator.api.spec import PipelineSection
from easy_mlops_operator.builders.job import VOLUME_ROOT
from easy_mlops_operator.builders.parent import Parent
from easy_mlops_operator.builders.pod import Claim
from easy_mlops_operator.builders.volumejob import build_volume_job

_RETRIES: Final = 2
_DEADLINE: Final = 300
"""Seconds; a revision that is requested again in the meantime waits no longer than this."""
_TTL: Final = 24 * 3600
"""Seconds until a finished Job is deleted; removing artifacts is then retried."""


def build_pruner(
    parent: Parent,
    arguments: Sequence[str],
    *,
    pipeline: PipelineSection,
    claim: Claim,
    image: str,
    pull_policy: str,
) -> dict[str, Any]:
    """The Job. `arguments` are directories with their digests, in the form of `make-mlops-easy prune`."""
    return build_volume_job(
        parent,
        pruner_name(parent.name),
        "pruning",
        "pruning",
        prune_arguments(arguments, volume=VOLUME_ROOT),
        spec={"backoffLimit": _RETRIES, "activeDeadlineSeconds": _DEADLINE, "ttlSecondsAfterFinished": _TTL},
        resources=pipeline.resources,
        template=pipeline.pod_template,
        claim=claim,
        image=image,
        pull_policy=pull_policy,
    )


def pruned_by(job: Mapping[str, Any]) -> frozenset[str]:
    """The directories that a Job was created to remove."""
    (container,) = job["spec"]["template"]["spec"]["containers"]
    return pruned_directories(container["args"])
