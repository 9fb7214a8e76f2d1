"""`ModelMonitor`: calls the observability steps and combines their results."""

from __future__ import annotations

import copy
import logging
import math
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from easy_mlops.config.observability import ObservabilitySection
from easy_mlops.config.plugins import Imported
from easy_mlops.config.policy import policy_of
from easy_mlops.observability.building import BUILT_IN, OBSERVABILITY_KIND, build_steps
from easy_mlops.observability.entries import check_json
from easy_mlops.observability.evaluation import evaluate, figure_of, figure_of_entry, to_dict
from easy_mlops.observability.history import series_of
from easy_mlops.observability.journal import Entry
from easy_mlops.observability.loggers import MetricsLoggerStep, PredictionsLoggerStep
from easy_mlops.observability.measurements import Measurement, last_run, latest, read_measurements
from easy_mlops.observability.report import Format, Report, render
from easy_mlops.observability.report.layers import runbook_rows
from easy_mlops.observability.steps import ObservabilityStep
from easy_mlops.pages import object_table
from easy_mlops.rules.figure import Figure
from easy_mlops.rules.judge import Verdict

log = logging.getLogger(__name__)


class ModelMonitor:
    """Log the metrics and predictions of one model, compare them with their limits, and report.

    Parameters
    ----------
    config : ObservabilitySection or mapping, optional
        The `observability:` section; the default is an empty one.
    plugins : Imported, optional
        Steps for this monitor only.
    reference : mapping of str to float, optional
        The model's metrics on its held-out rows, which rules with `ratio_to_reference` multiply.

    Attributes
    ----------
    config : dict
        The section as it was passed.
    steps : list of ObservabilityStep
        The active steps, in the order in which they are called.
    STEP_REGISTRY : dict
        All registered steps by name.

    Raises
    ------
    ConfigError
        If a key, step or parameter is not valid. It is a `ValueError`; for a step that is neither a name nor a mapping
        it is a `TypeError` as well.

    Examples
    --------
    >>> from easy_mlops.observability import ModelMonitor
    >>> monitor = ModelMonitor({"metric_thresholds": {"accuracy": 0.9}})
    >>> monitor.log_metrics({"accuracy": 0.87})
    >>> monitor.check_metric_threshold("accuracy", 0.87)
    True
    >>> monitor.get_metrics_summary()["total_logs"]
    1
    >>> monitor
    ModelMonitor(steps=['metrics_logger', 'predictions_logger', 'metric_threshold'])
    """

    STEP_REGISTRY: ClassVar[dict[str, type[ObservabilityStep]]] = OBSERVABILITY_KIND.registry(BUILT_IN)

    def __init__(
        self,
        config: Mapping[str, Any] | ObservabilitySection | None = None,
        *,
        plugins: Imported | None = None,
        reference: Mapping[str, float] | None = None,
    ) -> None:
        if isinstance(config, ObservabilitySection):
            self._section = config
            self.config: dict[str, Any] = config.model_dump(exclude_unset=True)
        else:
            self._section = ObservabilitySection.parse(config, "observability")
            self.config = copy.deepcopy(dict(config or {}))
        self._reference = dict(reference or {})
        registry = OBSERVABILITY_KIND.extended(self.STEP_REGISTRY, plugins.steps if plugins else ())
        self.steps = build_steps(self._section, registry, self._reference)
        self._measurements: list[Measurement] = []

    def __repr__(self) -> str:
        return f"{type(self).__name__}(steps={[step.name for step in self.steps]})"

    def _repr_html_(self) -> str:
        rows: dict[str, object] = {"steps": ", ".join(step.name for step in self.steps)}
        for verdict in self.get_evaluations():
            rows[verdict["name"]] = f"{verdict['state']}: {verdict['message']}"
        return object_table(type(self).__name__, rows)

    @classmethod
    def register_step(cls, step: type[ObservabilityStep]) -> None:
        """Make a step available to `observability.steps` by its `name`; it may replace a built-in one.

        Parameters
        ----------
        step : type
            A subclass of `ObservabilityStep` with a class attribute `name`.

        Raises
        ------
        TypeError
            If the step is not a subclass of `ObservabilityStep`.
        AttributeError
            If the step has no name.
        """
        OBSERVABILITY_KIND.register(cls.STEP_REGISTRY, step)

    def get_step(self, name: str) -> ObservabilityStep | None:
        """The active step of a name.

        Parameters
        ----------
        name : str
            Its `name`.

        Returns
        -------
        ObservabilityStep or None
            None if no such step is active.
        """
        return next((step for step in self.steps if step.name == name), None)

    @property
    def metrics_history(self) -> list[Entry]:
        """All metrics entries, oldest first: `{timestamp, model_version, metrics}`; a new list each time."""
        return next((step.history for step in self.steps if isinstance(step, MetricsLoggerStep)), [])

    @property
    def predictions_log(self) -> list[Entry]:
        """All prediction entries, oldest first: `{timestamp, model_version, prediction, metadata}`; a new list."""
        return next((step.log for step in self.steps if isinstance(step, PredictionsLoggerStep)), [])

    def log_metrics(self, metrics: Mapping[str, Any], model_version: str = "1.0.0") -> None:
        """Pass metrics to all steps.

        Parameters
        ----------
        metrics : mapping
            Values by name.
        model_version : str, default "1.0.0"
            Version of the model that they are about.

        Raises
        ------
        TypeError
            If they cannot be encoded as JSON; nothing is logged then.
        """
        _check_mapping(metrics, "metrics")
        self._call_all(
            "on_log_metrics",
            lambda step: step.on_log_metrics(metrics=copy.deepcopy(dict(metrics)), model_version=model_version),
        )

    def log_prediction(
        self,
        input_data: Any,
        prediction: Any,
        model_version: str = "1.0.0",
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        """Pass a prediction to all steps.

        Parameters
        ----------
        input_data : object
            The rows: a table, an array, a mapping or anything else.
        prediction : object
            What the model predicted.
        model_version : str, default "1.0.0"
            Version of the model.
        metadata : mapping, optional
            Anything that can be encoded as JSON.

        Raises
        ------
        TypeError
            If `metadata` cannot be encoded as JSON; nothing is logged then.
        """
        if metadata is not None:
            _check_mapping(metadata, "metadata")
        self._call_all(
            "on_log_prediction",
            lambda step: step.on_log_prediction(
                input_data=input_data,
                prediction=prediction,
                model_version=model_version,
                metadata=None if metadata is None else copy.deepcopy(dict(metadata)),
            ),
        )

    def check_metric_threshold(self, metric_name: str, value: float) -> bool:
        """Whether the value is an alert: the first step with an answer decides, otherwise the configuration.

        Parameters
        ----------
        metric_name : str
            Name of the metric.
        value : float
            Its value; NaN is an alert.

        Returns
        -------
        bool

        Raises
        ------
        TypeError
            If the value is a string or None.
        ValueError
            If a rule is relative to a reference that this monitor does not have.
        """
        if value is None or isinstance(value, str | bytes):
            raise TypeError(f"the value of {metric_name} must be a number, got {value!r}")
        value = float(value)
        if math.isnan(value):
            return True
        for step in self.steps:
            answer = step.check_metric_threshold(metric_name, value)
            if answer is not None:
                return bool(answer)
        return policy_of(self._section).is_alert(metric_name, value, reference=self._reference)

    def get_metrics_summary(self) -> dict[str, Any]:
        """Summarize the logged metrics.

        Returns
        -------
        dict
            `latest_metrics, total_logs, first_log, last_log` and `trends` of two or more entries, or a `message`.
        """
        summaries = (step.get_metrics_summary() for step in self.steps)
        found = next((summary for summary in summaries if summary is not None), None)
        return {"message": "Metrics logging disabled"} if found is None else found

    def get_predictions_summary(self) -> dict[str, Any]:
        """Summarize the logged predictions.

        Returns
        -------
        dict
            `total_predictions, first_prediction, last_prediction, recent_predictions`, or a `message`.
        """
        summaries = (step.get_predictions_summary() for step in self.steps)
        found = next((summary for summary in summaries if summary is not None), None)
        return {"message": "Prediction logging disabled"} if found is None else found

    def get_evaluations(self) -> list[dict[str, Any]]:
        """The latest metrics against their limits, as plain data.

        Returns
        -------
        list of dict
            Each with name, state, value, op, threshold, …
        """
        return [to_dict(verdict) for verdict in self.evaluations()]

    def evaluations(self) -> list[Verdict]:
        """The latest metrics against their limits.

        Returns
        -------
        list of Verdict
        """
        return self._evaluations(self.get_metrics_summary())

    def save_logs(self, output_dir: str | Path) -> dict[str, str]:
        """Append to a log directory what this monitor has not yet saved there; durable on return.

        Any number of processes may save to the same directory at once, whether they have loaded it or not.

        Parameters
        ----------
        output_dir : str or path
            The log directory.

        Returns
        -------
        dict of str to str
            Paths of the JSON exports by kind: `metrics`, `predictions`, and whatever custom steps add.
        """
        saved: dict[str, str] = {}
        self._call_all("save", lambda step: saved.update(step.save(Path(output_dir))))
        return saved

    def load_logs(self, log_dir: str | Path) -> None:
        """Continue with the entries of a log directory.

        Parameters
        ----------
        log_dir : str or path
            The directory; it may be one of release 0.4, or missing.
        """
        self._measurements = read_measurements(Path(log_dir))
        self._call_all("load", lambda step: step.load(Path(log_dir)))

    def generate_report(self, format: Format = "text", *, subject: Mapping[str, str] | None = None) -> str:  # noqa: A002
        """Both summaries, the values of `log_metric` and all verdicts.

        The HTML page plots the thresholds and the history of each metric.

        Parameters
        ----------
        format : {"text", "markdown", "html"}, default "text"
            The form of the report.
        subject : mapping of str to str, optional
            What the report is about, for its header.

        Returns
        -------
        str

        Raises
        ------
        ValueError
            If the format is another one.
        """
        summary = self.get_metrics_summary()
        report = Report(
            metrics=summary,
            predictions=self.get_predictions_summary(),
            evaluations=self._evaluations(summary),
            measured=[item for (_, column), item in latest(self._measurements).items() if item.column == column],
            series=() if format == "text" else series_of(self._entries(), self._measurements),
            subject=subject or {},
            runbook=runbook_rows(self._section.runbook, datetime.now(UTC)),
        )
        return render(report, format)

    def _evaluations(self, summary: Mapping[str, Any]) -> list[Verdict]:
        return evaluate(
            self._section,
            summary.get("latest_metrics") or {},
            latest(self._measurements),
            reference=self._reference,
            batch=[figure_of(item) for item in last_run(self._measurements, "psi")],
            earlier=self._figures() if any(r.no_data == "keep_last" for r in self._section.rules.values()) else (),
        )

    def _figures(self) -> list[tuple[str, Figure]]:
        """All figures by metric, oldest first: those of the entries, then those of `metrics.csv`."""
        logged = [(name, figure_of_entry(raw)) for item in self._entries() for name, raw in item["metrics"].items()]
        return [*logged, *((item.name, figure_of(item)) for item in self._measurements)]

    def _entries(self) -> Iterator[Entry]:
        """The metrics entries one by one, since a long log may not fit into memory."""
        return next((step.entries() for step in self.steps if isinstance(step, MetricsLoggerStep)), iter(()))

    def _call_all(self, hook: str, call: Callable[[ObservabilityStep], object]) -> None:
        """Call a hook of every step that has one; the first failure is raised after all have been called."""
        failure: Exception | None = None
        for step in self.steps:
            if getattr(type(step), hook) is getattr(ObservabilityStep, hook):
                continue
            try:
                call(step)
            except Exception as error:
                error.add_note(f"in observability step {step.name!r} ({hook})")
                if failure is None:
                    failure = error
                else:
                    log.error("observability step %r failed, too", step.name, exc_info=error)
        if failure is not None:
            raise failure


def _check_mapping(value: Mapping[str, Any], what: str) -> None:
    if not isinstance(value, Mapping):
        raise TypeError(f"{what} must be a mapping, got {type(value).__name__}")
    check_json(dict(value), what)
