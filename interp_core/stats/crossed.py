"""Frames crossed with requests: intervals for claims that generalise over one factor or over both."""

import math
from collections.abc import Hashable, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike
from scipy import optimize, stats

from interp_core.stats._values import Bounds, check_alpha, constant, finite, within
from interp_core.stats.interval import SMALL_N, Design, Interval
from interp_core.stats.means import draws_for
from interp_core.stats.paired import constant_reason, paired_mean_interval

FEWEST_LEVELS = 5
ICC_FLOOR = 0.1  # each random factor has at least this share of a bounded measure's variance; docs/calibration.md


@dataclass(frozen=True)
class Cells:
    """Values with the level, as an index, of each of the two factors."""

    values: Float[np.ndarray, "cell"]
    requests: Int[np.ndarray, "cell"]
    frames: Int[np.ndarray, "cell"]

    @property
    def levels(self) -> dict[str, int]:
        """Factor to number of levels."""
        return {"request": int(self.requests.max()) + 1, "frame": int(self.frames.max()) + 1}

    @property
    def balanced(self) -> bool:
        """Whether every request meets every frame."""
        return len(self.values) == math.prod(self.levels.values())

    def factor(self, name: str) -> Int[np.ndarray, "cell"]:
        """The level of each cell in a factor."""
        return self.requests if name == "request" else self.frames

    def means(self, name: str) -> Float[np.ndarray, "level"]:
        """The mean of each level of a factor."""
        index = self.factor(name)
        return np.asarray(np.bincount(index, self.values) / np.bincount(index))


def cells(values: ArrayLike, requests: Sequence[Hashable], frames: Sequence[Hashable]) -> Cells:
    """Number the levels of both factors.

    Raises
    ------
    ValueError : the three differ in length, or a request meets a frame twice.
    """
    x = finite(values, "values")
    if not len(x) == len(requests) == len(frames):
        raise ValueError(
            f"{len(x)} values, {len(requests)} requests and {len(frames)} frames: one of each per cell is needed."
        )
    if len(set(zip(requests, frames, strict=True))) < len(x):
        raise ValueError("a request meets the same frame more than once; average such cells first.")
    return Cells(x, _numbered(requests), _numbered(frames))


def _numbered(labels: Sequence[Hashable]) -> Int[np.ndarray, "cell"]:
    order = {label: i for i, label in enumerate(dict.fromkeys(labels))}
    return np.array([order[label] for label in labels], dtype=np.int64)


@dataclass(frozen=True)
class Spread:
    """The variance of a mean, with Satterthwaite's degrees of freedom."""

    variance: float
    df: float


def crossed_interval(
    values: ArrayLike,
    requests: Sequence[Hashable],
    frames: Sequence[Hashable],
    *,
    random: Set[str],
    rng: np.random.Generator,
    alpha: float = 0.025,
    bounds: Bounds | None = None,
    margin: float | None = None,
) -> Interval:
    """Interval for the mean of paired differences measured for requests under frames.

    A factor in `random` is generalised over; the other's levels are the scope. With one random factor, the means of
    its levels go to `paired_mean_interval`. With both, balanced cells get the two-way random-effects variance
    ``(MS_F + MS_Q - MS_E) / N`` [1]_, at least that of independent cells, with Satterthwaite's degrees of freedom [2]_;
    unbalanced ones get the pigeonhole bootstrap's variance [3]_. A random factor with fewer than five levels is
    treated as fixed, and a note says so. For a bounded measure the variance has a floor from two pseudo-levels, so that
    a clean sweep decides without an interval of width zero, and its ends are no nearer than the score interval's.

    Parameters
    ----------
    values : one difference per cell.
    requests, frames : the levels of each cell.
    random : "request", "frame" or both.
    rng : where bootstrap draws come from.
    alpha : error of each tail.
    bounds : smallest and largest possible difference, where there are such.
    margin : the claim's margin; see `paired_mean_interval`.

    Returns
    -------
    Interval : with its `design`.

    Raises
    ------
    ValueError : lengths differ, a cell is given twice, a value is not finite or outside `bounds`, or `random` names
        another factor or none.

    References
    ----------
    .. [1] Searle, Casella and McCulloch (1992), Variance Components, Wiley.
    .. [2] Satterthwaite (1946), Biometrics Bulletin 2, 110-114.
    .. [3] Owen (2007), Ann. Appl. Stat. 1, 386-411.
    """
    check_alpha(alpha)
    table = cells(values, requests, frames)
    if bounds is not None:
        within(table.values, bounds, "values")
    factors, notes = generalised(random, table.levels)
    if len(factors) == 1 and (factors[0] == "request" or table.levels["frame"] >= SMALL_N):
        found = paired_mean_interval(table.means(factors[0]), rng=rng, alpha=alpha, bounds=bounds, margin=margin)
        spread = _one_factor(table, factors[0])
    else:
        spread = _one_factor(table, "frame") if len(factors) == 1 else _two_factors(table, rng, alpha)
        found = _judged(table, _cautious(table, spread, factors, alpha), factors, alpha, bounds)
    if len(factors) == 2 and bounds is None:
        alone = paired_mean_interval(table.means("request"), rng=rng, alpha=alpha, margin=margin)
        found = no_narrower(found, alone).noted(supposed(table.levels["frame"]))
    return replace(found.noted(*notes), design=_design(table, spread))


