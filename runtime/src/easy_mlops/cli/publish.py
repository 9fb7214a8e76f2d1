"""`make-mlops-easy publish`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from easy_mlops.cli.output import show
from easy_mlops.cli.progress import Progress
from easy_mlops.contract import EXIT_OK

if TYPE_CHECKING:
    from easy_mlops.pipeline.importing.publish import Published


def run(arguments: argparse.Namespace) -> int:
    """Make a deployment of a model that was trained elsewhere."""
    with Progress(arguments.output) as progress:
        from easy_mlops.pipeline import MLOpsPipeline
        from easy_mlops.pipeline.importing.publish import publish
        from easy_mlops.pipeline.tracker import StepTracker

        config = MLOpsPipeline(arguments.config, plugins=arguments.plugin).config  # plugins before the model needs them
        published = publish(
            config,
            arguments.model,
            arguments.sample,
            StepTracker(progress.ended, progress.begins),
            output_dir=arguments.to,
            sha256=arguments.sha256,
            allow_version_mismatch=arguments.allow_version_mismatch,
        )
    show(arguments.output, asdict(published), _lines(published))
    return EXIT_OK


def _lines(published: Published) -> Iterator[str]:
    yield f"model     {published.model_type}, version {published.model_version}"
    columns = [f"{column['name']} ({column['type']})" for column in published.columns]
    yield f"columns   {', '.join(columns)}"
    yield f"verified  {published.rows} rows are answered as before"
    yield f"directory {published.directory}"
    yield f"digest    {published.digest}"
