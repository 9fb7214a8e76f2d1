"""The Helm chart, generated from the rendered overlays: the chart's values select between their differences.

Objects that only `ha` has depend on `replicas`, objects that only `cluster` or `namespaced` has on `watchNamespace`.
Everything about the operator comes from the overlays.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import tomllib
from collections.abc import Mapping
from pathlib import Path

import yaml

from chart import texts, values
from chart.objects import NAME, Object, template

__all__ = ["NAME", "files", "package"]

ROOT = Path(__file__).resolve().parent.parent.parent


def files(rendered: Mapping[str, list[Object]]) -> dict[str, str]:
    """The chart's files by their path. `rendered` has the objects of cluster, ha, namespaced and monitoring."""
    crds = [item for item in rendered["cluster"] if item["kind"] == "CustomResourceDefinition"]
    deployment = next(item for item in rendered["cluster"] if item["kind"] == "Deployment")
    known, about = values.of(deployment), _description()
    return {
        "Chart.yaml": yaml.safe_dump(about, sort_keys=False),
        "README.md": texts.README.format(table=values.as_table(known), **about),
        "values.yaml": values.as_yaml(known),
        "values.schema.json": values.as_schema(known),
        "crds/modeldeployments.yaml": yaml.safe_dump_all(crds, width=120),
        "templates/_helpers.tpl": texts.HELPERS,
        "templates/NOTES.txt": texts.NOTES,
        "templates/operator.yaml": template(rendered),
        "templates/tests/ready.yaml": texts.TEST,
    }


def package(chart: Mapping[str, str]) -> tuple[str, bytes]:
    """The chart as an archive for `helm push` and `helm install`, with its name: equal files make equal bytes."""
    about = yaml.safe_load(chart["Chart.yaml"])
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted(chart, key=lambda path: (path != "Chart.yaml", path)):
            content = chart[name].encode()
            entry = tarfile.TarInfo(f"{NAME}/{name}")
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    return f"{NAME}-{about['version']}.tgz", gzip.compress(plain.getvalue(), mtime=0)


def _description() -> Object:
    project = tomllib.loads((ROOT / "operator" / "pyproject.toml").read_text())["project"]
    return {
        "apiVersion": "v2",
        "name": NAME,
        "description": project["description"],
        "type": "application",
        "version": project["version"],
        "appVersion": project["version"],
        "kubeVersion": ">=1.32.0-0",
    }
