"""Rules between all fields of a resource or of a `config.yaml`."""

from __future__ import annotations

from easy_mlops.config.check.deployment import check_deployment, check_order, check_output_dir, check_served
from easy_mlops.config.check.observability import check_observability
from easy_mlops.config.check.preprocessing import check_preprocessing
from easy_mlops.config.check.serving import check_serving
from easy_mlops.config.check.training import check_training
from easy_mlops.config.data import parse_uri
from easy_mlops.config.deployment import DEPLOYMENT_STEPS
from easy_mlops.config.errors import Problem, join_path
from easy_mlops.config.full import Config
from easy_mlops.config.observability import OBSERVABILITY_STEPS
from easy_mlops.config.resource import ModelDeploymentSpec
from easy_mlops.config.steps import Catalogue


def check_spec(
    spec: ModelDeploymentSpec | Config,
    *,
    where: str = "spec",
    in_cluster: bool = False,
    deployment_steps: Catalogue = DEPLOYMENT_STEPS,
    observability_steps: Catalogue = OBSERVABILITY_STEPS,
    complete: bool = True,
) -> list[Problem]:
    """All problems between the fields of a valid spec; paths begin with `where`.

    Catalogues that are not `complete` lack the steps of plugins.

    `in_cluster` adds what only a cluster asks for: artifacts on the volume, data from the cluster, something to serve.
    """
    below = {name: join_path(where, name) for name in ("data", "deployment")}
    problems = [
        *check_preprocessing(spec.preprocessing, join_path(where, "preprocessing")),
        *check_training(spec.training, join_path(where, "training")),
        *check_deployment(spec.deployment, below["deployment"], deployment_steps, complete=complete),
        *check_order(spec.deployment, below["deployment"]),
        *check_observability(
            spec.observability, join_path(where, "observability"), observability_steps, complete=complete
        ),
    ]
    if isinstance(spec, ModelDeploymentSpec):
        problems += check_serving(spec.serving, join_path(where, "serving"))
    if in_cluster:
        problems += check_output_dir(spec.deployment, below["deployment"])
        problems += check_served(spec.deployment, below["deployment"])
        if spec.data is not None and parse_uri(spec.data.uri).scheme == "file":
            message = f"a cluster has no local files, got {spec.data.uri!r}: use configmap:// or pvc://"
            problems.append(Problem(f"{below['data']}.uri", "InvalidValue", message))
    return problems
