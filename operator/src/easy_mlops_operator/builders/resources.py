"""CPU and memory of the containers: those of the spec, or defaults."""

from __future__ import annotations

from typing import Any, Final

from easy_mlops.config.quantity import canonical

from easy_mlops_operator.api.spec import Resources

CPU_REQUEST: Final = "100m"
MEMORY_REQUEST: Final = "256Mi"
MEMORY_LIMIT: Final = "1Gi"


def build_resources(resources: Resources) -> dict[str, Any]:
    """Requests and limits of a container.

    A default applies only to a resource for which the spec has neither a request nor a limit: a default limit could be
    below a request, and a limit alone is also the request.
    """
    requests = {name: canonical(value) for name, value in resources.requests.items()}
    limits = {name: canonical(value) for name, value in resources.limits.items()}
    if "memory" not in requests and "memory" not in limits:
        requests["memory"], limits["memory"] = MEMORY_REQUEST, MEMORY_LIMIT
    if "cpu" not in requests and "cpu" not in limits:
        requests["cpu"] = CPU_REQUEST
    body = {"requests": requests, "limits": limits}
    return {name: dict(sorted(amounts.items())) for name, amounts in body.items() if amounts}
