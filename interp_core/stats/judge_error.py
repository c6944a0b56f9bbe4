"""A judge's measured errors, carried into the interval of what it judged."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from interp_core.stats._dirichlet import dirichlet, means_with, quantile
from interp_core.stats._values import Bounds, check_alpha, finite, within
from interp_core.stats.decide import Decision
from interp_core.stats.interval import SMALL_N, Interval
from interp_core.stats.means import draws_for
from interp_core.stats.unpaired import unpaired_mean_interval

_FARTHEST = 1e9  # an error beyond which no verdict is looked for

Draws = Float[np.ndarray, "draw"]
Side = Literal["high", "low"]


@dataclass(frozen=True)
class JudgeCounts:
    """What a judge answered on outputs with human labels.

    Parameters
    ----------
    positives : outputs that people labelled yes.
    detected : of those, the ones the judge called yes.
    negatives : outputs that people labelled no.
    cleared : of those, the ones the judge called no.

    Raises
    ------
    ValueError : there is no positive or no negative, or a part is larger than its whole.
    """

    positives: int
    detected: int
    negatives: int
    cleared: int

    def __post_init__(self) -> None:
        if not (0 <= self.detected <= self.positives and 0 <= self.cleared <= self.negatives):
            raise ValueError(f"{self}: the judge cannot be right more often than it was asked.")
        if not (self.positives and self.negatives):
            raise ValueError(f"{self}: label at least one positive and one negative output to measure a judge's error.")

    @property
    def youden(self) -> float:
        """Sensitivity plus specificity minus one: what is left of a difference after the judge's errors."""
        return self.detected / self.positives + self.cleared / self.negatives - 1


Judges = JudgeCounts | tuple[JudgeCounts, JudgeCounts]


def rogan_gladen(rate: float, judge: JudgeCounts) -> float:
    """The share of positives behind a judged rate: ``(rate + specificity - 1) / (sensitivity + specificity - 1)`` [1]_.

    Kept within [0, 1]; of a judge that knows nothing, the rate itself.

    References
    ----------
    .. [1] Rogan and Gladen (1978), Am. J. Epidemiol. 107, 71-76.
    """
    if judge.youden <= 0:
        return rate
    return float(np.clip((rate + judge.cleared / judge.negatives - 1) / judge.youden, 0.0, 1.0))


def corrected_difference_interval(
    treatment: ArrayLike,
    baseline: ArrayLike,
    judges: Judges,
    *,
    rng: np.random.Generator,
    alpha: float = 0.025,
    paired: bool = True,
) -> Interval:
    """Interval for the difference of two true rates, where a judge with measured errors gave the answers.

    Each arm is corrected as Rogan and Gladen did [1]_. The arms' rates, the judge's sensitivity and its specificity
    are drawn together, each from the side of its exact confidence distribution that makes the end of the interval more
    cautious: melded limits [2]_, Clopper and Pearson's for a rate alone. A judge whose calibration does not show that
    it tells yes from no decides nothing.

    Parameters
    ----------
    treatment, baseline : the judge's answers, 0 or 1; pairs in the same order where `paired`.
    judges : one calibration for both arms, or that of the treatment's outputs and that of the baseline's.
    rng : where draws come from.
    alpha : error of each tail.
    paired : whether the two arms were measured on the same prompts.

    Raises
    ------
    ValueError : an answer other than 0 and 1, none at all, or paired arms of different lengths.

    References
    ----------
    .. [1] Rogan and Gladen (1978), Am. J. Epidemiol. 107, 71-76.
    .. [2] Fay, Proschan and Brittain (2015), Biometrics 71, 146-156.
    """
    check_alpha(alpha)
    first, second = _answers(treatment, "treatment"), _answers(baseline, "baseline")
    if paired and len(first) != len(second):
        raise ValueError(f"{len(first)} and {len(second)} answers cannot be pairs; give paired=False for two samples.")
    draws = draws_for(alpha)
    rates = _paired_rates if paired else _two_rates
    low, low_mc = quantile(_lowest(*rates(first, second, rng, draws), judges, rng), alpha)
    high, high_mc = quantile(_lowest(*rates(second, first, rng, draws), _swapped(judges), rng), alpha)
    estimate = _estimate(float(first.mean()), float(second.mean()), judges)
    found = Interval(
        estimate,
        max(min(low, estimate), -1.0),
        min(max(-high, estimate), 1.0),
        alpha,
        "Rogan-Gladen, melded",
        min(len(first), len(second)),
        monte_carlo=(low_mc, high_mc),
    )
    return _unless_blind(found, judges, rng)


