"""Training: `ModelTrainer` and the model types behind it. Loaded on first use, since scikit-learn is heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from easy_mlops.lazy import lazy_attributes

if TYPE_CHECKING:
    from easy_mlops.training.trainer import ModelTrainer

__all__ = ["ModelTrainer"]


__getattr__ = lazy_attributes(__name__, {"ModelTrainer": "trainer"})
