"""From the values of a prediction's arms to the interval of its effect, at any alpha."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from interp_core import stats
from interp_core.bench.values import Bench, Value
from interp_core.errors import ClaimError, InvalidEvidence
from interp_core.evaluate.best import best
from interp_core.evaluate.labels import Labelled, labelled
from interp_core.evaluate.pairing import Bounds, Pairs, fills, pair
from interp_core.spec.best import Best
from interp_core.spec.claim import Claim
from interp_core.spec.judge import Labels
from interp_core.spec.measure import Judged
from interp_core.spec.model import Contrast
from interp_core.spec.prediction import Prediction
from interp_core.spec.statistic import CHANCE, Correlation, Separation, Trend
from interp_core.stats.judge_error import Judges

FEWEST_REQUESTS = 5
Arms = Sequence[tuple[Value, ...]]
At = Callable[[float], stats.Interval]
# Given the error of one tail, and the margin in the measure's own unit.
InRaw = Callable[[float, float], stats.Interval]


@dataclass(frozen=True)
class Estimate:
    """What the arms of a prediction come down to.

    Attributes
    ----------
    at : the effect's interval, given the error of one tail.
    n : pairs, or prompts where nothing is paired.
    sides : the pairs behind it: one set, two for an interaction, none for a separation or a correlation.
    unit : the size of the effect's unit: the gap, or 1.
    separated : the AUC that the baseline of a separation has; None for all else.
    """

    at: At
    n: int
    sides: tuple[Pairs, ...] = ()
    unit: float = 1.0
    separated: float | None = None

    @property
    def baseline(self) -> float | None:
        """Where the baseline lies on the scale of the measure; None where no single number says so."""
        if len(self.sides) != 1:
            return self.separated
        numbers = [value.number for value in self.sides[0].baseline if value.number is not None]
        return float(np.mean(numbers)) if numbers else None

    def by(self, factor: str) -> dict[str, float]:
        """The effect at each level of a factor, ``request`` or ``frame``; {} where pairs do not carry it alone."""
        if len(self.sides) != 1:
            return {}
        found: dict[str, list[float]] = {}
        side = self.sides[0]
        for treatment, baseline in zip(side.treatment, side.baseline, strict=True):
            if treatment.number is not None and baseline.number is not None:
                found.setdefault(getattr(treatment, factor), []).append(treatment.number - baseline.number)
        return {level: float(np.mean(values)) / self.unit for level, values in found.items()}


def estimate(prediction: Prediction, claim: Claim, arms: Arms, bench: Bench) -> Estimate:
    """The estimate that fits the design of a prediction, whose arms have the values `arms`.

    Raises
    ------
    ClaimError : values without a partner, or missing where nothing bounds them.
    InvalidEvidence : the gap that is the unit points the other way.
    """
    sort, labels = type(prediction.treatment), _labels(prediction)
    if sort is Separation:
        return _separation(claim, arms)
    if sort is Correlation:
        return _correlation(claim, arms)
    if sort is Best:
        chosen, side = best(prediction, claim, arms)
        return _in_units(prediction, claim, (side,), lambda alpha, _: chosen(alpha), bench)
    sides, bounds = _trends(prediction, claim, arms) if sort is Trend else _differences(prediction, claim, arms)
    judges = _judges(prediction)
    if labels is not None:
        return _raw(sides, _powered(claim, sides[0], labelled(labels, claim, sides[0])))
    if judges is not None:
        return _raw(sides, lambda alpha: _corrected(claim, sides[0], judges, alpha))
    return _in_units(
        prediction, claim, sides, lambda alpha, margin: _interval(claim, sides, bounds, margin, alpha), bench
    )


def _raw(sides: tuple[Pairs, ...], at: At) -> Estimate:
    return Estimate(at, len(sides[0].treatment), sides)


def _differences(prediction: Prediction, claim: Claim, arms: Arms) -> tuple[tuple[Pairs, ...], Bounds | None]:
    """One set of pairs for a plain prediction; for an interaction one of the treatment's and one of the baseline's."""
    bounds = prediction.treatment.quantity.bounds
    if isinstance(prediction.treatment, Contrast):
        return (pair(arms[0], arms[1], where=claim.where), pair(arms[2], arms[3], where=claim.where)), bounds
    return (pair(arms[0], arms[1], where=claim.where),), bounds


def _trends(prediction: Prediction, claim: Claim, arms: Arms) -> tuple[tuple[Pairs, ...], Bounds | None]:
    """Each request's rise over the doses as one number, against the baseline's rise or against none."""
    treatment, baseline = prediction.treatment, prediction.baseline
    assert isinstance(treatment, Trend)
    count = len(treatment.doses)
    rises = _rises(treatment, arms[:count])
    measured = treatment.measurements[0].quantity.bounds
    bounds = stats.contrast_bounds(count, measured) if measured else None
    if isinstance(baseline, Trend):
        return (pair(rises, _rises(baseline, arms[count:]), where=claim.where),), bounds
    flat = tuple(dataclasses.replace(value, number=0.0) for value in rises)
    return (pair(rises, flat, where=claim.where),), bounds


def _rises(sweep: Trend, arms: Arms) -> tuple[Value, ...]:
    by_id: list[Mapping[str, Value]] = [{value.id: value for value in arm} for arm in arms]
    table = np.array([[_or_nan(dose[value.id].number) for dose in by_id] for value in arms[0]])
    whole = np.isfinite(table).all(axis=1)
    rises = np.full(len(table), np.nan)
    if whole.any():
        rises[whole] = stats.dose_contrasts(table[whole], np.array(sweep.doses))
    return tuple(_rise(value, rise) for value, rise in zip(arms[0], rises.tolist(), strict=True))


def _or_nan(number: float | None) -> float:
    return math.nan if number is None else number


def _rise(value: Value, rise: float) -> Value:
    if math.isnan(rise):
        return dataclasses.replace(value, number=None, flaw="not judged at every dose")
    return dataclasses.replace(value, number=rise)


def _in_units(
    prediction: Prediction, claim: Claim, sides: tuple[Pairs, ...], interval: InRaw, bench: Bench
) -> Estimate:
    """The estimate in the prediction's unit: raw, or shares of the gap with the gap's own uncertainty."""
    requests = len(set(sides[0].requests))
    of_claim = _gap(prediction, claim, bench, claim.alpha)
    unit = abs(of_claim.estimate) if of_claim else 1.0

    def at(alpha: float) -> stats.Interval:
        found = interval(alpha, prediction.margin * unit)
        gap = _gap(prediction, claim, bench, alpha)
        found = stats.ratio_interval(found, gap) if gap else found
        return found if requests >= FEWEST_REQUESTS else found.withheld(_too_few(requests))

    return Estimate(at, len(sides[0].treatment), sides, unit)


def _judges(prediction: Prediction) -> Judges | None:
    """The measured errors of the judge behind a difference of two rates, where it has been calibrated."""
    quantity = prediction.treatment.arms[0].quantity
    if not isinstance(quantity, Judged):
        return None
    counts = tuple(
        stats.JudgeCounts(c.positives, c.detected, c.negatives, c.cleared) for c in quantity.judge.calibrations
    )
    return (counts[0], counts[1]) if len(counts) > 1 else counts[0] if counts else None


def _corrected(claim: Claim, side: Pairs, judges: Judges, alpha: float) -> stats.Interval:
    """The difference of true rates behind the judged ones (Rogan and Gladen 1978), its uncertainty carried."""
    rng = np.random.default_rng(claim.seed())
    treatment, baseline = (_answers(values, claim.where) for values in (side.treatment, side.baseline))
    if not side.framed:
        return stats.corrected_difference_interval(treatment, baseline, judges, rng=rng, alpha=alpha)
    values, bounds = stats.corrected_differences(treatment, baseline, judges)
    found = stats.crossed_interval(
        values, side.requests, side.frames, random=frozenset(claim.random), rng=rng, alpha=alpha, bounds=bounds
    )
    return stats.carry_calibration(found, float(treatment.mean()), float(baseline.mean()), judges, rng=rng)


def _answers(values: Sequence[Value], where: str) -> Float[np.ndarray, "n"]:
    """Judged answers of which each is yes or no: sensitivity and specificity say nothing of others."""
    numbers = _numbers(values, where)
    if not np.isin(numbers, (0.0, 1.0)).all():
        raise ClaimError(
            "a calibrated judge answers 0 or 1, and this one gave scores in between: sensitivity and specificity say "
            "nothing of those. Use a threshold in the judge, or leave the calibration out.",
            where=where,
        )
    return numbers


def _labels(prediction: Prediction) -> Labels | None:
    """The labels that correct the judge of a prediction, where there are such."""
    quantity = prediction.treatment.arms[0].quantity
    return quantity.judge.labels if isinstance(quantity, Judged) else None


def _powered(claim: Claim, side: Pairs, labels: Labelled) -> At:
    """The difference of true rates, from all judged pairs and the labels of some (prediction-powered inference)."""
    cases = [side.differences(case) for case in fills((0.0, 1.0), side.missing, where=claim.where)]
    note = labels.note()

    def at(alpha: float) -> stats.Interval:
        rng = np.random.default_rng(claim.seed())
        found = [
            stats.prediction_powered_interval(judged, labels.differences, rng=rng, alpha=alpha, bounds=(-1.0, 1.0))
            if not labels.missing
            else stats.paired_mean_interval(judged, rng=rng, alpha=alpha, bounds=(-1.0, 1.0)).withheld(labels.wanted)
            for judged in cases
        ]
        return _spanning(found, (found[0].estimate + found[-1].estimate) / 2, side.missing).noted(note)

    return at


def _too_few(requests: int) -> str:
    return f"{requests} requests are too few to generalise over; {FEWEST_REQUESTS} or more"


def _interval(
    claim: Claim, sides: tuple[Pairs, ...], bounds: Bounds | None, margin: float, alpha: float
) -> stats.Interval:
    """The interval of the effect; where values are missing, it spans the worst and the best case."""
    missing = sum(side.missing for side in sides)
    cases = fills(bounds, missing, where=claim.where)
    found = [_case(claim, sides, case, bounds, margin, alpha) for case in cases]
    if any(side.missing == len(side.treatment) for side in sides):
        found = [interval.withheld("no pair has both scores") for interval in found]
    means = [side.mean() for side in sides]
    whole = [mean for mean in means if mean is not None]
    middle = whole[0] - sum(whole[1:]) if len(whole) == len(sides) else (found[0].estimate + found[-1].estimate) / 2
    return _spanning(found, middle, missing)


def _spanning(found: Sequence[stats.Interval], middle: float, missing: int) -> stats.Interval:
    """One interval for the worst and the best that missing values can have been; the only one where none is missing."""
    if len(found) == 1:
        return found[0]
    worst, best = sorted(found, key=lambda interval: interval.estimate)
    note = f"{missing} pairs have no score; the interval spans their worst and best case"
    return dataclasses.replace(
        worst,
        estimate=middle,
        high=best.high,
        decides=worst.decides and best.decides,
        notes=(*dict.fromkeys(worst.notes + best.notes), note),
    )


def _case(
    claim: Claim,
    sides: tuple[Pairs, ...],
    missing: tuple[float, float],
    bounds: Bounds | None,
    margin: float,
    alpha: float,
) -> stats.Interval:
    rng = np.random.default_rng(claim.seed())
    span = (bounds[0] - bounds[1], bounds[1] - bounds[0]) if bounds else None
    # a missing value of the second contrast is put in the other way round, so that the case stays the worst or best
    values = [side.differences(m) for side, m in zip(sides, (missing, missing[::-1]), strict=False)]
    random = frozenset(claim.random)
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


def _gap(prediction: Prediction, claim: Claim, bench: Bench, alpha: float) -> stats.Interval | None:
    """The harmful-harmless gap with its own interval, where it is the prediction's unit."""
    direction = prediction.treatment.gap
    if direction is None:
        return None
    positive, negative = (np.asarray(side, dtype=np.float64) for side in bench.gap(prediction.treatment.arms[0]))
    rng = np.random.default_rng(claim.seed())
    gap = stats.unpaired_mean_interval(positive, negative, alpha=alpha, rng=rng)
    if gap.high < 0:
        raise InvalidEvidence(
            f"on its select split the direction {direction.name!r} points the other way: {direction.positive.name} "
            f"projects lower than {direction.negative.name} by {-gap.estimate:.3g}, so its gap is no unit.",
            where=claim.where,
        )
    return gap


