"""Can this spec be worked with? If so, what it asks for; if not, everything that is wrong with it.

The API server's schema has refused what a schema can refuse. Here is the rest: keys that nobody knows, steps, and
what works on a laptop but not in a cluster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from easy_mlops.config import ConfigError, ModelDeploymentSpec, Problem
from easy_mlops.config.check.observability import check_rules
from easy_mlops.config.check.serving import check_serving
from easy_mlops.config.data import DataUri, parse_uri
from easy_mlops.config.deployment import DEPLOYMENT_STEPS
from easy_mlops.config.observability import OBSERVABILITY_STEPS
from easy_mlops.config.preprocessing import PREPROCESSING_STEPS
from easy_mlops.config.resource import Resources
from easy_mlops.config.steps import Catalogue, check_step_list

from easy_mlops_operator.api.names import NAME_LIMIT, is_resource_name, revision_name
from easy_mlops_operator.builders import amount

_CATALOGUES: Final[dict[str, Catalogue]] = {
    "preprocessing": PREPROCESSING_STEPS,
    "deployment": DEPLOYMENT_STEPS,
    "observability": OBSERVABILITY_STEPS,
}
_TRAINED_FROM: Final = {"data", "preprocessing", "training", "deployment"}


@dataclass(frozen=True)
class Accepted:
    """A spec that can be worked with, as models and as the user wrote it, and the revision that it asks for."""

    spec: ModelDeploymentSpec
    raw: Mapping[str, Any]
    data: DataUri
    target: str


@dataclass(frozen=True)
class Refused:
    """What is wrong with a spec: at least one problem."""

    problems: tuple[Problem, ...]


def accept(name: str, raw: Any) -> Accepted | Refused:
    """Check a spec as it came from the API."""
    try:
        spec = ModelDeploymentSpec.parse(raw, "spec")
    except ConfigError as error:
        return Refused(error.problems)
    problems = tuple(_problems(name, spec))
    if problems:
        return Refused(problems)
    return Accepted(spec, raw, parse_uri(spec.data.uri), revision_name(name, _inputs(spec)))


def brings_steps(spec: ModelDeploymentSpec) -> bool:
    """Whether the run may know steps that the operator does not: of plugins, or of packages in its own image."""
    return bool(spec.pipeline.plugins or spec.pipeline.image)


def _inputs(spec: ModelDeploymentSpec) -> dict[str, Any]:
    """What training depends on. Defaults are left out: a field that a later release adds must not change the hash."""
    inputs = spec.model_dump(mode="json", by_alias=True, exclude_defaults=True, include=_TRAINED_FROM)
    how = spec.pipeline.model_dump(mode="json", by_alias=True, exclude_defaults=True, include={"image", "plugins"})
    return inputs | how


def _problems(name: str, spec: ModelDeploymentSpec) -> Iterator[Problem]:
    if not is_resource_name(name):
        words = f"must be a DNS label of at most {NAME_LIMIT} characters that begins with a letter, got {name!r}"
        yield Problem("metadata.name", "InvalidValue", words)
    yield from _data_problems(spec)
    for section, catalogue in _CATALOGUES.items():
        complete = section == "preprocessing" or not brings_steps(spec)
        yield from check_step_list(f"spec.{section}", getattr(spec, section).steps, catalogue, complete=complete)
    output = PurePosixPath(spec.deployment.output_dir)
    if output.is_absolute() or ".." in output.parts:
        words = f"must lie inside the volume: a relative path without '..', got {spec.deployment.output_dir!r}"
        yield Problem("spec.deployment.output_dir", "InvalidValue", words)
    yield from check_rules(spec.observability, "spec.observability")
    yield from _plugin_problems(spec)
    yield from _resource_problems("spec.pipeline.resources", spec.pipeline.resources)
    yield from _resource_problems("spec.serving.resources", spec.serving.resources)
    yield from check_serving(spec.serving, "spec.serving")
    yield from _storage_problems(spec)


def _data_problems(spec: ModelDeploymentSpec) -> Iterator[Problem]:
    data = parse_uri(spec.data.uri)
    if data.scheme == "file":
        words = "file:// only works without a cluster; use configmap://name/key or pvc://claim/path"
        yield Problem("spec.data.uri", "InvalidValue", f"{words}, got {spec.data.uri!r}")
    if data.scheme == "configmap" and data.path.startswith(".."):
        yield Problem("spec.data.uri", "InvalidValue", f"a ConfigMap has no key that begins with '..': {data.path!r}")


def _plugin_problems(spec: ModelDeploymentSpec) -> Iterator[Problem]:
    modules: dict[str, int] = {}
    for index, plugin in enumerate(spec.pipeline.plugins):
        module = plugin.as_plugin().module_name
        first = spec.pipeline.plugins[modules.setdefault(module, index)]
        if (first.config_map, first.sha256) != (plugin.config_map, plugin.sha256):
            words = f"module {module!r} is in another ConfigMap, or has another sha256, above"
            yield Problem(f"spec.pipeline.plugins[{index}]", "ConflictingKeys", words)


def _resource_problems(where: str, resources: Resources) -> Iterator[Problem]:
    for name, request in resources.requests.items():
        limit = resources.limits.get(name)
        if limit is not None and amount(request) > amount(limit):
            yield Problem(f"{where}.requests.{name}", "InvalidValue", f"{request} is more than the limit {limit}")


def _storage_problems(spec: ModelDeploymentSpec) -> Iterator[Problem]:
    storage = spec.storage
    own = sorted({"size", "storage_class_name", "access_modes"} & storage.model_fields_set)
    if storage.existing_claim is not None and own:
        words = "excludes size, storageClassName and accessModes: the claim has its own"
        yield Problem("spec.storage.existingClaim", "ConflictingKeys", words)
    if storage.existing_claim is None and amount(storage.size) == 0:
        yield Problem("spec.storage.size", "InvalidValue", f"must be more than zero, got {storage.size!r}")
