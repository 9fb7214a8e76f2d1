"""Whether a spec is accepted, and if so, which revision it asks for.

What makes a spec valid is decided by the runtime's check, the same that `make-mlops-easy run --check` calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from easy_mlops.config import ConfigError
from easy_mlops.config.check.cluster import Cluster
from easy_mlops.config.check.resource import parse_resource
from easy_mlops.config.check.spec import check_spec
from easy_mlops.config.data import parse_uri

from easy_mlops_operator.api.names import revision_name
from easy_mlops_operator.api.spec import DataUri, ModelDeploymentSpec, Problem

_TRAINED_FROM: Final = {"data", "preprocessing", "training", "deployment"}
_TRAINED_WITH: Final = {"image", "plugins", "rerun"}


@dataclass(frozen=True)
class Accepted:
    """A valid spec, as models and as the user wrote it, and the revision that it asks for."""

    spec: ModelDeploymentSpec
    raw: Mapping[str, Any]
    data: DataUri
    target: str


@dataclass(frozen=True)
class Refused:
    """What is wrong with a spec: at least one problem."""

    problems: tuple[Problem, ...]


def accept(name: str, raw: Any, cluster: Cluster = Cluster()) -> Accepted | Refused:  # noqa: B008 - immutable
    """Check the spec of the resource `name` as it came from the API."""
    try:
        spec = parse_resource(name, raw)
    except ConfigError as error:
        return Refused(error.problems)
    if problems := check_spec(spec, cluster=cluster):
        return Refused(tuple(problems))
    return Accepted(spec, raw, parse_uri(spec.data.uri), revision_name(name, _inputs(spec)))


def _inputs(spec: ModelDeploymentSpec) -> dict[str, Any]:
    """What training depends on. Defaults are left out: a field that a later release adds must not change the hash."""
    inputs = spec.model_dump(mode="json", by_alias=True, exclude_defaults=True, include=_TRAINED_FROM)
    return inputs | spec.pipeline.model_dump(mode="json", by_alias=True, exclude_defaults=True, include=_TRAINED_WITH)
