"""Effects pooled over models, against statsmodels."""

import numpy as np
import pytest
from scipy import stats as scipy_stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.meta_analysis import combine_effects

from interp_core.stats import (
    Decision,
    Interval,
    Verdict,
    crossed_interval,
    decide,
    holds_in,
    paired_mean_interval,
    pooled_interval,
    pooled_matrix,
    t_interval,
)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def intervals(seed: int, k: int, between: float = 0.5, n: int = 40) -> list[Interval]:
    g = rng(seed)
    return [t_interval(g.normal(1 + between * g.normal(), 1, n)) for _ in range(k)]


@pytest.mark.parametrize(("k", "between"), [(6, 0.5), (8, 0.0), (5, 2.0)])
def test_random_effects_are_statsmodels(k, between):
    found_from = intervals(k, k, between)
    found = pooled_interval(found_from)
    effects = np.array([i.estimate for i in found_from])
    variances = np.array([(i.width / 2 / scipy_stats.t.ppf(0.975, 39)) ** 2 for i in found_from])
    theirs = combine_effects(effects, variances, method_re="chi2", use_t=True)
    assert found.interval.estimate == pytest.approx(theirs.mean_effect_re)
    assert found.tau2 == pytest.approx(max(0.0, theirs.tau2), abs=1e-12)
    assert found.q == pytest.approx(theirs.q)
    assert found.i2 == pytest.approx(max(0.0, theirs.i2))
    assert found.q_p == pytest.approx(scipy_stats.chi2.sf(theirs.q, k - 1))
    hartung_knapp = theirs.conf_int(use_t=True)[3]
    plain = scipy_stats.t.ppf(0.975, k - 1) * theirs.sd_eff_w_re
    half = max((hartung_knapp[1] - hartung_knapp[0]) / 2, plain)
    assert found.interval.width / 2 == pytest.approx(half)


def test_fewer_than_five_models_are_the_scope():
    pair = [t_interval(rng(1).normal(1, 1, 30)), t_interval(rng(2).normal(3, 2, 50))]
    found = pooled_interval(pair)
    assert found.interval.estimate == pytest.approx((pair[0].estimate + pair[1].estimate) / 2)
    assert found.interval.width == pytest.approx(np.hypot(pair[0].width, pair[1].width) / 2)
    assert "these 2 models only" in found.interval.notes
    assert found.prediction is None
    assert found.q_p < 0.01
    alone = pooled_interval(pair[:1])
    assert (alone.interval.low, alone.interval.high) == pytest.approx((pair[0].low, pair[0].high))
    assert "this model only" in alone.interval.notes
    assert (alone.tau2, alone.i2, alone.q_p) == (0.0, 0.0, 1.0)


def test_what_keeps_one_model_from_deciding_keeps_the_pool():
    some = intervals(3, 6)
    some[2] = some[2].withheld("n = 9 is too few to decide; 16 or more")
    assert pooled_interval(some).interval.notes[0].startswith("one of the 6 pooled intervals cannot decide: n = 9")
    assert not pooled_interval(some[1:4]).interval.decides
    heavy = [Interval(1.0, 0.5, 1.5, 0.025, "t", 32, tail_errors=(0.0, 0.06)), *intervals(4, 2)]
    assert pooled_interval(heavy).interval.tail_errors == (0.0, 0.06)


def test_pooling_needs_one_alpha_and_errors():
    with pytest.raises(ValueError, match="pool one or more of one alpha"):
        pooled_interval([])
    with pytest.raises(ValueError, match="pool one or more of one alpha"):
        pooled_interval([t_interval([1.0, 2.0]), t_interval([1.0, 2.0], alpha=0.01)])
    with pytest.raises(ValueError, match="interval 1 has no width"):
        pooled_interval([t_interval([1.0, 2.0]), t_interval([1.0, 1.0])])


def matrix(seed: int, models: int, between: float, n: int = 30) -> np.ndarray:
    g = rng(seed)
    return 1 + between * g.normal(size=(models, 1)) + 0.7 * g.normal(size=(1, n)) + g.normal(size=(models, n))


def test_the_heterogeneity_of_shared_requests_is_the_anova_table():
    import pandas as pd

    table = matrix(5, 6, 0.5)
    rows, columns = np.indices(table.shape)
    data = pd.DataFrame({"y": table.ravel(), "m": rows.ravel(), "q": columns.ravel()})
    theirs = anova_lm(ols("y ~ C(m) + C(q)", data).fit())
    found = pooled_matrix(table, rng=rng())
    assert found.q == pytest.approx(5 * theirs["F"]["C(m)"])
    assert found.q_p == pytest.approx(theirs["PR(>F)"]["C(m)"])
    assert found.tau2 == pytest.approx((theirs["mean_sq"]["C(m)"] - theirs["mean_sq"]["Residual"]) / 30)
    assert found.i2 == pytest.approx(1 - 1 / theirs["F"]["C(m)"])


def test_from_five_models_on_they_are_a_random_factor():
    table = matrix(6, 5, 0.5)
    found = pooled_matrix(table, rng=rng(1)).interval
    labels = np.indices(table.shape)
    crossed = crossed_interval(
        table.ravel(), labels[1].ravel().tolist(), labels[0].ravel().tolist(), random={"request", "frame"}, rng=rng(1)
    )
    assert (found.low, found.high) == (crossed.low, crossed.high)
    assert not any("frame" in note for note in found.notes)
    few = pooled_matrix(table[:3], rng=rng(1))
    alone = paired_mean_interval(table[:3].mean(axis=0), rng=rng(1))
    assert (few.interval.low, few.interval.high) == (alone.low, alone.high)
    assert "these 3 models only" in few.interval.notes
    assert few.prediction is not None
    assert pooled_matrix(table[:2], rng=rng(1)).prediction is None


def test_one_more_model_is_expected_in_the_prediction_interval():
    found = pooled_matrix(matrix(7, 8, 2.0), rng=rng())
    low, high = found.prediction
    assert high - low > 1.5 * found.interval.width
    assert found.i2 > 0.9


def test_degenerate_tables_are_described():
    single = pooled_matrix([[1.0, 2.0, 3.0]], rng=rng())
    assert (single.q_p, single.tau2, single.levels) == (1.0, 0.0, 1)
    same = pooled_matrix(np.ones((6, 20)), rng=rng(), bounds=(-1.0, 1.0))
    assert (same.q_p, same.tau2) == (1.0, 0.0)
    assert decide(same.interval, margin=0.2, direction="higher").verdict is Verdict.SUPPORTED
    apart = pooled_matrix(np.repeat([[1.0], [0.0], [1.0]], 20, axis=1), rng=rng(), bounds=(-1.0, 1.0))
    assert apart.q_p == 0.0
    assert apart.i2 == pytest.approx(1.0)
    with pytest.raises(ValueError, match="one row per model"):
        pooled_matrix([1.0, 2.0], rng=rng())


def test_in_how_many_models_it_holds():
    verdicts = (Verdict.SUPPORTED, Verdict.INCONCLUSIVE, Verdict.SUPPORTED)
    assert holds_in([Decision(verdict, "") for verdict in verdicts]) == (2, 3)
    assert holds_in([]) == (0, 0)
