"""All requests to the API server: plain dicts in and out, one kind of error, each request counted.

`kubernetes.aio` has no types and its own idea of an object; neither gets out of this file. Kinds are known here,
so the dynamic client needs no discovery.
"""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, NamedTuple, Self
from urllib.request import getproxies

import aiohttp
from kubernetes.aio import config as kube_config
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.client.exceptions import ApiException
from kubernetes.aio.dynamic import DynamicClient
from kubernetes.aio.dynamic.resource import Resource

from easy_mlops_operator.api import names
from easy_mlops_operator.controller.kinds import (
    LEASE,
    MODEL_DEPLOYMENT,
    WATCHED,
    Key,
    Kind,
    Manifest,
    kind_of,
    version_of,
)

REQUEST_SECONDS: Final = 15.0
PAGE_SIZE: Final = 100
_EVENT: Final = Kind("Event", "", "v1", "events", selector="")
_CONNECTIONS: Final = 32
_NO_OBJECTS_VERSION: Final = "1"
"""An apply with a `resourceVersion` requires an existing object to have it, and creates one that does not exist. No
object has this version, since an empty etcd starts with it: an apply with it can only create."""

Observer = Callable[[str, str], None]
"""Receives each request: its verb, and the response's status code, or `error` if there was no response."""


Fence = Callable[[], float]
"""How many seconds a write that starts now may take; 0 when none may start, because another replica may lead."""


