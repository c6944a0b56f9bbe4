"""Planning claims about paired rates: exact, and within the room that there is."""

import numpy as np
import pytest
from scipy import stats as scipy_stats

from interp_core.stats import (
    Verdict,
    chance_rate_supported,
    decide,
    paired_binary_interval,
    rate_minimum_detectable_effect,
    rate_n_to_decide,
    room,
)


def flips(gained: int, lost: int, n: int) -> np.ndarray:
    return np.repeat([1.0, -1.0, 0.0], [gained, lost, n - gained - lost])


@pytest.mark.parametrize(("n", "up", "down"), [(12, 0.6, 0.1), (17, 0.5, 0.0), (20, 0.35, 0.2)])
def test_the_chance_is_that_of_all_tables_on_which_the_claim_is_supported(n, up, down):
    chance = 0.0
    for gained in range(n + 1):
        for lost in range(n + 1 - gained):
            verdict = decide(paired_binary_interval(flips(gained, lost, n)), margin=0.1, direction="higher").verdict
            if verdict is Verdict.SUPPORTED:
                chance += scipy_stats.multinomial.pmf([gained, lost, n - gained - lost], n, [up, down, 1 - up - down])
    found = chance_rate_supported(up - down, baseline=0.3, n=n, margin=0.1, lost=down)
    assert found == pytest.approx(chance, abs=1e-9)


def test_at_the_margin_the_chance_is_at_most_alpha():
    for lost in (0.0, 0.1, 0.3):
        for n in (16, 32, 64):
            assert chance_rate_supported(0.2, baseline=0.4, n=n, margin=0.2, lost=lost) <= 0.025


def test_a_baseline_near_its_ceiling_leaves_little_room():
    assert room(0.9) == pytest.approx(0.1)
    assert room(0.9, direction="lower") == pytest.approx(0.9)
    assert room(2.0, bounds=(1.0, 5.0)) == 3.0
    with pytest.raises(ValueError, match=r"a baseline of 0\.9 leaves room for 0\.1"):
        chance_rate_supported(0.3, baseline=0.9, n=64, margin=0.05)
    with pytest.raises(ValueError, match="outside the measure's bounds"):
        room(1.2)
    assert rate_minimum_detectable_effect(baseline=0.9, n=64, margin=0.2) is None
    assert rate_minimum_detectable_effect(baseline=0.9, n=32, margin=0.05) is None
    assert rate_n_to_decide(0.1, baseline=0.9, margin=0.1) is None


def test_all_the_room_is_decided_for_sure():
    assert chance_rate_supported(1.0, baseline=0.0, n=32, margin=0.5) == pytest.approx(1.0)
    assert chance_rate_supported(0.0, baseline=0.0, n=32, margin=0.1) == 0.0


def test_the_minimum_detectable_effect_and_n_have_the_power_they_say():
    effect = rate_minimum_detectable_effect(baseline=0.3, n=48, margin=0.1, lost=0.05)
    assert 0.1 < effect < 0.6
    assert chance_rate_supported(effect, baseline=0.3, n=48, margin=0.1, lost=0.05) == pytest.approx(0.8)
    n = rate_n_to_decide(0.5, baseline=0.3, margin=0.2)
    assert chance_rate_supported(0.5, baseline=0.3, n=n, margin=0.2) >= 0.8
    assert chance_rate_supported(0.5, baseline=0.3, n=n - 1, margin=0.2) < 0.8


def test_impossible_plans_are_refused():
    with pytest.raises(ValueError, match=r"lost=0\.5 must lie between"):
        chance_rate_supported(0.1, baseline=0.4, n=20, margin=0.05, lost=0.5)
    with pytest.raises(ValueError, match="n=501 must be from 1 to 500"):
        chance_rate_supported(0.1, baseline=0.4, n=501, margin=0.05)
    with pytest.raises(ValueError, match="power=1"):
        rate_n_to_decide(0.5, baseline=0.3, margin=0.2, power=1.0)
