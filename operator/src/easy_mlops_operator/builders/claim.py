"""The claim that keeps a resource's artifacts and logs."""

from __future__ import annotations

from typing import Any

from easy_mlops.config.quantity import amount, canonical

from easy_mlops_operator.api.spec import StorageSection
from easy_mlops_operator.builders.parent import Parent


def build_claim(parent: Parent, storage: StorageSection, *, at_least: str = "0") -> dict[str, Any]:
    """The claim; owned by its resource only when it is not to be retained.

    `at_least` is the size that an existing claim already has: a claim cannot shrink, and one taken over from an
    earlier resource of the name may be larger than asked for.
    """
    size = max(storage.size, at_least, key=amount)
    spec: dict[str, Any] = {
        "accessModes": list(storage.access_modes),
        "resources": {"requests": {"storage": canonical(size)}},
    }
    if storage.storage_class_name is not None:
        spec["storageClassName"] = storage.storage_class_name
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": parent.metadata(parent.name, "storage", owned=not storage.retain),
        "spec": spec,
    }
