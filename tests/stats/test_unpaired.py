"""The difference of two independent means."""

import numpy as np
import pytest
from scipy import stats as scipy_stats
from scipy.stats import norm

from interp_core.stats import paired_binary_interval, unpaired_mean_interval
from interp_core.stats.unpaired import welch_df


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def heavy_tailed() -> np.ndarray:
    """The quantiles of a lognormal distribution: what a sample of 64 looks like on average."""
    return np.exp(1.5 * norm.ppf((np.arange(64) + 0.5) / 64))


def test_it_holds_welchs_interval_and_is_close_to_it_for_normal_data():
    x, y = rng(1).normal(1, 1, 40), rng(2).normal(0, 3, 60)
    found = unpaired_mean_interval(x, y, rng=rng())
    theirs = scipy_stats.ttest_ind(x, y, equal_var=False).confidence_interval(0.95)
    assert found.low <= theirs.low + 1e-12
    assert found.high >= theirs.high - 1e-12
    assert found.width < 1.15 * (theirs.high - theirs.low)
    assert found.estimate == pytest.approx(x.mean() - y.mean())


def test_welchs_degrees_of_freedom_equal_scipys():
    x, y = rng(1).normal(1, 1, 12), rng(2).normal(0, 3, 9)
    assert welch_df(x, y) == pytest.approx(scipy_stats.ttest_ind(x, y, equal_var=False).df)


def test_few_or_constant_values_decide_nothing():
    few = unpaired_mean_interval(rng(1).normal(size=40), rng(2).normal(size=9), rng=rng())
    assert few.notes[0] == "n = 9 is too few to decide; 16 or more"
    same = unpaired_mean_interval(np.ones(20), np.zeros(20), rng=rng())
    assert not same.decides
    assert (same.low, same.high) == (1.0, 1.0)


def test_bounds_join_two_valid_intervals():
    x, y = np.repeat([1.0, 0.0], [25, 5]), np.repeat([0.0, -1.0], [28, 4])
    found = unpaired_mean_interval(x, y, rng=rng(), bounds=(-1.0, 1.0))
    first, second = (paired_binary_interval(z, alpha=0.0125) for z in (x, y))
    assert (found.low, found.high) == (first.low - second.high, first.high - second.low)
    assert found.alpha == 0.025


def test_swapping_the_samples_mirrors():
    x, y = rng(3).exponential(size=30), rng(4).normal(size=30)
    found = unpaired_mean_interval(x, y, rng=rng(9))
    swapped = unpaired_mean_interval(y, x, rng=rng(10))
    assert swapped.estimate == -found.estimate
    assert swapped.low == pytest.approx(-found.high, abs=sum(found.monte_carlo) + sum(swapped.monte_carlo))
    assert swapped.high == pytest.approx(-found.low, abs=sum(found.monte_carlo) + sum(swapped.monte_carlo))


def test_the_heavy_sample_is_the_one_that_is_diagnosed():
    heavy, plain = heavy_tailed(), rng(5).normal(size=64)
    right = unpaired_mean_interval(heavy, plain, rng=rng())
    left = unpaired_mean_interval(plain, heavy, rng=rng())
    assert right.tail_errors is not None
    assert right.tail_errors[1] > 0.025 > right.tail_errors[0]
    assert left.tail_errors == right.tail_errors[::-1]
