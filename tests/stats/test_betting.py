"""The betting interval: its guarantee, its symmetries, and what it costs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interp_core.stats import bounded_mean_interval, clopper_pearson_interval
from interp_core.stats.betting import Bets


def test_the_expected_wealth_at_the_mean_is_one():
    """Exact expectation over all 2^6 outcomes of a fair coin: the wealth is a martingale."""
    n = 6
    outcomes = ((np.arange(2**n)[:, None] >> np.arange(n)) & 1).astype(float)
    for rate in (0.2, 0.5, 0.8):
        chance = np.prod(np.where(outcomes == 1, rate, 1 - rate), axis=1)
        wealth = np.exp(Bets(outcomes, float(np.log(40))).log_wealth(np.full((1, len(outcomes)), rate))[0])
        assert float(chance @ wealth) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("n", [5, 12])
@pytest.mark.parametrize("alpha", [0.025, 0.1])
def test_each_tail_errs_at_most_alpha_for_coins(n, alpha):
    """Enumerated over counts; within a count the order hardly matters, so one order stands for all."""
    from scipy import stats as scipy_stats

    ends = [bounded_mean_interval(np.repeat([1.0, 0.0], [k, n - k]), (0.0, 1.0), alpha=alpha) for k in range(n + 1)]
    low, high = np.array([end.low for end in ends]), np.array([end.high for end in ends])
    for rate in np.linspace(0.01, 0.99, 99):
        chance = scipy_stats.binom.pmf(np.arange(n + 1), n, rate)
        assert chance[low > rate].sum() <= alpha
        assert chance[high < rate].sum() <= alpha


def test_it_is_at_most_a_third_wider_than_the_exact_interval_of_a_rate():
    for n in (32, 128):
        for share in (0.5, 0.9):
            k = round(share * n)
            x = np.random.default_rng(n).permutation(np.repeat([1.0, 0.0], [k, n - k]))
            assert bounded_mean_interval(x, (0.0, 1.0)).width < 4 / 3 * clopper_pearson_interval(k, n).width


def test_a_clean_sweep_has_a_one_sided_interval():
    found = bounded_mean_interval(np.ones(32), (-1.0, 1.0))
    assert found.high == 1.0
    assert 0.7 < found.low < 0.85


def test_values_outside_their_bounds_are_refused():
    with pytest.raises(ValueError, match=r"outside its bounds \(0.0, 1.0\)"):
        bounded_mean_interval([0.2, 1.2], (0.0, 1.0))
    with pytest.raises(ValueError, match="the smaller one first"):
        bounded_mean_interval([0.2, 0.3], (1.0, 0.0))


values = st.lists(st.floats(0, 1), min_size=1, max_size=24).map(np.array)


@settings(max_examples=40, deadline=None)
@given(values, st.floats(0.5, 20), st.floats(-5, 5))
def test_moves_and_mirrors_with_its_data(x, scale, shift):
    found = bounded_mean_interval(x, (0.0, 1.0))
    moved = bounded_mean_interval(shift + scale * x, (shift, shift + scale))
    mirrored = bounded_mean_interval(-x, (-1.0, 0.0))
    grid = 1e-6 + scale * 2 / 1024  # rounding can move an end by a step of the grid
    assert 0 <= found.low <= found.estimate <= found.high <= 1
    assert (moved.low, moved.high) == pytest.approx((shift + scale * found.low, shift + scale * found.high), abs=grid)
    assert (mirrored.low, mirrored.high) == pytest.approx((-found.high, -found.low), abs=2.1 / 1024)
