"""Areas under the ROC curve, against scipy's Mann-Whitney, DeLong by hand, and exact intervals of a rate."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from interp_core.stats import (
    Verdict,
    auc_difference_interval,
    auc_interval,
    clopper_pearson_interval,
    decide,
    delong_interval,
)
from interp_core.stats._dirichlet import dirichlet
from interp_core.stats.separability import placements


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def binormal(seed: int, shift: float, m: int = 32, n: int = 40) -> tuple[np.ndarray, np.ndarray]:
    g = rng(seed)
    return g.normal(shift, 1, m).round(1), g.normal(0, 1, n).round(1)


def test_the_area_is_mann_whitneys_statistic():
    x, y = binormal(1, 1.0)
    theirs = scipy_stats.mannwhitneyu(x, y).statistic / (len(x) * len(y))
    assert auc_interval(x, y).estimate == pytest.approx(theirs, rel=1e-12)
    assert delong_interval(x, y).estimate == pytest.approx(theirs, rel=1e-12)
    difference = auc_difference_interval(x, y, -x, -y, rng=rng())
    assert difference.estimate == pytest.approx(2 * theirs - 1)


def test_delong_by_hand():
    """Positives 1, 3, 5 and negatives 0, 2: placements (.5, 1, 1) and (1, 2/3); variances 1/12 and 1/18."""
    above, below = placements(np.array([1.0, 3.0, 5.0]), np.array([0.0, 2.0]))
    assert above == pytest.approx([0.5, 1.0, 1.0])
    assert below == pytest.approx([1.0, 2 / 3])
    found = delong_interval([1.0, 3.0, 5.0], [0.0, 2.0])
    area, se = 5 / 6, np.sqrt(1 / 12 / 3 + 1 / 18 / 2)
    half = 1.959964 * se / (area * (1 - area))
    ends = 1 / (1 + np.exp(-(np.log(area / (1 - area)) + np.array([-half, half]))))
    assert (found.low, found.high) == pytest.approx(tuple(ends), rel=1e-6)


def test_where_the_negatives_are_one_point_it_is_the_exact_interval_of_a_rate():
    """Then the area is the share of positives above that point: the number of effective pairs is that of positives."""
    positive = np.repeat([1.0, -1.0], [28, 4])
    found = auc_interval(positive, np.zeros(32))
    exact = clopper_pearson_interval(28, 32)
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high))


def test_an_area_of_one_decides_and_is_no_certainty():
    found = auc_interval(np.arange(32.0) + 100, np.arange(32.0))
    assert found.high == 1.0
    assert found.low == pytest.approx(0.025 ** (1 / 32))
    chance = found.scaled(1.0, offset=-0.5)
    assert decide(chance, margin=0.2, direction="higher").verdict is Verdict.SUPPORTED
    naive = delong_interval(np.arange(32.0) + 100, np.arange(32.0))
    assert not naive.decides
    assert "use auc_interval" in naive.notes[0]


def test_two_perfect_scores_differ_by_nothing_with_a_width():
    x, y = np.arange(32.0) + 100, np.arange(32.0)
    found = auc_difference_interval(x, y, x + 7, y, rng=rng())
    assert found.estimate == 0.0
    assert -0.2 < found.low < -0.05
    assert 0.05 < found.high < 0.2


def test_a_perfect_score_beats_a_useless_baseline():
    x, y = np.arange(64.0) + 100, np.arange(64.0)
    g = rng(3)
    found = auc_difference_interval(x, y, g.normal(size=64), g.normal(size=64), rng=rng())
    assert decide(found, margin=0.2, direction="higher").verdict is Verdict.SUPPORTED


def test_the_difference_is_little_wider_than_delongs():
    x, y = binormal(5, 1.5, 64, 64)
    g = rng(6)
    x2, y2 = x + g.normal(0, 1, 64), y + g.normal(0, 1, 64)
    found = auc_difference_interval(x, y, x2, y2, rng=rng())
    parts = zip(placements(x, y), placements(x2, y2), strict=True)
    se = np.sqrt(sum((a - b).var(ddof=1) / 64 for a, b in parts))
    assert 1.0 < found.width / (2 * 1.96 * se) < 1.4


def test_few_items_are_flagged_and_odd_input_is_refused():
    assert auc_interval([1.0, 2.0], [0.0]).notes == ("small n: 1",)
    assert auc_difference_interval([1.0], [0.0], [1.0], [0.0], rng=rng()).notes == ("small n: 1",)
    assert not delong_interval([1.0], [0.0, 3.0]).decides
    with pytest.raises(ValueError, match="positive holds 1 values that are not finite"):
        auc_interval([np.nan, 1.0], [0.0])
    with pytest.raises(ValueError, match="negative has shape"):
        auc_interval([1.0], [])
    with pytest.raises(ValueError, match="both are needed for every item"):
        auc_difference_interval([1.0, 2.0], [0.0], [1.0], [0.0], rng=rng())


scores = st.lists(st.integers(-5, 5), min_size=1, max_size=20).map(lambda x: np.array(x, dtype=float))


@settings(max_examples=60, deadline=None)
@given(scores, scores)
def test_areas_mirror_stay_in_bounds_and_have_a_width(x, y):
    found, mirrored = auc_interval(x, y), auc_interval(-x, -y)
    assert 0 <= found.low <= found.estimate <= found.high <= 1
    assert found.width > 0
    assert (mirrored.low, mirrored.high) == pytest.approx((1 - found.high, 1 - found.low))
    assert auc_interval(np.exp(x), np.exp(y)) == found


def test_values_seen_once_are_weighted_as_by_gamma_draws():
    weights = dirichlet(np.random.default_rng(3), np.ones(5), 7)
    drawn = np.random.default_rng(3).standard_gamma(np.ones(5), (7, 5))
    np.testing.assert_array_equal(weights, drawn / drawn.sum(axis=1, keepdims=True))
