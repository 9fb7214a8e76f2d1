"""Paths that the operator asks a scoring pod for."""

from __future__ import annotations

from typing import Final

READY_PATH: Final = "/readyz"
"""200 while the model is loaded and the pod does not shut down."""
HEALTH_PATH: Final = "/healthz"
"""200 while the process answers."""
