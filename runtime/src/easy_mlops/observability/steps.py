"""The contract of observability steps: what a `ModelMonitor` tells them and asks them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

from easy_mlops.config.base import Section


class ObservabilityStep:
    """Reacts to what a `ModelMonitor` logs. Subclass it, give it a `name`, override the hooks of interest.

    Hooks get their arguments by name. What they are handed is theirs: changing it changes nothing elsewhere. An
    exception reaches the caller of the monitor, but only after all other steps have had their turn. `params_model` is
    the model that a built-in step's parameters are checked with.
    """

    name: ClassVar[str]
    params_model: ClassVar[type[Section] | None] = None

    def __init__(self, **params: Any) -> None:
        self.params = params

    @classmethod
    def from_config(cls, params: Mapping[str, Any] | None = None) -> Self:
        """The step with the `params` of its entry in `observability.steps`."""
        return cls(**(params or {}))

    def on_log_metrics(self, metrics: dict[str, Any], model_version: str) -> None:
        """Metrics have been logged, by name."""

    def on_log_prediction(
        self, input_data: Any, prediction: Any, model_version: str, metadata: dict[str, Any] | None = None
    ) -> None:
        """A prediction has been logged. `input_data` is the caller's own object."""

    def check_metric_threshold(self, metric_name: str, value: float) -> bool | None:
        """Whether the value is an alert; None leaves the answer to the next step."""
        return None

    def get_metrics_summary(self) -> dict[str, Any] | None:
        """A summary of the metrics logged; None when this step keeps none."""
        return None

    def get_predictions_summary(self) -> dict[str, Any] | None:
        """A summary of the predictions logged; None when this step keeps none."""
        return None

    def save(self, output_dir: Path) -> dict[str, str]:
        """Write what the step keeps below `output_dir`; returns the files' paths by kind of log."""
        return {}

    def load(self, log_dir: Path) -> None:
        """Read what `save` wrote."""
