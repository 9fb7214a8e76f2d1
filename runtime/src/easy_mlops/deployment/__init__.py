"""Deployment: from a trained model to a verified directory, and back."""

from easy_mlops.deployment.context import DeploymentContext
from easy_mlops.deployment.deployer import ModelDeployer
from easy_mlops.deployment.load import IntegrityError, LoadedDeployment, load_directory
from easy_mlops.deployment.steps import (
    CreateDeploymentDirectoryStep,
    DeploymentStep,
    EndpointScriptStep,
    SaveMetadataStep,
    SaveModelStep,
    SavePreprocessorStep,
)

__all__ = [
    "CreateDeploymentDirectoryStep",
    "DeploymentContext",
    "DeploymentStep",
    "EndpointScriptStep",
    "IntegrityError",
    "LoadedDeployment",
    "ModelDeployer",
    "SaveMetadataStep",
    "SaveModelStep",
    "SavePreprocessorStep",
    "load_directory",
]
