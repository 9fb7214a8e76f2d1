"""The chart as files, and the real Helm, which is built on first use."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import chart
import rendering
import yaml
from cluster.pins import KUBERNETES
from tools.programs import HELM, programs


def write_chart(folder: Path) -> Path:
    """The chart in a folder, generated from the present manifests."""
    written = folder / chart.NAME
    for name, text in chart.files({name: rendering.render(name) for name in rendering.CHARTED}).items():
        path = written / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return written


def helm(*arguments: str | Path, check: bool = True) -> str:
    """The output of Helm; with `check` False, errors are included."""
    # Without a cluster, Helm takes an old version of Kubernetes unless one is named.
    offline = ("--kube-version", KUBERNETES) if arguments[0] in ("template", "lint") else ()
    command = [programs(HELM) / "helm", *arguments, *offline]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert not check or done.returncode == 0, done.stderr
    return done.stdout if check else done.stdout + done.stderr


def chosen(values: dict[str, Any]) -> list[str]:
    """Values as arguments."""
    return [part for name, value in values.items() for part in ("--set-json", f"{name}={json.dumps(value)}")]


def rendered(folder: Path, namespace: str, release: str = chart.NAME, **values: Any) -> list[dict[str, Any]]:
    """The objects that a release has, without its CRD and its test."""
    text = helm("template", release, folder, "--namespace", namespace, "--skip-tests", *chosen(values))
    return [item for item in yaml.safe_load_all(text) if item]
