"""Rules for `training`."""

from __future__ import annotations

from easy_mlops.config.errors import Problem
from easy_mlops.config.training import TrainingSection


def check_training(section: TrainingSection, where: str) -> list[Problem]:
    """A model type that the backend does not support; a callable without its backend, or the reverse."""
    problems = []
    if section.backend != "sklearn" and section.model_type != "auto":
        message = f"must be 'auto' with backend {section.backend!r}, got {section.model_type!r}"
        problems.append(Problem(f"{where}.model_type", "ConflictingKeys", message))
    if (section.backend == "callable") != (section.callable is not None):
        message = (
            "is required with backend 'callable': the function to call, as MODULE:FUNCTION"
            if section.callable is None
            else f"requires backend 'callable', got {section.backend!r}"
        )
        problems.append(Problem(f"{where}.callable", "ConflictingKeys", message))
    return problems
