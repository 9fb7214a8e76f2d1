"""Rules between fields: what is wrong with a configuration whose every single value is right.

Pure, and the same for the operator (which knows at once that a spec cannot work), for `make-mlops-easy run --check`
and, section by section, for the library's classes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from easy_mlops.config.base import StepSpec, step_of
from easy_mlops.config.data import parse_uri
from easy_mlops.config.deployment import DEPLOYMENT_STEPS, PREREQUISITES, DeploymentSection, effective_steps
from easy_mlops.config.errors import ConfigError, Problem, join_path
from easy_mlops.config.full import Config
from easy_mlops.config.observability import CHANCE_METRICS, COLUMN_METRICS, OBSERVABILITY_STEPS, ObservabilitySection
from easy_mlops.config.preprocessing import PREPROCESSING_STEPS, PreprocessingSection
from easy_mlops.config.resource import ModelDeploymentSpec, ServingSection
from easy_mlops.config.steps import Catalogue, check_step_list
from easy_mlops.config.thresholds import direction_of
from easy_mlops.config.training import TrainingSection

RESERVED_NAMES: Final = ("config.yaml", "SHA256SUMS", "logs", "plugins", ".building")
"""Names in a deployment directory that no step may give to its own file."""

_SERVED: Final = ("create_directory", "save_model", "save_preprocessor", "save_metadata")
"""Steps without which a scoring pod has nothing to serve."""


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
        *_order(spec.deployment, below["deployment"]),
        *check_observability(
            spec.observability, join_path(where, "observability"), observability_steps, complete=complete
        ),
    ]
    if isinstance(spec, ModelDeploymentSpec):
        problems += check_serving(spec.serving, join_path(where, "serving"))
    if in_cluster:
        problems += check_output_dir(spec.deployment, below["deployment"])
        problems += _served(spec.deployment, below["deployment"])
        if spec.data is not None and parse_uri(spec.data.uri).scheme == "file":
            message = f"a cluster has no local files, got {spec.data.uri!r}: use configmap:// or pvc://"
            problems.append(Problem(f"{below['data']}.uri", "InvalidValue", message))
    return problems


def check_deployment(
    section: DeploymentSection, where: str, catalogue: Catalogue, *, complete: bool = True
) -> list[Problem]:
    """Unknown steps and parameters, and two artifacts of one name."""
    problems = check_step_list(where, section.steps, catalogue, complete=complete)
    return problems or list(_clashes(section, where))


def check_training(section: TrainingSection, where: str) -> list[Problem]:
    """A model type that the backend does not have; a callable without its backend, or the other way round."""
    problems = []
    if section.backend != "sklearn" and section.model_type != "auto":
        message = f"backend {section.backend} has no model_type {section.model_type!r}; leave it at auto"
        problems.append(Problem(f"{where}.model_type", "ConflictingKeys", message))
    if (section.backend == "callable") != (section.callable is not None):
        message = "goes with backend 'callable', and that with it: the function to call, as MODULE:FUNCTION"
        problems.append(Problem(f"{where}.callable", "ConflictingKeys", message))
    return problems


def check_serving(section: ServingSection, where: str) -> list[Problem]:
    """Two who set the number of pods, or bounds that leave no number between them."""
    autoscaling = section.autoscaling
    if autoscaling is None:
        return []
    problems = []
    if section.replicas is not None:
        message = "excludes replicas: the autoscaler sets the number of pods"
        problems.append(Problem(f"{where}.autoscaling", "ConflictingKeys", message))
    if autoscaling.min_replicas > autoscaling.max_replicas:
        message = f"may not be more than maxReplicas ({autoscaling.max_replicas}), got {autoscaling.min_replicas}"
        problems.append(Problem(f"{where}.autoscaling.minReplicas", "InvalidValue", message))
    return problems


def check_preprocessing(section: PreprocessingSection, where: str) -> list[Problem]:
    """Unknown steps and parameters, an order that cannot work, columns that two steps claim, a value nobody uses."""
    problems = check_step_list(where, section.steps, PREPROCESSING_STEPS)
    if problems:
        return problems
    steps = [step_of(item) for item in section.steps or ()]
    for index, step in enumerate(steps):
        if step.type == "missing_values" and index:
            message = "missing_values comes before the other steps, and only once"
            problems.append(Problem(f"{where}.steps[{index}]", "InvalidValue", message))
    problems += _claimed_twice(steps, where)
    strategies = [section.handle_missing, *(step.params.get("strategy") for step in steps)]
    values = {f"{where}.fill_value": section.fill_value}
    values |= {f"{where}.steps[{i}].params.fill_value": step.params.get("fill_value") for i, step in enumerate(steps)}
    for path, value in values.items():
        if value is not None and "constant" not in strategies:
            problems.append(Problem(path, "ConflictingKeys", "is only used with the strategy 'constant'"))
    return problems


def check_observability(
    section: ObservabilitySection, where: str, catalogue: Catalogue, *, complete: bool = True
) -> list[Problem]:
    """Unknown steps and parameters, and rules about a column of a metric that has none."""
    return [*check_step_list(where, section.steps, catalogue, complete=complete), *check_rules(section, where)]


def check_rules(section: ObservabilitySection, where: str) -> Iterator[Problem]:
    """Rules about a column of a metric that has none, or about a reference that it has none of."""
    for name, rule in section.rules.items():
        metric = rule.metric or name
        if rule.column is not None and metric not in COLUMN_METRICS:
            message = f"{metric} is not measured by column; {', '.join(COLUMN_METRICS)} are"
            yield Problem(f"{where}.rules.{name}.column", "ConflictingKeys", message)
        if rule.from_reference is not None and metric not in CHANCE_METRICS:
            message = f"it is not known how large {metric} is by chance, but of {', '.join(CHANCE_METRICS)}"
            yield Problem(f"{where}.rules.{name}.from_reference", "ConflictingKeys", message)
        if rule.ratio_to_reference is not None and rule.op is None and not _has_direction(metric, section):
            message = f"is required: nothing tells which side of {metric} is worse"
            yield Problem(f"{where}.rules.{name}.op", "InvalidValue", message)


def _has_direction(metric: str, section: ObservabilitySection) -> bool:
    try:
        return direction_of(metric, section) is not None
    except ConfigError:  # a step's parameters are wrong, which is told of the step
        return True


def check_output_dir(section: DeploymentSection, where: str) -> list[Problem]:
    """Artifacts stay inside the volume."""
    if section.output_dir.startswith(("/", "~")) or ".." in section.output_dir.split("/"):
        message = f"must be a path inside the volume, relative and without '..', got {section.output_dir!r}"
        return [Problem(f"{where}.output_dir", "InvalidValue", message)]
    return []


def require(problems: Iterable[Problem]) -> None:
    """Raise `ConfigError` when there is any problem."""
    if found := list(problems):
        raise ConfigError(found)


def _clashes(section: DeploymentSection, where: str) -> Iterator[Problem]:
    """File names that are taken: by ourselves, or by two different steps."""
    names: dict[str, str] = {}
    for step in effective_steps(section):
        name = _file_of(step)
        if name is None:
            continue
        if name in RESERVED_NAMES:
            message = f"step {step.type!r} cannot call its file {name!r}: a deployment has its own file of that name"
            yield Problem(where, "ConflictingKeys", message)
        elif names.setdefault(name, step.type) != step.type:
            message = f"steps {names[name]!r} and {step.type!r} both call their file {name!r}"
            yield Problem(where, "ConflictingKeys", message)


def _file_of(step: StepSpec) -> str | None:
    model = DEPLOYMENT_STEPS.get(step.type)
    if model is None or "filename" not in model.model_fields:
        return None
    name = step.params.get("filename", model.model_fields["filename"].default)
    return name if isinstance(name, str) else None


def _order(section: DeploymentSection, where: str) -> Iterator[Problem]:
    """Built-in steps whose prerequisite has not run by then."""
    done: set[str] = set()
    for index, item in enumerate(section.steps or ()):
        step = step_of(item)
        needed = PREREQUISITES.get(step.type)
        if needed is not None and needed not in done:
            yield Problem(f"{where}.steps[{index}]", "InvalidValue", f"{step.type} needs {needed} before it")
        if step.type == "create_directory" and step.type in done:
            yield Problem(f"{where}.steps[{index}]", "InvalidValue", "create_directory comes only once")
        done.add(step.type)


def _served(section: DeploymentSection, where: str) -> Iterator[Problem]:
    present = {step.type for step in effective_steps(section)}
    missing = [name for name in _SERVED if name not in present]
    if missing:
        message = f"{', '.join(missing)} must be among the steps: scoring pods load what they write"
        yield Problem(f"{where}.steps", "InvalidValue", message)


def _claimed_twice(steps: list[StepSpec], where: str) -> Iterator[Problem]:
    """A column has one encoder or one scaler; a step without `columns` takes those that no other step names."""
    owners: dict[str, str] = {}
    takers: list[str] = []
    for step in steps:
        columns = step.params.get("columns")
        if columns is None and step.type in takers:
            yield Problem(f"{where}.steps", "ConflictingKeys", f"two {step.type} steps both take all other columns")
        if columns is None:
            takers.append(step.type)
        for column in columns or ():
            if column in owners:
                both = " and ".join(dict.fromkeys((owners[column], step.type)))
                yield Problem(f"{where}.steps", "ConflictingKeys", f"column {column!r} is named twice, by {both}")
            owners[column] = step.type
