"""Trimmed mean and median, against scipy and enumeration."""

import numpy as np
import pytest
from scipy import stats as scipy_stats

from interp_core.stats import bootstrap_t_interval, median_interval, t_interval, trimmed_mean_interval
from interp_core.stats.location import _trimmed


def sample(seed: int, n: int = 40) -> np.ndarray:
    return np.random.default_rng(seed).exponential(size=n)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize(("n", "trim"), [(40, 0.2), (33, 0.1), (20, 0.25)])
def test_the_trimmed_mean_and_its_error_are_scipys(n, trim):
    x = sample(n, n)
    assert trimmed_mean_interval(x, rng=rng(), trim=trim).estimate == pytest.approx(scipy_stats.trim_mean(x, trim))
    cut = int(trim * n)
    winsorised = np.asarray(scipy_stats.mstats.winsorize(x, (trim, trim)))
    error = winsorised.std(ddof=1) * np.sqrt((n - 1) / ((n - 2 * cut) * (n - 2 * cut - 1)))
    assert _trimmed(np.sort(x)[None, :], cut)[1][0] == pytest.approx(error)


def test_tukey_and_mclaughlin_by_hand():
    """1 to 20, four cut at each end: winsorised to 5 .. 16."""
    error = np.clip(np.arange(1.0, 21.0), 5, 16).std(ddof=1) * np.sqrt(19 / (12 * 11))
    found = trimmed_mean_interval(np.arange(1.0, 21.0), rng=rng())
    assert found.estimate == 10.5
    assert found.high >= 10.5 + scipy_stats.t.ppf(0.975, 11) * error
    assert found.high < 10.5 + 1.3 * scipy_stats.t.ppf(0.975, 11) * error


def test_nothing_trimmed_is_the_union_of_t_and_bootstrap_t():
    x = sample(1)
    found, plain = trimmed_mean_interval(x, rng=rng(2), trim=0.0), t_interval(x)
    drawn = bootstrap_t_interval(x, rng=rng(2), draws=9_999)
    assert found.low == pytest.approx(min(plain.low, drawn.low), abs=sum(found.monte_carlo))
    assert found.high == pytest.approx(max(plain.high, drawn.high), abs=sum(found.monte_carlo))


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
    for found in (trimmed_mean_interval(flips, rng=rng()), median_interval(flips)):
        assert not found.decides
        assert "of the middle differences are equal" in found.notes[0]
    for found in (
        trimmed_mean_interval(sample(2, 9), rng=rng()),
        median_interval(sample(2, 9)),
        median_interval([1.0]),
    ):
        assert "is too few to decide" in found.notes[0]
    assert np.isfinite(trimmed_mean_interval([1.0, 2.0], rng=rng()).width)


def test_odd_input_is_refused():
    with pytest.raises(ValueError, match=r"trim=0\.5 must be"):
        trimmed_mean_interval([1.0], rng=rng(), trim=0.5)
    with pytest.raises(ValueError, match="not finite"):
        median_interval([np.nan])
