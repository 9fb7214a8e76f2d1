"""The Job that searches the volume for the newest deployment that can be served."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from easy_mlops.contract import lastgood_arguments

from easy_mlops_operator.api.labels import CLAIM_UID
from easy_mlops_operator.api.names import search_name
from easy_mlops_operator.api.spec import ServingSection
from easy_mlops_operator.builders.job import VOLUME_ROOT, bad_input_fails
from easy_mlops_operator.builders.parent import Parent
from easy_mlops_operator.builders.pod import Claim
from easy_mlops_operator.builders.volumejob import build_volume_job

_CONTAINER: Final = "search"
_RETRIES: Final = 2
_DEADLINE: Final = 600
"""Seconds; the Job may have to read all models completely."""


def build_search(
    parent: Parent,
    named: Sequence[str],
    *,
    output_dir: str,
    serving: ServingSection,
    claim: Claim,
    image: str,
    pull_policy: str,
) -> dict[str, Any]:
    """The Job. It loads a model like a scoring pod of `image`, with the same resources and a read-only volume.

    `named` are directories of known revisions with their digests, in the form of `make-mlops-easy lastgood`.
    """
    arguments = lastgood_arguments(
        parent.name,
        named,
        volume=VOLUME_ROOT,
        output_dir=output_dir,
        allow_version_mismatch=serving.allow_version_mismatch,
    )
    made = build_volume_job(
        parent,
        search_name(parent.name),
        "pipeline",
        _CONTAINER,
        arguments,
        spec={
            "backoffLimit": _RETRIES,
            "activeDeadlineSeconds": _DEADLINE,
            "podFailurePolicy": bad_input_fails(_CONTAINER),
        },
        resources=serving.resources,
        template=serving.pod_template,
        claim=claim,
        image=image,
        pull_policy=pull_policy,
        read_only=True,
    )
    made["metadata"]["annotations"] = {CLAIM_UID: claim.uid}
    return made