def corrected_differences(
    treatment: ArrayLike, baseline: ArrayLike, judges: Judges
) -> tuple[Float[np.ndarray, "n"], Bounds]:
    """Each pair's difference on the scale of true rates, where the judge errs as measured, and the bounds it has.

    For designs that `corrected_difference_interval` does not know, such as frames: give both to the design's own
    interval, and that to `carry_calibration`.

    Raises
    ------
    ValueError : an answer other than 0 and 1, arms of different lengths, or a judge that was right no more often than
        by chance.
    """
    first, second = _answers(treatment, "treatment"), _answers(baseline, "baseline")
    if len(first) != len(second):
        raise ValueError(f"{len(first)} and {len(second)} answers cannot be pairs.")
    own, other = judges if isinstance(judges, tuple) else (judges, judges)
    for judge in (own, other):
        if judge.youden <= 0:
            raise ValueError(f"{judge} was right no more often than by chance; nothing can be corrected by it.")
    lows = [(judge.cleared / judge.negatives - 1) / judge.youden for judge in (own, other)]
    offset = lows[0] - lows[1]
    values = first / own.youden - second / other.youden + offset
    return np.asarray(values), (offset - 1 / other.youden, offset + 1 / own.youden)


def carry_calibration(
    interval: Interval, treatment_rate: float, baseline_rate: float, judges: Judges, *, rng: np.random.Generator
) -> Interval:
    """The interval of a corrected difference, widened by the calibration's own uncertainty.

    The two are independent: their distances from the estimate add as squares (MOVER [1]_).

    Parameters
    ----------
    interval : of `corrected_differences`, by whatever fits the design.
    treatment_rate, baseline_rate : the judged rates of the two arms, not corrected.
    judges : as for `corrected_difference_interval`.
    rng : where draws come from.

    References
    ----------
    .. [1] Zou and Donner (2008), Stat. Med. 27, 1693-1702.
    """
    estimate, draws = _estimate(treatment_rate, baseline_rate, judges), draws_for(interval.alpha)
    p, q = np.full(draws, treatment_rate), np.full(draws, baseline_rate)
    below = estimate - quantile(_lowest(p, q, judges, rng), interval.alpha)[0]
    above = -quantile(_lowest(q, p, _swapped(judges), rng), interval.alpha)[0] - estimate
    found = replace(
        interval,
        low=max(interval.estimate - math.hypot(interval.estimate - interval.low, below), -1.0),
        high=min(interval.estimate + math.hypot(interval.high - interval.estimate, above), 1.0),
        method=f"{interval.method}; judge's calibration by MOVER",
    )
    return _unless_blind(found, judges, rng)


def _answers(values: ArrayLike, name: str) -> Float[np.ndarray, "n"]:
    x = finite(values, name)
    if not np.isin(x, (0.0, 1.0)).all():
        raise ValueError(f"{name} holds answers other than 0 and 1; sensitivity and specificity say nothing of scores.")
    return x


def _swapped(judges: Judges) -> Judges:
    return judges[::-1] if isinstance(judges, tuple) else judges


