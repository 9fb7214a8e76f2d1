"""A segment writer for the request path: accepting a record takes microseconds, a thread writes it."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from pathlib import Path
from typing import Final, Self

from easy_mlops.logs.layout import Kind, Line, Record, line_of
from easy_mlops.logs.writer import SegmentWriter

log = logging.getLogger(__name__)

QUEUE_BYTES: Final = 16 * 1024 * 1024
"""Size of the encoded records that may wait for the disk; further records are dropped and counted."""
WRITE_SECONDS: Final = 0.1
"""Interval of writes to the operating system: a SIGKILL loses at most this much."""
SYNC_SECONDS: Final = 1.0
"""Interval of syncs to the disk: a machine failure loses at most this much."""


class BackgroundWriter:
    """`SegmentWriter` behind a bounded queue. Create it in the process that uses it, after any fork.

    While writes fail (disk full or unmounted), records wait in the queue; once it is full, they are dropped.
    """

    def __init__(
        self, root: Path | str, kind: Kind, *, writer: str | None = None, queue_bytes: int = QUEUE_BYTES
    ) -> None:
        self._segments = SegmentWriter(root, kind, writer=writer)
        self._limit = queue_bytes
        self._queue: list[Line] = []
        self._queued = 0
        self._dropped = 0
        self._waiting = threading.Condition()
        self._closing = threading.Event()
        self._disk = threading.Lock()
        self._failing = False
        self._thread = threading.Thread(target=self._run, name=f"log-{kind}", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    @property
    def logged(self) -> int:
        """Records written to the operating system so far."""
        return self._segments.logged

    @property
    def dropped(self) -> int:
        """Records rejected because the queue was full or the writer closed, or lost because writes kept failing."""
        return self._dropped

    def enqueue(self, record: Record) -> bool:
        """Queue a record without blocking; False if it was dropped. The caller may change its dict afterwards.

        Raises what `line_of` raises if the record cannot be encoded.
        """
        line = line_of(record)
        size = len(line[1])
        with self._waiting:
            if self._queued + size > self._limit or self._closing.is_set():
                self._dropped += 1
                return False
            self._queue.append(line)
            self._queued += size
            if len(self._queue) == 1:
                self._waiting.notify()
            return True

    def flush(self) -> None:
        """Make everything enqueued so far durable. Raises `OSError` if a write fails; no record is lost then."""
        with self._disk:
            self._drain()
            self._segments.flush()

    def close(self) -> None:
        """Make everything durable and stop. Records that still cannot be written count as dropped."""
        with self._waiting:
            if self._closing.is_set():
                return
            self._closing.set()
            self._waiting.notify()
        self._thread.join()
        atexit.unregister(self.close)
        try:
            self.flush()
            self._segments.close()
        except OSError as error:
            lost = self._segments.pending + len(self._queue)
            self._dropped += lost
            log.error("%d log records are lost: %s", lost, error)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        sync_at = time.monotonic() + SYNC_SECONDS
        while not self._closing.is_set():
            self._wait_for_records()
            self._closing.wait(WRITE_SECONDS)
            due = time.monotonic() >= sync_at
            if due:
                sync_at = time.monotonic() + SYNC_SECONDS
            self._pass(sync=due)

    def _wait_for_records(self) -> None:
        with self._waiting:
            idle = not (self._queue or self._segments.pending or self._segments.unsynced)
            if idle and not self._closing.is_set():
                self._waiting.wait()

    def _pass(self, *, sync: bool) -> None:
        try:
            with self._disk:
                self._drain()
                if sync:
                    self._segments.flush()
            self._failing = False
        except OSError as error:
            if not self._failing:
                log.warning("the log cannot be written, records wait in memory: %s", error)
            self._failing = True

    def _drain(self) -> None:
        self._segments.write()  # write the backlog of an earlier pass first, so that it stays bounded
        with self._waiting:
            batch, self._queue, self._queued = self._queue, [], 0
        self._segments.append_lines(batch)
        self._segments.write()
