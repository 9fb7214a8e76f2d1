"""`make-mlops-easy publish`."""

from __future__ import annotations

import argparse
from pathlib import Path

from easy_mlops.cli.output import UserError, show_json, show_step


def run(arguments: argparse.Namespace) -> int:
    """Make a deployment directory of a model that was trained elsewhere, after it was loaded as a server loads it."""
    from easy_mlops.pipeline.publish import publish
    from easy_mlops.scoring.loading import LoadError, load

    def check(directory: Path) -> None:
        try:
            load(directory, digest=None, name="model", log_predictions=False)
        except LoadError as error:
            raise UserError(f"{arguments.model} cannot be served: {error}") from error

    artifacts = publish(arguments.model, arguments.sample, arguments.to, report=show_step, check=check)
    if arguments.output == "json":
        show_json(artifacts)
    else:
        print(f"directory {artifacts['deployment_dir']}")
    return 0
