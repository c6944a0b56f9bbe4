"""Separations, correlations, trends, calibrated judges and variants, from values to verdict."""

import numpy as np
import pytest

from interp_core import (
    Calibration,
    FrameSet,
    Judge,
    Measurement,
    correlation,
    refusal_phrases,
    separation,
    stats,
    trend,
)
from interp_core.errors import ClaimError
from interp_core.evaluate import evaluate
from interp_core.evaluate.evidence import gather
from interp_core.spec.claim import Variant
from interp_core.spec.prediction import Prediction

from .planted import CEILING, DIRECTION, FRAMES, HARMFUL, HARMLESS, JUDGE, MODEL, Draw, PlantedBench, claim, wrong


def on(prompts, raw=True) -> Measurement:
    return MODEL.projection(prompts, on=DIRECTION, raw=raw)


def dosed(dose: float, name: str = "dose") -> Measurement:
    return on(HARMFUL.test.prefilled(f"{name} {dose}"))


def row_of(prediction: Prediction, draw: Draw, **fields: object) -> dict:
    return dict(evaluate(claim(prediction, **fields), PlantedBench(draw)))


# separations


def test_a_separation_at_the_margin() -> None:
    prediction = separation(on(HARMFUL.test), on(HARMLESS.test)).above_chance(by=0.2)
    shift = np.sqrt(2) * 0.5244  # AUC .7 of two normals

    def draws(rng: np.random.Generator) -> Draw:
        return lambda arm: rng.standard_normal(64) + (shift if "harmful" in arm.prompts.name else 0)

    assert wrong(prediction, draws) <= CEILING


def test_a_clean_separation_is_decided_and_a_useless_one_refuted() -> None:
    prediction = separation(on(HARMFUL.test), on(HARMLESS.test)).above_chance(by=0.3)
    rng = np.random.default_rng(0)
    clean = row_of(prediction, lambda arm: rng.random(64) + 2 * ("harmful" in arm.prompts.name))
    assert (clean["verdict"], clean["effect"], clean["n"]) == ("SUPPORTED", 0.5, 128)
    assert clean["low"] < 0.5
    assert row_of(prediction, lambda arm: rng.random(64))["verdict"] == "REFUTED"


def test_two_separations_compare_on_the_same_prompts_alone() -> None:
    surface = [on(prompts.test.with_system("surface")) for prompts in (HARMFUL, HARMLESS)]
    prediction = separation(on(HARMFUL.test), on(HARMLESS.test)).higher_than(separation(*surface), by=0.1)
    rng = np.random.default_rng(0)

    def draw(arm: Measurement) -> np.ndarray:
        return rng.standard_normal(64) + (0 if arm.prompts.system else 3 * ("harmful" in arm.prompts.name))

    assert row_of(prediction, draw)["verdict"] == "SUPPORTED"
    other = separation(*(on(prompts.with_system("z")) for prompts in (HARMFUL.test.take(40), HARMLESS.test)))
    with pytest.raises(ClaimError, match="the arms are not paired"):
        row_of(separation(on(HARMFUL.test), on(HARMLESS.test)).higher_than(other, by=0.1), draw)


def test_a_separation_without_a_number_says_so() -> None:
    prediction = separation(on(HARMFUL.test), on(HARMLESS.test)).above_chance(by=0.2)
    with pytest.raises(ClaimError, match="a rank statistic cannot bound what they were"):
        row_of(prediction, lambda arm: np.r_[np.nan, np.zeros(63)])


# correlations


def test_a_correlation_at_the_margin() -> None:
    prediction = correlation(on(HARMFUL.test), on(HARMFUL.test.with_system("y"))).positive(by=0.4)
    r = 2 * np.sin(np.pi / 6 * 0.4)  # the normal correlation whose Spearman correlation is .4

    def draws(rng: np.random.Generator) -> Draw:
        x = rng.standard_normal(64)
        y = r * x + np.sqrt(1 - r**2) * rng.standard_normal(64)
        return lambda arm: y if arm.prompts.system else x

    assert wrong(prediction, draws) <= CEILING


