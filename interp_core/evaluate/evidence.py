"""From a prediction to evidence: its arms' values, the interval of its effect, and what that decides."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from interp_core import stats
from interp_core.bench.values import MAX_DEGENERATE, Bench, Value
from interp_core.errors import InvalidEvidence
from interp_core.evaluate.estimate import Estimate, estimate
from interp_core.evaluate.facts import facts
from interp_core.evaluate.pairing import Bounds, Pairs
from interp_core.spec.claim import Claim
from interp_core.spec.judge import Judge
from interp_core.spec.measure import Judged
from interp_core.spec.model import Contrast
from interp_core.spec.prediction import Comparable, Prediction
from interp_core.spec.statistic import Correlation, Separation, Trend

LEAST_P = 5e-4  # smaller ones take millions of draws; times forty claims it is still below .025


@dataclass(frozen=True)
class Arm:
    """One measured arm of a prediction."""

    role: str
    label: str
    values: tuple[Value, ...]
    bounds: Bounds | None = None

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
    estimate: Estimate

    @property
    def n(self) -> int:
        """Pairs, or prompts where nothing is paired."""
        return self.estimate.n

    def p_value(self) -> float:
        """The smallest alpha at which the prediction would be SUPPORTED; 1 where none would do."""
        if not self.interval.decides:
            return 1.0
        return stats.p_value(lambda alpha: _decide(self.prediction, self.estimate.at(alpha)), smallest=LEAST_P)

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
            "arms": [arm.tree() for arm in {(arm.role, arm.label): arm for arm in self.arms}.values()],
            "by_frame": self._by_frame(),
            "differences": [_rounded(value) for value in self.estimate.by("request").values()],
            "span": self._span(),
            "facts": facts(prediction, self.estimate.unit),
            "judge": self._judge(),
            "notes": list(interval.notes),
        }

    def _by_frame(self) -> list[Mapping[str, Any]]:
        """The effect under each frame, and whether it lies beyond the margin there; [] where nothing is framed."""
        found = self.estimate.by("frame")
        if set(found) <= {""}:
            return []
        return [{"frame": name, "effect": _rounded(e), "beyond": self._beyond(e)} for name, e in found.items()]

    def _span(self) -> list[float] | None:
        """The least and the greatest difference that a pair can show, where the measure is bounded."""
        bounds = self.prediction.treatment.quantity.bounds
        return [bounds[0] - bounds[1], bounds[1] - bounds[0]] if bounds else None

    def _beyond(self, effect: float) -> bool:
        margin = self.prediction.margin
        relation = self.prediction.relation
        return {
            "higher": effect > margin,
            "lower": effect < -margin,
            "equivalent": abs(effect) < margin,
            "not lower": effect > -margin,
            "not higher": effect < margin,
        }[relation]

    def _judge(self) -> Mapping[str, Any] | None:
        """What is known of the judge's errors, and the smallest that would change the verdict; None without one."""
        judge = _judge(self.prediction)
        if judge is None:
            return None
        tipping = None if judge.exact else self.tipping_point()
        return {
            "name": judge.name,
            "exact": judge.exact,
            "calibrated": bool(judge.calibrations or judge.labels),
            "bias_bound": judge.bias_bound,
            "tipping_point": None if tipping is None or math.isinf(tipping) else _rounded(tipping),
        }

    def tipping_point(self) -> float | None:
        """The smallest difference between two arms' judging errors that would change the verdict; infinite if none.

        None for an AUC and a correlation: which answers are misjudged decides there, and not only how many.
        """
        moved = _moved(self.prediction)
        if moved is None:
            return None
        return stats.tipping_point(self.interval, lambda found: _decide(self.prediction, found)) / moved


def gather(prediction: Prediction, claim: Claim, bench: Bench) -> Evidence:
    """Measure the arms of a prediction and judge it.

    Raises
    ------
    InvalidEvidence : an arm's answers are mostly loops, so that the model was broken rather than changed.
    """
    arms = tuple(_arms("treatment", prediction.treatment, bench) + _arms("baseline", prediction.baseline, bench))
    for arm in arms:
        _refuse_degenerate(arm, claim)
        _refuse_out_of_bounds(arm, claim)
    found = estimate(prediction, claim, [arm.values for arm in arms], bench)
    interval = found.at(claim.alpha).noted(*_saturated(prediction, found.sides))
    evidence = Evidence(prediction, interval, _with_room(prediction, interval, found.baseline), arms, found)
    return _unless_biased(evidence)


