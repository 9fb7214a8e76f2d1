"""The one check of a spec: everything that is wrong with it, for the operator, the command line and the library alike.

Pure: it reads no file, asks no server and imports no plugin, so that an admission webhook can call it, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from easy_mlops.config.check.cluster import Cluster
from easy_mlops.config.check.data import check_data
from easy_mlops.config.check.deployment import check_deployment, check_order, check_output_dir, check_served
from easy_mlops.config.check.observability import check_observability
from easy_mlops.config.check.pipeline import check_pipeline
from easy_mlops.config.check.preprocessing import check_preprocessing
from easy_mlops.config.check.quantities import check_storage
from easy_mlops.config.check.serving import check_serving
from easy_mlops.config.check.training import check_training
from easy_mlops.config.deployment import DEPLOYMENT_STEPS, DeploymentSection
from easy_mlops.config.errors import Problem, join_path
from easy_mlops.config.full import Config
from easy_mlops.config.observability import OBSERVABILITY_STEPS
from easy_mlops.config.resource import ModelDeploymentSpec
from easy_mlops.config.steps import Catalogue


@dataclass(frozen=True)
class KnownSteps:
    """The steps that a spec may use, with their parameters.

    Unless they are `complete`, a plugin or an image may bring others, so that an unknown name is no problem.
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
        Where the spec is to run: data that a pod can read, artifacts inside the volume, and something that scoring
        pods can load. None for this machine, which reads local files and writes where it likes.
    steps
        The steps that are registered. By default those that are built in, beside which plugins and an image of the
        spec's own may bring others.

    Returns
    -------
    list of Problem
        Each with the path of its field, a reason, and a message with the value and what is allowed. Empty when the
        spec is valid.
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
    if isinstance(spec, ModelDeploymentSpec):
        problems += _check_kubernetes_part(spec, where, cluster)
    return problems


def brings_steps(spec: ModelDeploymentSpec | Config) -> bool:
    """Whether a run may know steps that are not built in: of plugins, or of packages in an image of its own."""
    if isinstance(spec, ModelDeploymentSpec):
        return bool(spec.pipeline.plugins or spec.pipeline.image)
    return bool(spec.plugins)


def _check_kubernetes_part(spec: ModelDeploymentSpec, where: str, cluster: Cluster | None) -> Iterator[Problem]:
    yield from check_pipeline(spec.pipeline, join_path(where, "pipeline"), cluster)
    yield from check_serving(spec.serving, join_path(where, "serving"))
    yield from check_storage(spec.storage, join_path(where, "storage"))


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
