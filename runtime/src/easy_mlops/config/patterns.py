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
FUNCTION: Final = r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$"

ALLOWED: Final[Mapping[str, str]] = {
    QUANTITY: "a quantity such as 500m, 2 or 1Gi",
    OBJECT_NAME: "the name of a Kubernetes object: lower-case letters, digits, '-' and '.'",
    SHA256: "a SHA-256 of 64 lower-case hexadecimal digits",
    MODULE: "a module such as my_steps, package.my_steps or my_steps:MyStep",
    SINGLE_MODULE: "a module without a package, such as my_steps or my_steps:MyStep",
    FUNCTION: "a function of a module such as my_models:build",
}
