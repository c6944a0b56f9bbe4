"""Frames crossed with requests."""

import itertools

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.formula.api import ols

from interp_core.stats import (
    Verdict,
    crossed_interval,
    decide,
    interaction_interval,
    paired_mean_interval,
    t_interval,
    unpaired_mean_interval,
)
from interp_core.stats.crossed import balanced_spread, cells, residual_mean_square

BOTH = frozenset({"request", "frame"})


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def crossed(matrix: np.ndarray) -> tuple[np.ndarray, list[str], list[str]]:
    rows, columns = matrix.shape
    labels = list(itertools.product(range(rows), range(columns)))
    return matrix.ravel(), [f"request {q}" for q, _ in labels], [f"frame {f}" for _, f in labels]


def effects(seed: int, rows: int = 12, columns: int = 8, mean: float = 1.0) -> np.ndarray:
    g = rng(seed)
    return mean + g.normal(0, 0.5, (rows, 1)) + g.normal(0, 0.3, (1, columns)) + g.normal(0, 1, (rows, columns))


def test_the_variance_is_statsmodels_anova_table():
    matrix = effects(1)
    values, requests, frames = crossed(matrix)
    data = pd.DataFrame({"y": values, "q": requests, "f": frames})
    table = sm.stats.anova_lm(ols("y ~ C(q) + C(f)", data).fit())
    squares, df = table["mean_sq"], table["df"]
    parts = np.array([squares["C(q)"], squares["C(f)"], squares["Residual"]]) / matrix.size
    dfs = np.array([df["C(q)"], df["C(f)"], df["Residual"]])
    spread = balanced_spread(matrix)
    assert spread.variance == pytest.approx(parts[0] + parts[1] - parts[2])
    assert spread.df == pytest.approx(spread.variance**2 / (parts**2 / dfs).sum())
    assert residual_mean_square(cells(values, requests, frames)) == pytest.approx(squares["Residual"])


def test_a_worked_example_by_hand():
    """[[1, 3], [5, 7], [6, 8]]: row means 2, 6, 7; column means 4, 6; nothing is left over."""
    matrix = np.array([[1.0, 3.0], [5.0, 7.0], [6.0, 8.0]])
    spread = balanced_spread(matrix)
    assert spread.variance == pytest.approx(28 / 2 / 6 + 6 / 1 / 6)
    assert spread.df == pytest.approx((28 / 12 + 1) ** 2 / ((28 / 12) ** 2 / 2 + 1))


def test_the_variance_is_at_least_that_of_independent_cells():
    matrix = np.array([[0.0, 1.0], [1.0, 0.0]] * 4)  # all interaction: both main effects vanish
    assert balanced_spread(matrix).variance == pytest.approx(matrix.var(ddof=1) / 16)


def test_one_random_factor_averages_over_the_other():
    matrix = effects(2, rows=24)
    found = crossed_interval(*crossed(matrix), random={"request"}, rng=rng(5))
    alone = paired_mean_interval(matrix.mean(axis=1), rng=rng(5))
    assert (found.low, found.high, found.n) == pytest.approx((alone.low, alone.high, 24))
    frames = crossed_interval(*crossed(matrix), random={"frame"}, rng=rng(5))
    plain = t_interval(matrix.mean(axis=0))
    assert (frames.low, frames.high) == pytest.approx((plain.low, plain.high))
    assert frames.decides


def test_sixteen_frames_are_enough_for_the_paired_default():
    matrix = effects(3, columns=16)
    found = crossed_interval(*crossed(matrix), random={"frame"}, rng=rng(5))
    assert found.low == pytest.approx(paired_mean_interval(matrix.mean(axis=0), rng=rng(5)).low)


def test_few_levels_are_the_scope():
    matrix = effects(4, rows=20, columns=3)
    found = crossed_interval(*crossed(matrix), random=BOTH, rng=rng(5))
    assert "these 3 frames only" in found.notes
    assert found.low == pytest.approx(paired_mean_interval(matrix.mean(axis=1), rng=rng(5)).low)
    alone = crossed_interval(*crossed(effects(4, rows=3, columns=3)), random=BOTH, rng=rng(5))
    assert {"these 3 frames only", "these 3 requests only"} <= set(alone.notes)
    assert not alone.decides


def test_design_of_clustered_cells():
    """Six frames that differ by far more than their cells: the effective n is near the number of frames."""
    g = rng(6)
    matrix = g.normal(0, 3, (1, 6)) + g.normal(0, 0.5, (40, 6))
    design = crossed_interval(*crossed(matrix), random=BOTH, rng=rng(5)).design
    assert design.levels == {"request": 40, "frame": 6}
    assert design.n == 240
    assert 4 < design.effective_n < 8
    assert design.design_effect == pytest.approx(240 / design.effective_n)


def test_missing_cells_take_the_pigeonhole_bootstrap_and_hardly_change_the_answer():
    matrix = effects(7, rows=30, columns=8)
    values, requests, frames = crossed(matrix)
    whole = crossed_interval(values, requests, frames, random=BOTH, rng=rng(5))
    part = crossed_interval(values[:-3], requests[:-3], frames[:-3], random=BOTH, rng=rng(5))
    assert part.method == "pigeonhole bootstrap"
    assert part.estimate == pytest.approx(values[:-3].mean())
    assert 0.8 < part.width / whole.width < 1.6


