"""Metrics against the reference: what they are worth, and that counts add up."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from easy_mlops.monitoring.binning import Binning
from easy_mlops.monitoring.bins import CATEGORY_BINS, ColumnCounts, ColumnReference, Drift, by_column, psi, references
from easy_mlops.preprocessing import DataPreprocessor
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy

BINS = st.lists(st.integers(0, 10_000), min_size=2, max_size=22)
COUNTS = st.builds(ColumnCounts, st.lists(st.integers(0, 1000), min_size=4, max_size=4), st.none(), st.integers(0, 99))


def described(frame: pd.DataFrame) -> dict[str, Any]:
    """The metadata of a model trained on a table, as far as it is needed here."""
    fitted = DataPreprocessor({"handle_missing": "median"}).fit(frame)
    return {"schema": fitted.schema_, "reference": fitted.reference_}


def frame_of(rows: int, seed: int, shift: float = 0.0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": random.normal(40 + shift, 10, rows),
            "plan": random.choice(["basic", "plus", "gold"], rows, p=[0.6, 0.3, 0.1]),
            "fixed": np.full(rows, 7.0),
        }
    )
    frame.loc[random.uniform(size=rows) < 0.1, "age"] = np.nan
    return frame


def drift_of(training: pd.DataFrame, current: pd.DataFrame) -> Drift:
    binning = Binning(list(training.columns), references(described(training)))
    rows = [tuple(None if value != value else value for value in row) for row in current.itertuples(index=False)]
    reference = {item.name: item.counts for item in binning.references}
    return Drift(reference, binning.by_column(binning.count(rows)))


def value_of(metric: str, column: str, drift: Drift) -> float | None:
    return next(item.value for item in by_column(metric, drift) if item.column == column)


@given(BINS)
def test_psi_of_the_same_counts_is_zero(bins: list[int]) -> None:
    assert psi(bins, bins) == 0.0


@given(st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 9999)), min_size=2, max_size=22))
def test_psi_is_symmetric_never_negative_and_what_scipy_says(pairs: list[tuple[int, int]]) -> None:
    reference, current = [first for first, _ in pairs], [second for _, second in pairs]
    p, q = np.array(reference) + 0.5, np.array(current) + 0.5
    found = psi(reference, current)
    assert found >= -1e-12
    assert found == pytest.approx(psi(current, reference), abs=1e-12)
    # The sum of both Kullback-Leibler divergences, which scipy calls relative entropy.
    assert found == pytest.approx(entropy(q, p) + entropy(p, q), abs=1e-9)


def test_psi_takes_only_bins_of_one_reference() -> None:
    with pytest.raises(ValueError, match="3 bins"):
        psi([1, 2, 3], [1, 2])


@given(COUNTS, COUNTS, COUNTS)
def test_adding_counts_is_associative_and_commutative(
    one: ColumnCounts, two: ColumnCounts, three: ColumnCounts
) -> None:
    assert one.plus(two) == two.plus(one)
    assert one.plus(two).plus(three) == one.plus(two.plus(three))


@given(st.lists(st.floats(-1e6, 1e6) | st.none(), max_size=60), st.integers(0, 60))
def test_parts_of_a_batch_count_as_the_batch(values: list[float | None], cut: int) -> None:
    reference = ColumnReference("x", (5, 5, 5, 0), edges=(-1.0, 2.0), mean=1.0, std=2.0)
    binning = Binning(["x"], [reference])
    rows = [(value,) for value in values]
    whole = binning.by_column(binning.count(rows))["x"]
    parts = [binning.by_column(binning.count(part))["x"] for part in (rows[:cut], rows[cut:])]
    both = parts[0].plus(parts[1])
    assert both.bins == whole.bins
    assert both.shift == pytest.approx(whole.shift)
    assert whole.rows == len(rows)


def test_counts_and_shift_are_those_of_numpy() -> None:
    training, current = frame_of(4000, 1), frame_of(3000, 2, shift=6.0)
    drift = drift_of(training, current)
    values, known = current["age"].dropna().to_numpy(), training["age"].dropna().to_numpy()
    deciles = np.quantile(known, np.linspace(0, 1, 11))[1:-1]
    counts = [*np.histogram(values, [-np.inf, *np.nextafter(deciles, np.inf), np.inf])[0], current["age"].isna().sum()]
    assert drift.counts["age"].bins == counts
    expected = abs(values.mean() - known.mean()) / known.std()
    assert value_of("feature_mean_shift", "age", drift) == pytest.approx(expected, rel=1e-9)
    p = np.array(
        [*np.histogram(known, [-np.inf, *np.nextafter(deciles, np.inf), np.inf])[0], training["age"].isna().sum()]
    )
    shares = [(bins + 0.5) / (bins + 0.5).sum() for bins in (p, np.array(counts))]
    direct = float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())
    assert value_of("psi", "age", drift) == pytest.approx(direct, rel=1e-9)
    assert direct > 0.25


def test_one_outlier_does_not_hide_a_shift() -> None:
    training, current = frame_of(5000, 3), frame_of(5000, 4, shift=6.0)
    before = value_of("psi", "age", drift_of(training, current))
    current.loc[0, "age"] = 1e12
    after = value_of("psi", "age", drift_of(training, current))
    assert before is not None
    assert before > 0.25
    assert after == pytest.approx(before, abs=0.002)


def test_rows_such_as_training_saw_do_not_drift() -> None:
    drift = drift_of(frame_of(5000, 5), frame_of(5000, 6))
    assert all(item.value is not None and item.value < 0.02 for item in by_column("psi", drift))
    assert value_of("feature_mean_shift", "age", drift) == pytest.approx(0, abs=0.06)


def test_missing_values_are_a_bin_of_their_own() -> None:
    current = frame_of(2000, 8)
    current.loc[:999, "age"] = np.nan
    drift = drift_of(frame_of(5000, 7), current)
    worst = by_column("psi", drift)[0]
    assert (worst.column, worst.samples) == ("age", 2000)
    assert worst.value is not None
    assert worst.value > 0.25


def test_categories_that_training_never_saw_are_reported_by_their_share() -> None:
    current = frame_of(1000, 9)
    current.loc[:249, "plan"] = "platinum"
    drift = drift_of(frame_of(5000, 10), current)
    assert value_of("unseen_category_rate", "plan", drift) == 0.25
    assert [item.column for item in by_column("unseen_category_rate", drift)] == ["plan"]


def test_many_categories_share_a_bin_and_are_not_treated_as_unseen() -> None:
    training = pd.DataFrame({"city": [f"c{number % 60}" for number in range(3000)]})
    drift = drift_of(training, training.tail(600))
    assert len(drift.counts["city"].bins) == CATEGORY_BINS + 2
    assert drift.counts["city"].unseen == 0
    assert value_of("psi", "city", drift) == pytest.approx(0, abs=0.01)


def test_a_constant_has_no_mean_shift_but_a_psi() -> None:
    current = frame_of(1000, 11).assign(fixed=9.0)
    drift = drift_of(frame_of(1000, 12), current)
    assert "fixed" not in {item.column for item in by_column("feature_mean_shift", drift)}
    assert by_column("psi", drift)[0].column == "fixed"


def test_a_value_beyond_all_bounds_keeps_the_sum_a_number() -> None:
    current = frame_of(10, 13)
    current.loc[0, "age"] = 1.7e308
    shift = drift_of(frame_of(1000, 14), current).counts["age"].shift
    assert shift is not None
    assert math.isfinite(shift)


@pytest.mark.parametrize("metadata", [{}, {"reference": None, "schema": None}, {"reference": {}, "schema": {}}])
def test_metadata_without_a_reference_has_none(metadata: dict[str, Any]) -> None:
    assert references(metadata) == ()
