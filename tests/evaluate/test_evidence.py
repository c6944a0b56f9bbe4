"""The whole path from values to verdict, over a bench whose truth is planted."""

import numpy as np
import pytest

from interp_core import FrameSet, PromptSet
from interp_core.errors import ClaimError
from interp_core.evaluate import evaluate
from interp_core.spec.model import Measurement
from interp_core.spec.prediction import Prediction

from .planted import CEILING, DIRECTION, FRAMES, HARMFUL, JUDGE, MODEL, Draw, PlantedBench, claim, wrong


def test_judged_arms_at_the_margin() -> None:
    treatment = MODEL.judged(HARMFUL.test.prefilled("Sure"), by=JUDGE)
    baseline = MODEL.judged(HARMFUL.test, by=JUDGE)

    def draws(rng: np.random.Generator) -> Draw:
        return lambda arm: (rng.random(64) < (0.6 if arm.prompts.prefill else 0.3)).astype(float)

    assert wrong(treatment.higher_than(baseline, by=0.3), draws) <= CEILING


def test_projections_over_random_frames_at_the_margin_in_units_of_the_gap() -> None:
    treatment = MODEL.projection(HARMFUL.test.framed(FRAMES), on=DIRECTION)
    baseline = MODEL.projection(HARMFUL.test.framed(FRAMES.length_matched()), on=DIRECTION)

    def draws(rng: np.random.Generator) -> Draw:
        def draw(arm: Measurement) -> np.ndarray:
            framing = arm.prompts.framing
            assert framing is not None
            request, frame = 0.1 * rng.standard_normal((64, 1)), 0.3 * rng.standard_normal((1, 8))
            fall = 0.0 if framing.control else -0.25 + frame
            return np.asarray(1 + request + fall + 0.1 * rng.standard_normal((64, 8))).ravel()

        return draw

    prediction = treatment.lower_than(baseline, by=0.25)
    assert wrong(prediction, draws, random=("request", "frame")) <= CEILING
    ignoring_frames = wrong(prediction, draws, random=("request",))
    assert ignoring_frames > 0.15  # what the claim about frames in general would cost if they were taken as fixed


def test_missing_scores_cannot_support_a_claim() -> None:
    treatment = MODEL.judged(HARMFUL.test.prefilled("Sure"), by=JUDGE)
    baseline = MODEL.judged(HARMFUL.test, by=JUDGE)

    def draw(arm: Measurement) -> np.ndarray:
        numbers = np.ones(64) if arm.prompts.prefill else np.zeros(64)
        if arm.prompts.prefill:
            numbers[:40] = np.nan
        return numbers

    row = evaluate(claim(treatment.higher_than(baseline, by=0.5)), PlantedBench(draw))
    assert row["verdict"] == "INCONCLUSIVE"
    assert (row["predictions"][0]["arms"][0]["missing"], row["effect"]) == (40, 1.0)


def test_a_control_that_does_not_hold_withholds_support() -> None:
    treatment = MODEL.judged(HARMFUL.test.prefilled("Sure"), by=JUDGE)
    baseline = MODEL.judged(HARMFUL.test, by=JUDGE)
    sham = MODEL.judged(HARMFUL.test.with_system("x"), by=JUDGE)

    def draw(arm: Measurement) -> np.ndarray:
        half = np.arange(64) % 2 == 0
        return np.ones(64) if arm.prompts.prefill else half.astype(float) if arm.prompts.system else np.zeros(64)

    prediction = treatment.higher_than(baseline, by=0.3)
    control = sham.equivalent_to(baseline, within=0.1)
    assert evaluate(claim(prediction), PlantedBench(draw))["verdict"] == "SUPPORTED"
    row = evaluate(claim(prediction, controls=(control,)), PlantedBench(draw))
    assert row["verdict"] == "INCONCLUSIVE"
    assert row["reason"].startswith("a control does not hold")


def test_a_gap_that_points_the_other_way_is_invalid() -> None:
    treatment = MODEL.projection(HARMFUL.test.prefilled("Sure"), on=DIRECTION)
    prediction = treatment.lower_than(MODEL.projection(HARMFUL.test, on=DIRECTION), by=0.25)
    rng = np.random.default_rng(0)
    bench = PlantedBench(lambda arm: rng.standard_normal(64) - (1 if arm.prompts.prefill else 0), gap=-1.0)
    row = evaluate(claim(prediction), bench)
    assert row["verdict"] == "INVALID"
    assert "points the other way" in row["reason"]


