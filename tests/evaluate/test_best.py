"""The best of several configurations: the choice does not make an effect."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from interp_core import add, best_of
from interp_core.errors import ClaimError
from interp_core.evaluate.evidence import gather
from interp_core.evaluate.outlook import outlook
from interp_core.spec.best import Best
from interp_core.spec.model import Measurement
from interp_core.spec.prediction import Prediction

from .planted import CEILING, DIRECTION, FRAMES, HARMFUL, HARMLESS, JUDGE, MODEL, Draw, PlantedBench, claim, wrong

COUNT = 8
COEFFICIENTS = [0.5 + k for k in range(COUNT)]


def configurations(*, judged: bool) -> Best:
    def measure(coefficient: float) -> Measurement:
        model = MODEL.under(add(DIRECTION, coefficient=coefficient))
        if judged:
            return model.judged(HARMFUL.test, by=JUDGE)
        return model.projection(HARMFUL.test, on=DIRECTION, raw=True)

    return best_of({f"coefficient {c:g}": measure(c) for c in COEFFICIENTS})


def bare(*, judged: bool) -> Measurement:
    return MODEL.judged(HARMFUL.test, by=JUDGE) if judged else MODEL.projection(HARMFUL.test, on=DIRECTION, raw=True)


def which(arm: Measurement) -> int | None:
    return COEFFICIENTS.index(arm.model.interventions[0].coefficient) if arm.model.interventions else None  # type: ignore[union-attr]


def found(prediction: Prediction, bench: PlantedBench) -> Mapping[str, Any]:
    return gather(prediction, claim(prediction), bench).tree()


@pytest.mark.parametrize(("relation", "judged"), [("higher", False), ("lower", True)], ids=["unbounded", "rates"])
def test_the_best_of_several_that_are_all_at_the_margin_is_rarely_supported(relation: str, judged: bool) -> None:
    sign = 1 if relation == "higher" else -1

    def draws(rng: np.random.Generator) -> Draw:
        level = 0.5

        def draw(arm: Measurement) -> np.ndarray:
            moved = 0.0 if which(arm) is None else 0.3 * sign
            if judged:
                return (rng.random(64) < level + moved).astype(float)
            return np.asarray(moved + rng.standard_normal(64))

        return draw

    best, baseline = configurations(judged=judged), bare(judged=judged)
    prediction = (best.higher_than if sign > 0 else best.lower_than)(baseline, by=0.3)
    assert wrong(prediction, draws) <= CEILING


def test_taking_the_best_as_if_it_were_the_only_one_errs_far_too_often() -> None:
    """What the correction is for: the winner, judged as if nobody had chosen it."""

    def draws(rng: np.random.Generator) -> Draw:
        numbers = 0.3 + rng.standard_normal((COUNT, 64))
        return lambda arm: np.zeros(64) if which(arm) is None else numbers[numbers.mean(axis=1).argmax()]

    alone = configurations(judged=False).measurements[0].higher_than(bare(judged=False), by=0.3)
    assert wrong(alone, draws) > 0.1


def test_a_planted_winner_is_found_and_the_number_tried_is_told() -> None:
    rng = np.random.default_rng(0)
    numbers = rng.standard_normal((COUNT, 64))
    numbers[4] += 2
    best = configurations(judged=False)
    bench = PlantedBench(lambda arm: np.zeros(64) if which(arm) is None else numbers[which(arm) or 0])
    evidence = found(best.higher_than(bare(judged=False), by=0.5), bench)
    assert evidence["verdict"] == "SUPPORTED"
    assert evidence["notes"][-1].startswith("8 configurations were tried; coefficient 4.5 won, ")
    assert [arm["role"] for arm in evidence["arms"]] == ["treatment"] * COUNT + ["baseline"]
    assert len(evidence["differences"]) == 64
    assert np.mean(evidence["differences"]) == pytest.approx(evidence["effect"], abs=1e-5)


def test_the_winner_of_lower_is_the_lowest() -> None:
    numbers = np.random.default_rng(1).standard_normal((COUNT, 64))
    numbers[7] -= 2
    numbers[2] += 3
    bench = PlantedBench(lambda arm: np.zeros(64) if which(arm) is None else numbers[which(arm) or 0])
    evidence = found(configurations(judged=False).lower_than(bare(judged=False), by=0.5), bench)
    assert evidence["verdict"] == "SUPPORTED"
    assert "coefficient 7.5 won" in evidence["notes"][-1]


def test_each_configuration_may_have_its_own_baseline() -> None:
    best = configurations(judged=False)
    sham = {
        name: MODEL.under(add(DIRECTION.random(), coefficient=c)).projection(HARMFUL.test, on=DIRECTION, raw=True)
        for name, c in zip(best.names, COEFFICIENTS, strict=True)
    }
    rng = np.random.default_rng(2)
    bench = PlantedBench(lambda arm: rng.standard_normal(64) + ("random" not in arm.label))
    assert found(best.higher_than(best_of(sham), by=0.3), bench)["verdict"] == "SUPPORTED"
    with pytest.raises(ClaimError, match="are compared with other"):
        best.higher_than(best_of({"other": sham["coefficient 0.5"], "more": sham["coefficient 1.5"]}), by=0.3)


def test_missing_scores_are_refused() -> None:
    numbers = np.ones(64)
    numbers[0] = np.nan
    with pytest.raises(ClaimError, match="8 pairs have no score"):
        found(configurations(judged=True).higher_than(bare(judged=True), by=0.3), PlantedBench(lambda _: numbers))


def test_what_says_nothing_is_refused() -> None:
    framed = HARMFUL.test.framed(FRAMES)
    best = configurations(judged=True)
    with pytest.raises(ClaimError, match="it shows of none that it is small"):
        best.equivalent_to(bare(judged=True), within=0.1)
    with pytest.raises(ClaimError, match="it shows of none that it is small"):
        best.not_lower_than(bare(judged=True), within=0.1)
    with pytest.raises(ClaimError, match="two measurements or more"):
        best_of({"one": bare(judged=True)})
    with pytest.raises(ClaimError, match="on the same requests"):
        best_of({"a": bare(judged=True), "b": MODEL.judged(HARMLESS.test, by=JUDGE)})
    with pytest.raises(ClaimError, match="unframed prompts"):
        best_of({f"{c}": MODEL.under(add(DIRECTION, coefficient=c)).judged(framed, by=JUDGE) for c in (1, 2)})


def test_a_plan_pays_for_the_choice() -> None:
    best, one = configurations(judged=True), configurations(judged=True).measurements[0]
    chosen = outlook(many := best.higher_than(bare(judged=True), by=0.3), claim(many)).chance
    alone = outlook(single := one.higher_than(bare(judged=True), by=0.3), claim(single)).chance
    assert chosen is not None
    assert alone is not None
    assert chosen < alone
