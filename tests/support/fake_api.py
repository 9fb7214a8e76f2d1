"""A small API server on 127.0.0.1 for the operator's own client: stores objects, and fails on request.

Knows just what the operator uses: get, list, server-side apply (a plain merge of the top levels), replace of a
version, delete with a uid, events. `requests` remembers what was asked for.
"""

from __future__ import annotations

import asyncio
import copy
import json
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from easy_mlops_operator.controller.client import Client, Fence
from easy_mlops_operator.controller.kinds import WATCHED
from kubernetes.aio.client import ApiClient, Configuration

Object = dict[str, Any]
_PLURALS = {*(kind.plural for kind in WATCHED), "events"}


@dataclass
class FakeApi:
    """Objects by path; `failures` are answers to give instead, by method, in order."""

    objects: dict[str, Object] = field(default_factory=dict)
    failures: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    counted: list[tuple[str, str]] = field(default_factory=list)
    managers: list[str] = field(default_factory=list)
    version: int = 100
    held: asyncio.Event | None = None
    """Until it is set, no request is answered."""

    def add(self, path: str, obj: Object) -> Object:
        """Put an object at a path, as somebody else would."""
        self.version += 1
        stored = copy.deepcopy(obj)
        metadata = stored.setdefault("metadata", {})
        metadata.setdefault("uid", f"uid-{self.version}")
        metadata["resourceVersion"] = str(self.version)
        self.objects[path] = stored
        return copy.deepcopy(stored)

    def fail(self, method: str, status: int, message: str = "on request", times: int = 1) -> None:
        """Answer the next requests of a method with an error; with 0, drop the connection."""
        self.failures.setdefault(method, []).extend([(status, message)] * times)

    def methods(self) -> list[str]:
        return [method for method, _, _ in self.requests]

    async def answer(self, request: web.Request) -> web.Response:
        body = json.loads(await request.text() or "null")
        if self.held is not None:
            await self.held.wait()
        self.requests.append((request.method, request.path, body))
        if "fieldManager" in request.query:
            self.managers.append(request.query["fieldManager"])
        if planned := self.failures.get(request.method):
            status, message = planned.pop(0)
            if not status:
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            return web.json_response({"kind": "Status", "message": message}, status=status)
        return {"GET": self._get, "PATCH": self._patch, "POST": self._post, "PUT": self._put, "DELETE": self._delete}[
            request.method
        ](request.path, body)

    def _get(self, path: str, body: Any) -> web.Response:
        if path in self.objects:
            return web.json_response(self.objects[path])
        kind = path.rsplit("/", 1)[-1]
        if kind in _PLURALS:
            items = [obj for at, obj in self.objects.items() if f"/{kind}/" in at]
            return web.json_response({"metadata": {"resourceVersion": str(self.version)}, "items": items})
        return self._missing(path)

    def _patch(self, path: str, body: Object) -> web.Response:
        at = path.removesuffix("/status")
        known = self.objects.get(at)
        uid = body.get("metadata", {}).get("uid")
        if uid and known is None:
            return web.json_response({"kind": "Status", "message": "uid mismatch"}, status=409)
        if uid and known is not None and known["metadata"]["uid"] != uid:
            return web.json_response({"kind": "Status", "message": "metadata.uid: field is immutable"}, status=422)
        version = body.get("metadata", {}).pop("resourceVersion", None)
        if version and known is not None and known["metadata"]["resourceVersion"] != version:
            return web.json_response({"kind": "Status", "message": "the object has been modified"}, status=409)
        if known is None and "/events/" in path:
            return self._missing(path)
        merged = {
            **(known or {}),
            **body,
            "metadata": {**(known or {}).get("metadata", {}), **body.get("metadata", {})},
        }
        if known is not None and merged == known:
            return web.json_response(known)
        return web.json_response(self.add(at, merged))

    def _post(self, path: str, body: Object) -> web.Response:
        return web.json_response(self.add(f"{path}/{body['metadata']['name']}", body), status=201)

    def _put(self, path: str, body: Object) -> web.Response:
        known = self.objects.get(path)
        if known is None:
            return self._missing(path)
        if known["metadata"]["resourceVersion"] != body["metadata"]["resourceVersion"]:
            return web.json_response({"kind": "Status", "message": "the object has been modified"}, status=409)
        return web.json_response(self.add(path, body))

    def _delete(self, path: str, body: Object) -> web.Response:
        known = self.objects.get(path)
        if known is None:
            return self._missing(path)
        if known["metadata"]["uid"] != body["preconditions"]["uid"]:
            return web.json_response({"kind": "Status", "message": "uid mismatch"}, status=409)
        del self.objects[path]
        return web.json_response({"kind": "Status", "status": "Success"})

    def _missing(self, path: str) -> web.Response:
        return web.json_response({"kind": "Status", "message": f"{path} not found"}, status=404)


@asynccontextmanager
async def serve(api: FakeApi, fence: Fence = lambda: math.inf) -> AsyncIterator[Client]:
    """The operator's client, connected to `api`."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", api.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    configuration = Configuration()
    configuration.host = f"http://127.0.0.1:{runner.addresses[0][1]}"
    client = Client(ApiClient(configuration), lambda verb, code: api.counted.append((verb, code)), fence)
    try:
        yield client
    finally:
        await client.close()
        await runner.cleanup()
