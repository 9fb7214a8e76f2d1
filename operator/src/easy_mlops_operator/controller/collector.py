"""Reads one scoring pod's summary. The pod runs a tenant's code, so whatever it answers is taken for hostile.

The answer is cut off after 64 kB and two seconds, is not decompressed, and no redirect is followed: a tenant must
not be able to fill the operator's memory, hold it up, or send it to an address of the tenant's choice.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Mapping
from typing import Any, Final

import aiohttp
from easy_mlops.monitoring.summary import SUMMARY_LIMIT, SUMMARY_PATH

from easy_mlops_operator.api import labels

TIMEOUT_SECONDS: Final = 2.0
_IN_FLIGHT: Final = 64


class CollectionError(Exception):
    """A pod gave no usable summary. `kind` is one of a few words, for the metric."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Collector:
    """GETs summaries, at most 64 at a time."""

    def __init__(self, timeout: float = TIMEOUT_SECONDS) -> None:
        self._limit = asyncio.Semaphore(_IN_FLIGHT)
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=timeout),
            connector=aiohttp.TCPConnector(limit=_IN_FLIGHT, force_close=True),
            headers={"Accept-Encoding": "identity", "User-Agent": labels.OPERATOR},
            auto_decompress=False,
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def read(self, url: str) -> bytes:
        """The summary at `url` as it came. Raises `CollectionError`."""
        async with self._limit:
            try:
                async with self._session.get(url, allow_redirects=False) as answer:
                    if answer.status != 200:
                        raise CollectionError("status", f"{url} answered {answer.status}")
                    return await _read_limited(answer.content)
            except TimeoutError as error:
                raise CollectionError("timeout", f"{url} took too long") from error
            except (aiohttp.ClientError, OSError, ValueError) as error:
                raise CollectionError("unreachable", f"{url}: {type(error).__name__}") from error


def summary_url(pod: Mapping[str, Any]) -> str | None:
    """Where a ready scoring pod tells its summary; None when `pod` is not one."""
    metadata, status = pod["metadata"], pod.get("status", {})
    conditions = status.get("conditions") or ()
    is_ready = any(each.get("type") == "Ready" and each.get("status") == "True" for each in conditions)
    if labels.label_of(pod, labels.COMPONENT) != "serving" or "deletionTimestamp" in metadata or not is_ready:
        return None
    ports = [port for container in pod["spec"]["containers"] for port in container.get("ports") or ()]
    try:
        address = ipaddress.ip_address(status.get("podIP", ""))
    except ValueError:
        return None
    if not ports:
        return None
    host = f"[{address}]" if address.version == 6 else str(address)
    return f"http://{host}:{ports[0]['containerPort']}{SUMMARY_PATH}"


async def _read_limited(content: aiohttp.StreamReader) -> bytes:
    raw = bytearray()
    async for chunk in content.iter_any():
        raw += chunk
        if len(raw) > SUMMARY_LIMIT:
            raise CollectionError("too_large", f"more than {SUMMARY_LIMIT} bytes")
    return bytes(raw)
