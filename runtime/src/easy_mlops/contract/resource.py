"""The resource `ModelDeployment`: its group, kind and version, and the names that it may have."""

from __future__ import annotations

import re
from typing import Final

GROUP: Final = "easymlops.dev"
VERSION: Final = "v1alpha1"
API_VERSION: Final = f"{GROUP}/{VERSION}"
KIND: Final = "ModelDeployment"
PLURAL: Final = "modeldeployments"

NAME_LIMIT: Final = 40
"""Longest name of a ModelDeployment: the names of its children add a suffix, and a label has 63 characters."""
NAME_PATTERN: Final = "[a-z]([-a-z0-9]*[a-z0-9])?"
"""Names of a ModelDeployment, which are names of its Service too: a DNS label that begins with a letter."""

RESOURCE_FILE: Final = "modeldeployment.yaml"
"""File name of a ModelDeployment: the one that `init` writes, and the key of the ConfigMap that a run reads."""


def is_resource_name(name: str) -> bool:
    """Whether a ModelDeployment may have this name."""
    return len(name) <= NAME_LIMIT and re.fullmatch(NAME_PATTERN, name) is not None
