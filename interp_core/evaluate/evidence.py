"""From a prediction to evidence: arms' values, the interval that fits their design, and what it decides."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from interp_core import stats
from interp_core.errors import InvalidEvidence
from interp_core.evaluate.pairing import Bounds, Pairs, fills, pair
from interp_core.evaluate.values import MAX_DEGENERATE, Bench, Value
from interp_core.spec.claim import Claim
from interp_core.spec.model import Contrast, Measurement, Prediction

FEWEST_REQUESTS = 5


@dataclass(frozen=True)
class Arm:
    """One measured arm of a prediction."""

    role: str
    label: str
    values: tuple[Value, ...]

    def tree(self) -> Mapping[str, Any]:
        """As JSON: mean of what could be measured, number of prompts, number missing."""
        return {
            "role": self.role,
            "label": self.label,
            "mean": _mean(self.values),
            "n": len(self.values),
            "missing": sum(value.number is None for value in self.values),
        }


@dataclass(frozen=True)
class Evidence:
    """What was found for one prediction."""

    prediction: Prediction
    interval: stats.Interval
    decision: stats.Decision
    arms: tuple[Arm, ...]
    n: int

    def tree(self) -> Mapping[str, Any]:
        """As JSON, for the report."""
        prediction, interval = self.prediction, self.interval
        design = interval.design
        return {
            "relation": prediction.relation,
            "treatment": prediction.treatment.label,
            "baseline": prediction.baseline.label,
            "noun": prediction.treatment.quantity.noun,
            "unit": prediction.unit,
            "effect": interval.estimate,
            "low": interval.low,
            "high": interval.high,
            "alpha": interval.alpha,
            "margin": prediction.margin,
            "method": interval.method,
            "n": self.n,
            "levels": dict(design.levels) if design else {"request": self.n},
            "design_effect": design.design_effect if design else None,
            "effective_n": design.effective_n if design else None,
            "verdict": self.decision.verdict.name,
            "reason": self.decision.reason,
            "phrase": prediction.phrase,
            "arms": [arm.tree() for arm in self.arms],
            "notes": list(interval.notes),
        }


def gather(prediction: Prediction, claim: Claim, bench: Bench) -> Evidence:
    """Measure the arms of a prediction and judge it.

    Raises
    ------
    InvalidEvidence : an arm's answers are mostly loops, so that the model was broken rather than changed.
    """
    arms = tuple(_arms("treatment", prediction.treatment, bench) + _arms("baseline", prediction.baseline, bench))
    for arm in arms:
        _refuse_degenerate(arm, claim)
        _refuse_out_of_bounds(arm, prediction.treatment.quantity.bounds, claim)
    sides = _sides(prediction, arms, claim.where)
    gap = _gap(prediction, claim, bench)
    margin = prediction.margin * (abs(gap.estimate) if gap else 1.0)
    interval = _interval(prediction, claim, sides, margin)
    if gap:
        interval = stats.ratio_interval(interval, gap)
    requests = len(set(sides[0].requests))
    if requests < FEWEST_REQUESTS:
        interval = interval.withheld(f"{requests} requests are too few to generalise over; {FEWEST_REQUESTS} or more")
    interval = interval.noted(*_saturated(prediction, sides))
    decision = _with_room(prediction, interval, sides)
    return Evidence(prediction, interval, decision, arms, len(sides[0].treatment))


def _arms(role: str, side: Measurement | Contrast, bench: Bench) -> list[Arm]:
    return [Arm(role, arm.label, bench.values(arm)) for arm in side.arms]


def _refuse_degenerate(arm: Arm, claim: Claim) -> None:
    broken = sum(value.flaw == "degenerate" for value in arm.values)
    if broken > MAX_DEGENERATE * len(arm.values):
        raise InvalidEvidence(
            f"{broken} of {len(arm.values)} answers of {arm.label!r} are degenerate (the same words over and over): "
            "the model is broken there, and a broken model says nothing about the claim. Use a smaller coefficient or "
            "another site.",
            where=claim.where,
        )


def _refuse_out_of_bounds(arm: Arm, bounds: Bounds | None, claim: Claim) -> None:
    low, high = bounds or (-math.inf, math.inf)
    outside = [value for value in arm.values if value.number is not None and not low <= value.number <= high]
    if outside:
        raise InvalidEvidence(
            f"{outside[0].id!r} of {arm.label!r} has the value {outside[0].number}, outside the declared bounds "
            f"{bounds}: an interval that trusts them would be too narrow. Mend the measure or its bounds.",
            where=claim.where,
        )


def _sides(prediction: Prediction, arms: Sequence[Arm], where: str) -> tuple[Pairs, ...]:
    """One set of pairs for a plain prediction; for an interaction one of the treatment's and one of the baseline's."""
    values = [arm.values for arm in arms]
    if isinstance(prediction.treatment, Contrast):
        return pair(values[0], values[1], where=where), pair(values[2], values[3], where=where)
    return (pair(values[0], values[1], where=where),)


def _interval(prediction: Prediction, claim: Claim, sides: tuple[Pairs, ...], margin: float) -> stats.Interval:
    """The interval of the effect; where values are missing, it spans the worst and the best case."""
    bounds = prediction.treatment.quantity.bounds
    missing = sum(side.missing for side in sides)
    cases = fills(bounds, missing, where=claim.where)
    found = [_case(claim, sides, case, bounds, margin) for case in cases]
    if len(found) == 1:
        return found[0]
    if any(side.missing == len(side.treatment) for side in sides):
        found = [interval.withheld("no pair has both scores") for interval in found]
    worst, best = sorted(found, key=lambda interval: interval.estimate)
    means = [side.mean() for side in sides]
    whole = [mean for mean in means if mean is not None]
    middle = whole[0] - sum(whole[1:]) if len(whole) == len(sides) else (worst.estimate + best.estimate) / 2
    note = f"{missing} pairs have no score; the interval spans their worst and best case"
    return dataclasses.replace(
        worst,
        estimate=middle,
        high=best.high,
        decides=worst.decides and best.decides,
        notes=(*dict.fromkeys(worst.notes + best.notes), note),
    )


def _case(
    claim: Claim, sides: tuple[Pairs, ...], missing: tuple[float, float], bounds: Bounds | None, margin: float
) -> stats.Interval:
    rng = np.random.default_rng(claim.seed())
    span = (bounds[0] - bounds[1], bounds[1] - bounds[0]) if bounds else None
    # a missing value of the second contrast is put in the other way round, so that the case stays the worst or best
    values = [side.differences(m) for side, m in zip(sides, (missing, missing[::-1]), strict=False)]
    random, alpha = frozenset(claim.random), claim.alpha
    if len(sides) == 2 and _same_cells(*sides):
        # one group of requests under two conditions: the contrast is paired cell by cell
        values, sides = [values[0] - values[1]], sides[:1]
        span = (2 * span[0], 2 * span[1]) if span else None
    if len(sides) == 2:
        a, b = sides
        return stats.interaction_interval(
            values[0], a.requests, a.frames, values[1], b.requests, b.frames,
            random=random, rng=rng, alpha=alpha, bounds=span, margin=margin,
        )  # fmt: skip
    if sides[0].framed:
        return stats.crossed_interval(
            values[0], sides[0].requests, sides[0].frames,
            random=random, rng=rng, alpha=alpha, bounds=span, margin=margin,
        )  # fmt: skip
    return stats.paired_mean_interval(values[0], rng=rng, alpha=alpha, bounds=span, margin=margin)


def _same_cells(a: Pairs, b: Pairs) -> bool:
    return [value.id for value in a.treatment] == [value.id for value in b.treatment]


def _gap(prediction: Prediction, claim: Claim, bench: Bench) -> stats.Interval | None:
    """The harmful-harmless gap with its own interval, where it is the prediction's unit."""
    direction = prediction.treatment.arms[0].gap
    if direction is None:
        return None
    positive, negative = (np.asarray(side, dtype=np.float64) for side in bench.gap(direction))
    rng = np.random.default_rng(claim.seed())
    gap = stats.unpaired_mean_interval(positive, negative, alpha=claim.alpha, rng=rng)
    if gap.high < 0:
        raise InvalidEvidence(
            f"on its select split the direction {direction.name!r} points the other way: {direction.positive.name} "
            f"projects lower than {direction.negative.name} by {-gap.estimate:.3g}, so its gap is no unit.",
            where=claim.where,
        )
    return gap


