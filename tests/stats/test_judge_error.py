"""A judge's errors carried into intervals."""

import math

import numpy as np
import pytest

from interp_core.stats import (
    Interval,
    JudgeCounts,
    Verdict,
    carry_calibration,
    corrected_difference_interval,
    corrected_differences,
    decide,
    decide_equivalence,
    paired_binary_interval,
    paired_mean_interval,
    prediction_powered_interval,
    rogan_gladen,
    tipping_point,
    unpaired_mean_interval,
    wilson_interval,
)

GOOD = JudgeCounts(positives=200, detected=190, negatives=200, cleared=180)
PERFECT = JudgeCounts(positives=100_000, detected=100_000, negatives=100_000, cleared=100_000)
BLIND = JudgeCounts(positives=40, detected=22, negatives=40, cleared=20)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def answers(yes: int, n: int) -> np.ndarray:
    return np.repeat([1.0, 0.0], [yes, n - yes])


def test_rogan_and_gladens_formula():
    """Rogan and Gladen 1978: (p + specificity - 1) / (sensitivity + specificity - 1)."""
    assert rogan_gladen(0.4, GOOD) == pytest.approx((0.4 + 0.9 - 1) / (0.95 + 0.9 - 1))
    assert rogan_gladen(0.05, GOOD) == 0.0
    assert rogan_gladen(0.99, GOOD) == 1.0
    assert rogan_gladen(0.3, JudgeCounts(10, 4, 10, 5)) == 0.3


def test_impossible_counts_are_refused():
    with pytest.raises(ValueError, match="right more often than it was asked"):
        JudgeCounts(10, 11, 10, 9)
    with pytest.raises(ValueError, match="at least one positive and one negative"):
        JudgeCounts(0, 0, 10, 9)


@pytest.mark.parametrize(("t", "b"), [(answers(24, 32), answers(10, 32)), (np.ones(32), np.zeros(32))])
def test_with_a_perfect_judge_it_is_near_the_exact_interval(t, b):
    found = corrected_difference_interval(t, b, PERFECT, rng=rng())
    exact = paired_binary_interval(t - b)
    assert found.estimate == pytest.approx(exact.estimate)
    assert found.low == pytest.approx(exact.low, abs=0.05)
    assert found.high == pytest.approx(exact.high, abs=0.05)


def test_a_clean_sweep_under_a_perfect_judge_is_clopper_and_pearsons():
    """All 32 answers yes against none: the unseen pair has weight Beta(1, 32) and counts as -1."""
    found = corrected_difference_interval(np.ones(32), np.zeros(32), PERFECT, rng=rng())
    assert found.low == pytest.approx(1 - 2 * (1 - 0.025 ** (1 / 32)), abs=0.01)


def test_errors_shrink_differences_and_the_correction_undoes_it():
    t, b = answers(29, 32), answers(5, 32)
    found = corrected_difference_interval(t, b, GOOD, rng=rng())
    assert found.estimate == pytest.approx(24 / 32 / 0.85)
    assert found.width > corrected_difference_interval(t, b, PERFECT, rng=rng()).width


def test_a_small_calibration_widens_and_its_own_per_arm_widens_more():
    t, b = answers(20, 64), answers(8, 64)
    small = JudgeCounts(20, 19, 20, 18)
    widths = [corrected_difference_interval(t, b, judges, rng=rng()).width for judges in (GOOD, small, (small, small))]
    assert widths == sorted(widths)


def test_arms_that_differ_in_the_judges_error_only_are_no_effect():
    """Both true rates are 0; the judge calls a third of the treatment's outputs yes, and its calibration shows it."""
    t, b = answers(20, 60), answers(0, 60)
    styled, plain = JudgeCounts(100, 95, 120, 80), JudgeCounts(100, 95, 120, 119)
    naive = decide(paired_mean_interval(t - b, rng=rng(), bounds=(-1.0, 1.0)), margin=0.1, direction="higher")
    assert naive.verdict is Verdict.SUPPORTED
    found = corrected_difference_interval(t, b, (styled, plain), rng=rng())
    assert decide(found, margin=0.1, direction="higher").verdict is not Verdict.SUPPORTED
    assert found.low < 0 < found.high


def test_a_judge_that_may_know_nothing_decides_nothing():
    found = corrected_difference_interval(np.ones(32), np.zeros(32), BLIND, rng=rng())
    assert not found.decides
    assert found.notes[0] == (
        "the judge found 22 of 40 positives and cleared 20 of 40 negatives: that does not show that it tells them apart"
    )
    assert np.isfinite([found.low, found.high]).all()
    one = corrected_difference_interval(np.ones(32), np.zeros(32), (PERFECT, BLIND), rng=rng())
    assert not one.decides


def test_swapping_the_arms_mirrors():
    t, b = answers(20, 40), rng(1).permutation(answers(12, 40))
    other = JudgeCounts(50, 45, 50, 49)
    for paired in (True, False):
        found = corrected_difference_interval(t, b, (GOOD, other), rng=rng(), paired=paired)
        swapped = corrected_difference_interval(b, t, (other, GOOD), rng=rng(5), paired=paired)
        assert (swapped.low, swapped.high) == pytest.approx((-found.high, -found.low), abs=0.02)


