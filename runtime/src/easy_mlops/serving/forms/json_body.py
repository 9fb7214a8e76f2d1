"""JSON bodies: as fast as orjson, as strict as the service promises to be.

orjson takes the last of two equal keys in silence and turns an integer of more than 64 bits into a float, and it
refuses `NaN`, which the service reads as a missing value. `read_exactly` is the standard library with these three
settled; `read` uses orjson wherever that gives the same value, found out as follows.

Duplicate keys. Every member of an object has one colon outside strings. A body that has as many colons as the
parsed value has members therefore has no duplicate. Strings with colons break the equality; then the value is
written again and the colons of both texts are compared, which decides as long as no backslash in the body could
hide a colon. Anything else is read exactly.

Large integers. A reader that meets a float of at least `inference.rows.DOUBTFUL` asks again with `read_exactly`.
"""

from __future__ import annotations

import json
from typing import Any, Final

import orjson

from easy_mlops.inference.errors import RequestError

DEEPEST: Final = 8
"""Levels of nesting that any form of request needs at most."""


def read(body: bytes) -> Any:
    """The value of a JSON body; floats of at least `DOUBTFUL` may stand for integers.

    Raises `RequestError` (400) when the body is not JSON or an object has a key twice.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return read_exactly(body)  # NaN tokens, which orjson refuses; or an error in better words
    colons = body.count(b":")
    if colons == _members(value, DEEPEST):
        return value
    if b"\\" not in body and colons == _written(value).count(b":"):
        return value
    return read_exactly(body)


def read_exactly(body: bytes) -> Any:
    """The value of a JSON body: integers stay integers, `NaN` is None, `Infinity` an infinite float.

    Raises `RequestError` (400) when the body is not JSON or an object has a key twice.
    """
    try:
        text = body.decode()
        value = json.loads(text, object_pairs_hook=_distinct, parse_constant=_constant)
        if "\\ud" in text or "\\uD" in text:
            json.dumps(value, ensure_ascii=False).encode()  # half of a surrogate pair is no character
    except UnicodeEncodeError:
        raise RequestError(400, "the body has half of a surrogate pair in a string") from None
    except UnicodeDecodeError as error:
        raise RequestError(400, f"the body is not UTF-8: byte {error.start}") from None
    except RecursionError:
        raise RequestError(400, "the body is nested too deeply") from None
    except json.JSONDecodeError as error:
        what = "is empty" if not text.strip() else f"is not JSON: {error}"
        raise RequestError(400, f"the body {what}") from None
    except ValueError:  # Python refuses to read integers of thousands of digits
        raise RequestError(400, "the body has a number of too many digits") from None
    return value


def _members(value: Any, depth: int) -> int:
    """Members of all objects in a value, or fewer: lists of plain values and great depths are not walked through."""
    if not depth:
        return 0
    if type(value) is dict:
        return len(value) + sum([_members(item, depth - 1) for item in value.values() if type(item) in (dict, list)])
    if type(value) is list and value and type(value[0]) is dict:
        return sum([_members(item, depth - 1) for item in value])
    return 0


def _written(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # it reads deeper than it writes
        raise RequestError(400, "the body is nested too deeply") from None


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise RequestError(400, f"the key {key[:200]!r} is there twice", field=_printable(key))
            seen.add(key)
    return found


def _printable(key: str) -> str:
    return key[:200].encode(errors="replace").decode()


def _constant(name: str) -> float | None:
    return None if name == "NaN" else float(name)
