"""Configuration: one set of strict models for the library, the command line, the Job and the CRD.

Names are loaded on first use, since building the models takes time and `--help` does not use them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from easy_mlops.lazy import lazy_attributes

if TYPE_CHECKING:
    from easy_mlops.config.check.spec import check_spec
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

__getattr__ = lazy_attributes(
    __name__,
    {
        "Config": "full",
        "ConfigError": "errors",
        "ModelDeploymentSpec": "resource",
        "Problem": "errors",
        "StepTypeError": "errors",
        "check_spec": "check.spec",
        "check_step_list": "steps",
        "load_config": "load",
    },
)
