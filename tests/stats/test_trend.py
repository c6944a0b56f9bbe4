"""Dose and response, against numpy's line fit and scipy's Page test and isotonic regression."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from interp_core.stats import (
    Verdict,
    contrast_bounds,
    decide,
    dose_contrasts,
    dose_curve,
    paired_mean_interval,
    trend_interval,
)

DOSES = [0.0, 1.0, 2.0, 4.0, 8.0]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def rising(seed: int, n: int = 32, step: float = 0.3) -> np.ndarray:
    g = rng(seed)
    return g.normal(0, 3, (n, 1)) + step * np.arange(5) + g.normal(0, 1, (n, 5))


def test_the_contrast_is_the_fitted_rise_from_end_to_end():
    table = rising(1)
    slopes = [np.polyfit(np.arange(5), row, 1)[0] for row in table]
    np.testing.assert_allclose(dose_contrasts(table, DOSES), 4 * np.array(slopes))
    np.testing.assert_allclose(dose_contrasts(table[:, :2], [0.0, 1.0]), table[:, 1] - table[:, 0])


def test_on_ranks_it_is_pages_statistic():
    """The sum of the contrasts of within-request ranks is Page's L, shifted and scaled."""
    table = rising(2, 12)
    ranks = scipy_stats.rankdata(table, axis=1)
    theirs = scipy_stats.page_trend_test(table).statistic
    ours = dose_contrasts(ranks, DOSES).sum() * 10 / 4 + 12 * 3 * 15
    assert ours == pytest.approx(theirs)


def test_columns_may_come_in_any_order():
    table, order = rising(3), [3, 0, 4, 1, 2]
    shuffled = table[:, order], [DOSES[i] for i in order]
    np.testing.assert_allclose(dose_contrasts(*shuffled), dose_contrasts(table, DOSES))
    assert dose_curve(*shuffled) == dose_curve(table, DOSES)


def test_the_interval_is_the_default_of_the_contrasts():
    table = rising(4)
    found = trend_interval(table, DOSES, rng=rng(1))
    assert found == paired_mean_interval(dose_contrasts(table, DOSES), rng=rng(1))
    assert decide(found, margin=0.4, direction="higher").verdict is Verdict.SUPPORTED
    assert decide(found, margin=0.4, direction="lower").verdict is Verdict.REFUTED


def test_bounded_responses_decide_a_clean_step():
    step = np.tile([0.0, 0.0, 0.0, 1.0, 1.0], (32, 1))
    assert not trend_interval(step, DOSES, rng=rng()).decides
    found = trend_interval(step, DOSES, rng=rng(), bounds=(0.0, 1.0))
    assert contrast_bounds(5, (0.0, 1.0)) == pytest.approx((-1.2, 1.2))
    assert found.estimate == pytest.approx(1.2)
    assert decide(found, margin=0.5, direction="higher").verdict is Verdict.SUPPORTED
    with pytest.raises(ValueError, match="outside its bounds"):
        trend_interval(2 * step, DOSES, rng=rng(), bounds=(0.0, 1.0))


@given(st.integers(2, 9), st.integers(0, 2**31))
def test_no_bounded_contrast_lies_outside_its_bounds(doses, seed):
    table = rng(seed).integers(0, 2, (20, doses)) * 1.0
    low, high = contrast_bounds(doses, (0.0, 1.0))
    contrasts = dose_contrasts(table, np.arange(doses))
    assert low - 1e-9 <= contrasts.min()
    assert contrasts.max() <= high + 1e-9


def test_the_curve_is_pooled_by_hand():
    """Means 0, 3, 1, 4: the second and third are pooled to 2; 2 of the 10 between doses are left over."""
    found = dose_curve([[0.0, 3.0, 1.0, 4.0]], [0.0, 1.0, 2.0, 3.0])
    assert found.fitted == pytest.approx((0.0, 2.0, 2.0, 4.0))
    assert found.violation == pytest.approx(0.2)
    assert found.reversal == pytest.approx(2.0)
    falling = dose_curve([[0.0, -3.0, -1.0, -4.0]], [0.0, 1.0, 2.0, 3.0], direction="lower")
    assert falling.fitted == pytest.approx((0.0, -2.0, -2.0, -4.0))
    assert (falling.violation, falling.reversal) == pytest.approx((0.2, 2.0))


def test_a_curve_that_only_turns_back_is_all_violation():
    assert dose_curve([[3.0, 2.0, 1.0]], [0.0, 1.0, 2.0]).violation == pytest.approx(1.0)
    flat = dose_curve([[1.0, 1.0]], [0.0, 1.0])
    assert (flat.violation, flat.reversal) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("table", "doses", "message"),
    [
        ([[1.0, 2.0]], [0.0, 1.0, 2.0], "3 doses are needed"),
        ([[1.0], [2.0]], [0.0], "at least two, all different"),
        ([[1.0, 2.0]], [1.0, 1.0], "at least two, all different"),
        ([[1.0, np.nan]], [0.0, 1.0], "responses holds 1 values that are not finite"),
        (np.empty((0, 2)), [0.0, 1.0], "one row per request"),
        ([1.0, 2.0], [0.0, 1.0], "responses have shape"),
    ],
)
def test_odd_input_is_refused(table, doses, message):
    with pytest.raises(ValueError, match=message):
        trend_interval(table, doses, rng=rng())