@pytest.mark.parametrize(("sign", "verdict"), [(1, "REFUTED"), (-1, "SUPPORTED")])
def test_the_sign_of_a_correlation_matters(sign: int, verdict: str) -> None:
    prediction = correlation(on(HARMFUL.test), on(HARMFUL.test.with_system("y"))).negative(by=0.3)
    x = np.arange(64.0)
    assert row_of(prediction, lambda arm: sign * x if arm.prompts.system else x)["verdict"] == verdict


# trends


def test_a_trend_at_the_margin() -> None:
    prediction = trend({dose: dosed(dose) for dose in (0.0, 0.5, 1.0)}).rises(by=0.5)

    def draws(rng: np.random.Generator) -> Draw:
        return lambda arm: 0.5 * float(arm.prompts.prefill.split()[1]) + 0.5 * rng.standard_normal(64)

    assert wrong(prediction, draws) <= CEILING


def test_a_trend_is_set_against_the_sham_s() -> None:
    doses = (1.0, 2.0, 4.0)
    swept, sham = (trend({dose: dosed(dose, name) for dose in doses}) for name in ("real", "sham"))
    rng = np.random.default_rng(0)

    def draw(arm: Measurement) -> np.ndarray:
        name, dose = arm.prompts.prefill.split()
        return (name == "real") * float(dose) + 0.1 * rng.standard_normal(64)

    found = row_of(swept.higher_than(sham, by=1.0), draw)
    assert (found["verdict"], found["noun"]) == ("SUPPORTED", "rise of projection on refusal with the dose")
    assert found["effect"] == pytest.approx(3.0, abs=0.1)
    assert len(found["predictions"][0]["arms"]) == 6
    other = trend({dose: dosed(dose, "sham") for dose in (1.0, 2.0, 8.0)})
    with pytest.raises(ClaimError, match="the trends run over different doses"):
        row_of(swept.higher_than(other, by=1.0), draw)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: trend({1.0: dosed(1), 2.0: dosed(2)}), "a trend over 2 doses is no trend"),
        (lambda: separation(on(HARMFUL.test.framed(FRAMES)), on(HARMLESS.test)), "count each request once for every"),
        (lambda: correlation(on(HARMFUL.test), on(HARMLESS.test)), "a correlation is over the same requests"),
        (lambda: separation(on(HARMFUL.test), MODEL.judged(HARMLESS.test, by=JUDGE)), "positive measures"),
        (lambda: separation(on(HARMFUL.test), on(HARMLESS.test)).above_chance(by=1.0), "by=1 would hold of no data"),
        (lambda: on(HARMFUL.test).higher_than(separation(on(HARMFUL.test), on(HARMLESS.test)), by=0.1),
         "one side is a measurement and the other a separation"),
        (lambda: Calibration(10, 11, 10, 5), "holds no counts"),
        (lambda: Calibration(0, 0, 10, 5), "label outputs of both kinds"),
        (lambda: JUDGE.biased_by_at_most(2), "write a difference of rates"),
    ],
)  # fmt: skip
def test_what_makes_no_statistic_is_refused(make, message: str) -> None:
    with pytest.raises(ClaimError, match=message):
        make()


# judges


def judged(judge, prefill: str = "") -> Measurement:
    prompts = HARMFUL.test.prefilled(prefill) if prefill else HARMFUL.test
    return MODEL.judged(prompts, by=judge)


def flipping(arm: Measurement) -> np.ndarray:
    rate = 0.8 if arm.prompts.prefill else 0.2
    return (np.arange(64) < 64 * rate).astype(float)


