"""The claim that stores the artifacts and logs of a resource."""

from __future__ import annotations

from typing import Any

from easy_mlops.config.quantity import amount, canonical

from easy_mlops_operator.api.spec import StorageSection
from easy_mlops_operator.builders.parent import Parent


def build_claim(
    parent: Parent, storage: StorageSection, *, at_least: str = "0", storage_class: str | None = None
) -> dict[str, Any]:
    """The claim. Its resource owns it only if it is not to be retained.

    `at_least` is the size of an existing claim: a claim cannot shrink, and one adopted from an earlier resource of the
    same name may be larger than requested. `storage_class` is the existing claim's, where the spec names none: what an
    earlier resource has set cannot be taken out.
    """
    size = max(storage.size, at_least, key=amount)
    spec: dict[str, Any] = {
        "accessModes": list(storage.access_modes),
        "resources": {"requests": {"storage": canonical(size)}},
    }
    class_name = storage.storage_class_name if storage.storage_class_name is not None else storage_class
    if class_name is not None:
        spec["storageClassName"] = class_name
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": parent.metadata(parent.name, "storage", owned=not storage.retain),
        "spec": spec,
    }
