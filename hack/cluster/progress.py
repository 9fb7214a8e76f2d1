"""Progress output of long steps: a line at its start, one every 20 seconds, one at its end.

Everything goes to standard error; standard output carries only answers that other programs read.
"""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

HEARTBEAT_SECONDS = 20.0
_started = time.monotonic()


def say(text: str) -> None:
    """Prints one line with the seconds since the program started."""
    print(f"[{time.monotonic() - _started:4.0f} s] {text}", file=sys.stderr, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Reports a step with its seconds, whether it succeeds or not."""
    begun = time.monotonic()
    over = threading.Event()

    def beat() -> None:
        while not over.wait(HEARTBEAT_SECONDS):
            say(f"  {title}: still running, {time.monotonic() - begun:.0f} s")

    say(f"{title} ...")
    heart = threading.Thread(target=beat, daemon=True)
    heart.start()
    outcome = "failed after"
    try:
        yield
        outcome = "done in"
    finally:
        over.set()
        heart.join()
        say(f"{title}: {outcome} {time.monotonic() - begun:.1f} s")
