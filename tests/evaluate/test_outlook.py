"""What a plan promises against what planted data give through the whole path."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import ndtri

from interp_core.evaluate.evidence import gather
from interp_core.evaluate.outlook import FRAME_SHARE, NOISE, REQUEST_SHARE, Outlook, outlook
from interp_core.spec.claim import Claim
from interp_core.spec.measure import Projection
from interp_core.spec.model import Measurement
from interp_core.spec.prediction import Prediction
from interp_core.spec.registration import Registration
from interp_core.spec.statistic import correlation, separation
from interp_core.stats import Verdict
from tests.evaluate.conftest import study

from .planted import DIRECTION, FRAMES, HARMFUL, HARMLESS, JUDGE, MODEL, Draw, PlantedBench, claim

RUNS = 120
TREATED, BARE = HARMFUL.test.prefilled("x"), HARMFUL.test
Draws = Callable[[np.random.Generator], Draw]


def supported(planned: Claim, draws: Draws) -> float:
    """The share of planted data sets on which the claim comes out SUPPORTED."""
    rng = np.random.default_rng(5)
    found = [gather(planned.predictions[0], planned, PlantedBench(draws(rng))).decision for _ in range(RUNS)]
    return sum(one.verdict is Verdict.SUPPORTED for one in found) / RUNS


def close(promised: float | None, found: float) -> None:
    assert promised is not None
    assert abs(promised - found) <= 0.13  # three standard errors of two shares of a hundred runs, at .8


def planned(prediction: Prediction, effect: float, random: tuple[str, ...] = ("request",)) -> Claim:
    return claim(prediction, random=random, registration=Registration(planning_effect=effect))


def test_means() -> None:
    prediction = MODEL.projection(TREATED, on=DIRECTION, raw=True).higher_than(
        MODEL.projection(BARE, on=DIRECTION, raw=True), by=0.4
    )
    one = planned(prediction, 0.7)

    def draws(rng: np.random.Generator) -> Draw:
        return lambda arm: 0.7 + 0.7 * rng.standard_normal(64) if arm.prompts.prefill else np.zeros(64)

    close(outlook(prediction, one).chance, supported(one, draws))


def flips(rng: np.random.Generator, effect: float) -> Draw:
    before = rng.random(64) < NOISE
    after = np.where(before, 0.0, rng.random(64) < (effect + NOISE) / (1 - NOISE))
    return lambda arm: np.asarray(after if arm.prompts.prefill else before, dtype=float)


@pytest.mark.parametrize("effect", [0.3, 0.4])
def test_rates(effect: float) -> None:
    prediction = MODEL.judged(TREATED, by=JUDGE).higher_than(MODEL.judged(BARE, by=JUDGE), by=0.2)
    one = planned(prediction, effect)
    close(outlook(prediction, one).chance, supported(one, lambda rng: flips(rng, effect)))


def test_an_equivalence_of_rates() -> None:
    prediction = MODEL.judged(TREATED, by=JUDGE).equivalent_to(MODEL.judged(BARE, by=JUDGE), within=0.15)
    one = claim(prediction)
    found = outlook(prediction, one)
    assert (found.effect, found.mde) == (0.0, None)

    def draws(rng: np.random.Generator) -> Draw:
        before = rng.random(64) < 0.5
        flip = rng.random(64) < NOISE * 2
        after = np.where(flip, ~before, before)
        return lambda arm: np.asarray(after if arm.prompts.prefill else before, dtype=float)

    close(found.chance, supported(one, draws))


def test_scores() -> None:
    prediction = MODEL.cosine(TREATED, on=DIRECTION).higher_than(MODEL.cosine(BARE, on=DIRECTION), by=0.2)
    one = planned(prediction, 0.4)

    def draws(rng: np.random.Generator) -> Draw:
        values = 4 * rng.beta(0.6 * 23, 0.4 * 23, 64) - 2
        return lambda arm: values / 2 if arm.prompts.prefill else -values / 2

    close(outlook(prediction, one).chance, supported(one, draws))


@pytest.mark.parametrize("bounded", [True, False])
def test_frames(bounded: bool) -> None:
    framed, neutral = HARMFUL.test.framed(FRAMES), HARMFUL.test.framed(FRAMES.length_matched())
    effect = 0.6
    if bounded:
        prediction = MODEL.judged(framed, by=JUDGE).higher_than(MODEL.judged(neutral, by=JUDGE), by=0.2)
    else:
        sides = (MODEL.projection(one, on=DIRECTION, raw=True) for one in (framed, neutral))
        treatment, baseline = sides
        prediction = treatment.higher_than(baseline, by=0.2)
    one = planned(prediction, effect, random=("request", "frame"))

    def draws(rng: np.random.Generator) -> Draw:
        if bounded:
            spread = 1 / FRAME_SHARE - 1
            rates = rng.beta((effect + NOISE) * spread, (1 - effect - NOISE) * spread, (1, 8))
            cells = {True: rng.random((64, 8)) < rates, False: rng.random((64, 8)) < NOISE}
        else:
            parts = np.sqrt([REQUEST_SHARE, FRAME_SHARE, 1 - REQUEST_SHARE - FRAME_SHARE]) * effect
            made = [rng.standard_normal(shape) for shape in ((64, 1), (1, 8), (64, 8))]
            cells = {
                True: effect + sum(p * m for p, m in zip(parts, made, strict=True)),
                False: np.zeros((64, 8)),
            }

        def draw(arm: Measurement) -> np.ndarray:
            assert arm.prompts.framing is not None
            return np.asarray(cells[not arm.prompts.framing.control], dtype=float).ravel()

        return draw

    close(outlook(prediction, one).chance, supported(one, draws))


def test_separations_and_correlations() -> None:
    prediction = separation(
        MODEL.projection(HARMFUL.test, on=DIRECTION), MODEL.projection(HARMLESS.test, on=DIRECTION)
    ).above_chance(by=0.1)
    found = outlook(prediction, planned(prediction, 0.25))
    assert found.chance is not None
    assert found.mde is not None
    assert 0.1 < found.mde < 0.3
    related = correlation(
        MODEL.projection(HARMFUL.test, on=DIRECTION), MODEL.log_odds(HARMFUL.test, of=["No"])
    ).positive(by=0.1)
    assert 0 < (outlook(related, planned(related, 0.5)).chance or 0) <= 1


def test_a_separation_against_another() -> None:
    sets = (HARMFUL.test, HARMLESS.test)
    ours = separation(*(MODEL.projection(prompts, on=DIRECTION) for prompts in sets))
    theirs = separation(*(MODEL.log_odds(prompts, of=["No"]) for prompts in sets))
    prediction = ours.higher_than(theirs, by=0.1)
    one = planned(prediction, 0.3)

    def draws(rng: np.random.Generator) -> Draw:
        def draw(arm: Measurement) -> np.ndarray:
            area = 0.9 if isinstance(arm.quantity, Projection) else 0.6
            return rng.normal(np.sqrt(2) * ndtri(area) if "harmful" in arm.prompts.name else 0.0, 1, 64)

        return draw

    close(outlook(prediction, one).chance, supported(one, draws))


def test_the_planned_effect_at_the_mde_has_four_chances_in_five() -> None:
    prediction = MODEL.judged(TREATED, by=JUDGE).higher_than(MODEL.judged(BARE, by=JUDGE), by=0.2)
    mde = outlook(prediction, claim(prediction)).mde
    assert mde is not None
    assert outlook(prediction, planned(prediction, mde)).chance == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize("bounded", [True, False])
def test_the_requests_that_are_called_for_are_enough(bounded: bool) -> None:
    def outlook_of(n: int) -> Outlook:
        few = study("steal from", "harmful", n)
        if bounded:
            prediction = MODEL.judged(few.test.prefilled("x"), by=JUDGE).higher_than(
                MODEL.judged(few.test, by=JUDGE), by=0.2
            )
        else:
            prediction = MODEL.projection(few.test.prefilled("x"), on=DIRECTION, raw=True).higher_than(
                MODEL.projection(few.test, on=DIRECTION, raw=True), by=0.2
            )
        return outlook(prediction, planned(prediction, 0.35))

    found = outlook_of(32)
    assert found.needed is not None
    assert found.chance is not None
    assert found.chance < 0.8
    assert found.needed > 32
    assert f"{found.needed} requests for .80" in found.sentence
    assert outlook_of(found.needed).chance == pytest.approx(0.8, abs=0.03)
    assert outlook_of(found.needed).needed == found.needed


def test_no_number_of_requests_mends_too_few_frames() -> None:
    framed, neutral = HARMFUL.test.framed(FRAMES), HARMFUL.test.framed(FRAMES.length_matched())
    prediction = MODEL.judged(framed, by=JUDGE).higher_than(MODEL.judged(neutral, by=JUDGE), by=0.2)
    assert outlook(prediction, planned(prediction, 0.25, random=("request", "frame"))).needed is None


def test_an_effect_at_the_margin_is_hardly_ever_supported() -> None:
    prediction = MODEL.judged(TREATED, by=JUDGE).higher_than(MODEL.judged(BARE, by=JUDGE), by=0.2)
    assert (outlook(prediction, planned(prediction, 0.2)).chance or 0) <= 0.025
