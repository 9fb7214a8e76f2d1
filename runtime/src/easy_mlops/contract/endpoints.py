"""Paths that the operator asks a scoring pod for."""

from __future__ import annotations

from typing import Final

READY_PATH: Final = "/readyz"
"""200 while the model is loaded and the pod does not shut down. With `?wait=SECONDS`, the answer comes as soon as the
model is loaded, at the latest after so many seconds, and is 200 during the shutdown, too, in which requests are still
answered. Kubernetes' probes use it: a pod that starts or stops as it should then fails no probe."""
HEALTH_PATH: Final = "/healthz"
"""200 while the process answers."""
