"""Configuration: one set of strict models for the library, the command line, the Job and the CRD.

Names are loaded on first use: pydantic takes a while to build the models, and `--help` needs none of them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from easy_mlops.config.check import check_spec
    from easy_mlops.config.errors import ConfigError, Problem, StepTypeError
    from easy_mlops.config.full import Config
    from easy_mlops.config.load import load_config
    from easy_mlops.config.resource import ModelDeploymentSpec
    from easy_mlops.config.steps import check_step_list

__all__ = [
    "Config",
    "ConfigError",
    "ModelDeploymentSpec",
    "Problem",
    "StepTypeError",
    "check_spec",
    "check_step_list",
    "load_config",
]

_HOMES: Final = {
    "Config": "easy_mlops.config.full",
    "ConfigError": "easy_mlops.config.errors",
    "ModelDeploymentSpec": "easy_mlops.config.resource",
    "Problem": "easy_mlops.config.errors",
    "StepTypeError": "easy_mlops.config.errors",
    "check_spec": "easy_mlops.config.check",
    "check_step_list": "easy_mlops.config.steps",
    "load_config": "easy_mlops.config.load",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