def _separation(claim: Claim, arms: Arms) -> Estimate:
    """The AUC less chance, or less the AUC of the baseline's measurement of the same prompts."""
    scores = [_numbers(arm, claim.where) for arm in arms]
    n = len(scores[0]) + len(scores[1])
    fewest = min(len(scores[0]), len(scores[1]))

    def at(alpha: float) -> stats.Interval:
        if len(scores) == 2:
            found = stats.auc_interval(scores[0], scores[1], alpha=alpha).scaled(1.0, offset=-0.5)
        else:
            rng = np.random.default_rng(claim.seed())
            found = stats.auc_difference_interval(*scores, rng=rng, alpha=alpha)
        return found if fewest >= FEWEST_REQUESTS else found.withheld(_too_few(fewest))

    return Estimate(at, n, separated=stats.auc_interval(*scores[2:]).estimate if scores[2:] else CHANCE.value)


def _correlation(claim: Claim, arms: Arms) -> Estimate:
    pairs = pair(arms[0], arms[1], where=claim.where)
    x, y = _numbers(pairs.treatment, claim.where), _numbers(pairs.baseline, claim.where)

    def at(alpha: float) -> stats.Interval:
        found = stats.spearman_interval(x, y, alpha=alpha)
        return found if len(x) >= FEWEST_REQUESTS else found.withheld(_too_few(len(x)))

    return Estimate(at, len(x))


def _numbers(values: Sequence[Value], where: str) -> Float[np.ndarray, "n"]:
    """The numbers; a rank needs one for every prompt."""
    missing = [value.id for value in values if value.number is None]
    if missing:
        raise ClaimError(
            f"{len(missing)} prompts have no number, {missing[0]!r} among them, and a rank statistic cannot bound what "
            "they were. Mend the values, or claim a difference of means.",
            where=where,
        )
    return np.array([value.number for value in values], dtype=np.float64)
