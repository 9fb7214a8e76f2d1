"""`make-mlops-easy predict`."""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

from easy_mlops.cli.output import show, writing_bytes
from easy_mlops.cli.predictions_file import format_of, write_predictions
from easy_mlops.cli.progress import Progress
from easy_mlops.contract import EXIT_FAILED, EXIT_OK


def run(arguments: argparse.Namespace) -> int:
    """Score a file; one prediction a row on stdout, or the rows with their predictions in a file."""
    suffix = format_of(arguments.to) if arguments.to else ""
    with ExitStack() as stack:
        progress = stack.enter_context(Progress(arguments.output))
        from easy_mlops.pipeline import MLOpsPipeline

        sink = stack.enter_context(writing_bytes(arguments.to)) if arguments.to else None
        pipeline = MLOpsPipeline(
            arguments.config,
            report=progress.ended,
            begins=progress.begins,
            allow_unverified=arguments.allow_unverified,
            allow_version_mismatch=arguments.allow_version_mismatch,
            plugins=arguments.plugin,
        )
        scored = pipeline.score(arguments.data, arguments.directory)
        if sink is not None:
            write_predictions(sink, arguments.data, scored.predictions, suffix)
    result = scored.summary()
    if arguments.to:
        line = f"{result['rows']} predictions in {arguments.to}"
        show(arguments.output, result | {"file": arguments.to}, [line])
    else:
        show(arguments.output, result | {"predictions": scored.predictions}, _lines(scored.predictions))
    return EXIT_OK if result["scored"] else EXIT_FAILED


def _lines(predictions: Sequence[Any]) -> Iterator[str]:
    """The predictions as a CSV file of one column."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for value in ["prediction", *predictions]:
        text.seek(0)
        text.truncate()
        writer.writerow([value])
        yield text.getvalue().removesuffix("\n")