def test_one_request_under_two_ids_is_refused() -> None:
    twice = PromptSet.from_texts("twice", ["Explain how to fish."] * 2)
    prediction = MODEL.judged(twice.prefilled("Sure"), by=JUDGE).higher_than(MODEL.judged(twice, by=JUDGE), by=0.1)
    with pytest.raises(ClaimError, match="one request under two ids, 'twice-0' and 'twice-1'"):
        evaluate(claim(prediction), PlantedBench(lambda arm: np.ones(2)))


@pytest.mark.parametrize("score", ["yes", 1.5, [1.0]])
def test_a_judge_that_gives_no_score_is_told_so(score: object) -> None:
    from interp_core import judge
    from interp_core.bench.values import score as judged_score
    from interp_core.spec.measure import Judged

    @judge(measures="compliance")
    def odd(answer: str) -> float | None:
        return score  # type: ignore[return-value]

    with pytest.raises(ClaimError, match=r"A score is a number in \[0, 1\]"):
        judged_score(Judged(odd, 8), "Sure.")


@pytest.mark.parametrize("correlation", [-1.0, -0.5, 0.5])
def test_an_interaction_within_the_same_requests_is_paired(correlation: float) -> None:
    """Ceilings make such contrasts move against one another; two independent groups would be too narrow then."""
    a, b = (MODEL.projection(HARMFUL.test.prefilled(text), on=DIRECTION, raw=True) for text in ("a", "b"))
    c, d = (MODEL.projection(HARMFUL.test.prefilled(text), on=DIRECTION, raw=True) for text in ("c", "d"))

    def draws(rng: np.random.Generator) -> Draw:
        shared = rng.standard_normal(64)
        own = np.sqrt(1 - correlation**2) * rng.standard_normal(64)
        arms = {"a": 0.5 + shared, "b": np.zeros(64), "c": correlation * shared + own, "d": np.zeros(64)}
        return lambda arm: arms[arm.prompts.prefill]

    assert wrong((a - b).higher_than(c - d, by=0.5), draws) <= CEILING


def test_numbers_outside_their_bounds_are_invalid() -> None:
    prediction = MODEL.judged(HARMFUL.test.prefilled("x"), by=JUDGE).higher_than(
        MODEL.judged(HARMFUL.test, by=JUDGE), by=0.3
    )
    row = evaluate(claim(prediction), PlantedBench(lambda arm: np.full(64, 7.5 if arm.prompts.prefill else 7.0)))
    assert row["verdict"] == "INVALID"
    assert "outside the declared bounds" in row["reason"]


@pytest.mark.parametrize(
    ("relation", "baseline", "verdict"),
    [("higher", 1.0, "INCONCLUSIVE"), ("lower", 0.0, "INCONCLUSIVE"), ("higher", 0.0, "REFUTED")],
)
def test_an_effect_that_a_bound_forbids_is_no_refutation(relation: str, baseline: float, verdict: str) -> None:
    treatment, other = MODEL.judged(HARMFUL.test.prefilled("x"), by=JUDGE), MODEL.judged(HARMFUL.test, by=JUDGE)
    prediction = Prediction(treatment, other, relation, 0.3)  # type: ignore[arg-type]
    row = evaluate(claim(prediction), PlantedBench(lambda arm: np.full(64, baseline)))
    assert row["verdict"] == verdict
    assert (f"no room: the baseline is {baseline:.2f}" in row["reason"]) == (verdict == "INCONCLUSIVE")


def test_an_effect_away_from_the_bound_is_reversed_all_the_same() -> None:
    prediction = MODEL.judged(HARMFUL.test.prefilled("x"), by=JUDGE).higher_than(
        MODEL.judged(HARMFUL.test, by=JUDGE), by=0.3
    )
    row = evaluate(claim(prediction), PlantedBench(lambda arm: np.full(64, 0.0 if arm.prompts.prefill else 1.0)))
    assert (row["verdict"], row["reason"][:8]) == ("REFUTED", "REVERSED")


def test_two_arms_at_one_bound_are_equivalent_with_a_note() -> None:
    prediction = MODEL.judged(HARMFUL.test.prefilled("x"), by=JUDGE).equivalent_to(
        MODEL.judged(HARMFUL.test, by=JUDGE), within=0.2
    )
    row = evaluate(claim(prediction), PlantedBench(lambda arm: np.zeros(64)))
    assert row["verdict"] == "SUPPORTED"
    assert row["predictions"][0]["notes"][-1] == "both arms lie at the bound 0: only a shift away from it could show"


