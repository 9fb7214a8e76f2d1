"""The kopf handlers, one for each watched kind. Each passes the event on; a level-based pass decides the rest.

Only `on.event` handlers are used: kopf's other handlers write annotations or finalizers into users' objects.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import kopf

from easy_mlops_operator.controller.kinds import WATCHED, Kind, selector_of
from easy_mlops_operator.stateless import NoLastState, NoProgress


class Observe(Protocol):
    """Receives the events of all kinds."""

    def __call__(self, kind: Kind, event: kopf.RawEvent) -> None: ...


def make_registry(observe: Observe) -> kopf.OperatorRegistry:
    """Handlers that pass each event of a watched kind to `observe`."""
    registry = kopf.OperatorRegistry()

    @kopf.on.login(registry=registry)
    def login(**known: Any) -> kopf.ConnectionInfo | None:
        return kopf.login_with_service_account(**known) or kopf.login_with_kubeconfig(**known)

    for kind in WATCHED:
        kopf.on.event(*_selector(kind), id=kind.plural, registry=registry)(_handler(kind, observe))
    return registry


def _handler(kind: Kind, observe: Observe) -> Callable[..., Coroutine[None, None, None]]:
    async def handle(event: kopf.RawEvent, **_: Any) -> None:
        observe(kind, event)

    return handle


def make_settings(shard: str) -> kopf.OperatorSettings:
    """Settings that make kopf a source of watch events of one shard: it lists and watches, and writes nothing."""
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
