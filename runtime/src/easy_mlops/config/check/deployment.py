"""Rules for `deployment`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from easy_mlops.config.base import StepSpec, step_of
from easy_mlops.config.deployment import DEPLOYMENT_STEPS, PREREQUISITES, DeploymentSection, effective_steps
from easy_mlops.config.errors import Problem
from easy_mlops.config.steps import Catalogue, check_step_list
from easy_mlops.contract import CONFIG_FILE, LOGS_DIRECTORY, PLUGINS_DIRECTORY, SUMS_FILE

RESERVED_NAMES: Final = (CONFIG_FILE, SUMS_FILE, LOGS_DIRECTORY, PLUGINS_DIRECTORY, ".building")
"""Names in a deployment directory that a step must not use for its own file."""

_SERVED: Final = ("create_directory", "save_model", "save_preprocessor", "save_metadata")
"""Steps without which a scoring pod has nothing to serve."""


def check_deployment(
    section: DeploymentSection, where: str, catalogue: Catalogue, *, complete: bool = True
) -> list[Problem]:
    """Unknown steps and parameters, and artifacts with the same name."""
    problems = check_step_list(where, section.steps, catalogue, complete=complete)
    return problems or list(_clashes(section, where))


def check_output_dir(section: DeploymentSection, where: str) -> Iterator[Problem]:
    """Artifacts stay inside the volume."""
    path = section.output_dir
    if path.startswith(("/", "~")) or ".." in path.split("/"):
        message = f"must be a path inside the volume, relative and without '..' or '~', got {path!r}"
        yield Problem(f"{where}.output_dir", "InvalidValue", message)


def check_served(section: DeploymentSection, where: str) -> Iterator[Problem]:
    """Scoring pods find the files that they load."""
    present = {step.type for step in effective_steps(section)}
    missing = [name for name in _SERVED if name not in present]
    if missing:
        message = f"must include {', '.join(missing)}: scoring pods load what these steps write"
        yield Problem(f"{where}.steps", "InvalidValue", message)


def check_order(section: DeploymentSection, where: str) -> Iterator[Problem]:
    """Built-in steps that precede the step that they depend on."""
    done: set[str] = set()
    for index, item in enumerate(section.steps or ()):
        step = step_of(item)
        needed = PREREQUISITES.get(step.type)
        if needed is not None and needed not in done:
            yield Problem(f"{where}.steps[{index}]", "InvalidValue", f"{step.type} requires {needed} before it")
        if step.type == "create_directory" and step.type in done:
            yield Problem(f"{where}.steps[{index}]", "InvalidValue", "create_directory must not be repeated")
        done.add(step.type)


def _clashes(section: DeploymentSection, where: str) -> Iterator[Problem]:
    """File names that are reserved, or that two steps use."""
    names: dict[str, str] = {}
    for step in effective_steps(section):
        name = _file_of(step)
        if name is None:
            continue
        if name in RESERVED_NAMES:
            message = f"step {step.type!r} must not name its file {name!r}: reserved are {', '.join(RESERVED_NAMES)}"
            yield Problem(where, "ConflictingKeys", message)
        elif names.setdefault(name, step.type) != step.type:
            message = f"steps {names[name]!r} and {step.type!r} both name their file {name!r}"
            yield Problem(where, "ConflictingKeys", message)


def _file_of(step: StepSpec) -> str | None:
    model = DEPLOYMENT_STEPS.get(step.type)
    if model is None or "filename" not in model.model_fields:
        return None
    name = step.params.get("filename", model.model_fields["filename"].default)
    return name if isinstance(name, str) else None
