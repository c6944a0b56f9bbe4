"""Rates and paired differences of rates, against statsmodels, scipy and brute force."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from interp_core.stats import (
    bonett_price_interval,
    clopper_pearson_interval,
    mcnemar_exact,
    paired_binary_interval,
    wilson_interval,
)
from interp_core.stats.binary import _Tail


def outcomes(gained: int, lost: int, n: int) -> np.ndarray:
    return np.repeat([1.0, -1.0, 0.0], [gained, lost, n - gained - lost])


@pytest.mark.parametrize("alpha", [0.025, 0.025 / 3])
@pytest.mark.parametrize(("successes", "n"), [(0, 32), (1, 32), (17, 40), (32, 32)])
@pytest.mark.parametrize(("ours", "method"), [(wilson_interval, "wilson"), (clopper_pearson_interval, "beta")])
def test_one_rate_equals_statsmodels(successes, n, alpha, ours, method):
    found = ours(successes, n, alpha=alpha)
    low, high = proportion_confint(successes, n, 2 * alpha, method=method)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-12)
    assert found.estimate == successes / n


def test_a_rate_needs_possible_counts():
    with pytest.raises(ValueError, match="successes=5 must lie between 0 and n=4"):
        wilson_interval(5, 4)
    with pytest.raises(ValueError, match="n must be at least one"):
        clopper_pearson_interval(0, 0)


@pytest.mark.parametrize(("gained", "lost"), [(6, 0), (5, 0), (9, 3), (4, 4), (1, 12)])
def test_mcnemar_equals_statsmodels(gained, lost):
    theirs = mcnemar([[10, gained], [lost, 10]], exact=True).pvalue
    assert mcnemar_exact(gained, lost) == pytest.approx(min(theirs, 1.0))


def test_mcnemar_needs_six_flips_one_way():
    assert mcnemar_exact(5, 0) > 0.05 > mcnemar_exact(6, 0)
    assert mcnemar_exact(0, 0) == 1.0
    with pytest.raises(ValueError, match="must not be negative"):
        mcnemar_exact(-1, 2)


def test_bonett_price_equals_its_published_formula():
    found = bonett_price_interval(outcomes(8, 2, 30))
    up, down = 9 / 32, 3 / 32
    half = scipy_stats.norm.ppf(0.975) * np.sqrt((up + down - (up - down) ** 2) / 32)
    assert (found.low, found.high) == pytest.approx((up - down - half, up - down + half))


def trinomial(n: int, up: float, down: float) -> np.ndarray:
    """Probability of each table, by scipy's multinomial, as [gained, lost]."""
    probability = np.zeros((n + 1, n + 1))
    for gained in range(n + 1):
        for lost in range(n + 1 - gained):
            probability[gained, lost] = scipy_stats.multinomial.pmf(
                [gained, lost, n - gained - lost], n, [up, down, max(1 - up - down, 0)]
            )
    return probability


@pytest.mark.parametrize("n", [6, 9])
def test_exact_interval_errs_at_most_alpha_in_each_tail_by_enumeration(n):
    alpha = 0.025
    ends = np.full((n + 1, n + 1, 2), np.nan)
    for gained in range(n + 1):
        for lost in range(n + 1 - gained):
            found = paired_binary_interval(outcomes(gained, lost, n), alpha=alpha)
            ends[gained, lost] = found.low, found.high
    for up in np.linspace(0, 1, 21):
        for down in np.linspace(0, 1 - up, 11):
            probability = trinomial(n, up, down)
            assert probability[ends[..., 0] > up - down + 1e-9].sum() <= alpha + 1e-9
            assert probability[ends[..., 1] < up - down - 1e-9].sum() <= alpha + 1e-9


def test_the_bound_is_the_best_for_its_ranking():
    """At the low end the worst nuisance parameter gives the tail exactly alpha: brute force over a fine grid."""
    n, gained, lost, alpha = 12, 8, 1, 0.025
    low = paired_binary_interval(outcomes(gained, lost, n), alpha=alpha).low
    tail = _Tail(gained, lost, n)
    inside = np.zeros((n + 1, n + 1), dtype=bool)
    for up, most in zip(tail.gained, tail.most_lost, strict=True):
        inside[up, : most + 1] = True
    worst = max(
        trinomial(n, (share + low) / 2, (share - low) / 2)[inside].sum() for share in np.linspace(abs(low), 1, 200)
    )
    assert inside[gained, lost]
    assert worst == pytest.approx(alpha, rel=2e-3)


def test_a_clean_sweep_is_decidable_and_known_in_closed_form():
    found = paired_binary_interval(np.ones(32))
    # the likeliest way to 32 gains at a given difference is that every pair flips
    assert found.low == pytest.approx(2 * 0.025 ** (1 / 32) - 1, abs=1e-5)
    assert found.high == 1.0
    assert found.decides


def test_it_is_quick_enough():
    start = time.perf_counter()
    paired_binary_interval(outcomes(47, 12, 128), alpha=0.0123)
    assert time.perf_counter() - start < 0.3


def test_many_pairs_fall_back_on_betting():
    assert paired_binary_interval(outcomes(300, 100, 501)).method == "betting"
    assert paired_binary_interval(outcomes(300, 100, 500)).method == "exact paired rates"


def test_scores_are_refused():
    with pytest.raises(ValueError, match="use bounded_mean_interval"):
        paired_binary_interval([0.5, 1.0])


tables = st.tuples(st.integers(1, 40), st.integers(0, 40), st.integers(0, 40)).map(
    lambda t: outcomes(min(t[1], t[0]), min(t[2], t[0] - min(t[1], t[0])), t[0])
)


@settings(max_examples=40, deadline=None)
@given(tables, st.sampled_from([0.025, 0.01]))
def test_exact_interval_mirrors_holds_its_estimate_and_widens(differences, alpha):
    found, wider = (paired_binary_interval(differences, alpha=a) for a in (alpha, alpha / 3))
    mirrored = paired_binary_interval(-differences, alpha=alpha)
    assert -1 <= found.low <= found.estimate <= found.high <= 1
    assert (mirrored.low, mirrored.high) == pytest.approx((-found.high, -found.low), abs=1e-12)
    assert wider.low <= found.low + 1e-5
    assert wider.high >= found.high - 1e-5


@pytest.mark.parametrize("alpha", [0.0005, 0.2, 0.45])
@pytest.mark.parametrize("counts", [(0, 0), (12, 1), (24, 0), (0, 24)])
def test_exact_ends_are_numbers_at_every_alpha(counts, alpha):
    """A tail's probability that rounds to a hair above one is one."""
    gained, lost = counts
    x = np.repeat([1.0, -1.0, 0.0], [gained, lost, 24 - gained - lost])
    found = paired_binary_interval(x, alpha=alpha)
    assert -1 <= found.low <= found.estimate <= found.high <= 1