def no_narrower(found: Interval, alone: Interval) -> Interval:
    """The union of an interval with that of the requests alone, which knows their number and their shape.

    Generalising over frames as well can only widen an interval: where the requests alone do not decide, neither does
    the union.
    """
    errors = [pair for pair in (found.tail_errors, alone.tail_errors) if pair is not None]
    return replace(
        found,
        low=min(found.low, alone.low),
        high=max(found.high, alone.high),
        notes=tuple(dict.fromkeys((*alone.notes, *found.notes))),
        tail_errors=(max(low for low, _ in errors), max(high for _, high in errors)) if errors else None,
        decides=found.decides and alone.decides,
        monte_carlo=alone.monte_carlo,
    )


def supposed(frames: int) -> str:
    """What an interval over few frames rests on, and no diagnostic can see."""
    return f"with {frames} frames, supposes that no rare kind of frame is far from the rest"


def generalised(random: Set[str], levels: dict[str, int]) -> tuple[list[str], list[str]]:
    """The factors that are generalised over, and notes on those that have too few levels for that.

    Raises
    ------
    ValueError : `random` is empty or names something else than request and frame.
    """
    if not random or not random <= {"request", "frame"}:
        raise ValueError(f'random={set(random)} must hold "request", "frame" or both.')
    factors = [name for name in ("request", "frame") if name in random and levels[name] >= FEWEST_LEVELS]
    notes = [f"these {levels[name]} {name}s only" for name in sorted(random) if levels[name] < FEWEST_LEVELS]
    return factors or ["request"], notes


def _one_factor(table: Cells, name: str) -> Spread:
    means = table.means(name)
    variance = float(means.var(ddof=1)) / len(means) if len(means) > 1 else 0.0
    return Spread(variance, float(max(1, len(means) - 1)))


def _cautious(table: Cells, spread: Spread, factors: Sequence[str], alpha: float) -> Spread:
    """The spread, or that of one factor alone with its fewer degrees of freedom where it reaches further.

    Satterthwaite's approximation is a little short where two mean squares of few levels add up or cancel out.
    """
    alone = (_one_factor(table, name) for name in factors)
    return max((spread, *alone), key=lambda s: float(stats.t.ppf(1 - alpha, s.df)) * math.sqrt(s.variance))


def _two_factors(table: Cells, rng: np.random.Generator, alpha: float) -> Spread:
    return balanced_spread(_matrix(table)) if table.balanced else _pigeonhole(table, rng, draws_for(alpha))


def _matrix(table: Cells) -> Float[np.ndarray, "request frame"]:
    matrix = np.empty(tuple(table.levels.values()))
    matrix[table.requests, table.frames] = table.values
    return matrix


def balanced_spread(matrix: Float[np.ndarray, "request frame"]) -> Spread:
    """The two-way random-effects variance of the grand mean, at least that of independent cells."""
    rows, columns = matrix.shape
    n, grand = matrix.size, matrix.mean()
    row, column = matrix.mean(axis=1) - grand, matrix.mean(axis=0) - grand
    residual = matrix - grand - row[:, None] - column[None, :]
    squares = np.array([columns * (row**2).sum(), rows * (column**2).sum(), (residual**2).sum()])
    dfs = np.array([rows - 1, columns - 1, (rows - 1) * (columns - 1)])
    parts = squares / dfs / n
    variance = float(parts[0] + parts[1] - parts[2])
    alone = float(squares.sum()) / (n - 1) / n
    if variance <= alone:
        return Spread(alone, float(min(rows, columns) - 1) if alone == 0 else float(n - 1))
    return Spread(variance, max(float(variance**2 / (parts**2 / dfs).sum()), float(min(rows, columns) - 1)))


def _pigeonhole(table: Cells, rng: np.random.Generator, draws: int) -> Spread:
    """The variance of the mean over independent resamples of the requests and of the frames."""
    rows, columns = table.levels.values()
    values, seen = np.zeros((rows, columns)), np.zeros((rows, columns))
    values[table.requests, table.frames], seen[table.requests, table.frames] = table.values - table.values.mean(), 1.0
    request, frame = _weights(rows, rng, draws), _weights(columns, rng, draws)
    total = ((request @ seen) * frame).sum(axis=1)
    means = ((request @ values) * frame).sum(axis=1)[total > 0] / total[total > 0]
    # a cell's own variance is counted three times over (Owen 2007): two of them are taken off
    variance = float(means.var(ddof=1)) - 2 * residual_mean_square(table) / len(table.values)
    df = float(min(rows, columns) - 1)
    return Spread(max(variance * (df + 1) / df, independent(table)), df)