@pytest.mark.parametrize("worse", ["lower", "higher"])
def test_non_inferiority_at_the_margin(worse: str) -> None:
    treatment = MODEL.projection(HARMFUL.test.prefilled("x"), on=DIRECTION, raw=True)
    baseline = MODEL.projection(HARMFUL.test, on=DIRECTION, raw=True)
    loss = -0.3 if worse == "lower" else 0.3

    def draws(rng: np.random.Generator) -> Draw:
        return lambda arm: rng.standard_normal(64) + (loss if arm.prompts.prefill else 0.0)

    predict = treatment.not_lower_than if worse == "lower" else treatment.not_higher_than
    assert wrong(predict(baseline, within=0.3), draws) <= CEILING


@pytest.mark.parametrize(
    ("relation", "rates", "verdict"),
    [
        ("not lower", (0.5, 0.5), "SUPPORTED"),
        ("not lower", (1.0, 0.5), "SUPPORTED"),  # better by any amount is as good
        ("not lower", (0.0, 0.5), "REFUTED"),
        ("not lower", (0.1, 0.1), "INCONCLUSIVE"),  # it could not have fallen by .2
        ("not higher", (0.0, 0.5), "SUPPORTED"),
        ("not higher", (1.0, 0.5), "REFUTED"),
        ("not higher", (0.9, 0.9), "INCONCLUSIVE"),
    ],
)
def test_non_inferiority_of_planted_rates(relation: str, rates: tuple[float, float], verdict: str) -> None:
    treatment, other = MODEL.judged(HARMFUL.test.prefilled("x"), by=JUDGE), MODEL.judged(HARMFUL.test, by=JUDGE)
    prediction = Prediction(treatment, other, relation, 0.2)  # type: ignore[arg-type]

    def draw(arm: Measurement) -> np.ndarray:
        return (np.arange(64) < 64 * rates[0 if arm.prompts.prefill else 1]).astype(float)

    row = evaluate(claim(prediction), PlantedBench(draw))
    assert row["verdict"] == verdict, row["reason"]
    assert ("no room" in row["reason"]) == (verdict == "INCONCLUSIVE")
    assert row["predictions"][0]["phrase"] == "by as much as 0.2"


def test_a_factor_of_few_levels_is_no_part_of_what_is_generalised() -> None:
    three = FrameSet("tales", FRAMES.frames[:3])
    treatment = MODEL.projection(HARMFUL.test.framed(three), on=DIRECTION, raw=True)
    baseline = MODEL.projection(HARMFUL.test.framed(three.length_matched()), on=DIRECTION, raw=True)
    rng = np.random.default_rng(1)
    bench = PlantedBench(lambda arm: rng.standard_normal(192))
    row = evaluate(claim(treatment.lower_than(baseline, by=0.3), random=("request", "frame")), bench)
    assert row["scope"]["random"] == ["request"]
    assert "frame" in row["scope"]["fixed"]
    assert row["scope"]["notes"] == ["these 3 frames only: too few to speak of frames"]


def test_looking_gives_an_effect_and_random_examples_and_no_verdict() -> None:
    from interp_core.evaluate import look

    treatment, baseline = MODEL.judged(HARMFUL.test.prefilled("x"), by=JUDGE), MODEL.judged(HARMFUL.test, by=JUDGE)
    bench = PlantedBench(lambda arm: np.full(64, float(bool(arm.prompts.prefill))))
    text = look(treatment, baseline, bench)
    first, *rest = text.splitlines()
    assert first.startswith("compliance of harmful.test")
    assert ": 1 [0.888, 1] (n = 64; exploration: no margin, no verdict)" in first
    assert len([line for line in rest if line.startswith("    ")]) == 10
    assert text == look(treatment, baseline, bench)
    with pytest.raises(ClaimError, match="treatment and baseline are the same recipe"):
        look(treatment, treatment, bench)


def test_few_requests_over_many_frames_decide_nothing() -> None:
    few = PromptSet.from_texts("few", ["Explain how to fish.", "Explain how to row."])
    treatment = MODEL.projection(few.framed(FRAMES), on=DIRECTION, raw=True)
    baseline = MODEL.projection(few.framed(FRAMES.length_matched()), on=DIRECTION, raw=True)
    rng = np.random.default_rng(1)
    bench = PlantedBench(lambda arm: rng.standard_normal(16) * 0.01 + (0 if arm.prompts.framing.control else 1))  # type: ignore[union-attr]
    row = evaluate(claim(treatment.higher_than(baseline, by=0.3), random=("request", "frame")), bench)
    assert row["verdict"] == "INCONCLUSIVE"
