"""The default interval for paired differences, and its diagnostic."""

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from interp_core.stats._values import Bounds, check_alpha, constant, finite, within
from interp_core.stats.betting import bounded_mean_interval
from interp_core.stats.binary import paired_binary_interval
from interp_core.stats.interval import SMALL_N, Interval
from interp_core.stats.means import (
    MOST_FLIPS,
    Ends,
    draws_for,
    expanded,
    sign_flip_interval,
    studentised,
    t_interval,
)
from interp_core.stats.shapes import diagnosed

REDRAW = 10  # how many times the draws are taken where a bound comes near the margin


def paired_mean_interval(
    differences: ArrayLike,
    *,
    rng: np.random.Generator,
    alpha: float = 0.025,
    bounds: Bounds | None = None,
    margin: float | None = None,
) -> Interval:
    """Interval for the mean of paired differences: the default behind a claim.

    Without bounds it is the union of Student's t and the bootstrap-t interval, the latter at Hesterberg's expanded
    level [1]_. No interval covers every unbounded distribution [2]_: for data that look like a shape outside the list
    that this one was measured on, `tail_errors` holds the errors measured for simulated shapes like them. Under 16
    values the exact sign-flip interval is shown, and decides nothing. With bounds the interval is valid at every n:
    exact for differences of yes-or-no outcomes, a betting interval for all else.

    Parameters
    ----------
    differences : treatment minus baseline, one number per pair, shape [n].
    rng : where bootstrap draws come from.
    alpha : error of each tail.
    bounds : smallest and largest possible difference, where there are such.
    margin : the claim's margin; an end within three Monte-Carlo standard deviations of it (or of minus it) is redrawn
        with ten times the draws.

    Raises
    ------
    ValueError : no differences, some that are not finite or lie outside `bounds`, or `alpha` outside (0, .5).

    References
    ----------
    .. [1] Hesterberg (2015), The American Statistician 69, 371-386.
    .. [2] Bahadur and Savage (1956), Ann. Math. Stat. 27, 1115-1122.
    """
    check_alpha(alpha)
    x = finite(differences, "differences")
    if bounds is not None:
        return bounded_paired(x, bounds, alpha)
    if len(x) < SMALL_N:
        return _small(x, alpha)
    if constant(x):
        return t_interval(x, alpha=alpha).withheld(constant_reason(len(x), "differences"))
    return diagnosed(_union(x, rng, alpha, margin), x)


def bounded_paired(x: Float[np.ndarray, "n"], bounds: Bounds, alpha: float) -> Interval:
    """The exact interval where every difference is a bound or midway between them, else the betting interval."""
    unit = within(x, bounds, "differences")
    low, high = bounds
    if np.isin(unit, (0.0, 0.5, 1.0)).all():
        half = (high - low) / 2
        found = paired_binary_interval(2 * unit - 1, alpha=alpha).scaled(half, offset=low + half)
    else:
        found = bounded_mean_interval(x, bounds, alpha=alpha)
    return found.noted(f"small n: {len(x)}") if len(x) < SMALL_N else found


def constant_reason(n: int, name: str) -> str:
    """Why constant values of an unbounded measure decide nothing."""
    return f"all {n} {name} are equal; without bounds on the measure their spread says nothing about its error"


def _small(x: Float[np.ndarray, "n"], alpha: float) -> Interval:
    enough = alpha * 2 ** len(x) >= 1 and len(x) <= MOST_FLIPS
    found = sign_flip_interval(x, alpha=alpha) if enough else t_interval(x, alpha=alpha)
    if len(x) > 1:
        found = found.withheld(f"n = {len(x)} is too few to decide; {SMALL_N} or more")
    return found


def _union(x: Float[np.ndarray, "n"], rng: np.random.Generator, alpha: float, margin: float | None) -> Interval:
    level, draws = expanded(alpha, len(x)), draws_for(alpha)
    plain = t_interval(x, alpha=alpha)
    found = joined(plain, studentised(x, rng, level, draws))
    if near(found, margin):
        found = joined(plain, studentised(x, rng, level, REDRAW * draws))
    return found


def joined(plain: Interval, drawn: Ends) -> Interval:
    """The union of a t interval and bootstrap-t ends, with the Monte-Carlo error that is left in each end."""
    low, high = min(plain.low, drawn.low), max(plain.high, drawn.high)
    low_mc = max(low - (drawn.low - drawn.low_mc), min(plain.low, drawn.low + drawn.low_mc) - low, 0.0)
    high_mc = max(drawn.high + drawn.high_mc - high, high - max(plain.high, drawn.high - drawn.high_mc), 0.0)
    return Interval(
        plain.estimate, low, high, plain.alpha, "t or bootstrap-t, the wider", plain.n, monte_carlo=(low_mc, high_mc)
    )


def near(interval: Interval, margin: float | None) -> bool:
    """Whether an end lies within its Monte-Carlo error of the margin, on either side of zero."""
    if margin is None:
        return False
    low, high = interval.monte_carlo
    return any(abs(interval.low - m) < low or abs(interval.high - m) < high for m in (margin, -margin))