def test_a_clean_sweep_decides_where_the_measure_has_bounds():
    sweep = crossed(np.ones((32, 8)))
    bounded = crossed_interval(*sweep, random=BOTH, rng=rng(), bounds=(-1.0, 1.0))
    assert 0.3 < bounded.low < 0.95
    assert bounded.high == 1.0
    assert decide(bounded, margin=0.3, direction="higher").verdict is Verdict.SUPPORTED
    unbounded = crossed_interval(*sweep, random=BOTH, rng=rng())
    assert not unbounded.decides
    nearly = np.ones((32, 8))
    nearly[3, 4] = 0.0
    near = crossed_interval(*crossed(nearly), random=BOTH, rng=rng(), bounds=(-1.0, 1.0))
    assert near.estimate - near.low > 0.9 * (1 - bounded.low)


def test_requests_alone_stay_bounded():
    found = crossed_interval(*crossed(np.ones((32, 8))), random={"request"}, rng=rng(), bounds=(-1.0, 1.0))
    assert found.decides
    assert found.low < 1.0


def test_cells_are_checked():
    values, requests, frames = crossed(effects(8))
    with pytest.raises(ValueError, match="one of each per cell"):
        crossed_interval(values, requests[:-1], frames, random=BOTH, rng=rng())
    with pytest.raises(ValueError, match="the same frame more than once"):
        crossed_interval(values, requests[:1] * len(requests), frames, random=BOTH, rng=rng())
    with pytest.raises(ValueError, match='"request", "frame" or both'):
        crossed_interval(values, requests, frames, random={"judge"}, rng=rng())
    with pytest.raises(ValueError, match='"request", "frame" or both'):
        crossed_interval(values, requests, frames, random=frozenset(), rng=rng())
    with pytest.raises(ValueError, match="outside its bounds"):
        crossed_interval(values * 9, requests, frames, random=BOTH, rng=rng(), bounds=(-1.0, 1.0))


def test_shared_frames_drop_out_of_an_interaction():
    g = rng(9)
    shared = g.normal(0, 5, (1, 8))
    a = 1 + shared + g.normal(0, 0.3, (20, 8))
    b = shared + g.normal(0, 0.3, (24, 8))
    found = interaction_interval(*crossed(a), *crossed(b), random=BOTH, rng=rng())
    assert found.low < 1 < found.high
    assert found.width < 0.4
    assert crossed_interval(*crossed(a), random=BOTH, rng=rng()).width > 4


def test_the_order_of_frames_does_not_matter_to_an_interaction():
    a, b = effects(10), effects(11)
    values, requests, frames = crossed(b)
    order = rng(12).permutation(len(values))
    shuffled = values[order], [requests[i] for i in order], [frames[i] for i in order]
    plain = interaction_interval(*crossed(a), values, requests, frames, random=BOTH, rng=rng())
    mixed = interaction_interval(*crossed(a), *shuffled, random=BOTH, rng=rng())
    assert (mixed.low, mixed.high) == pytest.approx((plain.low, plain.high))


def test_an_interaction_with_frames_fixed_compares_requests():
    a, b = effects(13, rows=20), effects(14, rows=22)
    found = interaction_interval(*crossed(a), *crossed(b), random={"request"}, rng=rng(3))
    alone = unpaired_mean_interval(a.mean(axis=1), b.mean(axis=1), rng=rng(3))
    assert (found.low, found.high) == pytest.approx((alone.low, alone.high))


def test_an_interaction_needs_the_same_frames():
    a, (values, requests, frames) = effects(15), crossed(effects(16))
    other = [frame.replace("7", "8") for frame in frames]
    with pytest.raises(ValueError, match=r"\['frame 7', 'frame 8'\] occur in one group only"):
        interaction_interval(*crossed(a), values, requests, other, random=BOTH, rng=rng())


def test_a_clean_interaction_decides_where_the_measure_has_bounds():
    ones, zeros = crossed(np.ones((32, 8))), crossed(np.zeros((32, 8)))
    for random in (BOTH, {"request"}, {"frame"}):
        found = interaction_interval(*ones, *zeros, random=random, rng=rng(), bounds=(-1.0, 1.0))
        assert decide(found, margin=0.3, direction="higher").verdict is Verdict.SUPPORTED
        assert not interaction_interval(*ones, *zeros, random=random, rng=rng()).decides


matrices = st.tuples(st.integers(1, 9), st.integers(1, 7), st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.1, 0.5]))


@settings(max_examples=50, deadline=None)
@given(matrices, st.sampled_from([BOTH, {"request"}, {"frame"}]), st.booleans(), st.booleans())
def test_no_crossed_cells_give_nan_and_a_changed_sign_mirrors(shape, random, bounded, whole):
    rows, columns, seed, share = shape
    matrix = (rng(seed).random((rows, columns)) < share).astype(float)
    values, requests, frames = crossed(matrix)
    if not whole and len(values) > 1:
        values, requests, frames = values[1:], requests[1:], frames[1:]
    bounds = (-1.0, 1.0) if bounded else None
    found = crossed_interval(values, requests, frames, random=random, rng=rng(), bounds=bounds)
    mirrored = crossed_interval(-values, requests, frames, random=random, rng=rng(), bounds=bounds)
    assert np.isfinite([found.low, found.high, found.design.effective_n]).all()
    assert found.low <= found.estimate + 1e-12
    assert found.high >= found.estimate - 1e-12
    assert not (found.decides and found.width == 0)
    assert (mirrored.low, mirrored.high) == pytest.approx((-found.high, -found.low), abs=2.5 / 1024)
