"""Deployment: from a trained model to a verified directory, and back.

Names are loaded on first use, since scikit-learn and pandas are heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from easy_mlops.lazy import lazy_attributes

if TYPE_CHECKING:
    from easy_mlops.deployment.context import DeploymentContext
    from easy_mlops.deployment.deployer import ModelDeployer
    from easy_mlops.deployment.errors import IntegrityError
    from easy_mlops.deployment.load import LoadedDeployment, load_directory
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

__getattr__ = lazy_attributes(
    __name__,
    {
        "CreateDeploymentDirectoryStep": "steps",
        "DeploymentContext": "context",
        "DeploymentStep": "steps",
        "EndpointScriptStep": "steps",
        "IntegrityError": "errors",
        "LoadedDeployment": "load",
        "ModelDeployer": "deployer",
        "SaveMetadataStep": "steps",
        "SaveModelStep": "steps",
        "SavePreprocessorStep": "steps",
        "load_directory": "load",
    },
)
