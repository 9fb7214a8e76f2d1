"""Amounts come back from the API server as we wrote them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from easy_mlops.config.quantity import amount, canonical
from easy_mlops.config.resource import Resources
from easy_mlops_operator.builders.resources import build_resources
from hypothesis import given
from hypothesis import strategies as st

TEXTS = st.builds(
    lambda whole, part, suffix: f"{whole}{part}{suffix}",
    st.integers(0, 99999),
    st.sampled_from(["", ".5", ".25", ".0", ".001", ".1234"]),
    st.sampled_from(["", "m", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti"]),
)


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("1", "1"),
        ("1.0", "1"),
        ("0.5", "500m"),
        ("1500m", "1500m"),
        ("2000m", "2"),
        ("1000", "1k"),
        ("1000k", "1M"),
        ("1024", "1024"),
        ("1024Ki", "1Mi"),
        ("1000Mi", "1000Mi"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("0.5Ki", "512"),
        ("0.3Ki", "307200m"),
        ("937.5Ki", "960k"),
        ("1024Ti", "1Pi"),
        ("1000T", "1P"),
        ("0", "0"),
        ("0Gi", "0"),
        ("0.0", "0"),
    ],
)
def test_canonical_form(text: str, back: str) -> None:
    assert canonical(text) == back


@given(TEXTS)
def test_the_canonical_form_is_the_same_amount_and_stays_as_it_is(text: str) -> None:
    back = canonical(text)
    assert amount(text) <= amount(back) < amount(text) + Fraction(1, 1000)
    assert canonical(back) == back


@pytest.mark.parametrize(("text", "number"), [("1e3", 1000), ("12E-3", Fraction(12, 1000)), ("5n", Fraction(5, 10**9))])
def test_forms_that_only_others_write_are_read(text: str, number: Fraction) -> None:
    assert amount(text) == number


@pytest.mark.parametrize("text", ["", "x", "1X", "-1", "1 Gi", "1e", "1,5"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a quantity"):
        canonical(text)


def resources(**amounts: dict[str, str]) -> dict[str, dict[str, str]]:
    return build_resources(Resources.parse(amounts))


def test_resources_have_defaults() -> None:
    assert resources() == {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "1Gi"}}


def test_a_request_without_a_limit_meets_no_default_limit() -> None:
    assert resources(requests={"memory": "4Gi"}) == {"requests": {"cpu": "100m", "memory": "4Gi"}}


def test_a_limit_without_a_request_is_its_own_request() -> None:
    assert resources(limits={"memory": "128Mi", "cpu": "2"}) == {"limits": {"cpu": "2", "memory": "128Mi"}}


def test_what_is_said_is_taken_in_canonical_form() -> None:
    said = resources(requests={"cpu": "0.25", "memory": "1024Mi", "ephemeral-storage": "1Gi"}, limits={"cpu": "1000m"})
    assert said == {
        "requests": {"cpu": "250m", "ephemeral-storage": "1Gi", "memory": "1Gi"},
        "limits": {"cpu": "1"},
    }


def test_an_integer_is_an_amount() -> None:
    assert build_resources(Resources.parse({"limits": {"cpu": 2, "memory": "1Gi"}}))["limits"]["cpu"] == "2"
