"""Tail errors with the effect at the margin, by simulation; the full tables are in docs/calibration.md."""

import numpy as np
import pytest

from interp_core.stats import (
    Verdict,
    bonett_price_interval,
    bounded_mean_interval,
    crossed_interval,
    decide,
    paired_binary_interval,
    paired_mean_interval,
)
from interp_core.stats._shape_table import ROWS
from interp_core.stats.shapes import features
from tests.calibration import shapes, studies
from tests.calibration.populations import ALL, OTHERS, TRUSTED
from tests.calibration.vectorised import looks, many, weights

ALPHA = 0.025


def allowed(rate: float, samples: int) -> float:
    """`rate` and three standard errors of a simulated one."""
    return rate + 3 * (rate * (1 - rate) / samples) ** 0.5


@pytest.mark.parametrize("n", [32, 64])
@pytest.mark.parametrize("population", TRUSTED, ids=lambda p: p.name)
def test_the_default_holds_its_tails_on_the_named_list(population, n):
    found = studies.paired(population, n, (ALPHA, ALPHA / 3), seed=n, samples=2_000, draws=2_000)
    assert found["decided", ALPHA].worst <= allowed(0.028, 2_000)
    assert found["decided", ALPHA / 3].worst <= allowed(0.010, 2_000)


@pytest.mark.parametrize("population", OTHERS, ids=lambda p: p.name)
def test_the_diagnostic_lowers_the_errors_of_other_shapes(population):
    found = studies.paired(population, 64, (ALPHA,), seed=1, samples=2_000, draws=2_000)
    assert found["decided", ALPHA].worst <= min(found["default", ALPHA].worst, 0.055)
    assert found["default", ALPHA].worst <= found["t", ALPHA].worst


@pytest.mark.parametrize("n", [32, 64])
@pytest.mark.parametrize(
    "population", [p for p in OTHERS if p.name.startswith(("lognormal", "Pareto"))], ids=lambda p: p.name
)
def test_what_is_decided_of_heavy_tails_errs_no_more_often_than_alpha(population, n):
    found = studies.paired(population, n, (ALPHA, ALPHA / 3), seed=n, samples=3_000, draws=2_000)
    for alpha in (ALPHA, ALPHA / 3):
        assert found["default", alpha].worst > allowed(alpha, 3_000)
        assert found["decided", alpha].worst <= allowed(alpha, 3_000)


def test_the_vectorised_interval_is_the_librarys():
    rng = np.random.default_rng(4)
    x = rng.exponential(size=(3, 40))
    fast = many(x, weights(rng, 9_999, 40), (ALPHA,)).ends["default", ALPHA]
    for row, low, high in zip(x, *fast, strict=True):
        slow = paired_mean_interval(row, rng=np.random.default_rng(5))
        assert low == pytest.approx(slow.low, abs=max(2 * slow.monte_carlo[0], 1e-9))
        assert high == pytest.approx(slow.high, abs=max(2 * slow.monte_carlo[1], 1e-9))


def test_the_vectorised_diagnostic_is_the_librarys():
    x = np.random.default_rng(6).normal(size=(4, 20)).round(1)
    np.testing.assert_allclose(looks(x)[1], features(x), rtol=1e-9)


def test_the_table_of_shapes_is_what_its_script_measures():
    rng = np.random.default_rng(0)
    drawn = weights(rng, 1_500, 32)
    for population in (ALL[0], ALL[1], ALL[9]):
        stored = next(row for row in ROWS if row[:2] == (32, population.name))
        fresh = shapes.row(population, 32, rng, drawn, 1_500)
        assert fresh[:3] == stored[:3]
        assert fresh[3] == pytest.approx(stored[3], abs=0.08)
        assert fresh[5][0] == pytest.approx(stored[5][0], abs=0.02)


@pytest.mark.parametrize("n", [24, 40])
def test_exact_paired_rates_hold_both_tails_where_the_quick_interval_does_not(n):
    """Nothing simulated: exact errors over a grid of margins and shares of pairs that flip."""
    tables = [(a, b) for a in range(n + 1) for b in range(n + 1 - a)]
    flips = {(a, b): np.repeat([1.0, -1.0, 0.0], [a, b, n - a - b]) for a, b in tables}
    exact = {key: (f.low, f.high) for key, x in flips.items() for f in [paired_binary_interval(x)]}
    quick = {key: (f.low, f.high) for key, x in flips.items() for f in [bonett_price_interval(x)]}
    grid = [(u, d) for u in np.linspace(0, 1, 26) for d in np.linspace(0, 1, 26) if u + d <= 1]
    assert max(max(studies.exact_tails(exact, n, u, d)) for u, d in grid) <= ALPHA + 1e-9
    worst = max(max(studies.exact_tails(quick, n, u, d)) for u, d in grid)
    assert 0.04 < worst < 0.08


