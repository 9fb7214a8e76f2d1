"""Requests to the API server by the official client and nothing around it: the benchmark's own hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any, Self, TypeVar

from api_server import API_OF
from fault_proxy import lines
from kube import Object
from kubernetes.aio import config as kube_config
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.client.exceptions import ApiException
from kubernetes.aio.dynamic import DynamicClient

IN_FLIGHT = 16
"""Requests at once: more would leave the operator too little of an API server on the same processors."""
API = {**API_OF, **dict.fromkeys(("persistentvolumes", "namespaces", "events"), "api/v1")}
Item = TypeVar("Item")


class PlainApi:
    """Reads and writes plain dicts. Paths are those of the API, without the leading slash."""

    def __init__(self, client: Any) -> None:
        self._dynamic = DynamicClient(client)

    @classmethod
    @asynccontextmanager
    async def connect(cls) -> AsyncIterator[Self]:
        """With the kubeconfig of the environment."""
        configuration = Configuration()
        await kube_config.load_kube_config(client_configuration=configuration)
        configuration.connection_pool_maxsize = 2 * IN_FLIGHT
        async with ApiClient(configuration) as client:
            yield cls(client)

    async def get(self, path: str, **query: str) -> Object:
        """An object or a list. Raises `ApiException`."""
        return await self._send("get", path, None, query)

    async def find(self, path: str) -> Object | None:
        """An object; None when there is none."""
        try:
            return await self.get(path)
        except ApiException as error:
            if error.status != 404:
                raise
            return None

    async def create(self, path: str, body: Object) -> Object:
        return await self._send("post", path, body, {})

    async def merge(self, path: str, body: Object) -> Object:
        return await self._send("patch", path, body, {}, content_type="application/merge-patch+json")

    async def apply(self, path: str, body: Object) -> Object:
        """Server-side apply."""
        query = {"fieldManager": "bare-loop", "force": "true"}
        return await self._send("patch", path, body, query, content_type="application/apply-patch+yaml")

    async def delete(self, path: str) -> None:
        """Delete an object, if it is there."""
        with suppress(ApiException):
            await self._send("delete", path, None, {})

    async def watch(self, path: str, since: str) -> AsyncIterator[Object]:
        """Events until the server ends the watch."""
        query = [("watch", "true"), ("resourceVersion", since), ("timeoutSeconds", "3600")]
        answer = await self._dynamic.request("get", path, query_params=query, serialize=False, _request_timeout=7200)
        async for line in lines(answer.content.iter_any()):
            yield json.loads(line)

    async def _send(self, method: str, path: str, body: Object | None, query: dict[str, str], **kwargs: Any) -> Object:
        answer = await self._dynamic.request(
            method, path, body=body, query_params=list(query.items()), serialize=False, **kwargs
        )
        found: Object = json.loads(await answer.read())
        return found


def path(kind: str, namespace: str = "", name: str = "", subresource: str = "") -> str:
    """Of a kind of objects (plural), or of one of them."""
    scope = f"namespaces/{namespace}/{kind}" if namespace else kind
    return "/".join(part for part in (API[kind], scope, name, subresource) if part)


async def each(items: Iterable[Item], work: Callable[[Item], Awaitable[Any]], in_flight: int = IN_FLIGHT) -> None:
    """Do the work for all items, so many at a time."""
    rest = iter(items)

    async def one_after_another() -> None:
        for item in rest:
            await work(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(in_flight):
            group.create_task(one_after_another())
