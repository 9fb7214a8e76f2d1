"""What pods say, checked and added up."""

from __future__ import annotations

import json
from typing import Any

import pytest
from easy_mlops.monitoring.bins import ColumnCounts
from easy_mlops.monitoring.sketch import Sketch
from easy_mlops.monitoring.summary import SUMMARY_LIMIT, WINDOWS, Summary, SummaryError, Window, merge
from hypothesis import given
from hypothesis import strategies as st

COUNTS = st.integers(0, 10_000)
WINDOW = st.builds(
    Window,
    requests=COUNTS,
    errors=COUNTS,
    rows=COUNTS,
    nulls=st.dictionaries(st.sampled_from(["a", "b", "c"]), COUNTS),
    mismatches=st.dictionaries(st.sampled_from(["a", "b"]), COUNTS),
    drift=st.dictionaries(
        st.sampled_from(["a", "b"]),
        st.builds(
            ColumnCounts,
            st.lists(COUNTS, min_size=3, max_size=3),
            st.integers(-9999, 9999).map(float),
            st.none(),
        ),
    ),
    latency_ms=st.builds(Sketch, st.dictionaries(st.integers(-300, 800), st.integers(1, 100), max_size=5)),
)
SUMMARY = st.builds(
    Summary,
    digest=st.just("d" * 64),
    model_version=st.just("1.0.0"),
    windows=st.fixed_dictionaries(dict.fromkeys(WINDOWS, WINDOW)),
    logged=COUNTS,
    dropped=COUNTS,
    reference=st.just({"a": (1, 2, 3), "b": (4, 5, 6)}),
    left_out=st.integers(0, 9),
)


def plain(summary: Summary) -> Any:
    return json.loads(summary.encode())


@given(SUMMARY)
def test_a_summary_survives_the_wire(summary: Summary) -> None:
    assert plain(Summary.decode(summary.encode())) == plain(summary)


@given(st.lists(SUMMARY, min_size=1, max_size=4), st.randoms())
def test_merging_does_not_depend_on_the_order(summaries: list[Summary], random: Any) -> None:
    shuffled = list(summaries)
    random.shuffle(shuffled)
    one, other = merge(summaries), merge(shuffled)
    assert one is not None
    assert other is not None
    assert plain(one) == plain(other)
    assert one.windows["5m"].requests == sum(s.windows["5m"].requests for s in summaries)


def test_nothing_merges_to_nothing() -> None:
    assert merge([]) is None


def valid() -> dict[str, Any]:
    windows = {name: {"requests": 1, "errors": 0, "rows": 1, "nulls": {}, "latency_ms": {"5": 1}} for name in WINDOWS}
    return {"v": 1, "digest": "d", "model_version": "1", "logged": 0, "dropped": 0, "windows": windows}


def with_minute(**change: Any) -> dict[str, Any]:
    windows = valid()["windows"]
    return {"windows": {**windows, "1m": windows["1m"] | change}}


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"windows": {}},
        {"windows": []},
        {"digest": 3},
        {"model_version": "x" * 300},
        {"logged": -1},
        {"dropped": True},
        {"logged": 2**60},
        {"reference": []},
        {"reference": {"a": []}},
        {"reference": {"a": [1] * 100}},
        {"left_out": -1},
        with_minute(mismatches=3),
        with_minute(drift={"a": [[1], None]}),
        with_minute(drift={"a": [[-1], None, None]}),
        with_minute(drift={"a": [[1], 1e300, None]}),
        with_minute(drift={"a": [[1], "1", None]}),
        with_minute(drift={"a": [[1], None, 0.5]}),
        with_minute(latency_ms={"99999": 1}),
        with_minute(latency_ms={"x": 1}),
        with_minute(nulls={str(i): 0 for i in range(300)}),
        with_minute(rows="1"),
    ],
)
def test_what_does_not_have_the_agreed_form_is_refused(change: dict[str, Any]) -> None:
    Summary.decode(json.dumps(valid()).encode())
    with pytest.raises(SummaryError):
        Summary.decode(json.dumps(valid() | change).encode())


@pytest.mark.parametrize("raw", [b"", b"null", b"[]", b"{", b"[" * 50_000, b'"' + b"x" * SUMMARY_LIMIT + b'"'])
def test_hostile_bytes_are_refused(raw: bytes) -> None:
    with pytest.raises(SummaryError):
        Summary.decode(raw)
