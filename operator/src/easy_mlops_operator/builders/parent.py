"""The owner of the children, and the metadata that they get from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from easy_mlops_operator.api.labels import Component, child_labels
from easy_mlops_operator.api.names import API_VERSION, KIND


@dataclass(frozen=True)
class Parent:
    """Identity of a ModelDeployment."""

    name: str
    namespace: str
    uid: str

    def metadata(
        self, name: str, component: Component, *, revision: str | None = None, owned: bool = True
    ) -> dict[str, Any]:
        """Metadata of a child. Unless it is `owned`, it outlives the resource."""
        body: dict[str, Any] = {
            "name": name,
            "namespace": self.namespace,
            "labels": child_labels(self.name, component, revision),
        }
        if owned:
            body["ownerReferences"] = [
                {
                    "apiVersion": API_VERSION,
                    "kind": KIND,
                    "name": self.name,
                    "uid": self.uid,
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ]
        return body
