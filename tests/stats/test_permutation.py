"""Permutation tests, against scipy's, and the percentile among random directions."""

import numpy as np
import pytest
from scipy import stats as scipy_stats

from interp_core.stats import Placement, among_random, permutation_p, sign_flip_p


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("n", [2, 5, 12])
@pytest.mark.parametrize("margin", [0.0, 0.3])
def test_exact_sign_flips_equal_scipys(n, margin):
    x = rng(n).normal(0.5, 1, n).round(1)
    theirs = scipy_stats.permutation_test(
        (x - margin,), np.sum, permutation_type="samples", alternative="greater", n_resamples=2**n, vectorized=False
    )
    assert sign_flip_p(x, rng=rng(), margin=margin) == pytest.approx(theirs.pvalue)


def test_random_sign_flips_come_near_the_exact_p():
    x = rng(3).normal(0.35, 1, 16)
    exact = sign_flip_p(x, rng=rng())
    drawn = sign_flip_p(np.append(x, 0.0), rng=rng(4))  # a zero flips into itself
    assert drawn == pytest.approx(exact, abs=4 * np.sqrt(exact / 9_999))


def test_chunks_draw_the_same(monkeypatch):
    x = rng(5).normal(0.2, 1, 40)
    whole = sign_flip_p(x, rng=rng(6))
    monkeypatch.setattr("interp_core.stats.permutation._CHUNK", 8_000)
    assert sign_flip_p(x, rng=rng(6)) == whole


def test_the_smallest_p_is_never_zero():
    assert sign_flip_p(np.ones(5), rng=rng()) == 2**-5
    assert sign_flip_p(np.ones(40), rng=rng(), draws=999) == 1 / 1_000
    assert sign_flip_p(np.full(40, 0.3), rng=rng(), margin=0.3) == 1.0
    assert sign_flip_p(np.full(20, 1e69), rng=rng()) == 1e-4
    with pytest.raises(ValueError, match="not finite"):
        sign_flip_p([np.nan], rng=rng())


def test_sign_flips_at_the_margin_reject_as_often_as_they_say():
    g = rng(7)
    p = np.array([sign_flip_p(g.normal(0.3, 1, 20), rng=g, margin=0.3, draws=399) for _ in range(800)])
    for at in (0.025, 0.1):
        assert np.mean(p <= at) <= at + 3 * np.sqrt(at / 800)


def test_unpaired_permutations_equal_scipys_exact_ones():
    x, y = rng(8).normal(1, 1, 5), rng(9).normal(0, 1, 4)
    theirs = scipy_stats.permutation_test(
        (x, y), lambda a, b: a.mean() - b.mean(), alternative="greater", n_resamples=np.inf, vectorized=False
    ).pvalue
    assert permutation_p(x, y, rng=rng()) == pytest.approx(theirs)
    large = permutation_p(rng(1).normal(1, 1, 40), rng(2).normal(0, 1, 40), rng=rng())
    assert large <= 0.01


def test_a_percentile_says_how_many_and_decides_only_with_enough():
    few = among_random(2.0, np.arange(19) / 10)
    assert few == Placement(
        100.0, 0.05, 19, False, "above 100 % of 19 random directions; descriptive: p below 0.05 takes more draws"
    )
    enough = among_random(2.0, np.arange(39) / 20)
    assert enough.decides
    assert enough.p == pytest.approx(1 / 40)
    assert enough.reason == "above 100 % of 39 random directions; p = 0.025"
    assert not among_random(2.0, np.arange(39) / 20, alpha=0.025 / 3).decides
    middle = among_random(0.95, np.arange(39) / 20)
    assert middle.percentile == pytest.approx(100 * 19 / 39)
    assert middle.p == pytest.approx(21 / 40)


def test_too_few_or_odd_draws_are_refused():
    with pytest.raises(ValueError, match=r"18 random directions say too little .* draw 19 or more"):
        among_random(1.0, np.zeros(18))
    with pytest.raises(ValueError, match="random_effects holds 1 values"):
        among_random(1.0, [np.nan] * 1 + [0.0] * 20)
    with pytest.raises(ValueError, match="effect holds 1 values"):
        among_random(float("inf"), np.zeros(20))


def test_among_exchangeable_directions_p_is_uniform():
    effects = rng(10).normal(size=(4_000, 40))
    p = np.array([among_random(row[0], row[1:]).p for row in effects])
    assert np.mean(p <= 0.025) == pytest.approx(0.025, abs=3 * np.sqrt(0.025 / 4_000))
