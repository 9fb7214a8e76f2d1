"""The whole way of a model: from a table to a published directory, and what comes after.

Names are loaded on first use, since scikit-learn and pandas are heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from easy_mlops.lazy import lazy_attributes

if TYPE_CHECKING:
    from easy_mlops.pipeline.mlops import MLOpsPipeline

__all__ = ["MLOpsPipeline"]

__getattr__ = lazy_attributes(
    __name__,
    {
        "MLOpsPipeline": "mlops",
    },
)
