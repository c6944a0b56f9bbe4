"""Named intervals of a mean, against scipy and against their definitions."""

import itertools

import numpy as np
import pytest
from scipy import stats as scipy_stats

from interp_core.stats import (
    bca_interval,
    bootstrap_t_interval,
    percentile_interval,
    sign_flip_interval,
    t_interval,
)
from interp_core.stats.means import draws_for, expanded, resample


@pytest.fixture(params=["normal", "exponential", "few flips"])
def sample(request) -> np.ndarray:
    rng = np.random.default_rng(3)
    return {
        "normal": rng.normal(0.2, 1, 24),
        "exponential": rng.exponential(size=40),
        "few flips": np.repeat([0.0, 1.0, -1.0], [20, 9, 3]),
    }[request.param]


@pytest.mark.parametrize("alpha", [0.025, 0.025 / 3])
@pytest.mark.parametrize(("ours", "method"), [(percentile_interval, "percentile"), (bca_interval, "BCa")])
def test_bootstraps_equal_scipys_on_the_same_draws(sample, alpha, ours, method):
    found = ours(sample, alpha=alpha, rng=np.random.default_rng(11), draws=2_000)
    theirs = scipy_stats.bootstrap(
        (sample,), np.mean, n_resamples=2_000, confidence_level=1 - 2 * alpha, method=method, vectorized=True,
        rng=np.random.default_rng(11),
    ).confidence_interval  # fmt: skip
    assert found.low == pytest.approx(theirs.low, abs=1e-12, rel=1e-12)
    assert found.high == pytest.approx(theirs.high, abs=1e-12, rel=1e-12)


def test_t_equals_scipys(sample):
    found = t_interval(sample, alpha=0.01)
    theirs = scipy_stats.ttest_1samp(sample, 0).confidence_interval(0.98)
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), rel=1e-12)


def test_bootstrap_t_equals_its_definition(sample):
    found = bootstrap_t_interval(sample, rng=np.random.default_rng(5), draws=500)
    n, error = len(sample), sample.std(ddof=1) / np.sqrt(len(sample))
    index = np.random.default_rng(5).integers(0, n, (500, n))
    roots = [(row.mean() - sample.mean()) / max(row.std(ddof=1) / np.sqrt(n), error / 10) for row in sample[index]]
    low, high = sample.mean() - error * np.quantile(roots, [0.975, 0.025])
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-9)
    assert min(found.monte_carlo) > 0


def test_monte_carlo_error_covers_the_spread_between_seeds():
    x = np.random.default_rng(0).exponential(size=32)
    runs = [bootstrap_t_interval(x, rng=np.random.default_rng(seed)) for seed in range(12)]
    for end in ("low", "high"):
        values = np.array([getattr(run, end) for run in runs])
        allowed = np.mean([run.monte_carlo[end == "high"] for run in runs])
        assert values.std(ddof=1) < allowed < 9 * values.std(ddof=1)


@pytest.mark.parametrize("n", [6, 9])
def test_sign_flip_interval_holds_the_means_that_the_test_keeps(n):
    x = np.random.default_rng(n).exponential(size=n)
    found = sign_flip_interval(x)
    signs = np.array(list(itertools.product((-1.0, 1.0), repeat=n)))

    def p_greater(mean: float) -> float:
        centred = x - mean
        return float((signs @ centred >= centred.sum() - 1e-9).mean())

    width = found.high - found.low
    assert p_greater(found.low - 1e-6 * width) <= 0.025 < p_greater(found.low + 1e-6 * width)
    mirrored = sign_flip_interval(-x)
    assert (mirrored.low, mirrored.high) == pytest.approx((-found.high, -found.low))


def test_sign_flip_interval_says_how_many_values_it_needs():
    with pytest.raises(ValueError, match="n=5 must be from 6 to 15"):
        sign_flip_interval(np.arange(5.0))
    with pytest.raises(ValueError, match="n=16 must be from 6 to 15"):
        sign_flip_interval(np.arange(16.0))


def test_constant_values_stay_finite_where_scipy_gives_nan():
    x, rng = np.full(20, 0.3), np.random.default_rng(0)
    for found in (bca_interval(x, rng=rng), percentile_interval(x, rng=rng), bootstrap_t_interval(x, rng=rng)):
        assert (found.low, found.high) == pytest.approx((0.3, 0.3))


def test_draws_leave_a_hundred_beyond_each_end():
    assert draws_for(0.025) == 9_999
    assert draws_for(0.025 / 3) == 12_000


def test_expanded_level_makes_the_percentile_interval_a_t_interval():
    n, alpha = 20, 0.025
    plug_in = np.sqrt((n - 1) / n)  # the bootstrap's standard deviation over the sample's
    assert scipy_stats.norm.ppf(expanded(alpha, n)) * plug_in == pytest.approx(scipy_stats.t.ppf(alpha, n - 1))
    assert expanded(alpha, 10_000) == pytest.approx(alpha, rel=1e-2)


def test_resampling_in_chunks_draws_the_same(monkeypatch):
    x = np.random.default_rng(1).normal(size=10)
    whole = resample(x, np.random.default_rng(2), 1_000)
    monkeypatch.setattr("interp_core.stats.means._CHUNK", 1_230)
    parts = resample(x, np.random.default_rng(2), 1_000)
    np.testing.assert_array_equal(whole.means, parts.means)


@pytest.mark.parametrize("values", [[], [[1.0, 2.0]], [1.0, float("nan")], [float("inf"), 1.0]])
def test_values_that_are_no_finite_row_are_refused(values):
    with pytest.raises(ValueError, match="values"):
        t_interval(values)


@pytest.mark.parametrize("alpha", [0, 0.5, 0.95, -1])
def test_alpha_is_the_error_of_one_tail(alpha):
    with pytest.raises(ValueError, match="error of one tail"):
        t_interval([1.0, 2.0], alpha=float(alpha))