@pytest.mark.parametrize("shape", [(0.5, 0.5), (8.0, 1.0), (2.0, 30.0)], ids=str)
def test_betting_holds_both_tails(shape):
    rng = np.random.default_rng(8)
    found = [bounded_mean_interval(rng.beta(*shape, 24), (0.0, 1.0)) for _ in range(250)]
    assert studies.of(found, shape[0] / sum(shape)).worst <= allowed(ALPHA, 250)


@pytest.mark.parametrize(
    ("cells", "mean"),
    [
        (studies.beta_frames(0.25, 0.1), 0.25),
        (studies.beta_frames(0.9, 0.2), 0.9),
        (studies.beta_frames(0.95, 0.4), 0.95),
        (studies.beta_frames(0.5, 0.2, noise=0.1), 0.4),
        (studies.beta_both(0.75, 0.2, 0.1), 0.75),
    ],
    ids=["rate .25", "rate .9", "rate .95, frames differ much", "noisy baseline", "requests differ too"],
)
def test_bounded_crossed_designs_hold_both_tails(cells, mean):
    found = studies.crossed(cells, mean, (32, 8), seed=2, samples=500, bounded=True)
    assert found.worst <= allowed(ALPHA, 500)


@pytest.mark.parametrize(("request_sd", "frame_sd"), [(0.0, 0.0), (0.5, 0.0), (0.2, 0.6), (1.0, 1.0)])
def test_unbounded_crossed_designs_hold_both_tails(request_sd, frame_sd):
    found = studies.crossed(
        studies.normal_effects(0.3, request_sd, frame_sd), 0.3, (40, 6), seed=3, samples=600, bounded=False
    )
    assert found.worst <= allowed(0.03, 600)


def test_unbalanced_crossed_designs_hold_both_tails():
    found = studies.crossed(
        studies.normal_effects(0.3, 0.5, 0.4), 0.3, (24, 8), seed=4, samples=100, bounded=False, missing=0.1
    )
    assert found.worst <= allowed(0.03, 100)


@pytest.mark.parametrize(("frame", "own"), [(2.0, 0.0), (0.5, 0.5)])
def test_interactions_hold_both_tails(frame, own):
    assert studies.interaction(0.4, (24, 8), seed=5, samples=500, frame=frame, own=own).worst <= allowed(0.03, 500)


@pytest.mark.parametrize(("truth", "gap"), [(0.25, 2.0), (0.8, 1.5)])
def test_ratios_hold_both_tails_as_fieller_does(truth, gap):
    ours, fieller = studies.ratio(truth, gap, seed=6, samples=1_500)
    assert ours.worst <= allowed(ALPHA, 1_500)
    assert (ours.low, ours.high) == (fieller.low, fieller.high)


def test_planted_effects_are_found():
    """Well beyond the margin SUPPORTED, on the other side of zero REFUTED, at the margin neither more than rarely."""
    rng = np.random.default_rng(7)

    def verdicts(effect: float) -> list[Verdict]:
        return [
            decide(paired_mean_interval(rng.normal(effect, 1, 48), rng=rng), margin=0.25, direction="higher").verdict
            for _ in range(60)
        ]

    assert verdicts(1.0).count(Verdict.SUPPORTED) >= 58
    assert verdicts(-0.8).count(Verdict.REFUTED) >= 58
    at_margin = verdicts(0.25)
    assert at_margin.count(Verdict.INCONCLUSIVE) >= 52


def test_planted_effects_are_found_under_eight_frames():
    rng = np.random.default_rng(9)
    requests, frames = (index.ravel().tolist() for index in np.indices((64, 8)))
    found = [
        decide(
            crossed_interval(
                studies.beta_frames(0.75, 0.05)(rng, 64, 8).ravel(), requests, frames,
                random=studies.BOTH, rng=rng, bounds=(-1.0, 1.0),
            ),
            margin=0.4,
            direction="higher",
        ).verdict
        for _ in range(30)
    ]  # fmt: skip
    assert found.count(Verdict.SUPPORTED) >= 27
