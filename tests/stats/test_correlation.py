"""Rank correlation, against scipy and brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from interp_core.stats import Verdict, decide, spearman_interval
from interp_core.stats.correlation import _jackknife_error


def pairs(seed: int, n: int = 40, rho: float = 0.6) -> tuple[np.ndarray, np.ndarray]:
    g = np.random.default_rng(seed)
    x, e = g.normal(size=(2, n))
    return x.round(1), (rho * x + np.sqrt(1 - rho**2) * e).round(1)


def test_the_estimate_is_scipys():
    x, y = pairs(1)
    assert spearman_interval(x, y).estimate == pytest.approx(scipy_stats.spearmanr(x, y)[0], rel=1e-12)


def test_the_jackknife_is_scipys_correlation_with_each_pair_left_out(monkeypatch):
    x, y = pairs(2, 25)
    left = [scipy_stats.spearmanr(np.delete(x, i), np.delete(y, i))[0] for i in range(25)]
    expected = np.sqrt(24 / 25 * ((np.array(left) - np.mean(left)) ** 2).sum())
    assert _jackknife_error(x, y) == pytest.approx(expected, rel=1e-10)
    monkeypatch.setattr("interp_core.stats.correlation._CHUNK", 60)
    assert _jackknife_error(x, y) == pytest.approx(expected, rel=1e-10)


def test_it_is_no_narrower_than_bonett_and_wrights():
    x, y = pairs(3, 60)
    found = spearman_interval(x, y)
    half = 1.959964 * np.sqrt((1 + found.estimate**2 / 2) / 57)
    low, high = np.tanh(np.arctanh(found.estimate) + np.array([-half, half]))
    assert found.low <= low
    assert found.high >= high
    assert found.width < 1.4 * (high - low)


def test_a_perfect_order_is_no_certainty():
    found = spearman_interval(np.arange(32.0), np.arange(32.0) ** 3)
    assert (found.estimate, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(1 - 2 * (1 - 0.025 ** (1 / 32)))
    assert decide(found, margin=0.5, direction="higher").verdict is Verdict.SUPPORTED
    falling = spearman_interval(np.arange(32.0), -np.arange(32.0))
    assert (falling.low, falling.high) == pytest.approx((-1.0, -found.low))


def test_what_has_no_correlation_says_so():
    found = spearman_interval(np.ones(20), np.arange(20.0))
    assert not found.decides
    assert found.notes[0] == "all 20 values of x are equal: they have no ranks to correlate"
    assert "values of y" in spearman_interval(np.arange(20.0), np.ones(20)).notes[0]
    few = spearman_interval(np.arange(9.0), np.arange(9.0))
    assert few.notes[0] == "n = 9 is too few to decide; 16 or more"
    assert not spearman_interval([1.0, 2.0], [3.0, 1.0]).decides


def test_odd_input_is_refused():
    with pytest.raises(ValueError, match="x has 3 values and y has 2"):
        spearman_interval([1.0, 2.0, 3.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="y holds 1 values that are not finite"):
        spearman_interval([1.0, 2.0], [1.0, np.inf])


values = st.lists(st.integers(-6, 6), min_size=16, max_size=16).map(lambda x: np.array(x, dtype=float))


@settings(max_examples=60, deadline=None)
@given(values, values)
def test_it_depends_on_ranks_only_mirrors_and_has_a_width(x, y):
    found, mirrored = spearman_interval(x, y), spearman_interval(x, -y)
    assert -1 <= found.low <= found.estimate <= found.high <= 1
    assert found.width > 0
    assert (mirrored.low, mirrored.high) == pytest.approx((-found.high, -found.low))
    assert spearman_interval(np.exp(x), y) == found
