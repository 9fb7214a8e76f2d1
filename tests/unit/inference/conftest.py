"""The fixtures of `served_models`."""

from __future__ import annotations

from served_models import models, servers, wire

__all__ = ["models", "servers", "wire"]