def test_unpaired_arms_may_differ_in_number():
    found = corrected_difference_interval(answers(30, 40), answers(5, 30), GOOD, rng=rng(), paired=False)
    assert found.n == 30
    assert decide(found, margin=0.2, direction="higher").verdict is Verdict.SUPPORTED
    with pytest.raises(ValueError, match="give paired=False"):
        corrected_difference_interval(answers(30, 40), answers(5, 30), GOOD, rng=rng())
    with pytest.raises(ValueError, match="other than 0 and 1"):
        corrected_difference_interval([0.5], [1.0], GOOD, rng=rng())


def test_other_designs_carry_the_calibration_by_mover():
    t, b = answers(44, 64), rng(2).permutation(answers(12, 64))
    values, bounds = corrected_differences(t, b, (GOOD, PERFECT))
    assert values.mean() == pytest.approx(rogan_gladen(t.mean(), GOOD) - rogan_gladen(b.mean(), PERFECT))
    assert bounds[0] <= values.min()
    assert values.max() <= bounds[1]
    plain = paired_mean_interval(values, rng=rng(), bounds=bounds)
    carried = carry_calibration(plain, t.mean(), b.mean(), (GOOD, PERFECT), rng=rng())
    melded = corrected_difference_interval(t, b, (GOOD, PERFECT), rng=rng())
    assert carried.low < plain.low
    assert carried.high > plain.high
    assert (carried.low, carried.high) == pytest.approx((melded.low, melded.high), abs=0.08)
    assert carried.method == "betting; judge's calibration by MOVER"
    with pytest.raises(ValueError, match="no more often than by chance"):
        corrected_differences(t, b, JudgeCounts(10, 4, 10, 5))
    with pytest.raises(ValueError, match="cannot be pairs"):
        corrected_differences(t, b[:-1], GOOD)
    assert not carry_calibration(plain, t.mean(), b.mean(), BLIND, rng=rng()).decides


def test_prediction_powered_is_the_published_estimator():
    """Angelopoulos et al. 2023: mean of the judge where unlabelled, plus mean of label minus judge where labelled."""
    g = rng(3)
    judged, labels = g.normal(size=80), np.full(80, np.nan)
    labels[:30] = judged[:30] + 0.2 + g.normal(0, 0.1, 30)
    found = prediction_powered_interval(judged, labels, rng=rng())
    assert found.estimate == pytest.approx(judged[30:].mean() + (labels[:30] - judged[:30]).mean())
    alone = unpaired_mean_interval(labels[:30] - judged[:30], -judged[30:], rng=rng())
    assert (found.low, found.high) == (alone.low, alone.high)


def test_a_judge_right_on_all_labelled_items_may_still_err():
    judged, labels = answers(60, 80), np.full(80, np.nan)
    labels[::2] = judged[::2]
    found = prediction_powered_interval(judged, labels, rng=rng(), bounds=(0.0, 1.0))
    rate = wilson_interval(30, 40)
    assert found.width > rate.width + 0.05
    assert 0 <= found.low < found.estimate < found.high <= 1
    few = np.full(80, np.nan)
    few[:3] = judged[:3]
    assert prediction_powered_interval(judged, few, rng=rng(), bounds=(0.0, 1.0)).notes == ("small n: 3 labelled",)
    assert not prediction_powered_interval(judged, few, rng=rng()).decides


def test_labels_must_be_a_part_of_the_run():
    with pytest.raises(ValueError, match="2 of 2 items are labelled"):
        prediction_powered_interval([0.0, 1.0], [0.0, 1.0], rng=rng())
    with pytest.raises(ValueError, match="0 of 2 items are labelled"):
        prediction_powered_interval([0.0, 1.0], [np.nan, np.nan], rng=rng())
    with pytest.raises(ValueError, match="one each, NaN where unlabelled"):
        prediction_powered_interval([0.0, 1.0], [np.nan], rng=rng())
    with pytest.raises(ValueError, match="labels lies in"):
        prediction_powered_interval([0.0, 1.0], [np.nan, 2.0], rng=rng(), bounds=(0.0, 1.0))


def interval(low: float, high: float) -> Interval:
    return Interval((low + high) / 2, low, high, 0.025, "test", 32)


@pytest.mark.parametrize(
    ("low", "high", "tip"), [(0.35, 0.6, 0.05), (-0.4, 0.2, 0.1), (0.2, 0.5, 0.1), (-0.6, -0.1, 0.4)]
)
def test_the_tipping_point_is_the_nearest_end_that_must_move(low, high, tip):
    """SUPPORTED by .05, REFUTED by .1; undecided but .1 from SUPPORTED; reversed and .4 from touching the margin."""
    found = tipping_point(interval(low, high), lambda i: decide(i, margin=0.3, direction="higher"))
    assert tip * 0.999 <= found <= tip


def test_equivalence_tips_at_its_nearer_margin_and_what_decides_nothing_never_tips():
    within = tipping_point(interval(-0.05, 0.12), lambda i: decide_equivalence(i, within=0.2))
    assert within == pytest.approx(0.08, rel=2e-3)
    withheld = interval(0.35, 0.6).withheld("too few")
    assert tipping_point(withheld, lambda i: decide(i, margin=0.3, direction="higher")) == math.inf