def _estimate(rate: float, baseline_rate: float, judges: Judges) -> float:
    own, other = judges if isinstance(judges, tuple) else (judges, judges)
    return rogan_gladen(rate, own) - rogan_gladen(baseline_rate, other)


def _paired_rates(
    first: Float[np.ndarray, "n"], second: Float[np.ndarray, "n"], rng: np.random.Generator, draws: int
) -> tuple[Draws, Draws]:
    """Rates of two paired arms, with one more pair against the first."""
    both, second_only = float(first @ second), float((1 - first) @ second)
    neither = float((1 - first) @ (1 - second))
    counts = np.array([both, first.sum() - both, second_only + 1, neither])
    shares = dirichlet(rng, counts, draws)
    return shares[:, 0] + shares[:, 1], shares[:, 0] + shares[:, 2]


def _two_rates(
    first: Float[np.ndarray, "n"], second: Float[np.ndarray, "m"], rng: np.random.Generator, draws: int
) -> tuple[Draws, Draws]:
    """Rates of two independent arms, the first's with one more no and the second's with one more yes."""
    return means_with(first, 0.0, rng, draws), means_with(second, 1.0, rng, draws)


def _lowest(p: Draws, q: Draws, judges: Judges, rng: np.random.Generator) -> Draws:
    """Corrected differences of drawn rates, with the judge's errors drawn from the side that lowers them."""
    draws = len(p)
    if isinstance(judges, tuple):
        lowered = _corrected(p, *_errors(judges[0], "high", "low", rng, draws), blind=0.0)
        return np.asarray(lowered - _corrected(q, *_errors(judges[1], "low", "high", rng, draws), blind=1.0))
    # one calibration shrinks a difference of either sign: the better the judge, the less there is to make up for
    sides = [_errors(judges, side, side, rng, draws) for side in ("high", "low")]
    lowered, raised = (_corrected(p, *side, blind=0.0) - _corrected(q, *side, blind=1.0) for side in sides)
    return np.asarray(np.minimum(lowered, raised))


def _errors(
    judge: JudgeCounts, sensitivity: Side, specificity: Side, rng: np.random.Generator, draws: int
) -> tuple[Draws, Draws]:
    """Draws of sensitivity and specificity from one side of their exact confidence distributions."""
    return (
        _rate(judge.detected, judge.positives, sensitivity, rng, draws),
        _rate(judge.cleared, judge.negatives, specificity, rng, draws),
    )


def _rate(successes: int, n: int, side: Side, rng: np.random.Generator, draws: int) -> Draws:
    more = 1.0 if side == "high" else 0.0
    return np.asarray(dirichlet(rng, np.array([successes + more, n - successes + 1 - more]), draws)[:, 0])


def _corrected(rate: Draws, sensitivity: Draws, specificity: Draws, *, blind: float) -> Draws:
    left = sensitivity + specificity - 1
    safe = np.where(left > 0, left, 1.0)
    return np.asarray(np.where(left > 0, (rate + specificity - 1) / safe, blind))


def _unless_blind(interval: Interval, judges: Judges, rng: np.random.Generator) -> Interval:
    """The interval, which decides nothing where a calibration leaves open that the judge knows nothing."""
    for judge in judges if isinstance(judges, tuple) else (judges,):
        sensitivity, specificity = _errors(judge, "low", "low", rng, draws_for(interval.alpha))
        if quantile(sensitivity + specificity, interval.alpha)[0] <= 1:
            return interval.withheld(
                f"the judge found {judge.detected} of {judge.positives} positives and cleared {judge.cleared} of "
                f"{judge.negatives} negatives: that does not show that it tells them apart"
            )
    return interval


