"""Rank correlation with an interval."""

import math

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy import stats

from interp_core.stats._values import check_alpha, constant, finite
from interp_core.stats.interval import SMALL_N, Interval

_CHUNK = 2_000_000  # ranks held in memory at once
_CLOSEST = 1 - 1e-9  # Fisher's z is finite up to here


def spearman_interval(x: ArrayLike, y: ArrayLike, *, alpha: float = 0.025) -> Interval:
    """Interval for Spearman's rank correlation of paired values.

    Fisher's z with Student's t and the larger of two standard errors: Bonett and Wright's [1]_, which supposes normal
    copulas and errs two to twelve times too often for others, and the jackknife's [2]_. Both go blind near 1, where a
    sample shows no item that breaks the order: so neither end is nearer than twice the correlation times the largest
    share of such items that may go unseen at `alpha`. The interval therefore has a width at a correlation of 1.

    Parameters
    ----------
    x, y : paired values, shape [n]; ties get their mean rank. Time grows with the square of n.
    alpha : error of each tail.

    Raises
    ------
    ValueError : the two differ in length, a value is not finite, or `alpha` lies outside (0, .5).

    References
    ----------
    .. [1] Bonett and Wright (2000), Psychometrika 65, 23-28.
    .. [2] Efron and Stein (1981), Ann. Stat. 9, 586-596.
    """
    check_alpha(alpha)
    first, second = finite(x, "x"), finite(y, "y")
    if len(first) != len(second):
        raise ValueError(f"x has {len(first)} values and y has {len(second)}: a correlation needs them in pairs.")
    n = len(first)
    for name, values in (("x", first), ("y", second)):
        if constant(values):
            return _unknown(n, alpha, f"all {n} values of {name} are equal: they have no ranks to correlate")
    found = _interval(first, second, alpha)
    return found.withheld(f"n = {n} is too few to decide; {SMALL_N} or more") if n < SMALL_N else found


def _unknown(n: int, alpha: float, reason: str) -> Interval:
    return Interval(0.0, -1.0, 1.0, alpha, "Spearman", n).withheld(reason)


def _interval(x: Float[np.ndarray, "n"], y: Float[np.ndarray, "n"], alpha: float) -> Interval:
    n, rho = len(x), spearman(x, y)
    if n < 4:
        return Interval(rho, -1.0, 1.0, alpha, "Spearman, Fisher's z", n)
    near = float(np.clip(rho, -_CLOSEST, _CLOSEST))
    normal = math.sqrt((1 + near**2 / 2) / (n - 3))
    seen = _jackknife_error(x, y) * math.sqrt(n / (n - 3)) / (1 - near**2)
    half = float(stats.t.ppf(1 - alpha, n - 2)) * max(normal, seen)
    unseen = 2 * abs(rho) * (1 - alpha ** (1 / n))
    low = max(-1.0, min(math.tanh(math.atanh(near) - half), rho - unseen))
    high = min(1.0, max(math.tanh(math.atanh(near) + half), rho + unseen))
    return Interval(rho, low, high, alpha, "Spearman, Fisher's z", n)


def spearman(x: Float[np.ndarray, "n"], y: Float[np.ndarray, "n"]) -> float:
    """Pearson's correlation of the mean ranks."""
    ranks = (stats.rankdata(values)[None, :] for values in (x, y))
    return float(_correlations(*ranks)[0])


def _correlations(a: Float[np.ndarray, "row n"], b: Float[np.ndarray, "row n"]) -> Float[np.ndarray, "row"]:
    a, b = (values - values.mean(axis=1, keepdims=True) for values in (a, b))
    scale = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return np.asarray(np.clip((a * b).sum(axis=1) / np.maximum(scale, 1e-300), -1.0, 1.0))


def _jackknife_error(x: Float[np.ndarray, "n"], y: Float[np.ndarray, "n"]) -> float:
    n = len(x)
    rows = max(1, _CHUNK // n)
    parts = [_left_out(x, y, np.arange(at, min(at + rows, n))) for at in range(0, n, rows)]
    values = np.concatenate(parts)
    return math.sqrt((n - 1) / n * float(((values - values.mean()) ** 2).sum()))


def _left_out(x: Float[np.ndarray, "n"], y: Float[np.ndarray, "n"], items: np.ndarray) -> Float[np.ndarray, "item"]:
    """The correlation without each of the items in turn."""
    kept = np.arange(len(x))[None, :] != items[:, None]
    ranks = (_ranks_without(values, items)[kept].reshape(len(items), -1) for values in (x, y))
    return _correlations(*ranks)


def _ranks_without(values: Float[np.ndarray, "n"], items: np.ndarray) -> Float[np.ndarray, "item n"]:
    above = (np.sign(values[None, :] - values[items][:, None]) + 1) / 2
    return np.asarray(stats.rankdata(values)[None, :] - above)
