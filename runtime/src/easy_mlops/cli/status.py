"""`make-mlops-easy status`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

from easy_mlops.cli.config_override import config_override
from easy_mlops.cli.output import metric_lines, show
from easy_mlops.contract import EXIT_FAILED, EXIT_OK


def run(arguments: argparse.Namespace) -> int:
    """Print metadata, metrics, predictions and thresholds of a deployment, from its files; no model is loaded."""
    from easy_mlops.pipeline.inspection import status_of

    status = status_of(arguments.directory, config_override(arguments))
    show(arguments.output, status, _lines(status))
    firing = [item for item in status["monitoring"]["evaluations"] if item["state"] == "Firing"]
    alerts = [item for item in firing if not item["suppressed"]]
    return EXIT_FAILED if alerts and arguments.fail_on_alert else EXIT_OK


def _lines(status: Mapping[str, Any]) -> Iterator[str]:
    metadata, monitoring = status["metadata"], status["monitoring"]
    yield f"model       {status['model_type']}, version {metadata.get('version', '–')}"
    yield f"deployed    {metadata.get('deployment_time', '–')}"
    yield "metrics"
    yield from metric_lines(status["metrics"])
    predictions = monitoring["predictions_summary"]
    yield f"predictions {predictions.get('total_predictions', predictions.get('message'))}"
    yield "thresholds"
    for item in monitoring["evaluations"]:
        limit = f"fires when {item['limit']} ({item['source']})" if item["limit"] else item["message"]
        value = item["value_text"] or "–"
        yield f"  {item['state']:<8} {item['name']:<20} {value:>12}  {limit}{_remarks(item)}".rstrip()


def _remarks(item: Mapping[str, Any]) -> str:
    """The column of the value, why there is no data, and the runbook of a firing rule."""
    remarks = [f"column {item['worst_column']}"] if item["worst_column"] else []
    remarks += [item["message"]] if item["state"] == "NoData" else []
    remarks += [f"runbook: {item['runbook']}"] if item["runbook"] and item["state"] == "Firing" else []
    remarks += [f"suppressed by {item['suppressed_by']} until {item['suppressed_until']}"] if item["suppressed"] else []
    return f"  [{'; '.join(remarks)}]" if remarks else ""
