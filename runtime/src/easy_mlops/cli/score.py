"""`make-mlops-easy score`."""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, Any, Final

from easy_mlops.cli.output import UserError, show, writing
from easy_mlops.contract import EXIT_FAILED, EXIT_OK

if TYPE_CHECKING:
    import pandas as pd

    from easy_mlops.cli.score_client import ScoredRows, ServedModel

PROGRESS_SECONDS: Final = 2.0


def run(arguments: argparse.Namespace) -> int:
    """Score a file with a running service; the output has one line per row, in the file's order."""
    from easy_mlops.cli.score_client import ScoringClient, ServiceError
    from easy_mlops.preprocessing.table import check_there, read_table

    try:
        with ExitStack() as stack:
            check_there(arguments.data)
            client = stack.enter_context(ScoringClient(arguments.url))
            model = client.model()
            texts = [name for name, kind in model.columns.items() if kind == "text"]
            frame = read_table(arguments.data, text_columns=texts)
            columns = _columns(model, frame, arguments.data)
            shown = read_table(arguments.data, text_columns=None) if arguments.to else frame[[]]
            sink = stack.enter_context(writing(arguments.to)) if arguments.to else None
            if sink is None and arguments.output == "text":
                sink = sys.stdout
            totals = _write(client.score(columns, _batches(frame[columns], arguments.batch)), shown, sink)
    except ServiceError as error:
        raise UserError(str(error)) from error
    totals |= {"model": model.name, "version": model.version} | ({"file": arguments.to} if arguments.to else {})
    code = EXIT_OK if totals["scored"] else EXIT_FAILED
    show(arguments.output, totals, ())
    if arguments.output == "text":  # stdout contains the predictions
        unscored = f", {totals['unscored']} cannot be scored, the first is {totals['first']}" if totals["first"] else ""
        place = f" in {arguments.to}" if arguments.to else ""
        print(f"{totals['rows']} rows scored by {model.name} {model.version}{place}{unscored}", file=sys.stderr)
    return code


def _columns(model: ServedModel, frame: pd.DataFrame, file: str) -> list[str]:
    """The columns to send: those of the model that the file has. The service handles missing ones row by row."""
    columns = [name for name in model.columns if name in frame.columns]
    if not columns:
        raise UserError(f"{file} has none of the model's columns: {', '.join(list(model.columns)[:10])}")
    return columns


def _batches(frame: pd.DataFrame, size: int) -> Iterator[list[list[Any]]]:
    for start in range(0, len(frame), size):
        part = frame.iloc[start : start + size].astype(object)
        rows: list[list[Any]] = part.where(part.notna(), None).to_numpy().tolist()
        yield rows


def _write(answers: Iterator[ScoredRows], frame: pd.DataFrame, sink: IO[str] | None) -> dict[str, Any]:
    """Write one line per row as answers arrive; returns the totals."""
    writer = csv.writer(sink) if sink is not None else None
    rows = unscored = 0
    first = ""
    reported_at = time.monotonic()
    for answer in answers:
        if rows == 0 and writer is not None:
            names = [f"probability_{name}" for name in answer.classes or ()]
            writer.writerow([*frame.columns, "prediction", *names, "error"])
        if answer.errors and not unscored:
            row, reason = next(iter(sorted(answer.errors.items())))
            first = f"row {rows + row}: {reason}"
        unscored += len(answer.errors)
        if writer is not None:
            writer.writerows(_lines(answer, frame.iloc[rows : rows + answer.rows]))
        rows += answer.rows
        if time.monotonic() - reported_at > PROGRESS_SECONDS:
            reported_at = time.monotonic()
            print(f"  … {rows} rows", file=sys.stderr, flush=True)
    return {"rows": rows, "scored": rows - unscored, "unscored": unscored, "first": first or None}


def _lines(answer: ScoredRows, frame: pd.DataFrame) -> Iterator[list[Any]]:
    blank: list[Any] = [None] * len(answer.classes or ())
    part = frame.astype(object)
    originals: list[list[Any]] = part.where(part.notna(), None).to_numpy().tolist()
    for number, original in enumerate(originals):
        probabilities = (answer.probabilities[number] if answer.probabilities else None) or blank
        yield [*original, answer.predictions[number], *probabilities, answer.errors.get(number)]
