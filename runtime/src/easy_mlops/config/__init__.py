"""Configuration: one set of strict models for the library, the command line, the Job and the CRD."""

from easy_mlops.config.check import check_spec
from easy_mlops.config.errors import ConfigError, Problem, StepTypeError
from easy_mlops.config.full import Config
from easy_mlops.config.resource import ModelDeploymentSpec
from easy_mlops.config.steps import check_step_list

__all__ = ["Config", "ConfigError", "ModelDeploymentSpec", "Problem", "StepTypeError", "check_spec", "check_step_list"]
