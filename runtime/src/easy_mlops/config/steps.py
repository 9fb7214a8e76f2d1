"""Step lists: their form in the configuration, and whether their steps exist and have these parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from easy_mlops.config.base import Section, StepSpec, step_of
from easy_mlops.config.errors import ConfigError, Problem, StepTypeError, did_you_mean, join_path

Catalogue = Mapping[str, type[Section] | None]
"""Steps by name, each with the model of its parameters; None for one that checks its parameters itself."""


def _step(item: Any) -> str | StepSpec:
    if isinstance(item, str | StepSpec):
        return item
    if not isinstance(item, Mapping):
        message = f"a step is a name or a mapping with a 'type' key, got {type(item).__name__} {item!r}"
        raise StepTypeError([Problem("", "InvalidValue", message, wrong_type=True)])
    if "type" not in item:
        raise ConfigError([Problem("", "InvalidValue", "a step that is a mapping must include a 'type' key")])
    return StepSpec.parse(item)


def _step_list(raw: Any) -> Any:
    """An empty list counts as unset."""
    if isinstance(raw, list | tuple):
        return list(raw) or None
    if raw is not None:
        raise ValueError("must be a list of steps")
    return None


_Items = Annotated[list[Annotated[str | StepSpec, BeforeValidator(_step)]], Field(max_length=64)]
Steps = Annotated[_Items | None, BeforeValidator(_step_list)]
"""An ordered list of steps that replaces the default ones; None for the defaults."""


def check_step_list(
    section: str, steps: Sequence[str | StepSpec] | None, catalogue: Catalogue, *, complete: bool = True
) -> list[Problem]:
    """Problems with the steps of a section: unknown steps and unknown or invalid parameters.

    `section` is the path of the section, such as `deployment` or `spec.observability`. A catalogue that is not
    `complete` does not have the steps of plugins, so that unknown names are accepted.
    """
    problems = []
    for index, item in enumerate(steps or ()):
        step, where = step_of(item), join_path(section, f"steps[{index}]")
        if step.type not in catalogue:
            if not complete:
                continue
            problems.append(Problem(where, "UnknownStep", _unknown_step(step.type, section, catalogue)))
        else:
            problems.extend(check_params(step, catalogue[step.type], f"{where}.params"))
    return problems


def check_params(step: StepSpec, model: type[Section] | None, where: str) -> list[Problem]:
    """Problems with the parameters of a step; none if it checks them itself."""
    if model is None:
        return []
    try:
        model.parse(step.params)
    except ConfigError as error:
        return [_about_step(problem, step, model).below(where) for problem in error.problems]
    return []


def _unknown_step(name: str, section: str, catalogue: Catalogue) -> str:
    own = "" if section.endswith("preprocessing") else "; plugins add steps of your own"
    hint = did_you_mean(name, catalogue)
    near = f" {hint}" if hint.startswith("did") else ""
    return f"unknown step {name!r};{near} registered are {', '.join(catalogue)}{own}"


def _about_step(problem: Problem, step: StepSpec, model: type[Section]) -> Problem:
    if problem.reason == "UnknownField" and problem.path in step.params:
        hint = did_you_mean(problem.path, model.model_fields)
        return Problem(problem.path, "UnknownField", f"step {step.type!r} has no parameter {problem.path!r}; {hint}")
    return Problem(problem.path, problem.reason, f"step {step.type!r}: {problem.message}")
