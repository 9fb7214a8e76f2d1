"""What commands print: the result to stdout, as text or JSON; everything else goes to stderr."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final

_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


class UserError(RuntimeError):
    """An error that the user can fix; the message says how."""


def show(form: str, value: Any, lines: Iterable[str]) -> None:
    """Print a command's result: strict JSON of `value` for the form `json`, else the `lines` for people.

    Raises as `flush`.
    """
    with _stdout_errors():
        if form == "json":
            print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False, default=str))
        else:
            width = shutil.get_terminal_size().columns if sys.stdout is not None and sys.stdout.isatty() else 0
            for line in lines:
                print(fitted(line, width) if width else line)


def fitted(line: str, width: int) -> str:
    """Wrap a line to `width` columns, with an indent; words are not broken. Text of several lines is not changed."""
    if len(line) <= width or "\n" in line:
        return line
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    return textwrap.fill(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def show_page(form: str, file: str | None, value: Mapping[str, Any], what: str, page: Callable[[], str]) -> None:
    """Write a page to `file`, or print it without one. `value` is the rest of the result as JSON, `what` its key there.

    Raises as `writing` and `flush`.
    """
    if not file:
        text = page()
        show(form, {**value, what: text}, [text])
        return
    with writing(file) as stream:
        stream.write(f"{page()}\n")
    show(form, {**value, "file": file}, [f"{what} written to {file}"])


def flush() -> None:
    """Flush stdout, if there is one: `>&-` closes it.

    Raises `UserError` when it cannot be written, and `BrokenPipeError` when its reader has closed it.
    """
    with _stdout_errors():
        if sys.stdout is not None:
            sys.stdout.flush()


def drop_unwritten() -> None:
    """Discard output that cannot be written; Python would try again, and print an error, when it exits."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)


@contextmanager
def _stdout_errors() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UserError(f"standard output cannot be written: {error.strerror}") from error


def metric_lines(metrics: Mapping[str, float]) -> Iterator[str]:
    """One line per metric, with four decimals."""
    for name, value in metrics.items():
        yield f"  {name:<16} {value:.4f}"


@contextmanager
def writing(path: str) -> Iterator[IO[str]]:
    """Open a text file for a result as `writing_bytes` does."""
    with writing_bytes(path) as stream, io.TextIOWrapper(stream, encoding="utf-8", newline="") as text:
        yield text


@contextmanager
def writing_bytes(path: str) -> Iterator[IO[bytes]]:
    """Open a file for a result before the work begins, so that a path that cannot be written is reported first.

    The file appears under `path` once it is complete; if the work fails, an existing file stays as it was.
    Raises `UserError`.
    """
    target = Path(path).resolve()
    regular = target.is_file() or not target.exists()  # a device or a pipe is written directly
    part = target.with_name(f".{target.name}.{os.getpid()}") if regular else target
    try:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        stream = part.open("wb")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}") from error
    try:
        with stream:
            yield stream
        if regular:
            part.replace(target)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise UserError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        if regular:
            with suppress(OSError):
                part.unlink(missing_ok=True)
