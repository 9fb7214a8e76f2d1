"""Training: `ModelTrainer` and the model types behind it. Loaded on first use, since scikit-learn is heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from easy_mlops.training.trainer import ModelTrainer

__all__ = ["ModelTrainer"]


def __getattr__(name: str) -> Any:
    if name == "ModelTrainer":
        from easy_mlops.training.trainer import ModelTrainer

        return ModelTrainer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
