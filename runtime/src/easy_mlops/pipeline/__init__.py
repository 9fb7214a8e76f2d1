"""The whole way of a model: from a table to a published directory, and what comes after.

Names are loaded on first use, since scikit-learn and pandas are heavy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from easy_mlops.pipeline.mlops import MLOpsPipeline

__all__ = ["MLOpsPipeline"]

_HOMES: Final = {
    "MLOpsPipeline": "easy_mlops.pipeline.mlops",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
