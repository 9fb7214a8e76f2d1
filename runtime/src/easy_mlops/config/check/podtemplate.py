"""Rules for `podTemplate`: what it adds does not conflict with what the operator sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from easy_mlops.config.errors import Problem
from easy_mlops.config.podtemplate import PodTemplate
from easy_mlops.contract import DATA_ROOT_ENV, GROUP, TERMINATION_LOG_ENV

RESERVED_VARIABLES: Final = ("HOME", DATA_ROOT_ENV, TERMINATION_LOG_ENV)
RESERVED_VOLUMES: Final = ("volume", "tmp", "config", "data", "plugins")
RESERVED_PATHS: Final = (
    *("/model", "/volume", "/data", "/etc/easy-mlops", "/etc/easy-mlops-plugins", "/tmp"),  # noqa: S108
    *("/app", "/dev", "/proc", "/sys"),
)
"""Mount paths of the operator, and folders that an image has to have."""
RESERVED_KEYS: Final = (
    *("app.kubernetes.io/name", "app.kubernetes.io/component", "app.kubernetes.io/managed-by"),
    *("pod-template-hash", "controller-uid", "job-name"),
)
"""Labels by which the operator and Kubernetes select pods."""
RESERVED_DOMAINS: Final = (
    *(f"{GROUP}/", "batch.kubernetes.io/"),
    "container.apparmor.security.beta.kubernetes.io/",  # an annotation that lifts a part of the security context
)

_VARIABLE_SOURCES: Final = ("config_map_key_ref", "secret_key_ref")
_VOLUME_SOURCES: Final = ("config_map", "secret", "persistent_volume_claim")


def check_pod_template(template: PodTemplate, where: str, claims: Mapping[str, str]) -> Iterator[Problem]:
    """Names are not those of the operator and not repeated, and everything has exactly one source.

    `claims` are the claims that the pods mount anyway, with the field that names each.
    """
    yield from _check_keys(template.labels, f"{where}.labels")
    yield from _check_keys(template.annotations, f"{where}.annotations")
    yield from _check_variables(template, where)
    yield from _check_volumes(template, f"{where}.volumes", claims)
    yield from _check_mounts(template, f"{where}.volumeMounts")


def check_claim_names(template: PodTemplate, where: str, claims: Mapping[str, str]) -> Iterator[Problem]:
    """A pod must not list a claim twice: it would never start (kubernetes/kubernetes#28502)."""
    for index, volume in enumerate(template.volumes):
        claim = volume.persistent_volume_claim
        if claim is not None and claim.claim_name in claims:
            message = f"{claim.claim_name!r} is mounted already: it is the claim of {claims[claim.claim_name]}"
            yield Problem(f"{where}[{index}].persistentVolumeClaim.claimName", "ConflictingKeys", message)


def _check_keys(keys: Mapping[str, str], where: str) -> Iterator[Problem]:
    for key in keys:
        if key in RESERVED_KEYS or key.startswith(RESERVED_DOMAINS):
            yield Problem(where, "ConflictingKeys", f"must not have {key!r}: the operator or Kubernetes sets it")


def _check_variables(template: PodTemplate, where: str) -> Iterator[Problem]:
    yield from _check_names([item.name for item in template.env], f"{where}.env", RESERVED_VARIABLES)
    for index, variable in enumerate(template.env):
        source = variable.value_from
        sources = [] if source is None else [name for name in _VARIABLE_SOURCES if getattr(source, name) is not None]
        if (source is not None and variable.value is not None) or (source is not None and len(sources) != 1):
            message = f"{variable.name!r} must have either value or valueFrom with exactly one source"
            yield Problem(f"{where}.env[{index}]", "ConflictingKeys", message)
    for index, item in enumerate(template.env_from):
        if (item.config_map_ref is None) == (item.secret_ref is None):
            message = "must have exactly one of configMapRef and secretRef"
            yield Problem(f"{where}.envFrom[{index}]", "ConflictingKeys", message)


def _check_volumes(template: PodTemplate, where: str, claims: Mapping[str, str]) -> Iterator[Problem]:
    yield from _check_names([item.name for item in template.volumes], where, RESERVED_VOLUMES)
    for index, volume in enumerate(template.volumes):
        if sum(getattr(volume, name) is not None for name in _VOLUME_SOURCES) != 1:
            message = f"{volume.name!r} must have exactly one of configMap, secret and persistentVolumeClaim"
            yield Problem(f"{where}[{index}]", "ConflictingKeys", message)
    yield from check_claim_names(template, where, claims)


def _check_mounts(template: PodTemplate, where: str) -> Iterator[Problem]:
    names = [volume.name for volume in template.volumes]
    paths = [mount.mount_path.rstrip("/") or "/" for mount in template.volume_mounts]
    for index, (mount, path) in enumerate(zip(template.volume_mounts, paths, strict=True)):
        if mount.name not in names:
            message = f"there is no volume {mount.name!r}; volumes has {', '.join(names) or 'none'}"
            yield Problem(f"{where}[{index}].name", "InvalidValue", message)
        for reserved in RESERVED_PATHS:
            if f"{path}/".startswith(f"{reserved}/") or f"{reserved}/".startswith(f"{path.rstrip('/')}/"):
                message = f"must not be, contain or be below {reserved}, which the pods use, got {mount.mount_path!r}"
                yield Problem(f"{where}[{index}].mountPath", "ConflictingKeys", message)
                break
        if path in paths[:index]:
            message = f"{path!r} is that of volumeMounts[{paths.index(path)}], too"
            yield Problem(f"{where}[{index}].mountPath", "ConflictingKeys", message)


def _check_names(names: Sequence[str], where: str, reserved: Sequence[str]) -> Iterator[Problem]:
    for index, name in enumerate(names):
        if name in reserved:
            message = f"must not be {name!r}: the operator sets it; reserved are {', '.join(reserved)}"
            yield Problem(f"{where}[{index}].name", "ConflictingKeys", message)
        elif name in names[:index]:
            message = f"{name!r} is the name of {where.rpartition('.')[2]}[{names.index(name)}], too"
            yield Problem(f"{where}[{index}].name", "ConflictingKeys", message)