def prediction_powered_interval(
    judged: ArrayLike,
    labels: ArrayLike,
    *,
    rng: np.random.Generator,
    alpha: float = 0.025,
    bounds: Bounds | None = None,
) -> Interval:
    """Interval for the mean of human labels, where a random part of the run has them and a judge answered all of it.

    The judge's mean over the unlabelled part plus the mean of label minus judge over the labelled one [1]_: whatever
    the judge's errors, they are measured in this very run. Without bounds the two parts get the default interval of
    unpaired samples; with bounds, melded limits in which each part holds one more value at its worst bound, since a
    judge that was right on all labelled items may still err.

    Parameters
    ----------
    judged : the judge's number for each item, or each pair's difference, shape [n].
    labels : the human one, NaN where there is none, shape [n]. Which items have one must have been drawn at random.
    rng : where draws come from.
    alpha : error of each tail.
    bounds : smallest and largest possible number, where there are such.

    Raises
    ------
    ValueError : lengths differ, every item or none is labelled, or a number is not finite or outside `bounds`.

    References
    ----------
    .. [1] Angelopoulos, Bates, Fannjiang, Jordan and Zrnic (2023), Science 382, 669-674.
    """
    check_alpha(alpha)
    guess, truth = finite(judged, "judged"), np.asarray(labels, dtype=np.float64)
    if truth.shape != guess.shape:
        raise ValueError(f"judged has {len(guess)} values and labels {truth.shape}: one each, NaN where unlabelled.")
    known = ~np.isnan(truth)
    if known.all() or not known.any():
        raise ValueError(f"{int(known.sum())} of {len(known)} items are labelled; a random part of them must be.")
    errors, rest = finite(truth[known], "labels") - guess[known], guess[~known]
    if bounds is None:
        found = unpaired_mean_interval(errors, -rest, rng=rng, alpha=alpha)
        return replace(found, method="prediction-powered")
    for name, values in (("judged", guess), ("labels", truth[known])):
        within(values, bounds, name)
    return _bounded_powered(errors, rest, bounds, rng, alpha)


def _bounded_powered(
    errors: Float[np.ndarray, "n"],
    rest: Float[np.ndarray, "m"],
    bounds: Bounds,
    rng: np.random.Generator,
    alpha: float,
) -> Interval:
    draws, span = draws_for(alpha), bounds[1] - bounds[0]
    lowest = means_with(errors, -span, rng, draws) + means_with(rest, bounds[0], rng, draws)
    highest = means_with(errors, span, rng, draws) + means_with(rest, bounds[1], rng, draws)
    (low, low_mc), (high, high_mc) = quantile(lowest, alpha), quantile(highest, 1 - alpha)
    estimate, n = float(errors.mean() + rest.mean()), len(errors)
    found = Interval(
        estimate,
        min(max(low, bounds[0]), estimate),
        max(min(high, bounds[1]), estimate),
        alpha,
        "prediction-powered, melded",
        n,
        monte_carlo=(low_mc, high_mc),
    )
    return found.noted(f"small n: {n} labelled") if n < SMALL_N else found


def tipping_point(interval: Interval, judge: Callable[[Interval], Decision]) -> float:
    """The smallest error in the treatment's measurement, beyond the baseline's, that would change the verdict.

    In the measure's unit: for a rate, the share of the treatment's answers that would have to be wrong in one direction
    over and above those of the baseline's. A claim whose judge may be off by that much rests on the judge.

    Parameters
    ----------
    interval : the effect's.
    judge : interval to decision, such as ``lambda found: decide(found, margin=0.1, direction="higher")``.

    Returns
    -------
    float : rounded down by at most a thousandth of itself; infinite where no error would change the verdict, because
        none may be read off the interval.
    """
    verdict = judge(interval).verdict

    def changed(shift: float) -> bool:
        return any(judge(interval.scaled(1.0, offset=sign * shift)).verdict is not verdict for sign in (-1.0, 1.0))

    high = max(interval.width, abs(interval.estimate), 1e-9) / 1024
    while not changed(high):
        high *= 2
        if high > _FARTHEST:
            return math.inf
    low = 0.0
    while high - low > 1e-3 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if changed(middle) else (middle, high)
    return low
