"""The spec of a ModelDeployment: the models of the runtime, next to those of the status in `status.py`.

The resource, the CRD and a `config.yaml` have one set of models; the operator adds nothing to it.
"""

from easy_mlops.config import ModelDeploymentSpec, Problem
from easy_mlops.config.data import DataUri
from easy_mlops.config.podtemplate import PodTemplate
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
    "PodTemplate",
    "Problem",
    "Resources",
    "ServingSection",
    "StorageSection",
]