class ApiError(Exception):
    """The API server refused a request, or gave no answer (`status` 0)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}" if status else message)
        self.status = status
        self.message = message

    @property
    def is_refusal(self) -> bool:
        """Whether the same request will be refused again until someone changes something: 4xx, but for a few."""
        return 400 <= self.status < 500 and self.status not in {401, 404, 408, 409, 410, 429}


class Page(NamedTuple):
    """A page of a list, its resourceVersion, and the token of the next page, if any."""

    objects: Sequence[Manifest]
    version: int
    continued: str | None


class Client:
    """The requests that the operator makes. Those that write wait behind `fence`; the Lease's, which it depends on,
    do not."""

    def __init__(self, api: Any, observe: Observer, fence: Fence = lambda: math.inf) -> None:
        """`api` is a configured `kubernetes.aio.client.ApiClient`."""
        self._api = api
        self._dynamic = DynamicClient(api)
        self._observe = observe
        self._fence = fence
        self._resources = {kind: _resource(kind, self._dynamic) for kind in (*WATCHED, _EVENT, LEASE)}

    @classmethod
    async def connect(cls, observe: Observer, fence: Fence = lambda: math.inf) -> Self:
        """A client with the pod's service account, or else with the kubeconfig of the environment."""
        configuration = Configuration()
        try:
            kube_config.load_incluster_config(client_configuration=configuration)
        except kube_config.ConfigException:
            await kube_config.load_kube_config(client_configuration=configuration)
        configuration.connection_pool_maxsize = _CONNECTIONS
        # Else aiohttp looks for proxies and for a netrc file at each request, in threads of its own.
        configuration.client_session_kwargs = {"trust_env": bool(getproxies())}
        return cls(ApiClient(configuration), observe, fence)

    async def close(self) -> None:
        """Close all connections."""
        await self._api.close()

    async def serves(self, kind: Kind) -> bool:
        """Whether discovery shows the kind."""
        try:
            found = await self._send("get", self._dynamic.request, "get", f"/apis/{kind.api_version}")
        except ApiError as error:
            if error.status == 404:
                return False
            raise
        return any(resource.get("name") == kind.plural for resource in found.get("resources") or ())

    async def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        """The object; None when there is none."""
        try:
            return await self._send("get", self._resources[kind].get, name=name, namespace=namespace)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    async def page(self, kind: Kind, namespace: str | None, selector: str, continued: str | None = None) -> Page:
        """Some of the objects of a kind that a label selector matches: the first ones, or those after a page that is
        `continued`.

        Objects as they are parsed take up ten times their text: whoever keeps all pages needs room for that.
        """
        page = await self._send(
            "list",
            self._resources[kind].get,
            namespace=namespace,
            label_selector=selector,
            limit=PAGE_SIZE,
            _continue=continued,
        )
        typed = {"apiVersion": kind.api_version, "kind": kind.name}
        objects = [{**typed, **item} for item in page.get("items") or ()]
        return Page(objects, version_of(page), page.get("metadata", {}).get("continue") or None)

    async def events(self, key: Key, selector: str) -> Sequence[Manifest]:
        """The newest Kubernetes Events about an object of this key, as far as a field selector matches them."""
        page = await self._send(
            "list",
            self._resources[_EVENT].get,
            namespace=key.namespace,
            field_selector=f"involvedObject.name={key.name},{selector}",
            limit=PAGE_SIZE,
        )
        return list(page.get("items") or ())

    async def apply(self, manifest: Manifest, *, manager: str) -> Manifest:
        """Server-side apply a child, or as much of it as `manager` is to own; the object as it is now."""
        return await self._write(
            "apply",
            self._resources[kind_of(manifest["kind"])].server_side_apply,
            body=manifest,
            field_manager=manager,
            force_conflicts=True,
        )

    async def create(self, manifest: Manifest, *, manager: str) -> Manifest:
        """Server-side apply a child that does not exist yet; 409 if an object of its name exists, ours or not."""
        metadata = {**manifest["metadata"], "resourceVersion": _NO_OBJECTS_VERSION}
        return await self.apply({**manifest, "metadata": metadata}, manager=manager)

    async def replace_spec(self, live: Manifest, spec: Manifest) -> Manifest:
        """Write the spec over this very version of an object; the object as it is now. 409 if there is a newer one."""
        metadata = live["metadata"]
        return await self._write(
            "replace_spec",
            self._resources[kind_of(live["kind"])].patch,
            body=[
                {"op": "replace", "path": "/metadata/resourceVersion", "value": metadata["resourceVersion"]},
                {"op": "replace", "path": "/spec", "value": spec},
            ],
            name=metadata["name"],
            namespace=metadata["namespace"],
            content_type="application/json-patch+json",
            field_manager=names.REPAIR_MANAGER,
        )

    async def apply_status(self, manifest: Manifest) -> Manifest:
        """Server-side apply the status of a ModelDeployment; the object as it is now."""
        return await self._write(
            "apply_status",
            self._resources[MODEL_DEPLOYMENT].subresources["status"].server_side_apply,
            body=manifest,
            field_manager=names.STATUS_MANAGER,
            force_conflicts=True,
        )

    async def delete(self, kind: Kind, namespace: str, name: str, uid: str) -> None:
        """Delete the object of this uid and, in the background, what it owns."""
        options = {"preconditions": {"uid": uid}, "propagationPolicy": "Background"}
        await self._write("delete", self._resources[kind].delete, name=name, namespace=namespace, body=options)

    async def create_event(self, event: Manifest) -> None:
        """Create a Kubernetes Event."""
        await self._write("create", self._resources[_EVENT].create, body=event, field_manager=names.FIELD_MANAGER)

    async def patch_event(self, namespace: str, name: str, patch: Manifest) -> None:
        """Merge `patch` into a Kubernetes Event."""
        await self._write(
            "patch",
            self._resources[_EVENT].patch,
            body=patch,
            name=name,
            namespace=namespace,
            content_type="application/merge-patch+json",
            field_manager=names.FIELD_MANAGER,
        )

    async def get_lease(self, key: Key) -> Manifest | None:
        """The Lease; None when there is none."""
        try:
            return await self._send("get_lease", self._resources[LEASE].get, name=key.name, namespace=key.namespace)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    async def create_lease(self, lease: Manifest) -> Manifest:
        """Create a Lease; the object as it is now."""
        return await self._send("create_lease", self._resources[LEASE].create, body=lease)

    async def replace_lease(self, lease: Manifest) -> Manifest:
        """Write a Lease over the version that it names; the object as it is now."""
        return await self._send("replace_lease", self._resources[LEASE].replace, body=lease)

    async def _write(self, verb: str, call: Callable[..., Awaitable[Any]], **kwargs: Any) -> Manifest:
        """Make a request that changes something, if it may start, and end it before another replica can lead."""
        seconds = self._fence()
        if seconds <= 0:
            raise ApiError(0, f"{verb}: not sent, this replica does not lead")
        return await self._send(verb, call, seconds=min(seconds, REQUEST_SECONDS), **kwargs)

    async def _send(
        self,
        verb: str,
        call: Callable[..., Awaitable[Any]],
        *args: Any,
        seconds: float = REQUEST_SECONDS,
        **kwargs: Any,
    ) -> Manifest:
        """Make a request, count it, and turn whatever goes wrong into an `ApiError`."""
        timeout = aiohttp.ClientTimeout(total=seconds)
        code = "error"
        try:
            answer = await call(*args, serialize=False, _request_timeout=timeout, **kwargs)
            code = str(answer.status)
            body = json.loads(await answer.read())
        except ApiException as error:
            code = str(error.status)
            raise ApiError(int(error.status or 0), _message(error)) from error
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise ApiError(0, f"{verb}: {type(error).__name__}: {error}") from error
        finally:
            self._observe(verb, code)
        if not isinstance(body, dict):
            raise ApiError(0, f"{verb}: the answer is not an object")
        return body


def _resource(kind: Kind, client: DynamicClient) -> Any:
    status = {"status": {"kind": kind.name, "name": f"{kind.plural}/status", "namespaced": True}}
    return Resource(
        prefix="apis" if kind.group else "api",
        group=kind.group,
        api_version=kind.version,
        kind=kind.name,
        namespaced=True,
        name=kind.plural,
        client=client,
        subresources=status,
    )


def _message(error: ApiException) -> str:
    """The server's message, without the headers and tracebacks that the client adds."""
    try:
        return str(json.loads(error.body)["message"])[:1024]
    except (TypeError, ValueError, KeyError):
        return str(error.reason or error.body or "no reason given")[:1024]
