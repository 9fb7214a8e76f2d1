"""Deployment: from a trained model to a verified directory, and back.

Names are loaded on first use, since scikit-learn and pandas are heavy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

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

_HOMES: Final = {
    "CreateDeploymentDirectoryStep": "easy_mlops.deployment.steps",
    "DeploymentContext": "easy_mlops.deployment.context",
    "DeploymentStep": "easy_mlops.deployment.steps",
    "EndpointScriptStep": "easy_mlops.deployment.steps",
    "IntegrityError": "easy_mlops.deployment.errors",
    "LoadedDeployment": "easy_mlops.deployment.load",
    "ModelDeployer": "easy_mlops.deployment.deployer",
    "SaveMetadataStep": "easy_mlops.deployment.steps",
    "SaveModelStep": "easy_mlops.deployment.steps",
    "SavePreprocessorStep": "easy_mlops.deployment.steps",
    "load_directory": "easy_mlops.deployment.load",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
