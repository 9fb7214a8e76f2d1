"""Parses JSON bodies as fast as orjson, but strictly.

orjson silently keeps the last of duplicate keys, converts integers of more than 64 bits to floats, and rejects `NaN`,
which the service reads as a missing value. `read_exactly` uses the standard library and handles these three cases;
`read` uses orjson if the value is certain to be the same, which it determines as follows.

Duplicate keys. Every member of an object has one colon outside strings. A body that has as many colons as the
parsed value has members therefore has no duplicate. Strings with colons break the equality; then the value is
encoded again and the colons of both texts are compared, which is conclusive unless a backslash in the body could
hide a colon. Otherwise the body is parsed exactly.

Large integers. A reader that finds a float of at least `inference.rows.DOUBTFUL` retries with `read_exactly`.
"""

from __future__ import annotations

import json
from typing import Any, Final

import orjson

from easy_mlops.inference.errors import Fault, RequestError

DEEPEST: Final = 8
"""The maximum nesting level of any valid request."""


def read(body: bytes) -> Any:
    """The value of a JSON body; floats of at least `DOUBTFUL` may stand for integers.

    Raises `RequestError` (400) when the body is not JSON or an object has a key twice.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return read_exactly(body)  # NaN, which orjson rejects; or a better error message
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
            json.dumps(value, ensure_ascii=False).encode()  # an unpaired surrogate is not a character
    except UnicodeEncodeError:
        raise RequestError(Fault.MALFORMED, "the body has half of a surrogate pair in a string") from None
    except UnicodeDecodeError as error:
        raise RequestError(Fault.MALFORMED, f"the body is not UTF-8: byte {error.start}") from None
    except RecursionError:
        raise RequestError(Fault.MALFORMED, "the body is nested too deeply") from None
    except json.JSONDecodeError as error:
        what = "is empty" if not text.strip() else f"is not JSON: {error}"
        raise RequestError(Fault.MALFORMED, f"the body {what}") from None
    except ValueError:  # Python refuses to read integers of thousands of digits
        raise RequestError(Fault.MALFORMED, "the body has a number of too many digits") from None
    return value


def _members(value: Any, depth: int) -> int:
    """A lower bound of the members of all objects in a value: lists of scalars and deep levels are skipped."""
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
    except orjson.JSONEncodeError:  # orjson parses deeper nesting than it encodes
        raise RequestError(Fault.MALFORMED, "the body is nested too deeply") from None


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise RequestError(Fault.MALFORMED, f"the key {key[:200]!r} is there twice", field=_printable(key))
            seen.add(key)
    return members


def _printable(key: str) -> str:
    return key[:200].encode(errors="replace").decode()


def _constant(name: str) -> float | None:
    return None if name == "NaN" else float(name)
