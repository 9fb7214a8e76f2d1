"""`make-mlops-easy predict`."""

from __future__ import annotations

import argparse
import csv
import sys

from easy_mlops.cli.output import UserError, show_step


def run(arguments: argparse.Namespace) -> int:
    """Score a file; one prediction a row on stdout, or the rows with their predictions in a file."""
    from easy_mlops.pipeline import MLOpsPipeline
    from easy_mlops.preprocessing.table import read_table

    pipeline = MLOpsPipeline(
        arguments.config,
        report=show_step,
        allow_unverified=arguments.allow_unverified,
        allow_version_mismatch=arguments.allow_version_mismatch,
        plugins=arguments.plugin,
    )
    predictions = pipeline.predict(arguments.data, arguments.directory)
    if not arguments.to:
        writer = csv.writer(sys.stdout)
        writer.writerow(["prediction"])
        writer.writerows([value] for value in predictions)
        return 0
    table = read_table(arguments.data, text_columns=None)
    try:
        table.assign(prediction=list(predictions)).to_csv(arguments.to, index=False)
    except OSError as error:
        raise UserError(f"{arguments.to} cannot be written: {error.strerror}") from error
    print(f"{len(predictions)} predictions in {arguments.to}")
    return 0
