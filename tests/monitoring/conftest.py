"""Prometheus' own programs, built from its Go module."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from monitoring import rule_groups
from tools.programs import PROMETHEUS, STRICT, programs


@pytest.fixture(scope="session")
def prometheus_programs() -> Path:
    """The folder with `prometheus` and `promtool`."""
    return programs(PROMETHEUS)


@pytest.fixture(scope="session")
def strict() -> Path:
    """The program that reads manifests and dashboards with the types of those who will read them."""
    return programs(STRICT) / "strict"


@pytest.fixture
def rule_file(tmp_path: Path) -> Path:
    """The alerts as Prometheus reads them."""
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump(rule_groups(), sort_keys=False))
    return path
