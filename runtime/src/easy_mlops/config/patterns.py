"""Regular expressions of values, and descriptions of what they allow for error messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from easy_mlops.contract import SHA256_PATTERN

QUANTITY: Final = r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$"
OBJECT_NAME: Final = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
SHA256: Final = f"^{SHA256_PATTERN}$"
MODULE: Final = r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(:[A-Za-z_]\w*)?$"
SINGLE_MODULE: Final = r"^[A-Za-z_][A-Za-z0-9_]*(:[A-Za-z_][A-Za-z0-9_]*)?$"
ENV_NAME: Final = r"^[-._A-Za-z][-._A-Za-z0-9]*$"
VOLUME_NAME: Final = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
LABEL_KEY: Final = r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"
LABEL_VALUE: Final = r"^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$"
_FILE: Final = r"\.?[A-Za-z0-9_-][A-Za-z0-9._-]*"
MOUNT_PATH: Final = f"^(/{_FILE})+/?$"
RELATIVE_PATH: Final = f"^{_FILE}(/{_FILE})*$"
FUNCTION: Final = r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$"

ALLOWED: Final[Mapping[str, str]] = {
    QUANTITY: "a quantity such as 500m, 2 or 1Gi",
    OBJECT_NAME: "the name of a Kubernetes object: lower-case letters, digits, '-' and '.'",
    SHA256: "a SHA-256 of 64 lower-case hexadecimal digits",
    MODULE: "a module such as my_steps, package.my_steps or my_steps:MyStep",
    SINGLE_MODULE: "a module without a package, such as my_steps or my_steps:MyStep",
    ENV_NAME: "the name of an environment variable: letters, digits, '_', '-' and '.'",
    VOLUME_NAME: "the name of a volume: lower-case letters, digits and '-'",
    LABEL_KEY: "a key such as team or example.com/team",
    LABEL_VALUE: "a label's value: up to 63 letters, digits, '-', '_' and '.'",
    MOUNT_PATH: "an absolute path without '..'",
    RELATIVE_PATH: "a relative path without '..'",
    FUNCTION: "a function of a module such as my_models:build",
}