def _with_room(prediction: Prediction, interval: stats.Interval, sides: Sequence[Pairs]) -> stats.Decision:
    """The decision; INCONCLUSIVE where the baseline lay so near a bound that the effect could not have been shown."""
    decision, room = _decide(prediction, interval), _room(prediction, sides)
    if room is None or room >= prediction.margin or decision.verdict is not stats.Verdict.REFUTED:
        return decision
    effect = interval if prediction.relation == "higher" else interval.mirrored()
    if effect.high < 0:
        return decision  # reversed: away from the bound there was room
    way = {"higher": "rise", "lower": "fall"}[prediction.relation]
    at = _mean(sides[0].baseline)
    return stats.Decision(
        stats.Verdict.INCONCLUSIVE,
        f"no room: the baseline is {at:.2f}, so no {way} of {prediction.margin:g} was possible, and its absence says "
        "nothing",
    )


def _room(prediction: Prediction, sides: Sequence[Pairs]) -> float | None:
    """How far the mean could have moved in the predicted direction; None where nothing bounds it."""
    bounds, baseline = prediction.treatment.quantity.bounds, _mean(sides[0].baseline)
    if bounds is None or baseline is None or prediction.relation == "equivalent" or len(sides) > 1:
        return None
    return bounds[1] - baseline if prediction.relation == "higher" else baseline - bounds[0]


def _saturated(prediction: Prediction, sides: Sequence[Pairs]) -> list[str]:
    """A note where two arms are equivalent because both sit on one bound: a shift past it could not have shown."""
    bounds = prediction.treatment.quantity.bounds
    if prediction.relation != "equivalent" or bounds is None or len(sides) > 1:
        return []
    means = {_mean(sides[0].treatment), _mean(sides[0].baseline)}
    return [f"both arms lie at the bound {bound:g}: only a shift away from it could show" for bound in bounds
            if means == {bound}]  # fmt: skip


def _mean(values: Sequence[Value]) -> float | None:
    numbers = [value.number for value in values if value.number is not None]
    return float(np.mean(numbers)) if numbers else None


def _decide(prediction: Prediction, interval: stats.Interval) -> stats.Decision:
    relation, margin = prediction.relation, prediction.margin
    if relation == "equivalent":
        return stats.decide_equivalence(interval, within=margin)
    return stats.decide(interval, margin=margin, direction=relation)
