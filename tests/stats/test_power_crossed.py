"""Planning claims over requests and frames, by formula and by simulation."""

import numpy as np
import pytest

from interp_core.stats import (
    Decision,
    PlannedSpread,
    Verdict,
    chance_crossed_supported,
    chance_supported,
    crossed_interval,
    crossed_minimum_detectable_effect,
    decide,
    requests_to_decide,
    simulated_chance,
)

SPREAD = PlannedSpread(request=0.5, frame=0.3, cell=1.0)


def test_requests_alone_are_the_paired_formula():
    alone = PlannedSpread(request=0.8, frame=0.0, cell=0.0)
    found = chance_crossed_supported(0.7, spread=alone, requests=40, frames=6, margin=0.2)
    assert found == pytest.approx(chance_supported(0.7, sd=0.8, n=40, margin=0.2))


def test_the_error_is_that_of_the_variance_components():
    error, df = SPREAD.error(40, 8)
    assert error == pytest.approx(np.sqrt(0.25 / 40 + 0.09 / 8 + 1 / 320))
    assert 7 < df < 40
    assert SPREAD.effective_n(40, 8) == pytest.approx((0.25 + 0.09 + 1) / error**2)


def test_more_requests_do_not_rescue_few_frames():
    """Six frames that differ: a million requests have the frames' standard error."""
    few = PlannedSpread(request=0.5, frame=1.0, cell=1.0)
    assert requests_to_decide(1.0, spread=few, frames=6, margin=0.2) is None
    assert few.error(1_000_000, 6)[0] == pytest.approx(1 / np.sqrt(6), rel=1e-3)
    assert requests_to_decide(1.0, spread=few, frames=40, margin=0.2) is not None


def test_the_fewest_requests_and_the_smallest_effect_have_the_power_they_say():
    n = requests_to_decide(0.6, spread=SPREAD, frames=8, margin=0.2)
    chances = [chance_crossed_supported(0.6, spread=SPREAD, requests=m, frames=8, margin=0.2) for m in (n - 1, n)]
    assert chances[0] < 0.8 <= chances[1]
    effect = crossed_minimum_detectable_effect(spread=SPREAD, requests=n, frames=8, margin=0.2)
    assert effect <= 0.6
    assert chance_crossed_supported(effect, spread=SPREAD, requests=n, frames=8, margin=0.2) == pytest.approx(0.8)
    assert requests_to_decide(0.2, spread=SPREAD, frames=8, margin=0.2) is None


def test_the_chance_is_what_the_crossed_interval_gives():
    requests, frames = (index.ravel().tolist() for index in np.indices((30, 8)))

    def experiment(rng: np.random.Generator) -> Decision:
        cells = 0.65 + 0.5 * rng.normal(size=(30, 1)) + 0.3 * rng.normal(size=(1, 8)) + rng.normal(size=(30, 8))
        found = crossed_interval(cells.ravel(), requests, frames, random={"request", "frame"}, rng=rng)
        return decide(found, margin=0.2, direction="higher")

    chance, error = simulated_chance(experiment, rng=np.random.default_rng(1), runs=150)
    planned = chance_crossed_supported(0.65, spread=SPREAD, requests=30, frames=8, margin=0.2)
    assert planned == pytest.approx(chance, abs=0.05 + 3 * error)


def test_a_simulated_chance_is_never_certain():
    always = Decision(Verdict.SUPPORTED, "")
    chance, error = simulated_chance(lambda _: always, rng=np.random.default_rng(0), runs=20)
    assert chance == 1.0
    assert error > 0.05
    with pytest.raises(ValueError, match="runs=0 must be at least 1"):
        simulated_chance(lambda _: always, rng=np.random.default_rng(0), runs=0)


def test_impossible_plans_are_refused():
    with pytest.raises(ValueError, match="nor all zero"):
        PlannedSpread(0.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="two requests and one frame are the least"):
        SPREAD.error(1, 8)
