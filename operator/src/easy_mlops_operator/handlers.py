"""The only kopf handlers. Each says: this object is so now; everything else is decided level-based, in a pass.

Only `on.event` handlers: all other kinds of kopf's handlers write annotations or finalizers into users' objects.
"""

from __future__ import annotations

from typing import Any, Protocol

import kopf

from easy_mlops_operator.controller.kinds import (
    AUTOSCALER,
    BUDGET,
    CLAIM,
    CONFIG_MAP,
    DEPLOYMENT,
    JOB,
    MODEL_DEPLOYMENT,
    NETWORK_POLICY,
    POD,
    SERVICE,
    WATCHED,
    Kind,
    selector_of,
)
from easy_mlops_operator.unrecorded import NoLastState, NoProgress


class Observe(Protocol):
    """Takes the events of all kinds."""

    def __call__(self, kind: Kind, event: kopf.RawEvent) -> None: ...


def make_registry(observe: Observe) -> kopf.OperatorRegistry:
    """Handlers that pass each event of a watched kind to `observe`."""
    registry = kopf.OperatorRegistry()

    @kopf.on.login(registry=registry)
    def login(**known: Any) -> kopf.ConnectionInfo | None:
        return kopf.login_with_service_account(**known) or kopf.login_with_kubeconfig(**known)

    @kopf.on.event(*_selector(MODEL_DEPLOYMENT), registry=registry)
    async def model_deployment(event: kopf.RawEvent, **_: Any) -> None:
        observe(MODEL_DEPLOYMENT, event)

    @kopf.on.event(*_selector(CONFIG_MAP), registry=registry)
    async def config_map(event: kopf.RawEvent, **_: Any) -> None:
        observe(CONFIG_MAP, event)

    @kopf.on.event(*_selector(CLAIM), registry=registry)
    async def claim(event: kopf.RawEvent, **_: Any) -> None:
        observe(CLAIM, event)

    @kopf.on.event(*_selector(JOB), registry=registry)
    async def job(event: kopf.RawEvent, **_: Any) -> None:
        observe(JOB, event)

    @kopf.on.event(*_selector(POD), registry=registry)
    async def pod(event: kopf.RawEvent, **_: Any) -> None:
        observe(POD, event)

    @kopf.on.event(*_selector(DEPLOYMENT), registry=registry)
    async def deployment(event: kopf.RawEvent, **_: Any) -> None:
        observe(DEPLOYMENT, event)

    @kopf.on.event(*_selector(SERVICE), registry=registry)
    async def service(event: kopf.RawEvent, **_: Any) -> None:
        observe(SERVICE, event)

    @kopf.on.event(*_selector(AUTOSCALER), registry=registry)
    async def autoscaler(event: kopf.RawEvent, **_: Any) -> None:
        observe(AUTOSCALER, event)

    @kopf.on.event(*_selector(BUDGET), registry=registry)
    async def budget(event: kopf.RawEvent, **_: Any) -> None:
        observe(BUDGET, event)

    @kopf.on.event(*_selector(NETWORK_POLICY), registry=registry)
    async def network_policy(event: kopf.RawEvent, **_: Any) -> None:
        observe(NETWORK_POLICY, event)

    return registry


def make_settings(shard: str) -> kopf.OperatorSettings:
    """kopf as a plain source of watch events of a shard: it lists and watches, and writes nothing."""
    settings = kopf.OperatorSettings()
    settings.peering.standalone = True
    settings.scanning.disabled = True
    settings.posting.enabled = False
    settings.persistence.diffbase_storage = NoLastState()
    settings.persistence.progress_storage = NoProgress()
    # All kinds are listed at once, and each object of a chunk has a task of its own: short lists, and short tasks.
    settings.watching.chunk_size = 50
    settings.queueing.idle_timeout = 0.05
    settings.queueing.worker_limit = None
    settings.watching.server_timeout = 290
    settings.networking.error_backoffs = (1, 2, 4, 8, *[15] * 16)  # then the process ends, and is restarted
    settings.process.ultimate_exiting_timeout = None
    for kind in WATCHED:
        settings.watching.label_selectors[_selector(kind)] = selector_of(kind, shard)
    return settings


def _selector(kind: Kind) -> tuple[str, str, str]:
    return kind.group, kind.version, kind.plural
