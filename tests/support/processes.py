"""Real processes for tests of concurrency and crashes: Python snippets that answer line by line."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from time import monotonic

PATIENCE = 300.0
"""Seconds after which a condition is taken never to come true: long, since unit tests get what time others leave."""


@contextmanager
def python(code: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Run a snippet with `sys.argv[1:]`; its output is `process.stdout`. It does not outlive the block."""
    command = [sys.executable, "-u", "-c", textwrap.dedent(code), *map(str, arguments)]
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def run_python(code: str, *arguments: object) -> str:
    """Run a snippet to its end and return what it printed; it must exit with 0."""
    with python(code, *arguments) as process:
        output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, output
    return output


def run_together(code: str, processes: int, *arguments: object) -> None:
    """Run a snippet in several processes at once, each with its number as last argument; all must exit with 0.

    They are forks of one interpreter that has done the snippet's imports, so that they start together.
    """
    imports = "".join(f"{line}\n" for line in textwrap.dedent(code).splitlines() if re.match("import |from ", line))
    fork = f"""
import os
children = []
for number in range({processes}):
    child = os.fork()
    if child == 0:
        sys.argv.append(str(number))
        try:
            exec({textwrap.dedent(code)!r}, {{}})
        except BaseException:
            import traceback
            traceback.print_exc(file=sys.stdout)
            os._exit(1)
        os._exit(0)
    children.append(child)
assert [os.waitpid(child, 0)[1] for child in children] == [0] * {processes}
"""
    run_python(f"import sys\n{imports}{fork}", *arguments)


def waits_for_lock(path: Path, action: Callable[[], object]) -> None:
    """Run the action while the file at `path` is locked: it must not end before the lock is gone, and must then."""
    thread = Thread(target=action)
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        thread.start()
        thread.join(0.2)
        assert thread.is_alive(), "did not wait"
    thread.join(PATIENCE)
    assert not thread.is_alive()


def eventually(condition: Callable[[], bool]) -> None:
    """Return as soon as the condition holds; fail when it does not for `PATIENCE` seconds."""
    deadline = monotonic() + PATIENCE
    while not condition():
        assert monotonic() < deadline, "did not happen in time"
        Event().wait(0.005)


def bytes_read() -> int:
    """Bytes that this process has read from files and the like so far."""
    counters = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(counters["rchar"])
