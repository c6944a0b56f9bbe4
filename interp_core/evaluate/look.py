"""Exploration: an effect with its interval and random examples, without a margin and without a verdict."""

from collections.abc import Sequence

import numpy as np

from interp_core.bench.values import Bench, Value
from interp_core.evaluate.doses import dose_response
from interp_core.evaluate.drawn import selections
from interp_core.evaluate.estimate import estimate
from interp_core.spec.claim import Claim
from interp_core.spec.model import Measurement, Model
from interp_core.spec.prediction import Comparable, Prediction, check_comparable
from interp_core.spec.statistic import Trend

EXAMPLES = 10
_SHOWN = 160  # characters of a text


def look(treatment: Comparable, baseline: Comparable, bench: Bench, *, random: tuple[str, ...] = ("request",)) -> str:
    """What two arms show, in a few lines: the effect, its 95 % interval, and ten random examples of the treatment.

    Parameters
    ----------
    treatment, baseline : what a claim would compare.
    bench : where numbers come from.
    random : the factors generalised over.

    Raises
    ------
    ClaimError : the two do not compare.
    """
    check_comparable(treatment, baseline, "treatment", "baseline", "")
    prediction = Prediction(treatment, baseline, "higher", np.finfo(float).tiny)
    arms = [bench.values(arm) for arm in prediction.arms]
    model = treatment.arms[0].model
    claim = Claim(
        "look", "Exploration.", "", "behavioural", Model(model.source, model.name), (prediction,), random=random
    )
    found = estimate(prediction, claim, arms, bench)
    interval = found.at(claim.alpha)
    unit = f" {prediction.unit}" if prediction.unit else ""
    return "\n".join(
        [
            f"{treatment.quantity.noun} of {treatment.label}, less {baseline.label}: {interval.estimate:.3g} "
            f"[{interval.low:.3g}, {interval.high:.3g}]{unit} (n = {found.n}; exploration: no margin, no verdict)",
            *(f"  note: {note}" for note in interval.notes),
            *_sweeps(prediction, arms, bench, found.unit, claim),
            *_examples(treatment.arms[0], arms[0], claim.seed()),
        ]
    )


def _sweeps(
    prediction: Prediction, arms: Sequence[tuple[Value, ...]], bench: Bench, unit: float, claim: Claim
) -> list[str]:
    """The response at each dose of a trend, and what was tried for every direction whose site was selected."""
    treatment, baseline = prediction.treatment, prediction.baseline
    lines = [f"  {found.winner.name} was selected: {found}" for found in selections(prediction.arms, bench)]
    if isinstance(treatment, Trend):
        other = baseline if isinstance(baseline, Trend) else None
        by_dose = dose_response(
            treatment, other, arms, seed=claim.seed(), random=frozenset(claim.random), unit=unit
        )  # fmt: skip
        lines += [f"  by dose: {line}" for line in str(by_dose).split("\n")]
    return lines


def _examples(arm: Measurement, values: tuple[Value, ...], seed: int) -> list[str]:
    count = min(EXAMPLES, len(values))
    chosen = np.random.default_rng(seed).choice(len(values), size=count, replace=False)
    return [f"  {count} random examples of {arm.label}:", *(_example(values[int(i)]) for i in chosen)]


def _example(value: Value) -> str:
    number = value.flaw if value.number is None else f"{value.number:.3g}"
    said = value.prompt if value.output is None else value.output
    text = " ".join(said.split())
    return f"    {number:>8}  {value.id}: {text[:_SHOWN]}{'…' if len(text) > _SHOWN else ''}"
