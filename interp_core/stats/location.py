"""Where the bulk of the differences lies: intervals for their trimmed mean and their median."""

import math

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy import stats

from interp_core.stats._values import check_alpha, constant, finite
from interp_core.stats.interval import SMALL_N, Interval
from interp_core.stats.paired import constant_reason


def trimmed_mean_interval(values: ArrayLike, *, alpha: float = 0.025, trim: float = 0.2) -> Interval:
    """Tukey and McLaughlin's interval for the trimmed mean: Student's t with the winsorised variance [1]_.

    A claim about the trimmed mean says something of the bulk of the prompts, not of the mean effect: where few prompts
    carry the effect the two differ, and the trimmed one may be zero.

    Parameters
    ----------
    values : paired differences, shape [n].
    alpha : error of each tail.
    trim : share cut off at either end, below one half.

    Raises
    ------
    ValueError : `trim` lies outside [0, .5), no values, values that are not finite, or `alpha` outside (0, .5).

    References
    ----------
    .. [1] Tukey and McLaughlin (1963), Sankhya A 25, 331-352.
    """
    check_alpha(alpha)
    x = np.sort(finite(values, "values"))
    if not 0 <= trim < 0.5:
        raise ValueError(f"trim={trim} must be at least 0 and below .5: it is cut off at either end.")
    n, cut = len(x), math.floor(trim * len(x))
    mean, kept = float(x[cut : n - cut].mean()), n - 2 * cut
    half = 0.0
    if kept > 1:
        winsorised = np.clip(x, x[cut], x[n - cut - 1])
        error = float(winsorised.std(ddof=1)) * math.sqrt((n - 1) / (kept * (kept - 1)))
        half = float(stats.t.ppf(1 - alpha, kept - 1)) * error
    return _allowed(Interval(mean, mean - half, mean + half, alpha, f"{trim:.0%} trimmed mean", n), x[cut : n - cut])


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
