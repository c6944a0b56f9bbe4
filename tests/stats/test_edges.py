"""Edge cases are never silent: each ends in a named reason, an error or a note, and no estimator gives NaN."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from interp_core import stats
from interp_core.stats import Decision, Interval, Verdict, decide

RNG = np.random.default_rng(0)
BOTH = frozenset({"request", "frame"})
Estimate = Callable[[np.ndarray], Interval]


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def crossed(x: np.ndarray, **options) -> Interval:
    frames = [i % 5 for i in range(len(x))]
    requests = [i // 5 for i in range(len(x))]
    return stats.crossed_interval(x, requests, frames, random=BOTH, rng=rng(), **options)


UNBOUNDED: dict[str, Estimate] = {
    "paired": lambda x: stats.paired_mean_interval(x, rng=rng()),
    "unpaired": lambda x: stats.unpaired_mean_interval(x, x[::-1], rng=rng()),
    "crossed": crossed,
    "clustered": lambda x: stats.clustered_mean_interval(x, list(range(len(x))), rng=rng()),
    "trimmed": lambda x: stats.trimmed_mean_interval(x, rng=rng()),
    "median": stats.median_interval,
    "trend": lambda x: stats.trend_interval(np.stack([np.zeros_like(x), x], axis=1), [0.0, 1.0], rng=rng()),
    "selected": lambda x: stats.selected_interval(np.stack([x, x]), rng=rng()).interval,
    "pooled": lambda x: stats.pooled_matrix(np.stack([x] * 3), rng=rng()).interval,
    "many": lambda x: stats.many_means_interval(np.stack([x, x]), rng=rng())[0],
    "spearman": lambda x: stats.spearman_interval(x, np.arange(len(x))),
}
BOUNDED: dict[str, Estimate] = {
    "paired": lambda x: stats.paired_mean_interval(x, rng=rng(), bounds=(-1.0, 1.0)),
    "unpaired": lambda x: stats.unpaired_mean_interval(x, -x, rng=rng(), bounds=(-1.0, 1.0)),
    "crossed": lambda x: crossed(x, bounds=(-1.0, 1.0)),
    "clustered": lambda x: stats.clustered_mean_interval(x, list(range(len(x))), rng=rng(), bounds=(-1.0, 1.0)),
    "trend": lambda x: stats.trend_interval(
        np.stack([np.zeros_like(x), x], axis=1), [0.0, 1.0], rng=rng(), bounds=(-1.0, 1.0)
    ),
    "auc": lambda x: stats.auc_interval(x, x - 2),
    "auc difference": lambda x: stats.auc_difference_interval(x, x - 2, x, x - 2, rng=rng()),
    "judge": lambda x: stats.corrected_difference_interval(
        np.abs(x), 0 * x, stats.JudgeCounts(50, 49, 50, 48), rng=rng()
    ),
}


def judged(found: Interval) -> Decision:
    return decide(found, margin=0.1, direction="higher")


def finite(found: Interval) -> bool:
    return bool(np.isfinite([found.estimate, found.low, found.high]).all()) and found.low <= found.high


@pytest.mark.parametrize("name", UNBOUNDED)
def test_constant_differences_of_an_unbounded_measure_decide_nothing(name):
    found = UNBOUNDED[name](np.full(80, 0.5))
    assert finite(found)
    assert judged(found).verdict is Verdict.INCONCLUSIVE
    assert "equal" in judged(found).reason


@pytest.mark.parametrize("name", BOUNDED)
def test_constant_differences_of_a_bounded_measure_have_a_width(name):
    for value in (1.0, 0.0, -1.0):
        found = BOUNDED[name](np.full(40, value))
        assert finite(found)
        assert found.width > 0
        assert found.decides


@pytest.mark.parametrize("name", [name for name in UNBOUNDED if name != "crossed"])
def test_few_items_decide_nothing(name):
    for n in (1, 2, 4, 9, 15):
        found = UNBOUNDED[name](np.random.default_rng(n).normal(5, 1, n))
        assert finite(found)
        assert judged(found).verdict is Verdict.INCONCLUSIVE
        assert judged(found).reason


@pytest.mark.parametrize(("name", "bad"), list(itertools.product(UNBOUNDED, [np.nan, np.inf, -np.inf, 1e300])))
def test_what_is_no_number_is_refused_by_name(name, bad):
    values = np.random.default_rng(3).normal(size=40)
    values[7] = bad
    with pytest.raises(ValueError, match=r"not finite|Mend the measure"):
        UNBOUNDED[name](values)


@pytest.mark.parametrize("name", UNBOUNDED)
@pytest.mark.parametrize("scale", [1e-60, 1e60])
def test_tiny_and_huge_units_change_nothing(name, scale):
    values = np.random.default_rng(4).exponential(size=40)
    found, plain = UNBOUNDED[name](scale * values), UNBOUNDED[name](values)
    unit = 1.0 if name == "spearman" else scale
    assert (found.low / unit, found.high / unit) == pytest.approx((plain.low, plain.high), rel=1e-4, abs=1e-6)
    assert found.decides == plain.decides


def test_no_discordant_pair_is_no_evidence_of_anything_larger_than_it_can_hide():
    found = stats.paired_binary_interval(np.zeros(40))
    assert found.estimate == 0
    assert found.low < 0 < found.high
    assert stats.mcnemar_exact(0, 0) == 1.0
    assert decide(found, margin=0.05, direction="higher").verdict is Verdict.INCONCLUSIVE
    assert stats.decide_equivalence(found, within=0.2).verdict is Verdict.SUPPORTED


def test_a_single_request_or_frame_decides_nothing():
    one = crossed(np.arange(5.0))
    assert judged(one).verdict is Verdict.INCONCLUSIVE
    assert "these 1 requests only" in one.notes
    single = stats.crossed_interval(np.arange(40.0), list(range(40)), [0] * 40, random=BOTH, rng=rng())
    assert "these 1 frames only" in single.notes
