"""One effect over several models or frames: what they have in common, and how much they differ."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy import stats

from interp_core.stats._values import Bounds, check_alpha, finite
from interp_core.stats.crossed import FEWEST_LEVELS, balanced_spread, crossed_interval
from interp_core.stats.decide import Decision, Verdict
from interp_core.stats.interval import Interval
from interp_core.stats.paired import paired_mean_interval


@dataclass(frozen=True)
class Pooled:
    """A pooled effect and its heterogeneity.

    Parameters
    ----------
    interval : of the mean effect: over models like these where there are five or more, else over these alone.
    levels : how many models (or frames) were pooled.
    tau2 : variance of the true effects between models.
    i2 : share of the variance of the estimates that is between models, from 0 to 1.
    q : Cochran's Q, or its analogue where the models share their requests.
    q_p : p-value of "all models have the same effect".
    prediction : where the effect in one more such model is expected, at the interval's level; None below three models.
    """

    interval: Interval
    levels: int
    tau2: float
    i2: float
    q: float
    q_p: float
    prediction: tuple[float, float] | None


def holds_in(decisions: Sequence[Decision]) -> tuple[int, int]:
    """In how many of how many models a claim is SUPPORTED."""
    return sum(decision.verdict is Verdict.SUPPORTED for decision in decisions), len(decisions)


def pooled_interval(intervals: Sequence[Interval]) -> Pooled:
    """Pool the intervals of models that were measured on different prompts.

    From five models on: DerSimonian and Laird's random effects [1]_ with Hartung and Knapp's interval [2]_, no narrower
    than the plain one [3]_. Below, the mean effect of just these models, with their intervals joined by MOVER [4]_:
    nothing is said about others. Where models share their requests, `pooled_matrix` knows that they are not
    independent.

    Raises
    ------
    ValueError : there are no intervals, their alphas differ, or one has no width.

    References
    ----------
    .. [1] DerSimonian and Laird (1986), Control. Clin. Trials 7, 177-188.
    .. [2] Hartung and Knapp (2001), Stat. Med. 20, 3875-3889.
    .. [3] Roever, Knapp and Friede (2015), BMC Med. Res. Methodol. 15, 99.
    .. [4] Zou and Donner (2008), Stat. Med. 27, 1693-1702.
    """
    alpha = _one_alpha(intervals)
    effects = np.array([interval.estimate for interval in intervals])
    errors = np.array([_standard_error(interval) for interval in intervals])
    if not (errors > 0).all():
        raise ValueError(f"interval {int(np.argmin(errors))} has no width; without an error it cannot be weighted.")
    q, tau2 = _dersimonian_laird(effects, errors)
    levels = len(effects)
    found = _random_effects(effects, errors, tau2, alpha) if levels >= FEWEST_LEVELS else _these_only(intervals)
    for interval in intervals:
        if not interval.decides:
            found = found.withheld(f"one of the {levels} pooled intervals cannot decide: {interval.notes[0]}")
    spread = float((1 / (1 / (errors**2 + tau2)).sum()) + tau2)
    return _pooled(found, levels, q, float(stats.chi2.sf(q, max(1, levels - 1))), tau2, spread)


def _one_alpha(intervals: Sequence[Interval]) -> float:
    alphas = {interval.alpha for interval in intervals}
    if len(alphas) != 1:
        raise ValueError(f"{len(intervals)} intervals with alphas {sorted(alphas)}: pool one or more of one alpha.")
    return alphas.pop()


def _standard_error(interval: Interval) -> float:
    return interval.width / 2 / float(stats.t.ppf(1 - interval.alpha, max(1, interval.n - 1)))


def _dersimonian_laird(effects: Float[np.ndarray, "k"], errors: Float[np.ndarray, "k"]) -> tuple[float, float]:
    """Cochran's Q and the moment estimate of the variance between models."""
    if len(effects) < 2:
        return 0.0, 0.0
    weights = 1 / errors**2
    total = float(weights.sum())
    q = float((weights * (effects - (weights @ effects) / total) ** 2).sum())
    excess = q - (len(effects) - 1)
    scale = total - float((weights**2).sum()) / total
    return q, max(0.0, excess / scale)


