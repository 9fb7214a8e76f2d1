"""`make-mlops-easy status`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from easy_mlops.cli.given import given_config
from easy_mlops.cli.output import show_json, show_metrics
from easy_mlops.contract import EXIT_FAILED, EXIT_OK


def run(arguments: argparse.Namespace) -> int:
    """Metadata, metrics, predictions and thresholds of a deployment, from its files; nothing is unpickled."""
    from easy_mlops.pipeline.lookafter import status_of

    status = status_of(arguments.directory, given_config(arguments))
    if arguments.output == "json":
        show_json(status)
    else:
        _show(status)
    firing = [item for item in status["monitoring"]["evaluations"] if item["state"] == "Firing"]
    alerts = [item for item in firing if not item["suppressed"]]
    return EXIT_FAILED if alerts and arguments.fail_on_alert else EXIT_OK


def _show(status: Mapping[str, Any]) -> None:
    metadata, monitoring = status["metadata"], status["monitoring"]
    print(f"model       {status['model_type']}, version {metadata.get('version', '–')}")
    print(f"deployed    {metadata.get('deployment_time', '–')}")
    print("metrics")
    show_metrics(status["metrics"])
    predictions = monitoring["predictions_summary"]
    print(f"predictions {predictions.get('total_predictions', predictions.get('message'))}")
    print("thresholds")
    for item in monitoring["evaluations"]:
        limit = f"fires when {item['limit']} ({item['source']})" if item["limit"] else item["message"]
        value = "–" if item["value"] is None else f"{item['value']:.4f}"
        print(f"  {item['state']:<8} {item['name']:<20} {value:>12}  {limit}{_remarks(item)}".rstrip())


def _remarks(item: Mapping[str, Any]) -> str:
    """The column that a value is of, why there is no data, and what to read when it fires."""
    remarks = [f"column {item['worst_column']}"] if item["worst_column"] else []
    remarks += [item["message"]] if item["state"] == "NoData" else []
    remarks += [f"runbook: {item['runbook']}"] if item["runbook"] and item["state"] == "Firing" else []
    remarks += [f"suppressed by {item['suppressed_by']} until {item['suppressed_until']}"] if item["suppressed"] else []
    return f"  [{'; '.join(remarks)}]" if remarks else ""
