"""Trimmed mean and median, against scipy and enumeration."""

import numpy as np
import pytest
from scipy import stats as scipy_stats

from interp_core.stats import median_interval, t_interval, trimmed_mean_interval


def sample(seed: int, n: int = 40) -> np.ndarray:
    return np.random.default_rng(seed).exponential(size=n)


@pytest.mark.parametrize(("n", "trim"), [(40, 0.2), (33, 0.1), (25, 0.25)])
def test_the_trimmed_mean_is_scipys(n, trim):
    x = sample(n, n)
    found = trimmed_mean_interval(x, trim=trim)
    assert found.estimate == pytest.approx(scipy_stats.trim_mean(x, trim))
    theirs = scipy_stats.mstats.trimmed_mean_ci(x, (trim, trim), alpha=0.05)
    assert found.width == pytest.approx(
        theirs[1] - theirs[0], rel=0.03
    )


def test_tukey_and_mclaughlin_by_hand():
    """1 to 20, four cut at each end: winsorised to 5 .. 16, standard error s_w / ((1 - 2 x .2) sqrt 20) about."""
    x = np.arange(1.0, 21.0)
    winsorised = np.clip(x, 5, 16)
    error = winsorised.std(ddof=1) * np.sqrt(19 / (12 * 11))
    found = trimmed_mean_interval(x)
    assert found.estimate == 10.5
    assert found.high == pytest.approx(10.5 + scipy_stats.t.ppf(0.975, 11) * error)


def test_nothing_trimmed_is_students_t():
    x = sample(1)
    found, plain = trimmed_mean_interval(x, trim=0.0), t_interval(x)
    assert (found.low, found.high) == pytest.approx((plain.low, plain.high))


@pytest.mark.parametrize("alpha", [0.025, 0.025 / 3])
@pytest.mark.parametrize("n", [6, 16, 33])
def test_the_median_is_scipys_quantile_interval(n, alpha):
    x = sample(n, n)
    found = median_interval(x, alpha=alpha)
    theirs = scipy_stats.quantile_test(x, p=0.5).confidence_interval(1 - 2 * alpha)
    if np.isfinite(theirs.low):
        assert (found.low, found.high) == (theirs.low, theirs.high)
    mirrored = median_interval(-x, alpha=alpha)
    assert (mirrored.low, mirrored.high) == (-found.high, -found.low)


def test_each_end_of_the_median_errs_at_most_alpha():
    """The low end is above the median where fewer than its rank fall below: a binomial tail."""
    for n in range(16, 60):
        found = median_interval(np.arange(float(n)))
        assert scipy_stats.binom.cdf(int(found.low), n, 0.5) <= 0.025
        assert scipy_stats.binom.cdf(int(found.low) + 1, n, 0.5) > 0.025
        assert found.low == n - 1 - found.high


def test_a_bulk_that_does_not_vary_decides_nothing():
    flips = np.repeat([0.0, 5.0], [30, 2])
    for found in (trimmed_mean_interval(flips), median_interval(flips)):
        assert not found.decides
        assert "of the middle differences are equal" in found.notes[0]
    for found in (trimmed_mean_interval(sample(2, 9)), median_interval(sample(2, 9)), median_interval([1.0])):
        assert "is too few to decide" in found.notes[0]
    assert np.isfinite(trimmed_mean_interval([1.0, 2.0]).width)


def test_odd_input_is_refused():
    with pytest.raises(ValueError, match=r"trim=0\.5 must be"):
        trimmed_mean_interval([1.0], trim=0.5)
    with pytest.raises(ValueError, match="not finite"):
        median_interval([np.nan])
