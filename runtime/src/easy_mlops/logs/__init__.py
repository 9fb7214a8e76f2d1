"""Append-only logs of a deployment: segments of JSON lines that survive crashes and allow concurrent writers."""

from easy_mlops.logs.background import BackgroundWriter
from easy_mlops.logs.layout import Kind, Line, Record, line_of, now
from easy_mlops.logs.reader import Segments, read_segments
from easy_mlops.logs.writer import SegmentWriter

__all__ = [
    "BackgroundWriter",
    "Kind",
    "Line",
    "Record",
    "SegmentWriter",
    "Segments",
    "line_of",
    "now",
    "read_segments",
]
