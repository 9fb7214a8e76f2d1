"""Rules between the fields of `training`."""

from __future__ import annotations

from easy_mlops.config.errors import Problem
from easy_mlops.config.training import TrainingSection


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
