"""The best of several configurations: an interval that knows how many were tried."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from interp_core.stats._dirichlet import quantile
from interp_core.stats._values import Bounds, check_alpha, finite
from interp_core.stats._weights import resampled
from interp_core.stats.interval import SMALL_N, Interval
from interp_core.stats.means import draws_for, expanded
from interp_core.stats.paired import paired_mean_interval


@dataclass(frozen=True)
class Selection:
    """The best configuration and what may be said of it.

    Parameters
    ----------
    winner : its row.
    tried : how many configurations there were.
    interval : of the winner's effect.
    lead : of the winner's effect minus that of the runner-up; None where only one was tried.
    """

    winner: int
    tried: int
    interval: Interval
    lead: Interval | None


def selected_interval(values: ArrayLike, *, rng: np.random.Generator, alpha: float = 0.025) -> Selection:
    """Interval for the effect of the best of several configurations, on the data that chose it.

    Every bootstrap draw takes its own best configuration: the low end allows for the largest studentised deviation of
    any of them [1]_, [2]_. The high end is the winner's own: choosing
    it can only have raised it. `confirmed_interval` needs no such allowance, at the price of half the requests.

    Parameters
    ----------
    values : paired differences, one row per configuration and one column per request, shape [tried, n].
    rng : where bootstrap draws come from.
    alpha : error of each tail.

    Raises
    ------
    ValueError : values are no table of finite numbers, or `alpha` lies outside (0, .5).

    References
    ----------
    .. [1] White (2000), Econometrica 68, 1097-1126.
    .. [2] Romano and Wolf (2005), Econometrica 73, 1237-1282.
    """
    check_alpha(alpha)
    table = _table(values)
    tried, n = table.shape
    means = table.mean(axis=1)
    winner = int(np.argmax(means))
    alone = paired_mean_interval(table[winner], rng=rng, alpha=alpha)
    found = replace(alone, method=f"best of {tried}, bootstrap of the maximum")
    if n < SMALL_N:
        return Selection(winner, tried, found, None)
    errors = table.std(axis=1, ddof=1) / np.sqrt(n)
    if not (errors > 0).all():
        still = int(np.argmin(errors))
        reason = f"all {n} differences of configuration {still} are equal; without a spread it cannot be compared"
        return Selection(winner, tried, found.withheld(reason), None)
    largest, widest = _extremes(table, rng, draws_for(alpha))
    level = 1 - expanded(alpha, n)
    (reach, reach_mc), (span, span_mc) = quantile(largest, level), quantile(widest, level)
    low, low_mc = means[winner] - reach * errors[winner], reach_mc * errors[winner]
    if low < found.low:
        found = replace(found, low=float(low), monte_carlo=(float(low_mc), found.monte_carlo[1]))
    return Selection(winner, tried, found, _lead(means, span, span_mc, alpha, n))


def _table(values: ArrayLike) -> Float[np.ndarray, "tried n"]:
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2 or not table.size:
        raise ValueError(
            f"values have shape {table.shape}; one row per configuration and one column per request are needed."
        )
    finite(table.ravel(), "values")
    return table


def _extremes(
    table: Float[np.ndarray, "tried n"], rng: np.random.Generator, draws: int
) -> tuple[Float[np.ndarray, "draw"], Float[np.ndarray, "draw"]]:
    """Of each draw, the largest studentised deviation of any configuration, and the widest distance of two."""
    scale = float(np.abs(table).max())
    found = resampled(table / scale, rng, draws)
    parts = [((shift / error).max(axis=1), scale * np.ptp(shift, axis=1).astype(np.float64)) for shift, error in found]
    return np.concatenate([first for first, _ in parts]), np.concatenate([second for _, second in parts])


def _lead(means: Float[np.ndarray, "tried"], span: float, span_mc: float, alpha: float, n: int) -> Interval | None:
    """The winner's lead, with an interval that holds for all pairs of configurations at once."""
    if len(means) < 2:
        return None
    runner_up, best = np.sort(means)[-2:]
    lead = float(best - runner_up)
    return Interval(
        lead, lead - span, lead + span, alpha, f"lead, all pairs of {len(means)}", n, monte_carlo=(span_mc, span_mc)
    )


def confirmed_interval(
    values: ArrayLike,
    *,
    rng: np.random.Generator,
    alpha: float = 0.025,
    bounds: Bounds | None = None,
    margin: float | None = None,
) -> Selection:
    """Choose the best configuration on a random half of the requests and judge it on the other half.

    What is judged was not chosen by the same data, so that the default interval holds whatever was tried.

    Parameters
    ----------
    values : as for `selected_interval`.
    rng : where the split and bootstrap draws come from.
    alpha : error of each tail.
    bounds : smallest and largest possible difference, where there are such.
    margin : the claim's margin; see `paired_mean_interval`.

    Raises
    ------
    ValueError : as `selected_interval`; also where there are fewer than two requests.
    """
    table = _table(values)
    tried, n = table.shape
    if n < 2:
        raise ValueError(f"{n} request cannot be split into one half that selects and one that confirms.")
    order = rng.permutation(n)
    chosen, kept = order[: n // 2], order[n // 2 :]
    ranked = np.argsort(-table[:, chosen].mean(axis=1), kind="stable")
    winner = int(ranked[0])
    found = paired_mean_interval(table[winner, kept], rng=rng, alpha=alpha, bounds=bounds, margin=margin)
    found = replace(
        found, method=f"best of {tried} on {len(chosen)} requests, confirmed on {len(kept)}: {found.method}"
    )
    if tried < 2:
        return Selection(winner, tried, found, None)
    between = (bounds[0] - bounds[1], bounds[1] - bounds[0]) if bounds else None
    lead = paired_mean_interval(table[winner, kept] - table[ranked[1], kept], rng=rng, alpha=alpha, bounds=between)
    return Selection(winner, tried, found, lead)
