"""Planning, against statsmodels and by simulation."""

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats
from statsmodels.stats.power import TTestPower

from interp_core.stats import chance_supported, minimum_detectable_effect, n_to_decide, paired_rate_sd
from interp_core.stats.means import expanded


@pytest.mark.parametrize(("n", "mde"), [(16, 0.75), (32, 0.51), (64, 0.36), (100, 0.28), (320, 0.16)])
def test_minimum_detectable_effects_are_the_published_ones(n, mde):
    found = minimum_detectable_effect(sd=2.0, n=n, margin=1.0) - 1.0
    alone = scipy_stats.norm.ppf(0.8) + scipy_stats.t.ppf(0.975, n - 1)  # published for Student's t
    ours = scipy_stats.norm.ppf(0.8) + scipy_stats.t.ppf(1 - expanded(0.025, n), n - 1)
    assert found / 2.0 == pytest.approx(mde * ours / alone, abs=0.012)
    assert chance_supported(1.0 + found, sd=2.0, n=n, margin=1.0) == pytest.approx(0.8)


def test_chance_equals_statsmodels():
    theirs = TTestPower().power(0.4, 32, expanded(0.025, 32), alternative="larger")
    assert chance_supported(0.9, sd=1.0, n=32, margin=0.5) == pytest.approx(theirs)


def test_at_the_margin_the_chance_is_below_alpha_and_no_n_decides():
    assert chance_supported(0.3, sd=1.0, n=50, margin=0.3, alpha=0.01) == pytest.approx(expanded(0.01, 50))
    assert n_to_decide(0.3, sd=1.0, margin=0.3) is None
    assert n_to_decide(0.2, sd=1.0, margin=0.3) is None
    assert n_to_decide(0.3 + 1e-6, sd=1.0, margin=0.3) is None


def test_n_to_decide_is_the_fewest():
    n = n_to_decide(0.5, sd=1.0, margin=0.25)
    assert chance_supported(0.5, sd=1.0, n=n, margin=0.25) >= 0.8 > chance_supported(0.5, sd=1.0, n=n - 1, margin=0.25)


def test_far_out_effects_stay_numbers():
    assert chance_supported(100.0, sd=1.0, n=1_000, margin=0.1) == pytest.approx(1.0)
    assert chance_supported(-100.0, sd=1.0, n=1_000, margin=0.1) == pytest.approx(0.0)


def test_paired_rates_have_the_sd_of_their_differences():
    x = np.repeat([1.0, -1.0, 0.0], [30, 10, 60])
    assert paired_rate_sd(0.3, 0.1) == pytest.approx(x.std())
    with pytest.raises(ValueError, match="add up to at most 1"):
        paired_rate_sd(0.7, 0.4)


def test_impossible_plans_are_refused():
    with pytest.raises(ValueError, match="must be positive"):
        chance_supported(0.5, sd=0.0, n=32, margin=0.1)
    with pytest.raises(ValueError, match="must lie between"):
        n_to_decide(0.5, sd=1.0, margin=0.1, power=1.0)


def test_the_chance_is_what_simulation_gives():
    rng = np.random.default_rng(0)
    x = rng.normal(0.7, 1.2, (8_000, 40))
    low = x.mean(1) - scipy_stats.t.ppf(1 - expanded(0.025, 40), 39) * x.std(1, ddof=1) / math.sqrt(40)
    assert np.mean(low > 0.2) == pytest.approx(chance_supported(0.7, sd=1.2, n=40, margin=0.2), abs=0.015)