def test_a_calibration_corrects_the_effect_and_widens_its_interval() -> None:
    plain = row_of(judged(JUDGE, "x").higher_than(judged(JUDGE), by=0.3), flipping)
    errs = JUDGE.calibrated(Calibration(100, 90, 100, 85))
    corrected = row_of(judged(errs, "x").higher_than(judged(errs), by=0.3), flipping)
    assert corrected["effect"] == pytest.approx(plain["effect"] / 0.75, rel=1e-6)  # (sens + spec - 1)
    assert corrected["high"] - corrected["low"] > plain["high"] - plain["low"]
    assert corrected["predictions"][0]["judge"]["calibrated"]


def test_a_judge_that_may_know_nothing_decides_nothing() -> None:
    blind = JUDGE.calibrated(Calibration(10, 5, 10, 5))
    assert row_of(judged(blind, "x").higher_than(judged(blind), by=0.3), flipping)["verdict"] == "INCONCLUSIVE"


def test_a_bias_within_its_registered_bound_withholds_support() -> None:
    def verdict(bound: float) -> str:
        bounded = JUDGE.biased_by_at_most(bound)
        return str(row_of(judged(bounded, "x").higher_than(judged(bounded), by=0.3), flipping)["verdict"])

    tipping = row_of(judged(JUDGE, "x").higher_than(judged(JUDGE), by=0.3), flipping)["predictions"][0]["judge"]
    at = tipping["tipping_point"]
    assert 0 < at < 0.3
    assert (verdict(0.9 * at), verdict(1.1 * at)) == ("SUPPORTED", "INCONCLUSIVE")


def test_a_bias_moves_a_contrast_twice_and_a_trend_by_its_line() -> None:
    """Each of a contrast's differences may be off by it, and a line through biased doses rises by more than it."""

    def contrast(judge: Judge) -> Prediction:
        return (judged(judge, "x") - judged(judge)).higher_than(judged(judge, "y") - judged(judge, "z"), by=0.2)

    def rising(judge: Judge) -> Prediction:
        return trend({1: judged(judge), 2: judged(judge, "y"), 3: judged(judge, "x")}).rises(by=0.2)

    def rate(arm: Measurement) -> np.ndarray:
        share = {"x": 0.8, "y": 0.5, "z": 0.5}.get(arm.prompts.prefill or "", 0.2)
        return (np.arange(64) < 64 * share).astype(float)

    for predicted, moved in ((contrast, 2.0), (rising, stats.contrast_bounds(3, (0.0, 1.0))[1])):
        evidence = gather(predicted(JUDGE), claim(predicted(JUDGE)), PlantedBench(rate))
        tipping = evidence.tipping_point()
        assert tipping is not None
        for share, holds in ((0.99, True), (1.01, False)):
            biased = evidence.interval.scaled(1.0, offset=-share * moved * tipping)
            assert (stats.decide(biased, margin=0.2, direction="higher").verdict is stats.Verdict.SUPPORTED) is holds
        for bound, verdict in ((0.9 * tipping, "SUPPORTED"), (1.1 * tipping, "INCONCLUSIVE")):
            prediction = predicted(JUDGE.biased_by_at_most(bound))
            assert row_of(prediction, rate)["verdict"] == verdict


def test_an_exact_judge_has_no_tipping_point() -> None:
    exact = refusal_phrases(["no"], name="phrases", exact=True)
    about = row_of(judged(exact, "x").higher_than(judged(exact), by=0.3), flipping)["predictions"][0]["judge"]
    assert (about["exact"], about["tipping_point"]) == (True, None)


# frames and variants


def test_the_effect_of_each_frame_is_shown() -> None:
    three = FrameSet("tales", FRAMES.frames[:5])
    prediction = on(HARMFUL.test.framed(three)).higher_than(on(HARMFUL.test), by=1.0)
    levels = np.arange(5.0)

    def draw(arm: Measurement) -> np.ndarray:
        return np.tile(levels, 64) if arm.prompts.framing else np.zeros(64)

    by_frame = row_of(prediction, draw, random=("request", "frame"))["predictions"][0]["by_frame"]
    assert [(one["frame"], one["effect"], one["beyond"]) for one in by_frame] == [
        (f"f{i}", float(i), i > 1) for i in range(5)
    ]


