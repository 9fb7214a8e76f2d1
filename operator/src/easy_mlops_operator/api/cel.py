"""Rules between fields in CEL, which the API server checks when a resource is written.

The operator checks these rules and more (`easy_mlops.config.check`). Here are those that compare with the previous
state, and those for which a user should get the error from `kubectl apply`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from easy_mlops.config.check.podtemplate import (
    RESERVED_DOMAINS,
    RESERVED_KEYS,
    RESERVED_PATHS,
    RESERVED_VARIABLES,
    RESERVED_VOLUMES,
)
from easy_mlops.config.observability import LIMIT_FORMS, LIMITS

from easy_mlops_operator.api.names import NAME_LIMIT, NAME_PATTERN

_STORAGE: Final = "(has({0}.spec.storage) && has({0}.spec.storage.{1}) ? {0}.spec.storage.{1} : {2})"
_CLAIM: Final = "has(self.status) && has(self.status.storage)"
"""Whether there is a claim. A rule that compares with it must hold at each write of the status, too: it lets pass what
is not changed."""


def _fixed(field: str, default: str) -> dict[str, str]:
    now, before = _STORAGE.format("self", field, default), _STORAGE.format("oldSelf", field, default)
    return {
        "rule": f"{now} == {before} || !({_CLAIM}) || !self.status.storage.bound",
        "message": f"spec.storage.{field} is immutable once the claim is bound to a volume",
    }


_SIZE, _SIZE_BEFORE = (
    f"string({_STORAGE.format(which, 'size', chr(39) + '1Gi' + chr(39))})" for which in ("self", "oldSelf")
)

ROOT_RULES: Final = (
    {
        "rule": f"self.metadata.name.size() <= {NAME_LIMIT}",
        "message": f"metadata.name must have at most {NAME_LIMIT} characters",
    },
    {
        "rule": f"self.metadata.name.matches('^{NAME_PATTERN}$')",
        "message": "metadata.name must be a DNS label that begins with a letter, since the Service has the same name",
    },
    _fixed("storageClassName", "''"),
    _fixed("accessModes", "['ReadWriteOnce']"),
    _fixed("existingClaim", "''"),
    {
        "rule": f"quantity({_SIZE}).compareTo(quantity({_SIZE_BEFORE})) >= 0 || !({_CLAIM})"
        f" || {_SIZE} == self.status.storage.size",
        "message": "spec.storage.size can only grow, or return to status.storage.size: a claim cannot shrink",
    },
)
STORAGE_RULES: Final = (
    {
        "rule": "!has(self.existingClaim) || !(has(self.size) || has(self.storageClassName) || has(self.accessModes))",
        "message": "storage.existingClaim excludes size, storageClassName and accessModes: the claim has its own",
    },
)
SERVING_RULES: Final = (
    {
        "rule": "!(has(self.replicas) && has(self.autoscaling))",
        "message": "serving.autoscaling excludes replicas: the autoscaler sets the number of pods",
    },
)
AUTOSCALING_RULES: Final = (
    {
        "rule": "!has(self.minReplicas) || self.minReplicas <= self.maxReplicas",
        "message": "serving.autoscaling.minReplicas must not be more than maxReplicas",
    },
)

_SINGLE: Final = tuple(f"has(self.{name})" for name in LIMITS if name not in ("low", "high"))
RULE_RULES: Final = (
    {
        "rule": "has(self.op) && self.op == 'outside'"
        f" ? has(self.low) && has(self.high) && !({' || '.join(_SINGLE)})"
        f" : !has(self.low) && !has(self.high) && [{', '.join(_SINGLE)}].exists_one(given, given)",
        "message": f"a rule has exactly one limit: {LIMIT_FORMS}",
    },
    {"rule": "!has(self.value) || has(self.op)", "message": "value needs an op"},
    {
        "rule": "!has(self.from_reference) || !has(self.op) || self.op in ['>', '>=']",
        "message": "from_reference is an upper limit: op must be > or >=",
    },
    {"rule": "!(has(self.low) && has(self.high)) || self.low <= self.high", "message": "low is above high"},
)


def _none_reserved(field: str, names: Sequence[str]) -> dict[str, str]:
    rule = f"!has(self.{field}) || self.{field}.all(item, !(item.name in {list(names)}))"
    return {"rule": rule, "message": f"{field}: the operator sets {', '.join(names)}"}


POD_TEMPLATE_RULES: Final = (
    _none_reserved("env", RESERVED_VARIABLES),
    _none_reserved("volumes", RESERVED_VOLUMES),
    {
        "rule": f"!has(self.labels) || self.labels.all(key, !(key in {list(RESERVED_KEYS)})"
        f" && !{list(RESERVED_DOMAINS[:2])}.exists(domain, key.startsWith(domain)))",
        "message": "labels: the operator or Kubernetes sets a key that is given",
    },
    {
        "rule": "!has(self.volumeMounts) || self.volumeMounts.all(item,"
        f" !{list(RESERVED_PATHS)}.exists(path, (item.mountPath + '/').startsWith(path + '/')))",
        "message": "volumeMounts: the pods use a mountPath that is given",
    },
)
EXTRA_VOLUME_RULES: Final = (
    {
        "rule": "[has(self.configMap), has(self.secret), has(self.persistentVolumeClaim)].exists_one(given, given)",
        "message": "a volume has exactly one of configMap, secret and persistentVolumeClaim",
    },
)
