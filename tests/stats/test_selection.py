"""The best of several configurations."""

import numpy as np
import pytest

from interp_core.stats import Verdict, confirmed_interval, decide, paired_mean_interval, selected_interval


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def nothing(seed: int, tried: int = 12, n: int = 48) -> np.ndarray:
    return rng(seed).normal(size=(tried, n))


def test_one_configuration_is_the_default_interval_or_wider():
    x = nothing(1, tried=1)
    found, alone = selected_interval(x, rng=rng(2)), paired_mean_interval(x[0], rng=rng(2))
    assert found.lead is None
    assert found.tried == 1
    assert found.interval.low <= alone.low
    assert found.interval.high == alone.high
    assert found.interval.width < 1.05 * alone.width


def test_the_more_were_tried_the_further_the_low_end_reaches():
    x = nothing(3, tried=48)
    x[7] += 0.8
    below = [
        found.interval.estimate - found.interval.low
        for found in (selected_interval(x[:k], rng=rng(4)) for k in (8, 16, 48))
    ]
    assert below == sorted(below)
    alone = paired_mean_interval(x[7], rng=rng(4))
    assert below[0] > alone.estimate - alone.low


def test_copies_of_one_configuration_cost_nothing():
    x = np.tile(nothing(5, tried=1), (24, 1))
    found, alone = selected_interval(x, rng=rng(6)), selected_interval(x[:1], rng=rng(6))
    assert found.interval.low == pytest.approx(alone.interval.low, rel=0.02)


def test_a_winner_and_its_lead_are_found():
    x = nothing(7)
    x[4] += 1.5
    found = selected_interval(x, rng=rng())
    assert (found.winner, found.tried) == (4, 12)
    assert found.interval.method == "best of 12, bootstrap of the maximum"
    assert decide(found.interval, margin=0.5, direction="higher").verdict is Verdict.SUPPORTED
    assert found.lead.low > 0
    means = np.sort(x.mean(axis=1))
    assert found.lead.estimate == pytest.approx(means[-1] - means[-2])
    assert selected_interval(nothing(8), rng=rng()).lead.low < 0


def test_a_split_selects_on_one_half_and_judges_on_the_other():
    x = nothing(9, n=64)
    x[3] += 1.5
    found = confirmed_interval(x, rng=rng(1))
    assert found.winner == 3
    assert found.interval.n == 32
    assert found.interval.method.startswith("best of 12 on 32 requests, confirmed on 32: t or")
    assert decide(found.interval, margin=0.5, direction="higher").verdict is Verdict.SUPPORTED
    kept = rng(1).permutation(64)[32:]
    assert found.interval.estimate == pytest.approx(x[3, kept].mean())
    assert found.lead.estimate == pytest.approx(found.interval.estimate - x[_second(x), kept].mean())


def _second(x: np.ndarray) -> int:
    return int(np.argsort(-x[:, rng(1).permutation(64)[:32]].mean(axis=1))[1])


def test_a_split_keeps_bounds_and_a_single_configuration_has_no_lead():
    x = np.repeat([[1.0], [0.0]], 64, axis=1)
    found = confirmed_interval(x, rng=rng(), bounds=(-1.0, 1.0))
    assert decide(found.interval, margin=0.5, direction="higher").verdict is Verdict.SUPPORTED
    assert found.lead.decides
    assert confirmed_interval(x[:1], rng=rng(), bounds=(-1.0, 1.0)).lead is None


def test_what_cannot_be_compared_decides_nothing():
    few = selected_interval(nothing(10, n=9), rng=rng())
    assert few.interval.notes[0] == "n = 9 is too few to decide; 16 or more"
    assert few.lead is None
    still = np.vstack([nothing(11, tried=2), np.zeros((1, 48))])
    found = selected_interval(still, rng=rng())
    assert found.interval.notes[0].startswith("all 48 differences of configuration 2 are equal")
    assert not found.interval.decides
    single = selected_interval([[1.0]], rng=rng())
    assert not single.interval.decides


def test_odd_input_is_refused():
    with pytest.raises(ValueError, match="one row per configuration"):
        selected_interval([1.0, 2.0], rng=rng())
    with pytest.raises(ValueError, match="1 values that are not finite"):
        confirmed_interval([[1.0, np.nan]], rng=rng())
    with pytest.raises(ValueError, match="1 request cannot be split"):
        confirmed_interval([[1.0]], rng=rng())
