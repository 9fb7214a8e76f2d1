"""`MLOpsPipeline`: train, predict and look after a model from Python, as the command line does."""

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
from easy_mlops.pipeline.scored import Scored, answers_of
from easy_mlops.pipeline.tracker import OnStepBegin, OnStepEnd, StepTracker, ignore
from easy_mlops.pipeline.training import train
from easy_mlops.pipeline.validation import shortened
from easy_mlops.preprocessing import InputReport
from easy_mlops.preprocessing.table import read_table


class MLOpsPipeline:
    """The whole way of a model: prepared, trained, measured, deployed, used, watched.

    `config` is the configuration of the given file; without one the defaults train, and a deployment directory is
    looked after by its own. Raises `ConfigError` (a `ValueError`) for a bad file, naming line, key and what is allowed.
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
        """`begins` is called with the name of each step as it begins, `report` as it ends; `allow_unverified` takes
        directories without SHA256SUMS, `allow_version_mismatch` models of another minor version of scikit-learn.

        `plugins` are modules with steps of one's own, such as `my_steps` or `my_steps:MyStep`, beside those of the
        configuration's `plugins`; files are looked for beside the configuration and in the working directory.
        """
        self._given = config_path is not None
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

    def run(self, data_path: str | Path, target_column: str | None = None, deploy: bool = True) -> dict[str, Any]:
        """Train on a CSV or Parquet file; without a target the last column is it.

        Returns `training` (`model_type, is_classifier, backend, metrics, n_train, n_test, target_column, notes`),
        `preprocessing` (`n_features, n_samples, feature_columns`) and, when deployed, `deployment` (the artifact map)
        and `logs` (paths by kind). Raises `DataError`, `ConfigError`, and whatever a step raises.
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
        """One prediction for each row of a file, None for one that cannot be scored; `score` tells why as well."""
        return self.score(data_path, model_dir).predictions

    def score(self, data_path: str | Path, model_dir: str | Path) -> Scored:
        """Score the rows of a file; answers are logged in the deployment's `logs/`, and so is what the rows are like.

        The reason of a row that cannot be scored is logged with it. What training never saw is reported with the step
        `predict`. Raises `DataError`, and `IntegrityError` for a directory that must not be loaded.
        """
        tracker = self._new_tracker()
        with tracker.step("load"):
            loaded = self._load(model_dir)
            config = self.config_for(loaded.directory)
            monitor = ModelMonitor(config.observability, plugins=config.imported)
            frame = read_table(data_path, text_columns=loaded.text_columns)
        with tracker.step("predict") as note:
            answers, report = answers_of(loaded, frame)
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
        """`metadata`, `model_type`, `metrics` and `monitoring` (`metrics_summary, predictions_summary, evaluations`).

        Reads metadata and logs only: nothing is unpickled. Raises `IntegrityError` for what is no deployment.
        """
        return status_of(model_dir, self.config_for(model_dir))

    def observe(self, model_dir: str | Path, format: Format = "text") -> str:  # noqa: A002 - as in generate_report
        """The report of a deployment as `text`, `markdown` or `html`. Nothing is unpickled. Raises as `get_status`."""
        return report_of(model_dir, self.config_for(model_dir), format)

    def handoff(self, model_dir: str | Path) -> str:
        """What whoever takes a deployment over has to know, as Markdown. Raises as `get_status`."""
        return handoff_of(model_dir, self.config_for(model_dir))

    def config_for(self, model_dir: str | Path) -> Config:
        """The given configuration, else a deployment directory's own; the plugins that were given are imported."""
        return self.config if self._given else config_of_directory(Path(model_dir), self.config.imported)


def _remarks(report: InputReport) -> list[str]:
    """What was noticed about the rows, in words."""
    found = [f"{report.rows} rows"]
    for what, counts in (("missing values", report.missing), ("unseen categories", report.unseen)):
        if counts:
            found.append(f"{what}: {shortened([f'{name} {count}' for name, count in counts.items()])}")
    if report.errors:
        row, reason = next(iter(report.errors.items()))
        found.append(f"{len(report.errors)} cannot be scored, the first is row {row}: {reason}")
    return found