def _unless_biased(evidence: Evidence) -> Evidence:
    """The evidence; not SUPPORTED where errors of the judge within its registered bound would change that."""
    judge = _judge(evidence.prediction)
    bound = judge.bias_bound if judge else None
    if bound is None or evidence.decision.verdict is not stats.Verdict.SUPPORTED:
        return evidence
    tipping = evidence.tipping_point()
    assert tipping is not None, "a bound on the judge's bias is refused where no difference of arms is claimed"
    if tipping > bound:
        return evidence
    reason = (
        f"it rests on the judge: an error of {tipping:.2g} more in one arm would change it, and one of {bound:g} is "
        "registered as possible"
    )
    return replace(evidence, decision=stats.Decision(stats.Verdict.INCONCLUSIVE, reason))


def _judge(prediction: Prediction) -> Judge | None:
    quantity = prediction.treatment.arms[0].quantity
    return quantity.judge if isinstance(quantity, Judged) else None


def _moved(prediction: Prediction) -> float | None:
    """How far an effect moves at most where judging errors differ by one between any two arms; None if unknown."""
    treatment, baseline = prediction.treatment, prediction.baseline
    if isinstance(treatment, Separation | Correlation):
        return None
    if isinstance(treatment, Contrast):
        return 2.0
    if isinstance(treatment, Trend):
        return stats.contrast_bounds(len(treatment.doses), (0.0, 1.0))[1] * (1 + isinstance(baseline, Trend))
    return 1.0


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")


def _arms(role: str, side: Comparable, bench: Bench) -> list[Arm]:
    return [Arm(role, arm.label, bench.values(arm), arm.quantity.bounds) for arm in side.arms]


def _refuse_degenerate(arm: Arm, claim: Claim) -> None:
    broken = sum(value.flaw == "degenerate" for value in arm.values)
    if broken > MAX_DEGENERATE * len(arm.values):
        raise InvalidEvidence(
            f"{broken} of {len(arm.values)} answers of {arm.label!r} are degenerate (the same words over and over): "
            "the model is broken there, and a broken model says nothing about the claim. Use a smaller coefficient or "
            "another site.",
            where=claim.where,
        )


def _refuse_out_of_bounds(arm: Arm, claim: Claim) -> None:
    low, high = arm.bounds or (-math.inf, math.inf)
    outside = [value for value in arm.values if value.number is not None and not low <= value.number <= high]
    if outside:
        raise InvalidEvidence(
            f"{outside[0].id!r} of {arm.label!r} has the value {outside[0].number}, outside the declared bounds "
            f"{arm.bounds}: an interval that trusts them would be too narrow. Mend the measure or its bounds.",
            where=claim.where,
        )


# The way that a mean has to be able to move, and the verdict that says nothing where it could not.
_MOVES = {
    "higher": ("rise", stats.Verdict.REFUTED),
    "lower": ("fall", stats.Verdict.REFUTED),
    "not lower": ("fall", stats.Verdict.SUPPORTED),
    "not higher": ("rise", stats.Verdict.SUPPORTED),
}


def _with_room(prediction: Prediction, interval: stats.Interval, baseline: float | None) -> stats.Decision:
    """The decision; INCONCLUSIVE where the baseline lay so near a bound that the effect could not have been shown."""
    decision, room = _decide(prediction, interval), _room(prediction, baseline)
    if room is None or room >= prediction.margin:
        return decision
    way, empty = _MOVES[prediction.relation]
    ahead = interval if way == "rise" else interval.mirrored()
    if decision.verdict is not empty or (empty is stats.Verdict.REFUTED and ahead.high < 0):
        return decision  # reversed: away from the bound there was room
    return stats.Decision(
        stats.Verdict.INCONCLUSIVE,
        f"no room: the baseline is {baseline:.2f}, so no {way} of {prediction.margin:g} was possible, and its absence "
        "says nothing",
    )


def _room(prediction: Prediction, baseline: float | None) -> float | None:
    """How far the mean could have moved the way that the prediction speaks of; None where nothing bounds it."""
    bounds = prediction.treatment.quantity.bounds
    if bounds is None or baseline is None or prediction.relation == "equivalent":
        return None
    return bounds[1] - baseline if _MOVES[prediction.relation][0] == "rise" else baseline - bounds[0]


def _saturated(prediction: Prediction, sides: Sequence[Pairs]) -> list[str]:
    """A note where two arms are equivalent because both sit on one bound: a shift past it could not have shown."""
    bounds = prediction.treatment.quantity.bounds
    if prediction.relation != "equivalent" or bounds is None or len(sides) != 1:
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
    if relation == "not lower":
        return stats.decide_noninferiority(interval, within=margin, worse="lower")
    if relation == "not higher":
        return stats.decide_noninferiority(interval, within=margin, worse="higher")
    return stats.decide(interval, margin=margin, direction=relation)
