"""The ModelDeployment of a pass, read once: who it is, what it asks for, and what its status last was."""

from __future__ import annotations

from dataclasses import dataclass

from easy_mlops_operator.api.names import claim_name
from easy_mlops_operator.api.spec import DataUri
from easy_mlops_operator.api.status import Revision
from easy_mlops_operator.reconcile.acceptance import Accepted, Refused, accept
from easy_mlops_operator.reconcile.model import Manifest, Settings, Wanted
from easy_mlops_operator.reconcile.views import ResourceView, view_resource


@dataclass(frozen=True)
class Desired:
    """What a pass is for.

    `manifest` is the resource as the API server returned it, `claim` the name of the claim that it uses, and `sources`
    are the ConfigMaps and claims that have to exist before its run can start; none when they do not matter.
    """

    manifest: Manifest
    resource: ResourceView
    spec: Accepted | Refused
    claim: str
    sources: tuple[Wanted, ...]

    @property
    def target(self) -> str:
        """The revision that the spec asks for; while the spec is refused, the one that it asked for before."""
        return self.spec.target if isinstance(self.spec, Accepted) else self.resource.status.target_revision

    @property
    def active(self) -> Revision | None:
        """The revision that served when the status was last written."""
        return self.resource.status.revision(self.resource.status.active_revision)


def read(manifest: Manifest, settings: Settings) -> Desired:
    """Read a resource and check its spec."""
    resource = view_resource(manifest)
    spec = accept(resource.parent.name, resource.spec, settings.cluster)
    return Desired(manifest, resource, spec, claim_name(manifest), _sources(resource, spec))


def _sources(resource: ResourceView, spec: Accepted | Refused) -> tuple[Wanted, ...]:
    if isinstance(spec, Refused) or spec.spec.suspend:
        return ()
    record = resource.status.revision(spec.target)
    if record is not None and record.state == "Succeeded":
        return ()
    data = (Wanted("spec.data.uri", spec.data),) if spec.data.scheme in ("configmap", "pvc") else ()
    plugins = (
        Wanted(f"spec.pipeline.plugins[{index}]", DataUri("configmap", plugin.config_map, plugin.as_plugin().file_name))
        for index, plugin in enumerate(spec.spec.pipeline.plugins)
    )
    return (*data, *plugins)
