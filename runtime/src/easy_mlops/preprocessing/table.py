"""Read a table from a CSV or Parquet file, with precise errors for files that cannot be read."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

import pandas as pd

from easy_mlops.preprocessing.errors import TableError

Format = Literal["csv", "parquet"]
_PARQUET: Final = (".parquet", ".pq", ".parq")
_OTHERS: Final = frozenset((".json", ".jsonl", ".ndjson", ".xlsx", ".xls", ".ods", ".feather", ".orc", ".avro"))
_COMPRESSED: Final = frozenset((".gz", ".bz2", ".zip", ".xz", ".zst", ".tar"))
"""Extensions of CSV files that pandas decompresses."""
_HEAD_BYTES: Final = 4096
_BEGINNINGS: Final = (
    (b"PAR1", "a Parquet file; let its name end in .parquet"),
    (b"PK\x03\x04", "a zip archive or a spreadsheet; save its sheet as CSV"),
    (b"\x1f\x8b", "compressed; let its name end in .gz"),
    (b"\xff\xfe", "text in UTF-16; save it in UTF-8"),
    (b"\xfe\xff", "text in UTF-16; save it in UTF-8"),
)


def format_of(path: Path) -> Format:
    """The format of a file by its extension; a directory is a partitioned Parquet table."""
    return "parquet" if path.suffix.lower() in _PARQUET or path.is_dir() else "csv"


def read_table(
    path: str | Path,
    table_format: Format | None = None,
    *,
    name: str | None = None,
    text_columns: Sequence[str] | None = (),
) -> pd.DataFrame:
    """Read the table in a file.

    Parameters
    ----------
    path : str or path
        The file; a directory is a partitioned Parquet table.
    table_format : {"csv", "parquet"}, optional
        The default depends on the file name extension.
    name : str, optional
        The name of the file in error messages; the default is its path.
    text_columns : sequence of str or None, default ()
        CSV columns to read as text even if they look like numbers, so that 007 is preserved; None means all columns.

    Returns
    -------
    DataFrame

    Raises
    ------
    TableError
        If the file is missing, empty, or not a table.
    OSError
        If the disk fails.

    Examples
    --------
    >>> from pathlib import Path
    >>> from easy_mlops.preprocessing import read_table
    >>> _ = Path("agents.csv").write_text("id,age\\n007,40\\n")
    >>> read_table("agents.csv", text_columns=["id"])["id"].tolist()
    ['007']
    """
    file = check_there(path, name)
    shown = name or str(path)
    try:
        parquet = (table_format or format_of(file)) == "parquet"
        if not parquet:
            _check_text(file, shown, by_name=table_format is None)
        frame = _parquet(file, shown) if parquet else _csv(file, shown, text_columns)
    except IsADirectoryError:
        raise TableError(f"{shown} is a directory, not a CSV file") from None
    except PermissionError as error:
        raise TableError(f"{shown} may not be read: {error.strerror}") from error
    if not len(frame.columns):
        what = "has no Parquet files" if file.is_dir() else "is empty: it has no columns"
        raise TableError(f"{shown} {what}")
    if not len(frame):
        raise TableError(f"{shown} is empty: it has columns but no rows")
    frame.columns = pd.Index([str(column) for column in frame.columns], dtype=object)
    if len(set(frame.columns)) < len(frame.columns):
        raise TableError(f"{shown} has the column {_first_double(list(frame.columns))!r} twice")
    return frame


def check_there(path: str | Path, name: str | None = None) -> Path:
    """The path, if it exists. Raises `TableError`."""
    file = Path(path)
    if not file.exists():
        raise TableError(f"{name or path} is not there")
    return file


def _csv(file: Path, shown: str, text_columns: Sequence[str] | None) -> pd.DataFrame:
    try:
        # pandas silently renames duplicate columns, so the header is checked separately.
        header = pd.read_csv(file, header=None, nrows=1, dtype=object, keep_default_na=False).iloc[0]
        _check_header([str(value) for value in header], shown)
        wanted = set(header if text_columns is None else text_columns)
        texts = {column: "object" for column in header if column in wanted}
        with warnings.catch_warnings():
            # pandas only warns about surplus fields, and drops them.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(file, dtype=texts, low_memory=False, index_col=False)
    except pd.errors.EmptyDataError:
        raise TableError(f"{shown} is empty") from None
    except pd.errors.ParserError as error:
        detail = str(error).removeprefix("Error tokenizing data. C error: ").strip()
        raise TableError(f"{shown} is not a CSV file that can be read: {detail}") from error
    except pd.errors.ParserWarning:
        raise TableError(f"{shown} is not a CSV file that can be read: rows have more fields than the header") from None
    except UnicodeDecodeError as error:
        raise TableError(f"{shown} is not a CSV file in UTF-8: {error.reason} at byte {error.start}") from error


def _check_text(file: Path, shown: str, *, by_name: bool) -> None:
    """Report a binary file by its format instead of its first invalid byte."""
    ending = file.suffix.lower()
    if by_name and ending in _OTHERS:
        raise TableError(f"{shown} is not CSV or Parquet, by its ending {ending}; save the table as one of them")
    if ending in _COMPRESSED or not file.is_file():
        return
    with file.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    if what := next((description for beginning, description in _BEGINNINGS if head.startswith(beginning)), None):
        raise TableError(f"{shown} is not a CSV file but {what}")
    if b"\0" in head:
        raise TableError(f"{shown} is not a CSV file: it holds bytes that no text has")


def _check_header(names: list[str], shown: str) -> None:
    for position, column in enumerate(names, start=1):
        if not column.strip():
            raise TableError(f"{shown}: column {position} has no name; name it, or save the table without its index")
    if len(set(names)) < len(names):
        raise TableError(f"{shown} has the column {_first_double(names)!r} twice")


def _first_double(names: Sequence[str]) -> str:
    return next(name for position, name in enumerate(names) if name in names[:position])


def _parquet(file: Path, shown: str) -> pd.DataFrame:
    import pyarrow as pa  # only Parquet needs it, and the import is slow

    try:
        return pd.read_parquet(file)
    except (pa.ArrowException, ValueError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        if file.is_dir() and not any(path.suffix.lower() in _PARQUET for path in file.rglob("*")):
            raise TableError(f"{shown} is a directory, and has no Parquet files") from error
        detail = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise TableError(f"{shown} is not a Parquet file that can be read: {detail}") from error
