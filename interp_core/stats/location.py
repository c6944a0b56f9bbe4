"""Where the bulk of the differences lies: intervals for their trimmed mean and their median."""

import math
from dataclasses import replace

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy import stats

from interp_core.stats._values import check_alpha, constant, finite
from interp_core.stats._weights import FLOOR
from interp_core.stats.interval import SMALL_N, Interval
from interp_core.stats.means import draws_for, from_roots
from interp_core.stats.paired import constant_reason, joined

_CHUNK = 1_000_000  # resampled values held in memory at once


def trimmed_mean_interval(
    values: ArrayLike, *, rng: np.random.Generator, alpha: float = 0.025, trim: float = 0.2
) -> Interval:
    """Interval for the trimmed mean: the union of Tukey and McLaughlin's [1]_ and its bootstrap-t [2]_.

    The first is Student's t with the winsorised variance; on skewed data its worse tail errs twice too often, which the
    second mends. A claim about the trimmed mean says something of the bulk of the prompts, not of the mean effect:
    where few prompts carry the effect the two differ, and the trimmed one may be zero.

    Parameters
    ----------
    values : paired differences, shape [n].
    rng : where bootstrap draws come from.
    alpha : error of each tail.
    trim : share cut off at either end, below one half.

    Raises
    ------
    ValueError : `trim` lies outside [0, .5), no values, values that are not finite, or `alpha` outside (0, .5).

    References
    ----------
    .. [1] Tukey and McLaughlin (1963), Sankhya A 25, 331-352.
    .. [2] Wilcox (2012), Introduction to Robust Estimation and Hypothesis Testing, 3rd edition, section 4.4.
    """
    check_alpha(alpha)
    x = np.sort(finite(values, "values"))
    if not 0 <= trim < 0.5:
        raise ValueError(f"trim={trim} must be at least 0 and below .5: it is cut off at either end.")
    n, cut = len(x), math.floor(trim * len(x))
    mean, error = (float(part[0]) for part in _trimmed(x[None, :], cut))
    half = float(stats.t.ppf(1 - alpha, max(1, n - 2 * cut - 1))) * error
    plain = Interval(mean, mean - half, mean + half, alpha, "t", n)
    if n >= SMALL_N and error > 0:
        plain = joined(plain, from_roots(mean, error, _roots(x, cut, mean, error, rng, draws_for(alpha)), alpha))
    return _allowed(replace(plain, method=f"{trim:.0%} trimmed mean, t or bootstrap-t"), x[cut : n - cut])


def _trimmed(rows: Float[np.ndarray, "row n"], cut: int) -> tuple[Float[np.ndarray, "row"], Float[np.ndarray, "row"]]:
    """Trimmed means of sorted rows and their standard errors."""
    n = rows.shape[1]
    kept = n - 2 * cut
    middle = rows[:, cut : n - cut]
    if kept < 2:
        return middle.mean(axis=1), np.zeros(len(rows))
    centred = middle - middle.mean(axis=1, keepdims=True)
    ends = centred[:, [0, -1]]
    # the winsorised values are the middle ones, and the first and the last of them once more for each one cut
    total = centred.sum(axis=1) + cut * ends.sum(axis=1)
    squares = (centred**2).sum(axis=1) + cut * (ends**2).sum(axis=1) - total**2 / n
    return middle.mean(axis=1), np.sqrt(np.maximum(squares, 0.0) / (kept * (kept - 1)))


def _roots(
    x: Float[np.ndarray, "n"], cut: int, mean: float, error: float, rng: np.random.Generator, draws: int
) -> Float[np.ndarray, "draw"]:
    rows, parts = max(1, _CHUNK // len(x)), []
    for at in range(0, draws, rows):
        drawn = np.sort(x[rng.integers(0, len(x), (min(rows, draws - at), len(x)))], axis=1)
        means, errors = _trimmed(drawn, cut)
        parts.append((means - mean) / np.maximum(errors, FLOOR * error))
    return np.concatenate(parts)


def median_interval(values: ArrayLike, *, alpha: float = 0.025) -> Interval:
    """The exact interval for the median, between two order statistics: the sign test, inverted [1]_.

    Each end errs with probability at most `alpha` for every distribution of independent values, ties included.

    Parameters
    ----------
    values : paired differences, shape [n].
    alpha : error of each tail.

    Raises
    ------
    ValueError : no values, values that are not finite, or `alpha` outside (0, .5).

    References
    ----------
    .. [1] Conover (1999), Practical Nonparametric Statistics, 3rd edition, section 3.2.
    """
    check_alpha(alpha)
    x = np.sort(finite(values, "values"))
    n = len(x)
    below = int(stats.binom.ppf(alpha, n, 0.5))
    below -= stats.binom.cdf(below, n, 0.5) > alpha
    rank = max(below, 0)
    found = Interval(float(np.median(x)), float(x[rank]), float(x[n - 1 - rank]), alpha, "median, exact", n)
    return _allowed(found, x[rank : n - rank])


def _allowed(found: Interval, bulk: Float[np.ndarray, "m"]) -> Interval:
    """The interval, which decides nothing where values are few or those that it rests on are all equal."""
    if found.n < SMALL_N:
        return found.withheld(f"n = {found.n} is too few to decide; {SMALL_N} or more")
    return found.withheld(constant_reason(len(bulk), "of the middle differences")) if constant(bulk) else found
