"""The difference of two contrasts measured on different requests, under shared frames."""

from collections.abc import Hashable, Sequence, Set
from dataclasses import replace

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from interp_core.stats._values import Bounds, check_alpha, constant, within
from interp_core.stats.crossed import (
    Cells,
    Spread,
    cells,
    from_spread,
    generalised,
    independent,
    no_narrower,
    pseudo_floor,
    residual_mean_square,
    supposed,
)
from interp_core.stats.interval import Design, Interval
from interp_core.stats.paired import constant_reason
from interp_core.stats.unpaired import unpaired_mean_interval


def interaction_interval(
    values_a: ArrayLike,
    requests_a: Sequence[Hashable],
    frames_a: Sequence[Hashable],
    values_b: ArrayLike,
    requests_b: Sequence[Hashable],
    frames_b: Sequence[Hashable],
    *,
    random: Set[str],
    rng: np.random.Generator,
    alpha: float = 0.025,
    bounds: Bounds | None = None,
    margin: float | None = None,
) -> Interval:
    """Interval for the mean of contrast a minus the mean of contrast b: a two-by-two interaction.

    The requests of the two groups are independent; the frames are the same. With frames generalised over, the variance
    is that of the contrast per frame, which the shared frames' own effects drop out of, plus both groups' request
    components, with Satterthwaite's degrees of freedom [1]_. With frames fixed, or fewer than five of them, each
    request's values are averaged and the two groups compared by `unpaired_mean_interval`.

    Parameters
    ----------
    values_a, requests_a, frames_a : the first contrast's differences, and the levels of each cell.
    values_b, requests_b, frames_b : the second contrast's.
    random : "request", "frame" or both.
    rng : where bootstrap draws come from.
    alpha : error of each tail.
    bounds : smallest and largest possible difference of either contrast, where there are such.
    margin : the claim's margin; see `paired_mean_interval`.

    Raises
    ------
    ValueError : as `crossed_interval`; also where frames are random and the two groups' frames differ.

    References
    ----------
    .. [1] Satterthwaite (1946), Biometrics Bulletin 2, 110-114.
    """
    check_alpha(alpha)
    groups = cells(values_a, requests_a, frames_a), cells(values_b, requests_b, frames_b)
    fewest = {name: min(group.levels[name] for group in groups) for name in ("request", "frame")}
    factors, notes = generalised(random, fewest)
    if "frame" not in factors:
        means = [group.means("request") for group in groups]
        found = unpaired_mean_interval(means[0], means[1], rng=rng, alpha=alpha, bounds=bounds, margin=margin)
        spread = _requests_only(*groups)
    else:
        second = _renumbered(groups[1], list(dict.fromkeys(frames_a)), list(dict.fromkeys(frames_b)))
        spread = _shared_frames(groups[0], second, "request" in factors)
        found = _judged(groups, spread, factors, alpha, bounds)
        if bounds is None and "request" in factors:
            means = [group.means("request") for group in groups]
            alone = unpaired_mean_interval(means[0], means[1], rng=rng, alpha=alpha, margin=margin)
            found = no_narrower(found, alone).noted(supposed(fewest["frame"]))
    return replace(found.noted(*notes), design=_design(groups, spread, fewest))


def _renumbered(group: Cells, wanted: list[Hashable], given: list[Hashable]) -> Cells:
    """The cells with their frames numbered as in the other group."""
    if set(wanted) != set(given):
        odd = sorted(str(frame) for frame in set(wanted) ^ set(given))
        raise ValueError(f"frames {odd} occur in one group only; an interaction over frames needs the same in both.")
    return replace(group, frames=np.array([wanted.index(frame) for frame in given])[group.frames])


def _requests_only(a: Cells, b: Cells) -> Spread:
    parts = [_mean_variance(group.means("request")) for group in (a, b)]
    return Spread(sum(parts), 1.0)


def _mean_variance(means: Float[np.ndarray, "level"]) -> float:
    return float(means.var(ddof=1)) / len(means) if len(means) > 1 else 0.0


def _shared_frames(a: Cells, b: Cells, requests_random: bool) -> Spread:
    frames = a.levels["frame"]
    parts = [(_mean_variance(a.means("frame") - b.means("frame")), 1, frames - 1)]
    if requests_random:
        parts += [part for group in (a, b) for part in _request_parts(group)]
    variance = sum(sign * part for part, sign, _ in parts)
    spread = sum(part**2 / df for part, _, df in parts)
    floor = sum(residual_mean_square(group) / len(group.values) for group in (a, b))
    if variance <= floor or spread == 0:
        return Spread(floor, frames - 1.0)
    return Spread(variance, max(variance**2 / spread, frames - 1.0))


def _request_parts(group: Cells) -> list[tuple[float, int, int]]:
    """The request component of the mean's variance, as a mean square minus the residual one; none if negative."""
    rows, columns = group.levels["request"], group.levels["frame"]
    df = max(1, len(group.values) - rows - columns + 1)
    residual = residual_mean_square(group) / len(group.values)
    between = _mean_variance(group.means("request"))
    return [(between, 1, rows - 1), (residual, -1, df)] if between > residual else []


def _judged(
    groups: tuple[Cells, Cells], spread: Spread, factors: Sequence[str], alpha: float, bounds: Bounds | None
) -> Interval:
    fewest = min(group.levels[name] for group in groups for name in factors)
    estimate = float(groups[0].values.mean() - groups[1].values.mean())
    span = None
    if bounds is not None:
        for group in groups:
            within(group.values, bounds, "values")
        floor = sum(pseudo_floor(group, factors, bounds) for group in groups)
        spread = spread if spread.variance >= floor else Spread(floor, min(spread.df, fewest - 1.0))
        span = (bounds[0] - bounds[1], bounds[1] - bounds[0])
    found = from_spread(estimate, spread, fewest, alpha, "random effects of shared frames, Satterthwaite", span)
    if bounds is None and all(constant(group.values) for group in groups):
        return found.withheld(constant_reason(sum(len(group.values) for group in groups), "values"))
    return found


def _design(groups: tuple[Cells, Cells], spread: Spread, levels: dict[str, int]) -> Design:
    n = sum(len(group.values) for group in groups)
    alone = sum(independent(group) for group in groups)
    effect = spread.variance / alone if alone > 0 and spread.variance > 0 else 1.0
    return Design(n, levels, effect, n / effect)
