"""The difference of two independent means."""

import math

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy import stats

from interp_core.stats._values import Bounds, check_alpha, constant, finite
from interp_core.stats.interval import SMALL_N, Interval
from interp_core.stats.means import Ends, draws_for, expanded, from_roots, resample_moments, standard_error
from interp_core.stats.paired import REDRAW, bounded_paired, constant_reason, joined, near
from interp_core.stats.shapes import diagnosed

_FLOOR = 0.1


def unpaired_mean_interval(
    x: ArrayLike,
    y: ArrayLike,
    *,
    rng: np.random.Generator,
    alpha: float = 0.025,
    bounds: Bounds | None = None,
    margin: float | None = None,
) -> Interval:
    """Interval for the mean of `x` minus the mean of `y`, two independent samples.

    Without bounds it is the union of Welch's t and a bootstrap-t interval with Welch's standard error. With bounds it
    joins a valid interval of each mean at half of `alpha`, so that its error is at most `alpha` at every n.

    Parameters
    ----------
    x, y : independent values, shapes [n] and [m].
    rng : where bootstrap draws come from.
    alpha : error of each tail.
    bounds : smallest and largest possible value of either sample.
    margin : the claim's margin; see `paired_mean_interval`.

    Raises
    ------
    ValueError : an empty sample, values that are not finite or lie outside `bounds`, or `alpha` outside (0, .5).
    """
    check_alpha(alpha)
    first, second = finite(x, "x"), finite(y, "y")
    if bounds is not None:
        return _bounded(first, second, bounds, alpha)
    plain = _welch(first, second, alpha)
    fewest = min(len(first), len(second))
    if fewest < SMALL_N:
        return plain.withheld(f"n = {fewest} is too few to decide; {SMALL_N} or more")
    if constant(first) and constant(second):
        return plain.withheld(constant_reason(len(first) + len(second), "values"))
    return _diagnosed(_union(plain, first, second, rng, margin), first, second)


def _bounded(x: Float[np.ndarray, "n"], y: Float[np.ndarray, "m"], bounds: Bounds, alpha: float) -> Interval:
    first, second = bounded_paired(x, bounds, alpha / 2), bounded_paired(y, bounds, alpha / 2)
    return Interval(
        first.estimate - second.estimate,
        first.low - second.high,
        first.high - second.low,
        alpha,
        f"{first.method} minus {second.method}, each at alpha / 2",
        min(first.n, second.n),
        notes=tuple(dict.fromkeys(first.notes + second.notes)),
    )


def _welch(x: Float[np.ndarray, "n"], y: Float[np.ndarray, "m"], alpha: float) -> Interval:
    estimate = float(x.mean() - y.mean())
    half = float(stats.t.ppf(1 - alpha, welch_df(x, y))) * _error(x, y)
    return Interval(estimate, estimate - half, estimate + half, alpha, "Welch's t", min(len(x), len(y)))


def _error(x: Float[np.ndarray, "n"], y: Float[np.ndarray, "m"]) -> float:
    return math.hypot(standard_error(x), standard_error(y))


def welch_df(x: Float[np.ndarray, "n"], y: Float[np.ndarray, "m"]) -> float:
    """Welch and Satterthwaite's degrees of freedom; the smaller sample's where nothing varies."""
    parts = [(standard_error(sample) ** 2, len(sample) - 1) for sample in (x, y)]
    spread = sum(variance**2 / max(df, 1) for variance, df in parts)
    if spread == 0:
        return float(max(1, min(df for _, df in parts)))
    return float(sum(variance for variance, _ in parts) ** 2 / spread)


def _union(
    plain: Interval,
    x: Float[np.ndarray, "n"],
    y: Float[np.ndarray, "m"],
    rng: np.random.Generator,
    margin: float | None,
) -> Interval:
    draws = draws_for(plain.alpha)
    found = joined(plain, _studentised(x, y, rng, plain.alpha, draws))
    if near(found, margin):
        found = joined(plain, _studentised(x, y, rng, plain.alpha, REDRAW * draws))
    return found


def _studentised(
    x: Float[np.ndarray, "n"], y: Float[np.ndarray, "m"], rng: np.random.Generator, alpha: float, draws: int
) -> Ends:
    error, estimate = _error(x, y), float(x.mean() - y.mean())
    first, second = (resample_moments(sample - sample.mean(), rng, draws) for sample in (x, y))
    errors = np.maximum(np.hypot(first.errors, second.errors), _FLOOR * error)
    level = expanded(alpha, max(2, round(welch_df(x, y)) + 1))
    return from_roots(estimate, error, (first.means - second.means) / errors, level)


def _diagnosed(interval: Interval, x: Float[np.ndarray, "n"], y: Float[np.ndarray, "m"]) -> Interval:
    """The tail errors of the sample with the greater part of the variance, whose shape the difference takes on."""
    if standard_error(x) >= standard_error(y):
        return diagnosed(interval, x)
    return diagnosed(interval.mirrored(), y).mirrored()
