"""Many resources in namespaces of their own, each with a volume that waits for its claim."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from easy_mlops.monitoring.bins import ColumnCounts
from easy_mlops.monitoring.sketch import Sketch
from easy_mlops.monitoring.summary import WINDOWS, Summary, Window
from kube import Object, kubectl, model_deployment
from nodes import this_machine
from plain_api import PlainApi, each, path
from played_cluster import STORAGE_CLASS, volume, volume_name
from stand_in import DIGEST

PER_NAMESPACE = 50
"""Kubernetes' own controllers look through all pods of a namespace for each of its Services, Deployments and Jobs:
with a thousand resources in one namespace that takes most of their time."""


@dataclass(frozen=True)
class Fleet:
    """Resources, each in its namespace, whose scoring pods answer on `port`."""

    label: str
    namespaces: Mapping[str, str]
    port: int

    @classmethod
    def new(cls, names: Sequence[str], port: int) -> Fleet:
        """As yet nothing of it exists. `label` is what namespaces of this fleet alone are labelled with."""
        label, count = f"scale-{random.randrange(16**5):05x}", math.ceil(len(names) / PER_NAMESPACE)
        return cls(label, {name: f"{label}-{number % count}" for number, name in enumerate(names)}, port)

    def path(self, kind: str, name: str) -> str:
        """Of an object of this kind (plural) and name."""
        return path(kind, self.namespaces[name], name)

    async def make(self, api: PlainApi, names: Sequence[str]) -> None:
        """Create these resources, many at a time."""

        async def create(name: str) -> None:
            await api.create(path("modeldeployments", self.namespaces[name]), self.manifest(name))

        await each(names, create)

    def manifest(self, name: str) -> Object:
        storage = {"size": "1Gi", "storageClassName": STORAGE_CLASS}
        serving = {"port": self.port, "replicas": 1}
        return model_deployment(name, storage=storage, serving=serving)

    async def edit(self, api: PlainApi, name: str, **serving: int) -> None:
        """Change `spec.serving`."""
        await api.merge(self.path("modeldeployments", name), {"spec": {"serving": serving}})


@asynccontextmanager
async def new_fleet(api: PlainApi, names: Sequence[str], port: int) -> AsyncIterator[Fleet]:
    """Namespaces with volumes and as yet without resources; all of it is removed afterwards."""
    fleet = Fleet.new(names, port)

    async def create_volume(name: str) -> None:
        await api.create(path("persistentvolumes"), volume(fleet.namespaces[name], name))

    async def delete_volume(name: str) -> None:
        await api.delete(path("persistentvolumes", name=volume_name(fleet.namespaces[name], name)))

    try:
        for name in dict.fromkeys(fleet.namespaces.values()):
            await api.create(path("namespaces"), {"metadata": {"name": name, "labels": {"scale": fleet.label}}})
        await each(names, create_volume)
        yield fleet
    finally:
        kubectl("delete", "namespaces", "-l", f"scale={fleet.label}", "--wait=false")
        await each(names, delete_volume)


def summary(columns: int = 10, bins: int = 12) -> Summary:
    """As a pod tells it that has been asked by many: some 10 kB."""
    names = [f"column_{number}" for number in range(columns)]
    window = Window(
        requests=5000,
        rows=5000,
        nulls=dict.fromkeys(names, 0),
        latency_ms=Sketch(dict.fromkeys(range(250), 20)),
        drift={name: ColumnCounts([400] * bins, 0.1, 0) for name in names},
    )
    return Summary(DIGEST, "1.0.0", dict.fromkeys(WINDOWS, window), reference=dict.fromkeys(names, (400,) * bins))


@asynccontextmanager
async def scoring_pods() -> AsyncIterator[int]:
    """The port on which all scoring pods at once tell what they were asked, a while ago."""
    body = summary().encode()
    answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, this_machine(), 0, backlog=1024)
    async with server:
        yield server.sockets[0].getsockname()[1]
