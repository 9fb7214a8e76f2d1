"""`MLOpsPipeline`: train, deploy, score and monitor a model from Python, as the command line does."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from easy_mlops.config.full import Config
from easy_mlops.config.load import load_file
from easy_mlops.contract import LOGS_DIRECTORY
from easy_mlops.deployment.deployer import ModelDeployer
from easy_mlops.deployment.load import load_directory
from easy_mlops.observability import ModelMonitor
from easy_mlops.observability.report import Format
from easy_mlops.pipeline.data_metrics import log_batch, measure_batch
from easy_mlops.pipeline.deploy import deploy_trained
from easy_mlops.pipeline.files import check_file, config_of, with_plugins
from easy_mlops.pipeline.inspection import config_of_directory, handoff_of, report_of, status_of
from easy_mlops.pipeline.scored import Scored, predictions_for
from easy_mlops.pipeline.tracker import OnStepBegin, OnStepEnd, StepTracker, ignore
from easy_mlops.pipeline.training import train
from easy_mlops.pipeline.validation import shortened
from easy_mlops.preprocessing import InputReport
from easy_mlops.preprocessing.table import format_of, read_table


class MLOpsPipeline:
    """Train, deploy, score and monitor models with one configuration.

    Parameters
    ----------
    config_path
        A configuration file. Without it models are trained with the defaults, and a deployment is scored and reported
        on with the configuration in its own directory.
    report
        Called with the `StepReport` of each step as it ends.
    begins
        Called with the name of each step as it begins.
    allow_unverified
        Load directories without SHA256SUMS, as made by release 0.4. Loading executes code.
    allow_version_mismatch
        Load models that were made with another minor version of scikit-learn.
    plugins
        Your own modules with steps, such as `my_steps` or `my_steps:MyStep`, in addition to the `plugins` of the
        configuration. Files are searched beside the configuration and in the working directory.

    Attributes
    ----------
    config : Config
        The configuration of the file, or the defaults.

    Raises
    ------
    ConfigError
        For an invalid file; a `ValueError` that names line, key and what is allowed.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from sklearn.datasets import load_iris
    >>> from easy_mlops.pipeline import MLOpsPipeline
    >>> pipeline = MLOpsPipeline()
    >>> with TemporaryDirectory() as folder:
    ...     table = f"{folder}/iris.csv"
    ...     load_iris(as_frame=True).frame.to_csv(table, index=False)
    ...     results = pipeline.run(table, target_column="target", deploy=False)
    >>> sorted(results)
    ['preprocessing', 'training']
    >>> results["training"]["target_column"], results["preprocessing"]["n_features"]
    ('target', 4)
    """

    def __init__(
        self,
        config_path: str | Path | None = None,
        *,
        report: OnStepEnd = ignore,
        begins: OnStepBegin = ignore,
        allow_unverified: bool = False,
        allow_version_mismatch: bool = False,
        plugins: Sequence[str] = (),
    ) -> None:
        self._path = config_path
        self._new_tracker = partial(StepTracker, report, begins)
        self._load = partial(
            load_directory, allow_unverified=allow_unverified, allow_version_mismatch=allow_version_mismatch
        )
        if config_path is not None:
            file = with_plugins(load_file(config_path), plugins)
            check_file(file)
            self.config = file.config
        else:
            self.config = config_of(plugins)

    def __repr__(self) -> str:
        return f"MLOpsPipeline({'' if self._path is None else repr(str(self._path))})"

    def run(self, data_path: str | Path, target_column: str | None = None, deploy: bool = True) -> dict[str, Any]:
        """Train on a file, evaluate on held-out rows and deploy the model.

        Parameters
        ----------
        data_path
            A CSV or Parquet file.
        target_column
            The column to predict; by default the last one.
        deploy
            Whether to write a deployment directory into `deployment.output_dir`.

        Returns
        -------
        dict
            `training` (`model_type, is_classifier, backend, metrics, n_train, n_test, target_column, notes`),
            `preprocessing` (`n_features, n_samples, feature_columns`) and, if deployed, `deployment` (the artifact map)
            and `logs` (paths by kind).

        Raises
        ------
        DataError
            When the file cannot be read or no model can be trained on it.
        ConfigError
            When the configuration does not fit the data.

        Other exceptions of a step are raised as they are.
        """
        tracker = self._new_tracker()
        deployer = ModelDeployer(self.config.deployment, snapshot=self.config.snapshot(), plugins=self.config.imported)
        trained = train(self.config, target_column, lambda: read_table(data_path), tracker)
        columns = trained.preprocessor.feature_names_in_
        results: dict[str, Any] = {
            "training": trained.results,
            "preprocessing": {
                "n_features": len(columns),
                "n_samples": trained.results["n_train"] + trained.results["n_test"],
                "feature_columns": columns,
            },
        }
        if deploy:
            output_dir = Path(self.config.deployment.output_dir)
            artifacts, logs = deploy_trained(deployer, self.config, trained, tracker, output_dir=output_dir)
            results |= {"deployment": artifacts, "logs": logs}
        return results

    def predict(self, data_path: str | Path, model_dir: str | Path) -> list[Any]:
        """Score the rows of a file.

        Parameters
        ----------
        data_path : str or path
            A CSV or Parquet file with the columns of the training data, except the target.
        model_dir : str or path
            A deployment directory.

        Returns
        -------
        list
            One prediction per row, None for a row that cannot be scored; `score` also returns the reason.

        Raises
        ------
        DataError, IntegrityError
            As `score`.
        """
        return self.score(data_path, model_dir).predictions

    def score(self, data_path: str | Path, model_dir: str | Path) -> Scored:
        """Score the rows of a file and log predictions and data metrics in the deployment's `logs/`.

        The reason why a row cannot be scored is logged with it. Missing values and categories that were not in the
        training data are reported as remarks of the step `predict`.

        Parameters
        ----------
        data_path
            A CSV or Parquet file with the columns of the training data, except the target.
        model_dir
            A deployment directory.

        Returns
        -------
        Scored
            Predictions and errors by row, with type and version of the model.

        Raises
        ------
        DataError
            When the file cannot be read.
        IntegrityError
            When the directory must not be loaded, such as one with a wrong checksum.
        """
        tracker = self._new_tracker()
        with tracker.step("load"):
            loaded = self._load(model_dir)
            config = self.config_for(loaded.directory)
            monitor = ModelMonitor(config.observability, plugins=config.imported)
            frame = read_table(data_path, text_columns=loaded.text_columns)
        with tracker.step("predict") as note:
            # A CSV has no types; the texts of its fields are read by the model's columns, as a request's values are.
            texts = read_table(data_path, text_columns=None) if format_of(Path(data_path)) == "csv" else None
            answers, report = predictions_for(loaded, frame, texts)
            for remark in _remarks(report):
                note.add(remark)
        with tracker.step("log"):
            version = str(loaded.metadata.get("version", "1.0.0"))
            for number, (row, answer) in enumerate(zip(frame.to_dict("records"), answers, strict=True)):
                reason = report.errors.get(number)
                monitor.log_prediction(row, answer, version, None if reason is None else {"reason": reason})
            monitor.save_logs(loaded.directory / LOGS_DIRECTORY)
            if monitor.get_step("metrics_logger") is not None:
                measured = measure_batch(frame, loaded.metadata, loaded.preprocessor, config.observability)
                log_batch(measured, loaded.directory / LOGS_DIRECTORY, version)
        return Scored(answers, report.errors, str(loaded.model_data.get("model_type", "")), version)

    def get_status(self, model_dir: str | Path) -> dict[str, Any]:
        """The state of a deployment, from its metadata and logs; no model is loaded.

        Parameters
        ----------
        model_dir : str or path
            A deployment directory.

        Returns
        -------
        dict
            `metadata`, `model_type`, `metrics` and `monitoring` (`metrics_summary, predictions_summary, evaluations`).

        Raises
        ------
        IntegrityError
            When `model_dir` is not a deployment directory.
        """
        return status_of(model_dir, self.config_for(model_dir))

    def observe(self, model_dir: str | Path, format: Format = "text") -> str:  # noqa: A002 - as in generate_report
        """The report of a deployment; no model is loaded.

        Parameters
        ----------
        model_dir : str or path
            A deployment directory.
        format : {"text", "markdown", "html"}, default "text"
            The form of the report.

        Returns
        -------
        str

        Raises
        ------
        IntegrityError
            When `model_dir` is not a deployment directory.
        """
        return report_of(model_dir, self.config_for(model_dir), format)

    def handoff(self, model_dir: str | Path) -> str:
        """The handoff page of a deployment for a new owner of the model.

        Parameters
        ----------
        model_dir : str or path
            A deployment directory.

        Returns
        -------
        str
            Markdown.

        Raises
        ------
        IntegrityError
            When `model_dir` is not a deployment directory.
        """
        return handoff_of(model_dir, self.config_for(model_dir))

    def config_for(self, model_dir: str | Path) -> Config:
        """The configuration of `config_path`, else that of the deployment directory, with all plugins imported.

        Parameters
        ----------
        model_dir : str or path
            A deployment directory.

        Returns
        -------
        Config
        """
        return self.config if self._path is not None else config_of_directory(Path(model_dir), self.config.imported)


def _remarks(report: InputReport) -> list[str]:
    """Remarks about the rows: missing values, unseen categories and rows that cannot be scored."""
    remarks = [f"{report.rows} rows"]
    for what, counts in (("missing values", report.missing), ("unseen categories", report.unseen)):
        if counts:
            remarks.append(f"{what}: {shortened([f'{name} {count}' for name, count in counts.items()])}")
    if report.errors:
        row, reason = next(iter(report.errors.items()))
        remarks.append(f"{len(report.errors)} cannot be scored, the first is row {row}: {reason}")
    return remarks
