"""From a table to a published model, and everything after it: predictions, status, reports.

Names are imported on first use, since scikit-learn and pandas are slow to import.
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
