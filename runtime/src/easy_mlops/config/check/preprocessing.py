"""Rules for `preprocessing`."""

from __future__ import annotations

from collections.abc import Iterator

from easy_mlops.config.base import StepSpec, step_of
from easy_mlops.config.errors import Problem
from easy_mlops.config.preprocessing import PREPROCESSING_STEPS, PreprocessingSection
from easy_mlops.config.steps import check_step_list


def check_preprocessing(section: PreprocessingSection, where: str) -> list[Problem]:
    """Unknown steps and parameters, an invalid order, columns of two steps, and a fill value without effect."""
    problems = check_step_list(where, section.steps, PREPROCESSING_STEPS)
    if problems:
        return problems
    steps = [step_of(item) for item in section.steps or ()]
    for index, step in enumerate(steps):
        if step.type == "missing_values" and index:
            message = "missing_values must be the first step and must not be repeated"
            problems.append(Problem(f"{where}.steps[{index}]", "InvalidValue", message))
    problems += _claimed_twice(steps, where)
    strategies = [section.handle_missing, *(step.params.get("strategy") for step in steps)]
    values = {f"{where}.fill_value": section.fill_value}
    values |= {f"{where}.steps[{i}].params.fill_value": step.params.get("fill_value") for i, step in enumerate(steps)}
    for path, value in values.items():
        if value is not None and "constant" not in strategies:
            problems.append(
                Problem(path, "ConflictingKeys", f"has no effect without the strategy 'constant', got {value!r}")
            )
    return problems


def _claimed_twice(steps: list[StepSpec], where: str) -> Iterator[Problem]:
    """A column has one encoder or one scaler; a step without `columns` applies to all that no other step names."""
    owners: dict[str, str] = {}
    takers: list[str] = []
    for step in steps:
        columns = step.params.get("columns")
        if columns is None and step.type in takers:
            yield Problem(f"{where}.steps", "ConflictingKeys", f"two {step.type} steps both apply to all other columns")
        if columns is None:
            takers.append(step.type)
        for column in columns or ():
            if column in owners:
                both = " and ".join(dict.fromkeys((owners[column], step.type)))
                yield Problem(f"{where}.steps", "ConflictingKeys", f"column {column!r} is named twice, by {both}")
            owners[column] = step.type
