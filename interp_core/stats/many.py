"""Many outcomes of the same requests at once: one set of resamples for all layers, heads or positions of a sweep."""

import math
from dataclasses import replace

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy import stats

from interp_core.stats._values import check_alpha, constant, finite
from interp_core.stats._weights import resampled
from interp_core.stats.interval import SMALL_N, Interval
from interp_core.stats.means import draws_for, ends_at, expanded, levels
from interp_core.stats.paired import joined, paired_mean_interval
from interp_core.stats.shapes import all_diagnosed


def many_means_interval(values: ArrayLike, *, rng: np.random.Generator, alpha: float = 0.025) -> tuple[Interval, ...]:
    """The default interval of paired differences for each of many outcomes measured on the same requests.

    The same as `paired_mean_interval` of each row up to Monte-Carlo error: all rows share their resamples, which are
    drawn once, as counts of items, so that a row costs two products of matrices.

    Parameters
    ----------
    values : one row per outcome and one column per request, shape [outcomes, n].
    rng : where bootstrap draws come from.
    alpha : error of each tail.

    Raises
    ------
    ValueError : values are no table of finite numbers, or `alpha` lies outside (0, .5).
    """
    check_alpha(alpha)
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2 or not table.size:
        raise ValueError(f"values have shape {table.shape}; one row per outcome and one column per request are needed.")
    finite(table.ravel(), "values")
    varies = np.array([not constant(row) for row in table])
    if table.shape[1] < SMALL_N or not varies.any():
        return tuple(paired_mean_interval(row, rng=rng, alpha=alpha) for row in table)
    found = iter(_union(table[varies], rng, alpha))
    return tuple(
        next(found) if varied else paired_mean_interval(row, rng=rng, alpha=alpha)
        for row, varied in zip(table, varies, strict=True)
    )


def _union(table: Float[np.ndarray, "outcome n"], rng: np.random.Generator, alpha: float) -> list[Interval]:
    n, scale = table.shape[1], np.abs(table).max(axis=1, keepdims=True)
    parts = [(shift / error).T for shift, error in resampled(table / scale, rng, draws_for(alpha))]
    quantiles = _tails(np.concatenate(parts, axis=1), expanded(alpha, n))
    means, errors = table.mean(axis=1).tolist(), (table.std(axis=1, ddof=1) / math.sqrt(n)).tolist()
    reach = float(stats.t.ppf(1 - alpha, n - 1))
    found = [
        joined(Interval(mean, mean - reach * error, mean + reach * error, alpha, "t", n), ends_at(mean, error, row))
        for mean, error, row in zip(means, errors, quantiles, strict=True)
    ]
    return all_diagnosed([replace(one, method=f"{one.method}, shared resamples") for one in found], table)


def _tails(roots: Float[np.ndarray, "outcome draw"], level: float) -> Float[np.ndarray, "outcome 2 3"]:
    """The quantiles of each row at the `levels`, as numpy's, from sorted rows: sorting is the quicker way."""
    ordered, draws = np.sort(roots, axis=1), roots.shape[1]
    at = levels(level, draws) * (draws - 1)
    below = np.minimum(np.floor(at).astype(np.int64), draws - 2)
    low, high = (ordered[:, place].astype(np.float64) for place in (below, below + 1))
    return np.asarray(low + (at - below) * (high - low))