def _random_effects(
    effects: Float[np.ndarray, "k"], errors: Float[np.ndarray, "k"], tau2: float, alpha: float
) -> Interval:
    weights, k = 1 / (errors**2 + tau2), len(effects)
    mean = float((weights @ effects) / weights.sum())
    scatter = float((weights * (effects - mean) ** 2).sum()) / (k - 1)
    half = float(stats.t.ppf(1 - alpha, k - 1)) * math.sqrt(max(1.0, scatter) / float(weights.sum()))
    return Interval(mean, mean - half, mean + half, alpha, "random effects, Hartung-Knapp", k)


def _these_only(intervals: Sequence[Interval]) -> Interval:
    k = len(intervals)
    mean = sum(interval.estimate for interval in intervals) / k
    below = math.hypot(*(interval.estimate - interval.low for interval in intervals)) / k
    above = math.hypot(*(interval.high - interval.estimate for interval in intervals)) / k
    found = replace(
        intervals[0],
        estimate=mean,
        low=mean - below,
        high=mean + above,
        method="mean of these models, MOVER",
        n=min(interval.n for interval in intervals),
        tail_errors=_worst_errors(intervals),
        design=None,
    )
    return found.noted(_scope(k))


def _worst_errors(intervals: Sequence[Interval]) -> tuple[float, float] | None:
    errors = [interval.tail_errors for interval in intervals if interval.tail_errors is not None]
    return (max(low for low, _ in errors), max(high for _, high in errors)) if errors else None


def _scope(levels: int) -> str:
    return f"these {levels} models only" if levels > 1 else "this model only"


def pooled_matrix(
    values: ArrayLike,
    *,
    rng: np.random.Generator,
    alpha: float = 0.025,
    bounds: Bounds | None = None,
    margin: float | None = None,
) -> Pooled:
    """Pool an effect over models that were all measured on the same requests.

    The requests make the models' estimates move together, so that weights for independent ones would err. From five
    models on both are random factors, as frames and requests are; below, each request's mean over just these models
    gets the default interval.

    Parameters
    ----------
    values : paired differences, one row per model and one column per request, shape [models, n].
    rng : where bootstrap draws come from.
    alpha : error of each tail.
    bounds : smallest and largest possible difference, where there are such.
    margin : the claim's margin; see `paired_mean_interval`.

    Raises
    ------
    ValueError : values are no table of finite numbers, or lie outside `bounds`.
    """
    check_alpha(alpha)
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2 or not table.size:
        raise ValueError(f"values have shape {table.shape}; one row per model and one column per request are needed.")
    finite(table.ravel(), "values")
    levels, n = table.shape
    if levels < FEWEST_LEVELS:
        found = paired_mean_interval(table.mean(axis=0), rng=rng, alpha=alpha, bounds=bounds, margin=margin)
        found = found.noted(_scope(levels))
    else:
        rows, columns = (index.ravel().tolist() for index in np.indices(table.shape))
        both = frozenset({"request", "frame"})
        found = crossed_interval(
            table.ravel(), columns, rows, random=both, rng=rng, alpha=alpha, bounds=bounds, margin=margin
        )
        found = replace(found, notes=tuple(note.replace("frame", "model") for note in found.notes))
    ratio, q_p, tau2 = _between(table)
    spread = (balanced_spread(table).variance if min(levels, n) > 1 else 0.0) + tau2
    return _pooled(found, levels, ratio * (levels - 1), q_p, tau2, spread)


def _between(table: Float[np.ndarray, "model n"]) -> tuple[float, float, float]:
    """F of models against what is left within requests, its p-value, and the variance between models."""
    levels, n = table.shape
    if min(levels, n) < 2:
        return 0.0, 1.0, 0.0
    models = n * float(table.mean(axis=1).var(ddof=1))
    left = table - table.mean(axis=0) - table.mean(axis=1, keepdims=True) + table.mean()
    df = (levels - 1) * (n - 1)
    residual = float((left**2).sum()) / df
    if residual <= 1e-24 * max(models, 1e-300):
        return (0.0, 1.0, 0.0) if models == 0 else (1e12, 0.0, models / n)
    ratio = models / residual
    return ratio, float(stats.f.sf(ratio, levels - 1, df)), max(0.0, (models - residual) / n)


def _pooled(found: Interval, levels: int, q: float, q_p: float, tau2: float, spread: float) -> Pooled:
    i2 = max(0.0, 1 - (levels - 1) / q) if q > 0 else 0.0
    prediction = None
    if levels >= 3:
        half = float(stats.t.ppf(1 - found.alpha, levels - 2)) * math.sqrt(spread)
        prediction = found.estimate - half, found.estimate + half
    return Pooled(found, levels, tau2, i2, q, q_p, prediction)
