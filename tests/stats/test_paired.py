"""The default interval for paired differences."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from interp_core.stats import (
    Verdict,
    bootstrap_t_interval,
    bounded_mean_interval,
    decide,
    paired_binary_interval,
    paired_mean_interval,
    sign_flip_interval,
    t_interval,
)
from interp_core.stats.means import expanded


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def heavy_tailed() -> np.ndarray:
    """The quantiles of a lognormal distribution: what a sample of 64 looks like on average."""
    return np.exp(1.5 * norm.ppf((np.arange(64) + 0.5) / 64))


def test_it_is_the_union_of_t_and_the_expanded_bootstrap_t():
    x = rng(1).exponential(size=40)
    found = paired_mean_interval(x, rng=rng(2))
    plain = t_interval(x)
    drawn = bootstrap_t_interval(x, alpha=expanded(0.025, 40), rng=rng(2), draws=9_999)
    assert found.low == min(plain.low, drawn.low)
    assert found.high == max(plain.high, drawn.high)
    assert found.decides
    assert found.n == 40


@pytest.mark.parametrize("n", [1, 2, 5, 7, 15])
def test_under_sixteen_values_nothing_is_decided(n):
    x = rng(n).normal(5, 1, n)
    found = paired_mean_interval(x, rng=rng())
    assert not found.decides
    assert found.notes[0] == f"n = {n} is too few to decide; 16 or more"
    assert np.isfinite([found.low, found.high]).all()
    if n >= 6:
        exact = sign_flip_interval(x)
        assert (found.low, found.high, found.method) == (exact.low, exact.high, "sign flips")


def test_constant_differences_decide_only_with_bounds():
    x = np.ones(32)
    unbounded = paired_mean_interval(x, rng=rng())
    assert decide(unbounded, margin=0.3, direction="higher").verdict is Verdict.INCONCLUSIVE
    assert unbounded.notes[0].startswith("all 32 differences are equal")
    bounded = paired_mean_interval(x, rng=rng(), bounds=(-1.0, 1.0))
    assert decide(bounded, margin=0.3, direction="higher").verdict is Verdict.SUPPORTED
    assert bounded.low < bounded.high


def test_rounding_noise_is_still_constant():
    x = np.array([0.1 + 0.2, 0.3] * 10)
    assert np.ptp(x) > 0
    assert not paired_mean_interval(x, rng=rng()).decides


def test_bounds_choose_the_exact_or_the_betting_interval():
    flips = np.repeat([1.0, 0.0, -1.0], [12, 18, 2])
    found = paired_mean_interval(flips, rng=rng(), bounds=(-1.0, 1.0))
    assert found == paired_binary_interval(flips)
    halved = paired_mean_interval(flips / 2, rng=rng(), bounds=(-0.5, 0.5))
    assert halved.method == "exact paired rates"
    assert (halved.low, halved.high) == pytest.approx((found.low / 2, found.high / 2))
    scores = rng(4).uniform(-0.2, 0.8, 32)
    assert paired_mean_interval(scores, rng=rng(), bounds=(-1.0, 1.0)) == bounded_mean_interval(scores, (-1.0, 1.0))


def test_a_small_n_is_flagged_where_the_bounded_interval_still_decides():
    found = paired_mean_interval(np.ones(12), rng=rng(), bounds=(-1.0, 1.0))
    assert found.decides
    assert found.notes == ("small n: 12",)


def test_a_bound_near_the_margin_is_redrawn_with_ten_times_the_draws():
    x = rng(5).exponential(size=64)
    first = paired_mean_interval(x, rng=rng(6))
    margin = first.high - 0.2 * first.monte_carlo[1]
    redrawn = paired_mean_interval(x, rng=rng(6), margin=margin)
    assert redrawn.high != first.high
    assert redrawn.monte_carlo[1] < 0.5 * first.monte_carlo[1]
    assert paired_mean_interval(x, rng=rng(6), margin=10.0) == first


def test_a_heavy_tail_is_named_and_only_that_end_is_withheld():
    x = heavy_tailed()
    found = paired_mean_interval(x - 30, rng=rng())
    assert found.tail_errors is not None
    light, heavy = found.tail_errors
    assert light < 0.025 < heavy
    assert "the differences look like" in found.notes[0]
    lower = decide(found, margin=1.0, direction="lower")
    assert lower.verdict is Verdict.INCONCLUSIVE
    assert "instead of 2.5 %" in lower.reason
    assert decide(paired_mean_interval(x, rng=rng()), margin=0.1, direction="higher").verdict is Verdict.SUPPORTED
    flipped = paired_mean_interval(30 - x, rng=rng())
    assert flipped.tail_errors == (heavy, light)


def test_normal_differences_raise_no_diagnostic():
    silent = [paired_mean_interval(rng(seed).normal(size=32), rng=rng()).tail_errors is None for seed in range(20)]
    assert np.mean(silent) >= 0.9


def test_the_same_seed_gives_the_same_interval():
    x = rng(7).normal(size=20)
    assert paired_mean_interval(x, rng=rng(1)) == paired_mean_interval(x, rng=rng(1))


finite = st.floats(-1e9, 1e9)


@settings(max_examples=40, deadline=None)
@given(st.lists(finite, min_size=1, max_size=40).map(np.array))
def test_no_finite_differences_give_nan(x):
    found = paired_mean_interval(x, rng=rng())
    assert np.isfinite([found.estimate, found.low, found.high, *found.monte_carlo]).all()
    assert found.low <= found.estimate <= found.high
    assert not (found.decides and found.width == 0)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(-50, 50), min_size=16, max_size=30).map(lambda x: np.array(x, dtype=float)),
    st.sampled_from([0.25, 2.0, 8.0]),
    st.integers(-64, 64),
)
def test_it_moves_with_its_data(x, scale, shift):
    assume(np.ptp(x) > 0)
    found = paired_mean_interval(x, rng=rng(3))
    moved = paired_mean_interval(shift + scale * x, rng=rng(3))
    assert moved.estimate == pytest.approx(shift + scale * found.estimate, abs=1e-9)
    assert moved.low == pytest.approx(shift + scale * found.low, rel=1e-6, abs=1e-6)
    assert moved.high == pytest.approx(shift + scale * found.high, rel=1e-6, abs=1e-6)
    assert moved.tail_errors == found.tail_errors


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=16, max_size=30).map(np.array))
def test_a_smaller_alpha_never_narrows_and_a_changed_sign_mirrors(x):
    assume(np.ptp(x) > 1e-6)
    found = paired_mean_interval(x, rng=rng(3), alpha=0.025)
    wider = paired_mean_interval(x, rng=rng(3), alpha=0.012)  # the same number of draws, and so the same draws
    mirrored = paired_mean_interval(-x, rng=rng(3), alpha=0.025)
    assert wider.low <= found.low
    assert wider.high >= found.high
    assert (mirrored.low, mirrored.high) == pytest.approx((-found.high, -found.low), rel=1e-6, abs=1e-9)
