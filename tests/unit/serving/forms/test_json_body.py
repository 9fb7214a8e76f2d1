"""Bodies are read as strictly as promised, by whichever reader is fast enough."""

from __future__ import annotations

import json
from typing import Any

import pytest
from easy_mlops.inference.errors import Fault, RequestError
from easy_mlops.serving.forms.json_body import read, read_exactly
from hypothesis import given
from hypothesis import strategies as st

KEYS = st.sampled_from(["a", "b", "a:b", ":", "\\", '"', "é", "a\\u003a"])
SCALARS = st.none() | st.booleans() | st.integers(-100, 100) | st.floats(allow_nan=False, allow_infinity=False) | KEYS


def objects(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(st.tuples(KEYS, values), max_size=4).map(Pairs) | st.lists(values, max_size=4)


class Pairs(list[tuple[str, Any]]):
    """An object as text may have it: a key may come twice."""


def text_of(value: Any, escape: bool) -> str:
    if isinstance(value, Pairs):
        return "{" + ",".join(f"{text_of(k, escape)}:{text_of(v, escape)}" for k, v in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(text_of(item, escape) for item in value) + "]"
    text = json.dumps(value, ensure_ascii=False)
    return text.replace(":", "\\u003a") if escape and isinstance(value, str) else text


def has_duplicate(value: Any) -> bool:
    if isinstance(value, Pairs):
        return len(dict(value)) != len(value) or any(has_duplicate(item) for _, item in value)
    return isinstance(value, list) and any(map(has_duplicate, value))


@given(st.recursive(SCALARS, objects, max_leaves=12), st.booleans())
def test_a_duplicate_key_is_refused_wherever_it_is_and_nothing_else(value: Any, escape: bool) -> None:
    text = text_of(value, escape)
    if has_duplicate(value):
        with pytest.raises(RequestError, match="twice"):
            read(text.encode())
    else:
        assert read(text.encode()) == json.loads(text)


@pytest.mark.parametrize(
    "body", [b'{"a":1,"a":"\\u003a"}', b'[{"a":1},{"b":1,"b":":"}]', b'{"x":{"y":[{"a":1,"a":2}]}}']
)
def test_a_hidden_colon_does_not_hide_a_duplicate(body: bytes) -> None:
    with pytest.raises(RequestError, match="twice") as caught:
        read(body)
    assert caught.value.fault is Fault.MALFORMED


def test_nan_is_a_missing_value() -> None:
    assert read(b'{"a":NaN,"b":[NaN,1]}') == {"a": None, "b": [None, 1]}


def test_an_integer_too_large_for_64_bits_stays_one_when_read_exactly() -> None:
    assert isinstance(read(b"18446744073709551616"), float)
    assert read_exactly(b"18446744073709551616") == 18446744073709551616


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "is empty"),
        (b"{", "is not JSON"),
        (b"{'a':1}", "is not JSON"),
        (b'"\xff"', "not UTF-8"),
        (b'{"a":"\\ud800"}', "surrogate"),
        (b'{"a":"\\uD800"}', "surrogate"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 900 + b"1" + b"}" * 900, "nested too deeply"),
        (b"[" * 900 + b'":"' + b"]" * 900, "nested too deeply"),
        (b"9" * 5000, "too many digits"),
        (b"\xef\xbb\xbf{}", "is not JSON"),
    ],
)
def test_what_is_not_json_is_malformed_and_the_error_says_why(body: bytes, message: str) -> None:
    with pytest.raises(RequestError, match=message) as caught:
        read(body)
    assert caught.value.fault is Fault.MALFORMED


@given(st.binary(max_size=60))
def test_no_body_makes_the_reader_fail_otherwise(body: bytes) -> None:
    try:
        read(body)
    except RequestError as error:
        assert error.fault is Fault.MALFORMED
