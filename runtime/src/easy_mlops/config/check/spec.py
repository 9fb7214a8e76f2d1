"""The check of a spec, which the operator, the command line, the Job and the library all call.

Pure: it reads no files, sends no requests and imports no plugins, so that an admission webhook can call it as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from easy_mlops.config.base import step_of
from easy_mlops.config.check.cluster import Cluster
from easy_mlops.config.check.data import check_data
from easy_mlops.config.check.deployment import check_deployment, check_order, check_output_dir, check_served
from easy_mlops.config.check.metrics import check_metrics
from easy_mlops.config.check.observability import check_observability
from easy_mlops.config.check.pipeline import check_pipeline
from easy_mlops.config.check.podtemplate import check_pod_template
from easy_mlops.config.check.preprocessing import check_preprocessing
from easy_mlops.config.check.quantities import check_storage
from easy_mlops.config.check.serving import check_serving
from easy_mlops.config.check.training import check_training
from easy_mlops.config.data import parse_uri
from easy_mlops.config.deployment import DEPLOYMENT_STEPS, DeploymentSection
from easy_mlops.config.errors import Problem, join_path
from easy_mlops.config.full import Config
from easy_mlops.config.observability import OBSERVABILITY_STEPS
from easy_mlops.config.resource import ModelDeploymentSpec
from easy_mlops.config.steps import Catalogue


@dataclass(frozen=True)
class KnownSteps:
    """The steps that a spec may use, with the models of their parameters.

    Unless they are `complete`, a plugin or an image may provide others, so that an unknown name is not a problem.
    """

    deployment: Catalogue
    observability: Catalogue
    complete: bool = True


def check_spec(
    spec: ModelDeploymentSpec | Config,
    *,
    where: str = "spec",
    cluster: Cluster | None = None,
    steps: KnownSteps | None = None,
) -> list[Problem]:
    """All problems between the fields of a spec whose values are valid, in the order of the fields.

    Parameters
    ----------
    spec
        A resource's spec, or the sections of a `config.yaml`.
    where
        Path of the sections in their file, with which the paths of the problems begin.
    cluster
        The cluster that the spec is for: its pods cannot read local files, write artifacts to the volume only, and
        load what the steps of the deployment write. None for this machine.
    steps
        The registered steps. Defaults to the built-in ones, to which the plugins and the image of the spec may add
        others.

    Returns
    -------
    list of Problem
        Each with the path of its field, a reason, and a message with the value and what is allowed. Empty if the spec
        is valid.

    Examples
    --------
    >>> spec = ModelDeploymentSpec.parse({"data": {"uri": "file://wine.csv"}, "storage": {"size": "0"}})
    >>> print(*check_spec(spec), sep="\\n")
    spec.storage.size: must be more than zero, got '0'
    >>> [problem.path for problem in check_spec(spec, cluster=Cluster())]
    ['spec.data.uri', 'spec.storage.size']
    """
    steps = steps or KnownSteps(DEPLOYMENT_STEPS, OBSERVABILITY_STEPS, complete=not brings_steps(spec))
    at = partial(join_path, where)
    problems = [
        *check_data(spec.data, at("data"), cluster),
        *check_preprocessing(spec.preprocessing, at("preprocessing")),
        *check_training(spec.training, at("training")),
        *_check_deployment(spec.deployment, at("deployment"), cluster, steps),
        *check_observability(spec.observability, at("observability"), steps.observability, complete=steps.complete),
    ]
    if not _logs_any_metric(spec, steps):
        alone = not isinstance(spec, ModelDeploymentSpec)
        problems += check_metrics(spec.observability, at("observability"), logs_others=alone)
    if isinstance(spec, ModelDeploymentSpec):
        problems += _check_kubernetes_part(spec, where, cluster)
    return problems


def brings_steps(spec: ModelDeploymentSpec | Config) -> bool:
    """Whether a run may have steps that are not built in: those of plugins, or of packages in a custom image."""
    if isinstance(spec, ModelDeploymentSpec):
        return bool(spec.pipeline.plugins or spec.pipeline.image)
    return bool(spec.plugins)


def _logs_any_metric(spec: ModelDeploymentSpec | Config, steps: KnownSteps) -> bool:
    """Whether steps that are not built in take part in a run: they may log metrics of any name."""
    used = (
        (spec.deployment.steps, DEPLOYMENT_STEPS, steps.deployment),
        (spec.observability.steps, OBSERVABILITY_STEPS, steps.observability),
    )
    return brings_steps(spec) or any(
        name not in built_in and name in known
        for items, built_in, known in used
        for name in (step_of(item).type for item in items or ())
    )


def _check_kubernetes_part(spec: ModelDeploymentSpec, where: str, cluster: Cluster | None) -> Iterator[Problem]:
    claims = _claims(spec)
    yield from check_pipeline(spec.pipeline, join_path(where, "pipeline"), cluster)
    yield from check_pod_template(spec.pipeline.pod_template, join_path(where, "pipeline.podTemplate"), claims)
    yield from check_serving(spec.serving, join_path(where, "serving"))
    yield from check_pod_template(spec.serving.pod_template, join_path(where, "serving.podTemplate"), claims)
    yield from check_storage(spec.storage, join_path(where, "storage"))


def _claims(spec: ModelDeploymentSpec) -> dict[str, str]:
    """The claims that pods mount anyway, with the field that names each."""
    data = parse_uri(spec.data.uri)
    claims = {data.name: "data.uri"} if data.scheme == "pvc" else {}
    return {**claims, spec.storage.existing_claim: "storage.existingClaim"} if spec.storage.existing_claim else claims


def _check_deployment(
    section: DeploymentSection, where: str, cluster: Cluster | None, steps: KnownSteps
) -> Iterator[Problem]:
    problems = check_deployment(section, where, steps.deployment, complete=steps.complete)
    yield from problems
    known = not any(problem.path.startswith(f"{where}.steps") for problem in problems)
    if known:  # else a misspelled step would be reported as missing, too
        yield from check_order(section, where)
    if cluster is not None:
        yield from check_output_dir(section, where)
    if cluster is not None and known:
        yield from check_served(section, where)
