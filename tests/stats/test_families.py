"""Families of claims, against statsmodels, scipy and hand-worked examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from interp_core.stats import (
    Decision,
    Verdict,
    adjusted_p_values,
    clopper_pearson_interval,
    decide,
    decide_equivalence,
    expected_false_supported,
    headline_shares,
    p_value,
    paired_mean_interval,
    t_interval,
)


def sample(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.6, 1, 40)


def test_for_a_t_interval_it_is_the_t_tests():
    x = sample()
    for margin in (0.1, 0.3, 0.5):
        theirs = scipy_stats.ttest_1samp(x, margin, alternative="greater").pvalue
        found = p_value(lambda a, m=margin: decide(t_interval(x, alpha=a), margin=m, direction="higher"))
        assert theirs <= found <= 1.02 * theirs
    lower = p_value(lambda a: decide(t_interval(-x, alpha=a), margin=0.3, direction="lower"))
    assert lower == p_value(lambda a: decide(t_interval(x, alpha=a), margin=0.3, direction="higher"))


def test_for_the_exact_interval_of_a_rate_it_is_the_binomial_tests():
    theirs = scipy_stats.binomtest(29, 40, 0.5, alternative="greater").pvalue
    found = p_value(lambda a: decide(clopper_pearson_interval(29, 40, alpha=a), margin=0.5, direction="higher"))
    assert theirs <= found <= 1.02 * theirs


def test_equivalence_has_a_p_value_too():
    """The larger of Schuirmann's two p-values."""
    x = sample(1) - sample(1).mean() + 0.05
    theirs = max(
        scipy_stats.ttest_1samp(x, -0.4, alternative="greater").pvalue,
        scipy_stats.ttest_1samp(x, 0.4, alternative="less").pvalue,
    )
    found = p_value(lambda a: decide_equivalence(t_interval(x, alpha=a), within=0.4))
    assert theirs <= found <= 1.02 * theirs


def test_it_agrees_with_the_verdict_beside_it():
    x = sample(2)
    for margin in (0.05, 0.2, 0.35):

        def decision(alpha: float, at: float = margin) -> Decision:
            return decide(
                paired_mean_interval(x, rng=np.random.default_rng(0), alpha=alpha), margin=at, direction="higher"
            )

        supported = decision(0.025).verdict is Verdict.SUPPORTED
        assert (p_value(decision, smallest=1e-3) <= 0.025) == supported


def test_what_cannot_decide_has_p_one_and_what_is_certain_the_smallest():
    few = t_interval(sample()[:8]).withheld("n = 8 is too few")
    assert p_value(lambda _: decide(few, margin=0.1, direction="higher")) == 1.0
    assert p_value(lambda a: decide(t_interval(-sample(), alpha=a), margin=0.1, direction="higher")) == 1.0
    sure = sample() + 100
    assert p_value(lambda a: decide(t_interval(sure, alpha=a), margin=0.1, direction="higher")) == 1e-4
    with pytest.raises(ValueError, match="error of one tail"):
        p_value(lambda _: decide(few, margin=0.1, direction="higher"), smallest=0.0)


def test_adjusted_p_values_of_holms_and_benjamini_and_hochbergs_examples():
    """Worked by hand: Holm multiplies by 4, 3, 2, 1 and takes running maxima; BH by 4/1, 4/2, 4/3, 1 and minima."""
    found = adjusted_p_values([0.01, 0.04, 0.03, 0.005])
    assert found.holm == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert found.benjamini_hochberg == pytest.approx((0.02, 0.04, 0.04, 0.02))
    assert found.p == (0.01, 0.04, 0.03, 0.005)
    assert adjusted_p_values([]).holm == ()


@pytest.mark.parametrize("bad", [float("nan"), -0.1, 1.5])
def test_a_p_value_that_is_none_is_refused(bad):
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\]"):
        adjusted_p_values([0.1, bad])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_corrections_never_lower_a_p_value_and_bh_is_the_milder(p):
    found = adjusted_p_values(p)
    for raw, holm, bh in zip(found.p, found.holm, found.benjamini_hochberg, strict=True):
        assert raw - 1e-12 <= bh <= holm + 1e-12
        assert holm <= 1


def test_headlines_share_alpha():
    assert headline_shares([1, 1, 1]) == pytest.approx((0.025 / 3,) * 3)
    assert headline_shares([3, 1], alpha=0.02) == pytest.approx((0.015, 0.005))
    with pytest.raises(ValueError, match="4 headline claims cannot share"):
        headline_shares([1, 1, 1, 1])
    with pytest.raises(ValueError, match="name one to 3"):
        headline_shares([])
    with pytest.raises(ValueError, match="must be positive"):
        headline_shares([1, 0])


def test_expected_false_supported_is_the_sum_of_the_alphas():
    assert expected_false_supported([0.025] * 40) == pytest.approx(1.0)
    assert expected_false_supported([]) == 0.0


def test_p_values_are_uniform_at_the_margin_or_larger():
    """400 t-intervals of normal data whose effect is the margin: P(p <= a) is at most a, and near it."""
    rng = np.random.default_rng(3)
    p = np.array(
        [
            p_value(lambda a, x=x: decide(t_interval(x, alpha=a), margin=0.3, direction="higher"), smallest=1e-3)
            for x in rng.normal(0.3, 1, (400, 24))
        ]
    )
    for at in (0.01, 0.05, 0.2):
        assert np.mean(p <= at) == pytest.approx(at, abs=3 * np.sqrt(at * (1 - at) / 400))
