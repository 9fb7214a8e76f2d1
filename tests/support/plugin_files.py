"""Plugins for tests: modules of a user's own, and a package that offers a step."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from easy_mlops.deployment import ModelDeployer
from easy_mlops.observability import ModelMonitor

STEP = """
from easy_mlops.deployment import DeploymentContext, DeploymentStep, ModelDeployer


class StampStep(DeploymentStep):
    name = "{name}"

    def run(self, context: DeploymentContext) -> None:
        (context.deployment_dir / "stamp.txt").write_text(self.params.get("text", "stamped"))
        context.artifacts["stamp"] = str(context.deployment_dir / "stamp.txt")
"""
OBSERVER = """
from easy_mlops.observability import ModelMonitor, ObservabilityStep

SEEN = []


class Observer(ObservabilityStep):
    name = "observer"

    def on_log_metrics(self, metrics, model_version):
        SEEN.append(dict(metrics))


ModelMonitor.register_step(Observer)
"""
REGISTERED = STEP + "\n\nModelDeployer.register_step(StampStep)\n"


def sha256(text: str) -> str:
    """Digest of a module's source."""
    return hashlib.sha256(text.encode()).hexdigest()


def package_with_step(
    folder: Path, step: str, module: str = "stamping", source: str = STEP, kind: str = "deployment"
) -> None:
    """A distribution as pip leaves it behind: a module, and metadata with the entry point of a step."""
    (folder / f"{module}.py").write_text(source.replace("{name}", step))
    step_class = {"deployment": "StampStep", "observability": "Observer"}[kind]
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[easy_mlops.{kind}_steps]\n{step} = {module}:{step_class}\n")


@contextmanager
def steps_restored() -> Iterator[None]:
    """Steps, modules and paths that were added meanwhile are gone afterwards."""
    registries: tuple[dict[str, Any], ...] = (ModelDeployer.STEP_REGISTRY, ModelMonitor.STEP_REGISTRY)
    before = [dict(registry) for registry in registries]
    modules, path = set(sys.modules), list(sys.path)
    try:
        yield
    finally:
        for registry, entries in zip(registries, before, strict=True):
            registry.clear()
            registry.update(entries)
        sys.path[:] = path
        for name in set(sys.modules) - modules:
            if getattr(sys.modules[name], "__easy_mlops_sha256__", None) or name.startswith("stamping"):
                del sys.modules[name]
