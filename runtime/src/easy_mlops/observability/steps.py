"""The interface of observability steps: the hooks that a `ModelMonitor` calls."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

from easy_mlops.config.base import Section


class ObservabilityStep:
    """Base class of all observability steps. Subclasses set `name` and override the hooks that they need.

    Hooks are called with keyword arguments, which are copies except for `input_data`. An exception is raised to the
    caller of the monitor after all other steps have been called.

    Parameters
    ----------
    **params : object
        The step's parameters in the configuration, by default stored in `self.params`.

    Attributes
    ----------
    name : str
        The name of the step in `observability.steps`.
    params_model : type or None
        The model that validates the parameters of a built-in step.

    Examples
    --------
    >>> from easy_mlops.observability import ModelMonitor, ObservabilityStep
    >>> class Counter(ObservabilityStep):
    ...     name = "counter"
    ...     logged = 0
    ...
    ...     def on_log_metrics(self, metrics, model_version):
    ...         self.logged += len(metrics)
    >>> counter = Counter.from_config({"unit": "metrics"})
    >>> counter.on_log_metrics(metrics={"accuracy": 0.9}, model_version="1.0.0")
    >>> counter.logged
    1
    """

    name: ClassVar[str]
    params_model: ClassVar[type[Section] | None] = None

    def __init__(self, **params: Any) -> None:
        self.params = params

    @classmethod
    def from_config(cls, params: Mapping[str, Any] | None = None) -> Self:
        """Create the step with the parameters of the configuration.

        Parameters
        ----------
        params : mapping, optional
            The `params` of the step's entry in `observability.steps`.

        Returns
        -------
        ObservabilityStep
        """
        return cls(**(params or {}))

    def on_log_metrics(self, metrics: dict[str, Any], model_version: str) -> None:
        """Metrics have been logged.

        Parameters
        ----------
        metrics : dict
            Values by name.
        model_version : str
            Version of the model that they are about.
        """

    def on_log_prediction(
        self, input_data: Any, prediction: Any, model_version: str, metadata: dict[str, Any] | None = None
    ) -> None:
        """A prediction has been logged.

        Parameters
        ----------
        input_data : object
            The caller's own object.
        prediction : object
            What the model predicted.
        model_version : str
            Version of the model.
        metadata : dict, optional
            What the caller said about the prediction.
        """

    def check_metric_threshold(self, metric_name: str, value: float) -> bool | None:
        """Whether the value is an alert.

        Parameters
        ----------
        metric_name : str
            Name of the metric.
        value : float
            Its value.

        Returns
        -------
        bool or None
            None leaves the answer to the next step.
        """
        return None

    def get_metrics_summary(self) -> dict[str, Any] | None:
        """Summarize the logged metrics.

        Returns
        -------
        dict or None
            None if this step stores none.
        """
        return None

    def get_predictions_summary(self) -> dict[str, Any] | None:
        """Summarize the logged predictions.

        Returns
        -------
        dict or None
            None if this step stores none.
        """
        return None

    def save(self, output_dir: Path) -> dict[str, str]:
        """Write the step's logs.

        Parameters
        ----------
        output_dir : Path
            Directory below which to write.

        Returns
        -------
        dict of str to str
            The files' paths by kind of log.
        """
        return {}

    def load(self, log_dir: Path) -> None:
        """Read what `save` wrote.

        Parameters
        ----------
        log_dir : Path
            The directory that was given to `save`.
        """
