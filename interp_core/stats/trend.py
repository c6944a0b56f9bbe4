"""Dose and response: whether a measure moves steadily with a coefficient, and the monotone curve that fits it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy import optimize

from interp_core.stats._values import Bounds, finite, within
from interp_core.stats.decide import Direction
from interp_core.stats.interval import Interval
from interp_core.stats.paired import paired_mean_interval


@dataclass(frozen=True)
class DoseCurve:
    """The mean response at each dose, the nearest monotone curve, and how far the means depart from it.

    Parameters
    ----------
    doses : in rising order.
    means : mean response at each dose.
    fitted : isotonic regression of the means.
    violation : share of the variance between doses that no monotone curve in the predicted direction explains: 0 where
        the means never turn back, 1 where they only do.
    reversal : the furthest that the means turn back, in the measure's unit.
    """

    doses: tuple[float, ...]
    means: tuple[float, ...]
    fitted: tuple[float, ...]
    violation: float
    reversal: float


def trend_interval(
    responses: ArrayLike,
    doses: ArrayLike,
    *,
    rng: np.random.Generator,
    alpha: float = 0.025,
    bounds: Bounds | None = None,
    margin: float | None = None,
) -> Interval:
    """Interval for how far the response moves from the lowest dose to the highest, read off a line through its ranks.

    Each request gives one number, `dose_contrasts`; their mean gets the default interval of paired differences, so that
    the requests' own levels drop out and nothing is supposed about the curve but its trend.

    Parameters
    ----------
    responses : one row per request, one column per dose, shape [n, doses].
    doses : the coefficients, one per column, all different, in any order.
    rng : where bootstrap draws come from.
    alpha : error of each tail.
    bounds : smallest and largest possible response, where there are such.
    margin : the claim's margin; see `paired_mean_interval`.

    Raises
    ------
    ValueError : as `dose_contrasts`; also `alpha` outside (0, .5) or a response outside `bounds`.
    """
    table = _in_order(responses, doses)
    span = None
    if bounds is not None:
        within(table.ravel(), bounds, "responses")
        span = contrast_bounds(table.shape[1], bounds)
    return paired_mean_interval(table @ _weights(table.shape[1]), rng=rng, alpha=alpha, bounds=span, margin=margin)


def dose_contrasts(responses: ArrayLike, doses: ArrayLike) -> Float[np.ndarray, "n"]:
    """Each request's rise from the lowest to the highest dose, along the line that fits its responses by dose rank.

    The linear-by-rank contrast of Page [1]_, in the measure's unit: the slope per rank times the number of steps. With
    two doses it is their difference.

    Raises
    ------
    ValueError : the columns are not as many as the doses, there are fewer than two doses, two are equal, or a number is
        not finite.

    References
    ----------
    .. [1] Page (1963), J. Am. Stat. Assoc. 58, 216-230.
    """
    table = _in_order(responses, doses)
    return np.asarray(table @ _weights(table.shape[1]))


def contrast_bounds(doses: int, bounds: Bounds) -> Bounds:
    """The smallest and largest contrast over so many doses of responses that lie in `bounds`.

    A line through a jump from one bound to the other may rise by more than the jump.
    """
    widest = float(np.maximum(_weights(doses), 0.0).sum()) * (bounds[1] - bounds[0])
    return -widest, widest


def dose_curve(responses: ArrayLike, doses: ArrayLike, *, direction: Direction = "higher") -> DoseCurve:
    """The means at each dose and their isotonic regression in the predicted direction [1]_.

    Parameters
    ----------
    responses, doses : as for `trend_interval`.
    direction : "higher" where the response is predicted to rise with the dose, "lower" where to fall.

    Raises
    ------
    ValueError : as `dose_contrasts`.

    References
    ----------
    .. [1] Barlow, Bartholomew, Bremner and Brunk (1972), Statistical Inference under Order Restrictions, Wiley.
    """
    table = _in_order(responses, doses)
    means = table.mean(axis=0)
    sign = 1.0 if direction == "higher" else -1.0
    fitted = sign * optimize.isotonic_regression(sign * means).x
    total = float(((means - means.mean()) ** 2).sum())
    violation = float(((means - fitted) ** 2).sum()) / total if total > 0 else 0.0
    reversal = float((np.maximum.accumulate(sign * means) - sign * means).max())
    ordered = np.sort(np.asarray(doses, dtype=np.float64))
    return DoseCurve(tuple(ordered.tolist()), tuple(means.tolist()), tuple(fitted.tolist()), violation, reversal)


def _weights(doses: int) -> Float[np.ndarray, "dose"]:
    ranks = np.arange(doses) - (doses - 1) / 2
    return np.asarray(ranks * (doses - 1) / (ranks**2).sum())


def _in_order(responses: ArrayLike, doses: ArrayLike) -> Float[np.ndarray, "n dose"]:
    """The responses with their columns in the order of the doses."""
    levels, table = finite(doses, "doses"), np.asarray(responses, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] != len(levels) or not len(table):
        raise ValueError(f"responses have shape {table.shape}; one row per request and {len(levels)} doses are needed.")
    if len(levels) < 2 or len(set(levels.tolist())) < len(levels):
        raise ValueError(f"doses {levels.tolist()} must be at least two, all different: a trend needs steps.")
    finite(table.ravel(), "responses")
    return table[:, np.argsort(levels)]
