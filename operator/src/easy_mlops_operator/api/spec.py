"""The spec of a ModelDeployment as the operator uses it: the runtime's own models, side by side with `status.py`.

There is one set of models for the resource, the CRD and a `config.yaml`; the operator adds nothing to it.
"""

from easy_mlops.config import ModelDeploymentSpec, Problem
from easy_mlops.config.data import DataUri
from easy_mlops.config.resource import (
    AutoscalingSection,
    ConfigMapPlugin,
    PipelineSection,
    Resources,
    ServingSection,
    StorageSection,
)

__all__ = [
    "AutoscalingSection",
    "ConfigMapPlugin",
    "DataUri",
    "ModelDeploymentSpec",
    "PipelineSection",
    "Problem",
    "Resources",
    "ServingSection",
    "StorageSection",
]