def residual_mean_square(table: Cells) -> float:
    """The mean square that is left when the means of requests and frames are taken off."""
    fitted = table.means("request")[table.requests] + table.means("frame")[table.frames] - table.values.mean()
    df = max(1, len(table.values) - sum(table.levels.values()) + 1)
    return float(((table.values - fitted) ** 2).sum()) / df


def _weights(levels: int, rng: np.random.Generator, draws: int) -> Float[np.ndarray, "draw level"]:
    drawn = rng.integers(0, levels, (draws, levels)) + levels * np.arange(draws)[:, None]
    counts: Float[np.ndarray, "draw level"] = np.bincount(drawn.ravel(), minlength=levels * draws).astype(float)
    return counts.reshape(draws, levels)


def from_spread(estimate: float, spread: Spread, n: int, alpha: float, method: str, span: Bounds | None) -> Interval:
    """The t interval of an estimate with a known spread, cut off at the ends of `span`."""
    half = float(stats.t.ppf(1 - alpha, spread.df)) * math.sqrt(spread.variance)
    low, high = span or (-math.inf, math.inf)
    return Interval(estimate, max(estimate - half, low), min(estimate + half, high), alpha, method, n)


def pseudo_floor(table: Cells, factors: Sequence[str], bounds: Bounds) -> float:
    """The least variance of a bounded mean: that of cells that vary as if two more levels had been seen, one at
    either bound, with a share of it in each factor.
    """
    unit = within(table.values, bounds, "values")
    fewest = min(table.levels[name] for name in factors)
    total, squares = (fewest * float((unit**power).mean()) + 1 for power in (1, 2))
    variance = (bounds[1] - bounds[0]) ** 2 * (squares / (fewest + 2) - (total / (fewest + 2)) ** 2)
    share = sum(1 / table.levels[name] for name in factors)
    return variance * (ICC_FLOOR * share + (1 - ICC_FLOOR * len(factors)) / len(unit))


def independent(table: Cells) -> float:
    """The variance that the mean would have were the cells independent."""
    n = len(table.values)
    return float(table.values.var(ddof=1)) / n if n > 1 else 0.0


def _judged(table: Cells, spread: Spread, factors: Sequence[str], alpha: float, bounds: Bounds | None) -> Interval:
    fewest = min(table.levels[name] for name in factors)
    method = "random effects, Satterthwaite" if table.balanced else "pigeonhole bootstrap"
    if bounds is not None:
        floor = pseudo_floor(table, factors, bounds)
        widened = spread if spread.variance >= floor else Spread(floor, min(spread.df, fewest - 1.0))
        found = from_spread(float(table.values.mean()), widened, fewest, alpha, f"{method}, bounded", bounds)
        low = score_end(table.values, spread, bounds, alpha)
        high = -score_end(-table.values, spread, (-bounds[1], -bounds[0]), alpha)
        return replace(found, low=min(found.low, low), high=max(found.high, high))
    found = from_spread(float(table.values.mean()), spread, fewest, alpha, method, None)
    return found.withheld(constant_reason(len(table.values), "differences")) if constant(table.values) else found


def score_end(values: Float[np.ndarray, "cell"], spread: Spread, bounds: Bounds, alpha: float) -> float:
    """The lower end whose variance is that at the end itself, as Wilson's is: near a bound the data vary too little.

    A mean m made of gains g and losses l has variance at most ``hi g - lo l - m^2`` per cell. Its ratio to the spread
    that was found, an effective number of cells (Korn and Graubard 1998, Survey Methodology 24, 193-201), is kept while
    the gains are lowered to meet a smaller mean.
    """
    low, high = min(bounds[0], 0.0), max(bounds[1], 0.0)
    mean, losses = float(values.mean()), float(np.maximum(-values, 0).mean())

    def most(m: float) -> float:
        gains = max(m + losses, 0.0)
        return max(high * gains - low * (gains - m) - m**2, 0.0)

    if most(mean) <= 1e-12 or spread.variance == 0:
        return mean
    scale = float(stats.t.ppf(1 - alpha, spread.df)) * math.sqrt(spread.variance / most(mean))

    def gap(m: float) -> float:
        return mean - m - scale * math.sqrt(most(m))

    return float(optimize.brentq(gap, bounds[0], mean)) if gap(bounds[0]) > 0 else bounds[0]


def _design(table: Cells, spread: Spread) -> Design:
    n, alone = len(table.values), independent(table)
    effect = spread.variance / alone if alone > 0 and spread.variance > 0 else 1.0
    return Design(n, table.levels, effect, n / effect)
