"""`make-mlops-easy train`."""

from __future__ import annotations

import argparse

from easy_mlops.cli.output import show_json, show_metrics, show_step


def run(arguments: argparse.Namespace) -> int:
    """Train on a file and deploy."""
    from easy_mlops.pipeline import MLOpsPipeline

    pipeline = MLOpsPipeline(arguments.config, report=show_step, plugins=arguments.plugin)
    results = pipeline.run(arguments.data, target_column=arguments.target, deploy=not arguments.no_deploy)
    if arguments.output == "json":
        show_json(results)
        return 0
    training = results["training"]
    print(f"model     {training['model_type']}, target {training['target_column']}")
    show_metrics(training["metrics"])
    if "deployment" in results:
        print(f"directory {results['deployment']['deployment_dir']}")
    return 0
