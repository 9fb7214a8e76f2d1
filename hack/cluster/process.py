"""Runs programs that end together with this one, and whose failures show their output."""

import functools
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from .errors import ClusterError

TAIL_LINES = 25


@functools.cache
def _mortal() -> tuple[str, ...]:
    """A command prefix that makes the kernel kill the child when this program is killed, if available."""
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "KILL") if setpriv else ()


def contained(argv: Sequence[str]) -> list[str]:
    """The command in new mount and process namespaces: killing it leaves no mounts and processes."""
    return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", *argv]


def run(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
    log: Path | None = None,
    timeout: float | None = None,
) -> str:
    """Runs a program and returns its standard output.

    ``env`` is added to the environment; with ``log``, both outputs go to that file instead.
    Raises ClusterError with the end of the program's output.
    """
    command = [*_mortal(), *map(str, argv)]
    variables = {**os.environ, **(env or {})}
    try:
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.open("wb") as out:
                code = subprocess.run(
                    command, cwd=cwd, env=variables, stdout=out, stderr=out, stdin=subprocess.DEVNULL, timeout=timeout
                ).returncode
            printed, answer = (log.read_text(errors="replace") if code else ""), ""
        else:
            done = subprocess.run(
                command, cwd=cwd, env=variables, input=stdin or "", capture_output=True, text=True, timeout=timeout
            )
            code, answer, printed = done.returncode, done.stdout, done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        raise ClusterError(f"{Path(str(argv[0])).name} did not answer in {timeout:.0f} s: {_shown(argv)}") from None
    except FileNotFoundError:
        raise ClusterError(f"{argv[0]} is not installed") from None
    if code:
        end = "\n".join(f"    {line}" for line in printed.splitlines()[-TAIL_LINES:])
        where = f"\n    (all of it: {log})" if log else ""
        raise ClusterError(f"exit status {code}: {_shown(argv)}\n{end}{where}")
    return answer


def succeeds(argv: Sequence[str | Path], *, env: Mapping[str, str] | None = None, timeout: float | None = None) -> bool:
    """Whether the program exists and ends with status 0."""
    try:
        run(argv, env=env, timeout=timeout)
    except ClusterError:
        return False
    return True


def alive(pid: int, mention: str) -> bool:
    """Whether the process exists and its command line contains the text, since process IDs are reused."""
    try:
        return mention in Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return False


def wait_until(condition: Callable[[], bool], *, seconds: float, every: float = 0.2) -> bool:
    """Polls until the condition holds; False after the timeout."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True


def _shown(argv: Sequence[str | Path]) -> str:
    text = " ".join(map(str, argv))
    return text if len(text) < 300 else text[:300] + " ..."
