"""How large a stability index is by chance: scipy's quantiles, and no more false alarms than were asked for."""

from __future__ import annotations

import numpy as np
import pytest
from easy_mlops.monitoring.bins import ColumnCounts, Drift, by_column, psi
from easy_mlops.rules.chance import chance_limit, chi2_quantile, farthest_beyond_chance, figure_limit
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats


@given(freedom=st.integers(1, 63), alpha=st.floats(1e-9, 0.999))
def test_a_quantile_is_scipys(freedom: int, alpha: float) -> None:
    assert chi2_quantile(freedom, alpha) == pytest.approx(stats.chi2.isf(alpha, freedom), rel=1e-9)


@given(alpha=st.floats(1e-6, 0.5), rows=st.integers(1, 10**6), more=st.integers(1, 10**6))
def test_more_rows_and_a_larger_alpha_make_a_smaller_limit(alpha: float, rows: int, more: int) -> None:
    limits = [chance_limit(11, n, 2000, alpha) for n in (rows, rows + more)]
    assert limits[0] is not None
    assert limits[1] is not None
    assert limits[0] > limits[1]
    assert (chance_limit(11, rows, 2000, alpha / 2) or 0.0) > limits[0]


@pytest.mark.parametrize(("bins", "rows", "reference"), [(1, 100, 100), (0, 100, 100), (5, 0, 100), (5, 100, 0)])
def test_without_rows_or_bins_nothing_is_known(bins: int, rows: int, reference: int) -> None:
    assert chance_limit(bins, rows, reference, 0.01) is None


@pytest.mark.parametrize("rows", [20, 50, 200, 2000])
@pytest.mark.parametrize("bins", [3, 11, 22])
def test_rows_of_the_same_distribution_seldom_exceed_the_limit(bins: int, rows: int) -> None:
    rng = np.random.default_rng(bins * rows)
    shares = rng.dirichlet(np.full(bins, 5.0))
    references, currents = rng.multinomial(1000, shares, 2000), rng.multinomial(rows, shares, 2000)
    limit = chance_limit(bins, rows, 1000, 0.05)
    assert limit is not None
    pairs = zip(references.tolist(), currents.tolist(), strict=True)
    assert sum(psi(reference, current) > limit for reference, current in pairs) / 2000 < 0.065


def test_a_fixed_limit_fires_on_most_small_batches_that_did_not_drift() -> None:
    rng = np.random.default_rng(1)
    shares = np.full(10, 0.1)
    references, currents = rng.multinomial(5000, shares, 500).tolist(), rng.multinomial(50, shares, 500).tolist()
    values = [psi(reference, current) for reference, current in zip(references, currents, strict=True)]
    limit = chance_limit(10, 50, 5000, 0.001)
    assert limit is not None
    assert sum(value > 0.1 for value in values) > 350
    assert sum(value > limit for value in values) <= 2


def test_the_column_that_chance_explains_least_comes_first() -> None:
    """One of many bins may be larger by chance than one of two; with another number of rows the order is another."""
    many, few = (100,) * 20, (1000, 1000)
    drift = Drift(
        {"many": many, "few": few, "none": ()},
        {"many": ColumnCounts([9, 1] * 10), "few": ColumnCounts([80, 20]), "none": ColumnCounts([100])},
    )
    found = farthest_beyond_chance(by_column("psi", drift), 0.001)
    assert [item.column for item in found] == ["few", "many", "none"]
    values = {item.column: item.value for item in found}
    assert (values["many"] or 0.0) > (values["few"] or 0.0)
    assert figure_limit(found[0], 0.001) == chance_limit(2, 100, 2000, 0.001)
    assert (found[2].value, figure_limit(found[2], 0.001)) == (None, None)
