"""What commands print: results on stdout, in the one form that was asked for; everything else goes to stderr."""

from __future__ import annotations

import errno
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
    """Something that the user can put right; the message says what."""


def show(form: str, value: Any, lines: Iterable[str]) -> None:
    """A command's result: strict JSON of `value` for the form `json`, else the `lines` for people.

    Raises as `flush`.
    """
    with _told():
        if form == "json":
            print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False, default=str))
        else:
            width = shutil.get_terminal_size().columns if sys.stdout is not None and sys.stdout.isatty() else 0
            for line in lines:
                print(fitted(line, width) if width else line)


def fitted(line: str, width: int) -> str:
    """A line in `width` columns: what does not fit goes on below, further in. Words are not broken, texts of several
    lines are left as they are."""
    if len(line) <= width or "\n" in line:
        return line
    inward = " " * (len(line) - len(line.lstrip()) + 4)
    return textwrap.fill(line, width, subsequent_indent=inward, break_long_words=False, break_on_hyphens=False)


def show_page(form: str, file: str | None, value: Mapping[str, Any], what: str, page: Callable[[], str]) -> None:
    """A text for people as the result: in `file`, or without one on stdout. In JSON `value` goes with it.

    Raises as `writing` and `flush`.
    """
    if not file:
        text = page()
        show(form, {**value, what: text}, [text])
        return
    with writing(file) as stream:
        stream.write(f"{page()}\n")
    show(form, {**value, "file": file}, [f"{what} in {file}"])


def flush() -> None:
    """Have stdout take what it was given; there is none after `>&-`.

    Raises `UserError` when it takes no more, but for a reader that has gone, which is a `BrokenPipeError`.
    """
    with _told():
        if sys.stdout is not None:
            sys.stdout.flush()


def drop_unwritten() -> None:
    """Let go of what nobody takes, which Python would try once more, and complain about, as it ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UserError(f"standard output cannot be written: {error.strerror}") from error


def metric_lines(metrics: Mapping[str, float]) -> Iterator[str]:
    """A line a metric, four decimals."""
    for name, value in metrics.items():
        yield f"  {name:<16} {value:.4f}"


@contextmanager
def writing(path: str) -> Iterator[IO[str]]:
    """A file for a result, made before the work begins, so that a place that cannot be written is told first.

    What is written appears under `path` when all of it is there; work that fails leaves what was there before.
    Raises `UserError`.
    """
    target = Path(path).resolve()
    regular = target.is_file() or not target.exists()  # a device, or a pipe, is written as it is
    part = target.with_name(f".{target.name}.{os.getpid()}") if regular else target
    try:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        stream = part.open("w", encoding="utf-8", newline="")
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
