"""Collects what a pass may look at. Nearly all of it is in the store; the rest is read by name from the API server."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from easy_mlops_operator.api import names
from easy_mlops_operator.api.labels import SERVICE_NAME, is_leaving, is_ours, label_of
from easy_mlops_operator.api.spec import DataUri
from easy_mlops_operator.controller.claim_problems import claim_problem
from easy_mlops_operator.controller.client import ApiError, Client
from easy_mlops_operator.controller.kinds import (
    APPLIED,
    AUTOSCALER,
    BUDGET,
    CLAIM,
    CONFIG_MAP,
    DEPLOYMENT,
    ENDPOINT_SLICE,
    JOB,
    NETWORK_POLICY,
    POD,
    SERVICE,
    Key,
    Kind,
    Manifest,
)
from easy_mlops_operator.controller.name_conflicts import NameConflicts
from easy_mlops_operator.controller.pod_refusals import PodRefusals
from easy_mlops_operator.controller.store import Store
from easy_mlops_operator.controller.summary_cache import SummaryCache
from easy_mlops_operator.reconcile import ConflictingObject, Desired, Observed, Source, Wanted


class Gatherer:
    """Makes the `Observed` of a resource."""

    def __init__(
        self,
        client: Client,
        store: Store,
        conflicts: NameConflicts,
        summaries: SummaryCache,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._store = store
        self._conflicts = conflicts
        self._summaries = summaries
        self._refusals = PodRefusals(client, clock)

    async def gather(self, key: Key, desired: Desired) -> Observed:
        """What there is around a resource. Raises `ApiError` if a read failed."""
        resource = desired.manifest
        conflicts = await self._conflicting_objects(key, resource)
        own = {kind: _ours(resource, self._store.children(kind, key)) for kind in (CONFIG_MAP, JOB, NETWORK_POLICY)}
        jobs = {job["metadata"]["name"]: job for job in own[JOB]}
        pruner, search = (jobs.pop(make(key.name), None) for make in (names.pruner_name, names.search_name))
        pods = self._store.children(POD, key)
        deployment = Key(key.namespace, names.deployment_name(key.name))
        collected = self._summaries.of(key, desired.active.digest) if desired.active is not None else None
        claim = await self._claim(key, desired)
        return Observed(
            claim=claim,
            claim_problem=await claim_problem(self._client, claim, pods),
            configs=own[CONFIG_MAP],
            jobs=tuple(jobs.values()),
            pruner=pruner,
            search=search,
            pods=pods,
            refused_pods=await self._refusals.of(own[JOB], pods),
            deployment=self._named(resource, DEPLOYMENT, deployment),
            service=self._named(resource, SERVICE, Key(key.namespace, names.service_name(key.name))),
            endpoint_slices=self._endpoint_slices(key),
            autoscaler=self._named(resource, AUTOSCALER, deployment),
            budget=self._named(resource, BUDGET, deployment),
            policies=own[NETWORK_POLICY],
            conflicts=conflicts,
            source=await self._sources(key.namespace, desired.sources),
            summary=collected.summary() if collected else None,
            summary_at=collected.at if collected else None,
        )

    def _named(self, resource: Manifest, kind: Kind, key: Key) -> Manifest | None:
        found = self._store.get(kind, key)
        return found if found is not None and is_ours(resource, found) else None

    def _endpoint_slices(self, key: Key) -> tuple[Manifest, ...]:
        service = names.service_name(key.name)
        slices = self._store.children(ENDPOINT_SLICE, key)
        return tuple(item for item in slices if label_of(item, SERVICE_NAME) == service)

    async def _claim(self, key: Key, desired: Desired) -> Manifest | None:
        """The claim that the resource uses; somebody else's has no label of ours and is asked for."""
        wanted = Key(key.namespace, desired.claim)
        known = self._store.get(CLAIM, wanted)
        if wanted == key:
            return known if known is not None and is_ours(desired.manifest, known) else None
        return known if known is not None else await self._client.get(CLAIM, *wanted)

    async def _conflicting_objects(self, key: Key, resource: Manifest) -> tuple[ConflictingObject, ...]:
        found = {}
        for kind in APPLIED:
            for obj in self._store.children(kind, key):
                if not is_ours(resource, obj):
                    found[kind, obj["metadata"]["name"]] = obj
        for kind, name in self._conflicts.of(key):
            obj_now = await self._client.get(kind, key.namespace, name)
            if obj_now is not None and not is_ours(resource, obj_now):
                found[kind, name] = obj_now
                continue
            self._conflicts.drop(key, kind, name)
            if obj_now is not None:
                self._store.put(kind, obj_now)
        return tuple(
            ConflictingObject(kind.name, name, is_leaving(resource, obj)) for (kind, name), obj in found.items()
        )

    async def _sources(self, namespace: str, wanted: Iterable[Wanted]) -> Source:
        """Whether all that is wanted is there; else the first thing that is missing, or cannot be looked at."""
        result = Source("found")
        for item in wanted:
            source = await self._source(namespace, item.uri)
            if source.state == "missing" or (source.state == "unknown" and result.state == "found"):
                result = Source(source.state, f"{item.field}: {source.message}")
            if result.state == "missing":
                break
        return result

    async def _source(self, namespace: str, uri: DataUri) -> Source:
        """Whether a ConfigMap with its key, or a claim, is there."""
        kind = CONFIG_MAP if uri.scheme == "configmap" else CLAIM
        try:
            found = await self._client.get(kind, namespace, uri.name)
        except ApiError as error:
            if error.is_refusal:
                return Source("unknown", f"cannot read {kind.name} {uri.name!r}: {error.message}")
            raise
        if found is None:
            return Source("missing", f"{kind.name} {uri.name!r} does not exist in namespace {namespace!r}")
        if kind is CONFIG_MAP:
            keys = sorted({**(found.get("data") or {}), **(found.get("binaryData") or {})})
            if uri.path not in keys:
                return Source("missing", f"ConfigMap {uri.name!r} has no key {uri.path!r}; it has {_listed(keys)}")
        return Source("found")


def _ours(resource: Manifest, children: Iterable[Manifest]) -> tuple[Manifest, ...]:
    return tuple(child for child in children if is_ours(resource, child))


def _listed(keys: list[str]) -> str:
    shown = ", ".join(keys[:10]) or "none"
    return shown if len(keys) <= 10 else f"{shown} and {len(keys) - 10} more"
