"""`make-mlops-easy train`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

from easy_mlops.cli.output import metric_lines, show
from easy_mlops.cli.progress import Progress
from easy_mlops.contract import EXIT_OK


def run(arguments: argparse.Namespace) -> int:
    """Train on a file and deploy the model."""
    with Progress(arguments.output) as progress:
        from easy_mlops.pipeline import MLOpsPipeline

        pipeline = MLOpsPipeline(
            arguments.config, report=progress.ended, begins=progress.begins, plugins=arguments.plugin
        )
        results = pipeline.run(arguments.data, target_column=arguments.target, deploy=not arguments.no_deploy)
    show(arguments.output, results, _lines(results))
    return EXIT_OK


def _lines(results: Mapping[str, Any]) -> Iterator[str]:
    training = results["training"]
    yield f"model     {training['model_type']}, target {training['target_column']}"
    yield from metric_lines(training["metrics"])
    if "deployment" in results:
        yield f"directory {results['deployment']['deployment_dir']}"
