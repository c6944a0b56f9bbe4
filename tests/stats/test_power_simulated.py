"""Imagined runs against the formula, where both hold."""

import numpy as np
import pytest

from interp_core.stats import chance_supported, imagined, minimum_detectable_effect, paired_mean_interval

N, SD, MARGIN = 40, 1.0, 0.25


def low(effect: float):
    return lambda rng: paired_mean_interval(rng.normal(effect, SD, N), rng=rng).low


def test_the_chance_and_the_mde_are_those_of_the_formula():
    found = imagined(low(0.7), effect=0.7, runs=300, rng=np.random.default_rng(0))
    assert found.chance(MARGIN) == pytest.approx(chance_supported(0.7, sd=SD, n=N, margin=MARGIN), abs=0.07)
    planned = minimum_detectable_effect(sd=SD, n=N, margin=MARGIN)
    assert found.minimum_detectable_effect(MARGIN) == pytest.approx(planned, abs=0.06)


def test_at_the_mde_the_promised_share_comes_out():
    mde = imagined(low(0.5), effect=0.5, runs=300, rng=np.random.default_rng(1)).minimum_detectable_effect(MARGIN)
    again = imagined(low(mde), effect=mde, runs=300, rng=np.random.default_rng(2))
    assert again.chance(MARGIN) == pytest.approx(0.8, abs=0.08)


def test_no_run_is_refused():
    with pytest.raises(ValueError, match="runs=0 must be at least 1"):
        imagined(low(0.5), effect=0.5, runs=0, rng=np.random.default_rng(0))
