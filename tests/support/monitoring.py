"""What manifests/monitoring asks Prometheus, and which metrics a text of a `/metrics` has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parents[2] / "manifests" / "monitoring"
_SUFFIXES = {"histogram": ("_bucket", "_sum", "_count")}


def rule_groups() -> dict[str, Any]:
    """The groups as a rule file of Prometheus has them."""
    spec: dict[str, Any] = yaml.safe_load((FOLDER / "rules.yaml").read_text())["spec"]
    return spec


def alerts() -> list[dict[str, Any]]:
    """All alerting rules."""
    return [rule for group in rule_groups()["groups"] for rule in group["rules"]]


def pod_monitors() -> dict[str, dict[str, Any]]:
    """The PodMonitors' endpoint and limits, by name."""
    monitors = yaml.safe_load_all((FOLDER / "pod-monitors.yaml").read_text())
    return {monitor["metadata"]["name"]: monitor["spec"] for monitor in monitors}


def dashboard_queries() -> Iterator[tuple[str, str]]:
    """Title of the panel and query, for each query of the dashboard."""
    for panel in json.loads((FOLDER / "dashboard.json").read_text())["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]


def metrics_in(expression: str) -> set[str]:
    """The metrics that a query names: all of them have one of our two prefixes."""
    return set(re.findall(r"\b(?:easymlops|process)_\w+", expression))


def metrics_of(text: str) -> set[str]:
    """The metrics of a text in Prometheus' text format."""
    families = re.findall(r"^# TYPE (\w+) (\w+)$", text, flags=re.M)
    return {name + suffix for name, kind in families for suffix in _SUFFIXES.get(kind, ("",))}
