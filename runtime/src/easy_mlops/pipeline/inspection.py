"""Status, report and handoff page of a deployment, from metadata and logs; no model is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from easy_mlops.config.full import Config
from easy_mlops.config.load import load_file
from easy_mlops.config.plugins import Imported
from easy_mlops.contract import CONFIG_FILE, LOGS_DIRECTORY, SUMS_FILE
from easy_mlops.deployment.errors import IntegrityError
from easy_mlops.deployment.sums import digest_of
from easy_mlops.deployment.verified import newest_deployments, read_metadata
from easy_mlops.observability import ModelMonitor
from easy_mlops.observability.report import Format
from easy_mlops.observability.report.layers import runbook_rows
from easy_mlops.pipeline.handoff import Handoff, handoff_page


def status_of(directory: str | Path, config: Config | None = None) -> dict[str, Any]:
    """`metadata`, `model_type`, `metrics` and `monitoring` (`metrics_summary, predictions_summary, evaluations`).

    Without `config` the directory's own is used. Raises `IntegrityError` if it is not a deployment directory.
    """
    metadata = _metadata(directory)
    monitor = _monitor(Path(directory), config, metadata)
    results: Mapping[str, Any] = metadata.get("training_results") or {}
    return {
        "metadata": metadata,
        "model_type": results.get("model_type"),
        "metrics": dict(results.get("metrics") or {}),
        "monitoring": {
            "metrics_summary": monitor.get_metrics_summary(),
            "predictions_summary": monitor.get_predictions_summary(),
            "evaluations": monitor.get_evaluations(),
        },
    }


def report_of(
    directory: str | Path,
    config: Config | None = None,
    format: Format = "text",  # noqa: A002 - as in generate_report
) -> str:
    """The report of a deployment as `text`, `markdown` or `html`. Raises as `status_of`."""
    metadata = _metadata(directory)
    results: Mapping[str, Any] = metadata.get("training_results") or {}
    subject = {
        "Deployment": Path(directory).resolve().name,
        "Model": results.get("model_type"),
        "Version": metadata.get("version"),
        "Deployed": metadata.get("deployment_time"),
    }
    shown = {name: str(value) for name, value in subject.items() if value}
    return _monitor(Path(directory), config, metadata).generate_report(format, subject=shown)


def handoff_of(directory: str | Path, config: Config | None = None) -> str:
    """The handoff page of a deployment as Markdown: what a new owner has to know. Raises as `status_of`."""
    metadata = _metadata(directory)
    config = config or config_of_directory(Path(directory))
    place = Path(directory).resolve()
    sums = place / SUMS_FILE
    return handoff_page(
        Handoff(
            directory=Path(directory),
            name=place.name,
            digest=digest_of(sums.read_bytes()) if sums.is_file() else "",
            metadata=metadata,
            evaluations=_monitor(place, config, metadata).evaluations(),
            runbook=runbook_rows(config.observability.runbook, datetime.now(UTC)),
            deployments=[(path.name, other) for path, other in newest_deployments(place.parent)],
        )
    )


def _metadata(directory: str | Path) -> dict[str, Any]:
    """The metadata. Raises `IntegrityError`, also for a directory without any metadata, configuration and logs."""
    metadata = read_metadata(directory)
    if not metadata and not any((Path(directory) / name).exists() for name in (CONFIG_FILE, SUMS_FILE, LOGS_DIRECTORY)):
        message = f"{directory} is not a deployment directory: it has no metadata, no configuration and no logs"
        raise IntegrityError("LoadFailed", message)
    return metadata


def config_of_directory(directory: Path, plugins: Imported | None = None) -> Config:
    """A directory's own configuration with its plugins imported; the defaults when it has none.

    `plugins` are further plugins, already imported, whose steps are added.
    """
    own = directory / CONFIG_FILE
    config, imported = load_file(own).config if own.is_file() else Config(), plugins or Imported()
    if config.plugins:  # their steps are needed; importing them loads scikit-learn
        from easy_mlops.deployment.load import use_own_plugins

        imported = use_own_plugins(directory) + imported
    return config.with_imported(imported)


def _monitor(directory: Path, config: Config | None, metadata: Mapping[str, Any]) -> ModelMonitor:
    config = config or config_of_directory(directory)
    results: Mapping[str, Any] = metadata.get("training_results") or {}
    monitor = ModelMonitor(config.observability, plugins=config.imported, reference=results.get("metrics") or {})
    monitor.load_logs(directory / LOGS_DIRECTORY)
    return monitor
