"""Rules for CPU, memory and storage."""

from __future__ import annotations

from collections.abc import Iterator

from easy_mlops.config.errors import Problem
from easy_mlops.config.quantity import amount
from easy_mlops.config.resource import Resources, StorageSection


def check_resources(resources: Resources, where: str) -> Iterator[Problem]:
    """No request exceeds its limit."""
    for name, request in resources.requests.items():
        limit = resources.limits.get(name)
        if limit is not None and amount(request) > amount(limit):
            message = f"must not be more than the limit {limit}, got {request}"
            yield Problem(f"{where}.requests.{name}", "InvalidValue", message)


def check_storage(storage: StorageSection, where: str) -> Iterator[Problem]:
    """A claim is either described in the spec or exists already, and its size is not zero."""
    own = {"size", "storage_class_name", "access_modes"} & storage.model_fields_set
    if storage.existing_claim is not None and own:
        message = f"excludes size, storageClassName and accessModes: the claim {storage.existing_claim!r} has its own"
        yield Problem(f"{where}.existingClaim", "ConflictingKeys", message)
    if storage.existing_claim is None and amount(storage.size) == 0:
        yield Problem(f"{where}.size", "InvalidValue", f"must be more than zero, got {storage.size!r}")
