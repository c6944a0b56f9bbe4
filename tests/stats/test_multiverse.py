"""Grids of analysis choices."""

import importlib
import itertools

import numpy as np
import pytest

from interp_core.stats import multiverse, sign_flip_p


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def grid(seed: int, effect: float, cells: int = 9, n: int = 40) -> np.ndarray:
    """Cells whose requests agree: correlated .8."""
    g = rng(seed)
    return effect + np.sqrt(0.8) * g.normal(size=(1, n)) + np.sqrt(0.2) * g.normal(size=(cells, n))


def test_it_describes_the_cells():
    table = np.array([[1.0, 3.0], [0.0, 0.0], [-1.0, -1.0], [4.0, 6.0]])
    found = multiverse(table, rng=rng())
    assert found.effects == (2.0, 0.0, -1.0, 5.0)
    assert (found.median, found.low, found.high, found.share, found.n) == (1.0, -1.0, 5.0, 0.5, 2)
    assert multiverse(table, rng=rng(), direction="lower").share == 0.25


def test_the_joint_p_is_that_of_all_flips_of_whole_requests():
    table = grid(1, 0.5, cells=3, n=9)
    flips = np.array(list(itertools.product((-1.0, 1.0), repeat=9)))
    effects = table @ flips.T / 9
    exact = np.mean(np.median(effects, axis=0) >= np.median(table.mean(axis=1)) - 1e-12)
    found = multiverse(table, rng=rng(2))
    assert found.p_median == pytest.approx(exact, abs=4 * np.sqrt(exact / 9_999))


def test_one_cell_is_the_sign_flip_test():
    table = grid(3, 0.3, cells=1)
    found = multiverse(table, rng=rng(4), margin=0.1)
    alone = sign_flip_p(table[0], rng=rng(5), margin=0.1)
    assert found.p_median == pytest.approx(alone, abs=4 * np.sqrt(2 * alone / 9_999) + 1e-4)


def test_a_planted_effect_has_the_smallest_p_and_a_mirrored_one_too():
    found = multiverse(grid(6, 2.0), rng=rng())
    assert (found.p_median, found.share) == (1e-4, 1.0)
    mirrored = multiverse(-grid(6, 2.0), rng=rng(), direction="lower")
    assert (mirrored.p_median, mirrored.p_share) == (found.p_median, found.p_share)


def test_no_effect_at_all_has_p_one():
    assert multiverse(np.zeros((3, 20)), rng=rng()).p_median == 1.0


def test_chunks_draw_the_same(monkeypatch):
    table = grid(7, 0.3)
    whole = multiverse(table, rng=rng(8), draws=500)
    monkeypatch.setattr(importlib.import_module("interp_core.stats.multiverse"), "_CHUNK", 2_000)
    assert multiverse(table, rng=rng(8), draws=500) == whole


def test_correlated_cells_reject_as_often_as_they_say():
    """At the margin: cells that agree would be counted as nine pieces of evidence by a naive test."""
    g = rng(9)
    grids = [grid(1_000 + seed, 0.3) for seed in range(500)]
    p = np.array([multiverse(table, rng=g, margin=0.3, draws=399).p_median for table in grids])
    for at in (0.025, 0.1):
        assert np.mean(p <= at) <= at + 3 * np.sqrt(at / 500)
    assert np.mean(p <= 0.1) > 0.04


def test_odd_input_is_refused():
    with pytest.raises(ValueError, match="one row per cell"):
        multiverse([1.0, 2.0], rng=rng())
    with pytest.raises(ValueError, match="not finite"):
        multiverse([[1.0, np.inf]], rng=rng())
