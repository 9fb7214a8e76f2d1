"""Validates the name and the single values of a resource, before the rules between its fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from easy_mlops.config.check.podtemplate import check_claim_names
from easy_mlops.config.errors import ConfigError, Problem, error_of, require
from easy_mlops.config.resource import ModelDeploymentSpec
from easy_mlops.contract import NAME_LIMIT, is_resource_name


def parse_resource(name: Any, raw: Any) -> ModelDeploymentSpec:
    """The spec of the resource `name` as models. Raises `ConfigError` listing all problems of name and values."""
    problems = list(_check_name(name))
    try:
        spec = ModelDeploymentSpec.parse(raw, "spec")
    except ConfigError as error:
        raise error_of([*problems, *error.problems]) from error
    require([*problems, *_check_version(raw), *_check_own_claim(name, spec)])
    return spec


def _check_name(name: Any) -> Iterator[Problem]:
    if not isinstance(name, str) or not is_resource_name(name):
        message = (
            f"must be at most {NAME_LIMIT} lower-case letters, digits and '-', beginning with a letter and not ending "
            f"with '-', since the Service has the same name; got {name!r}"
        )
        yield Problem("metadata.name", "InvalidValue", message)


def _check_own_claim(name: Any, spec: ModelDeploymentSpec) -> Iterator[Problem]:
    """The operator's claim has the name of the resource."""
    if spec.storage.existing_claim is None:
        for section, template in (("pipeline", spec.pipeline.pod_template), ("serving", spec.serving.pod_template)):
            yield from check_claim_names(template, f"spec.{section}.podTemplate.volumes", {name: "the resource"})


def _check_version(raw: Any) -> Iterator[Problem]:
    """The API server only accepts a string, since a number does not preserve how it was written."""
    version = (raw.get("deployment") or {}).get("version")
    if version is not None and not isinstance(version, str):
        message = f"must be a string, got the number {version}: quote it"
        yield Problem("spec.deployment.version", "InvalidValue", message)
