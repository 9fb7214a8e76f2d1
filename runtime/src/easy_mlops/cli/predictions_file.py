"""The file that `predict -o` writes; its extension decides the format."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from easy_mlops.cli.output import UserError

if TYPE_CHECKING:
    import pandas as pd

FORMATS: Final = (".csv", ".parquet", ".json")


def format_of(path: str) -> str:
    """The format of a file by its extension. Raises `UserError` for any other than those of `FORMATS`."""
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise UserError(f"{path}: unknown format {suffix!r}; known are {', '.join(FORMATS)}")
    return suffix


def write_predictions(stream: IO[bytes], data: str, predictions: Sequence[Any], suffix: str) -> None:
    """Write predictions to a binary stream.

    CSV and Parquet have the rows of the file `data`, in CSV character by character, and a column `prediction`; JSON has
    `{"predictions": [...]}` only. A row that cannot be scored has no prediction, in JSON null.
    """
    if suffix == ".json":
        stream.write(json.dumps({"predictions": list(predictions)}, allow_nan=False).encode() + b"\n")
    elif suffix == ".csv":
        _with(data, predictions, text_columns=None).to_csv(stream, index=False)
    else:
        frame = _with(data, predictions, text_columns=())
        frame.assign(prediction=frame["prediction"].convert_dtypes()).to_parquet(stream, index=False)


def _with(data: str, predictions: Sequence[Any], *, text_columns: Sequence[str] | None) -> pd.DataFrame:
    import pandas as pd

    from easy_mlops.preprocessing.table import read_table

    frame = read_table(data, text_columns=text_columns)
    return frame.assign(prediction=pd.Series(list(predictions), index=frame.index, dtype=object))