def test_other_analyses_give_a_curve_and_decide_nothing() -> None:
    main = on(HARMFUL.test.prefilled("main 1")).higher_than(on(HARMFUL.test), by=0.5)
    by = {i: on(HARMFUL.test.prefilled(f"other {i}")) for i in (0, 2)}
    others = {f"layer {i}": arm.higher_than(on(HARMFUL.test), by=0.5) for i, arm in by.items()}
    rng = np.random.default_rng(0)

    def draw(arm: Measurement) -> np.ndarray:
        return 0.1 * rng.standard_normal(64) + float(arm.prompts.prefill.split()[1] if arm.prompts.prefill else 0)

    variants = tuple(Variant("analysis", name, prediction) for name, prediction in others.items())
    found = row_of(main, draw, variants=variants)
    assert found["verdict"] == "SUPPORTED"
    curve = found["variants"]["analyses"]
    assert [cell["name"] for cell in curve["cells"]] == ["as claimed", "layer 0", "layer 2"]
    assert [cell["verdict"] for cell in curve["cells"]] == ["SUPPORTED", "REFUTED", "SUPPORTED"]
    assert curve["joint"]["median"] == pytest.approx(1, abs=0.1)
    assert curve["joint"]["p"] < 0.01


def test_a_part_carries_what_goes_with_it() -> None:
    def against_none(name: str) -> Prediction:
        return on(HARMFUL.test.prefilled(name)).higher_than(on(HARMFUL.test), by=0.5)

    levels = {"whole": 2.0, "without a": 0.5, "without b": 2.0, "": 0.0}
    rng = np.random.default_rng(0)

    def draw(arm: Measurement) -> np.ndarray:
        return levels[arm.prompts.prefill] + 0.1 * rng.standard_normal(64)

    variants = tuple(Variant("without", name, against_none(f"without {name}")) for name in "ab")
    a, b = row_of(against_none("whole"), draw, variants=variants)["variants"]["parts"]
    assert a["left"]["effect"] == pytest.approx(0.5, abs=0.1)
    assert a["lost"]["effect"] == pytest.approx(1.5, abs=0.1)
    assert (a["lost"]["carries"], b["lost"]["carries"]) == (True, False)


def test_a_variant_of_another_kind_is_refused() -> None:
    main = on(HARMFUL.test.prefilled("x")).higher_than(on(HARMFUL.test), by=0.5)
    other = Variant("analysis", "odd", on(HARMFUL.test.prefilled("x")).lower_than(on(HARMFUL.test), by=0.5))
    with pytest.raises(ClaimError, match="Vary the analysis, not what is predicted"):
        row_of(main, lambda arm: np.zeros(64), variants=(other,))


@pytest.mark.parametrize(
    ("baseline", "verdict"),
    [(1.0, "INCONCLUSIVE"), (0.5, "REFUTED")],  # nothing can separate better than perfectly
)
def test_a_separation_needs_room_above_its_baseline(baseline: float, verdict: str) -> None:
    treatment = [MODEL.projection(prompts.test, on=DIRECTION) for prompts in (HARMFUL, HARMLESS)]
    others = [MODEL.cosine(prompts.test, on=DIRECTION) for prompts in (HARMFUL, HARMLESS)]

    def draw(arm: Measurement) -> np.ndarray:
        rng = np.random.default_rng(len(arm.prompts.name))
        apart = 2.0 if baseline == 1.0 and arm.prompts.name == "harmful" else 0.0
        return np.clip(rng.uniform(-0.9, 0.9, 64) * (0.1 if apart else 1) + apart * 0.4, -1, 1)

    prediction = separation(*treatment).higher_than(separation(*others), by=0.3)
    row = evaluate(claim(prediction), PlantedBench(draw))
    assert row["verdict"] == verdict, row["reason"]
    assert ("no room" in row["reason"]) == (verdict == "INCONCLUSIVE")
