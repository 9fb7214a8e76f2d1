"""Configuration: one set of strict models for the library, the command line, the Job and the CRD."""

from easy_mlops.config.errors import ConfigError, Problem
from easy_mlops.config.resource import ModelDeploymentSpec

__all__ = ["ConfigError", "ModelDeploymentSpec", "Problem"]
