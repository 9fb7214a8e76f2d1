"""Flux's example manifests, and how Flux judges a resource by `healthCheckExprs`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cel
import yaml

FOLDER = Path(__file__).resolve().parents[2] / "manifests/gitops/flux"
ORDER = {"inProgress": "InProgress", "failed": "Failed", "current": "Current"}


def example(name: str) -> dict[str, Any]:
    """The object in one of the files."""
    found: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
    return found


def judge(check: dict[str, str], resource: dict[str, Any]) -> str:
    """One entry of `healthCheckExprs` on a resource: generations first, then the expressions (Flux's RFC 0009)."""
    if resource["status"].get("observedGeneration") not in (None, resource["metadata"]["generation"]):
        return "InProgress"
    found = (state for key, state in ORDER.items() if key in check and cel.evaluate(check[key], resource) is True)
    return next(found, "InProgress")
