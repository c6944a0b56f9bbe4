"""Many outcomes through shared resamples."""

import numpy as np
import pytest

from interp_core.stats import many_means_interval, paired_mean_interval


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_each_row_is_the_default_interval_up_to_monte_carlo_error():
    table = np.vstack(
        [rng(1).normal(size=(3, 40)), rng(2).exponential(size=(3, 40)), 1e6 * rng(3).normal(size=(2, 40))]
    )
    for row, found in zip(table, many_means_interval(table, rng=rng()), strict=True):
        alone = paired_mean_interval(row, rng=rng(4))
        assert found.low == pytest.approx(alone.low, abs=max(2 * alone.monte_carlo[0], 1e-9 * abs(alone.low)))
        assert found.high == pytest.approx(alone.high, abs=max(2 * alone.monte_carlo[1], 1e-9 * abs(alone.high)))
        assert (found.tail_errors is None) == (alone.tail_errors is None)
        if found.tail_errors:
            assert found.tail_errors == pytest.approx(alone.tail_errors)
        assert found.estimate == alone.estimate
        assert found.method == "t or bootstrap-t, the wider, shared resamples"


def test_constant_rows_and_few_columns_say_why_they_decide_nothing():
    table = np.vstack([np.ones(20), rng(5).normal(size=20)])
    still, varied = many_means_interval(table, rng=rng())
    assert still.notes[0].startswith("all 20 differences are equal")
    assert varied.decides
    assert all("too few" in found.notes[0] for found in many_means_interval(table[:, :9], rng=rng()))
    assert not many_means_interval(np.ones((1, 20)), rng=rng())[0].decides


def test_chunks_draw_the_same(monkeypatch):
    table = rng(6).normal(size=(5, 30))
    whole = many_means_interval(table, rng=rng(7))
    monkeypatch.setattr("interp_core.stats._weights._CHUNK", 20_000)
    for chunked, found in zip(many_means_interval(table, rng=rng(7)), whole, strict=True):
        assert (chunked.low, chunked.high) == pytest.approx((found.low, found.high), abs=1e-4 * found.width)


def test_odd_input_is_refused():
    with pytest.raises(ValueError, match="one row per outcome"):
        many_means_interval([1.0, 2.0], rng=rng())
    with pytest.raises(ValueError, match="not finite"):
        many_means_interval([[1.0, np.nan]], rng=rng())
