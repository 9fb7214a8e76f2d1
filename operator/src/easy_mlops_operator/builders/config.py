"""The ConfigMap that a run reads: the sections of the resource, as a file that also works without a cluster."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import yaml

from easy_mlops_operator.api.dumper import AnchorFreeDumper
from easy_mlops_operator.api.names import API_VERSION, KIND, RESOURCE_FILE
from easy_mlops_operator.builders.parent import Parent

SECTIONS: Final = ("data", "preprocessing", "training", "deployment", "observability")
"""The sections of the spec that a run uses, besides its plugins."""

_PLAIN: Final = re.compile(r"[A-Za-z_][\w./:-]*")


def build_config(parent: Parent, revision: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    """The immutable ConfigMap of a revision. `spec` is the spec of the resource as the user wrote it."""
    sections = {section: spec[section] for section in SECTIONS if spec.get(section) is not None}
    if plugins := (spec.get("pipeline") or {}).get("plugins"):
        sections["pipeline"] = {"plugins": plugins}
    run = {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": parent.name}, "spec": sections}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": parent.metadata(revision, "pipeline", revision=revision),
        "immutable": True,
        "data": {RESOURCE_FILE: yaml.dump(run, Dumper=_QuotingDumper, sort_keys=False, allow_unicode=True, width=120)},
    }


class _QuotingDumper(AnchorFreeDumper):
    """Quotes every string that a YAML parser could read as another type, such as `1.10` or `1e5`."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None if _PLAIN.fullmatch(value) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_QuotingDumper.add_representer(str, _text)
