"""Which simulated shape a sample looks like, and how often the default interval errs for that shape."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from interp_core.stats._shape_table import ALPHAS, ROWS
from interp_core.stats.interval import Interval

SLACK = ((0.025 / 3, 1.01), (0.025, 1.1))  # by alpha: how many times alpha an expected error may be


def most_expected(alpha: float) -> float:
    """The largest expected error at which nothing is withheld, a little above `alpha`.

    As large as it may be with lognormal and Pareto data in error no more often than `alpha` (docs/calibration.md):
    smaller ones withhold more of the data that the interval is good for.
    """
    at, slack = np.log([a for a, _ in SLACK]), [times for _, times in SLACK]
    return alpha * float(np.interp(np.log(alpha), at, slack))


@dataclass(frozen=True)
class Shape:
    """A simulated distribution at one n: what its samples look like, and how often the default interval errs.

    Parameters
    ----------
    n : size of the simulated samples.
    name : the distribution.
    trusted : whether the default is meant to hold for it, so that nothing is said about it.
    centre, spread : mean and standard deviation, over samples, of the diagnostic's four numbers.
    heavy, light : error of the end on the side of the long tail and of the other end, at each of `ALPHAS`.
    """

    n: int
    name: str
    trusted: bool
    centre: tuple[float, ...]
    spread: tuple[float, ...]
    heavy: tuple[float, ...]
    light: tuple[float, ...]


SHAPES = tuple(Shape(*row) for row in ROWS)


def features(table: Float[np.ndarray, "sample n"]) -> Float[np.ndarray, "sample 4"]:
    """The diagnostic: logarithms of skew, kurtosis and the largest item's share of the variance; share at the median.

    The last tells a few prompts that flip among many that do not (most items at the median, or within a hundredth of a
    standard deviation of it) from a smooth heavy tail with the same moments.
    """
    centred = table - table.mean(axis=1, keepdims=True)
    scaled = centred / np.abs(centred).max(axis=1, keepdims=True)
    squares = scaled**2
    variance = squares.mean(axis=1)
    skew = (squares * scaled).mean(axis=1) / variance**1.5
    kurtosis = (squares**2).mean(axis=1) / variance**2
    away = np.abs(scaled - np.median(scaled, axis=1, keepdims=True))
    still = (away <= 0.01 * np.sqrt(variance)[:, None]).mean(axis=1)
    largest = squares.max(axis=1) / squares.sum(axis=1)
    return np.stack([np.log(0.3 + np.abs(skew)), np.log(kurtosis), np.log(largest), still], axis=1)


def diagnosed(interval: Interval, x: Float[np.ndarray, "n"]) -> Interval:
    """The interval with the tail errors to expect of data like these, where those are more than alpha.

    Every simulated shape counts in proportion to the chance that it would look like the sample. `x` holds at least two
    different values.
    """
    return all_diagnosed([interval], x[None, :])[0]


def all_diagnosed(intervals: Sequence[Interval], table: Float[np.ndarray, "sample n"]) -> list[Interval]:
    """As `diagnosed`, for intervals at one alpha of many samples of one size."""
    looks, n, alpha = features(table), table.shape[1], intervals[0].alpha
    heavy, light = expected_errors(looks, n, alpha)
    right = ((table - table.mean(axis=1, keepdims=True)) ** 3).sum(axis=1) >= 0
    lows, highs = np.where(right, light, heavy), np.where(right, heavy, light)
    found = list(intervals)
    for i in np.flatnonzero(np.maximum(heavy, light) > most_expected(alpha)):
        name = _at_size(n)[int(likelihoods(looks[i : i + 1], n).argmax())].name
        found[i] = _warned(found[i], (float(lows[i]), float(highs[i])), name)
    return found


def _warned(interval: Interval, errors: tuple[float, float], name: str) -> Interval:
    note = f"the differences look like {name}: the ends err {errors[0]:.2g} and {errors[1]:.2g} of the time"
    return replace(interval, tail_errors=errors).noted(note)


def expected_errors(
    looks: Float[np.ndarray, "sample 4"], n: int, alpha: float
) -> tuple[Float[np.ndarray, "sample"], Float[np.ndarray, "sample"]]:
    """The error of the end on the side of the long tail, and of the other, that samples of such features lead to.

    The mean over the simulated shapes at the nearest n, each weighted by how likely it is to give such features; a
    trusted shape's error counts as alpha at most.
    """
    heavy, light = (likelihoods(looks, n) @ errors for errors in _errors_at(_at_size(n), alpha))
    return np.asarray(heavy), np.asarray(light)


@lru_cache(maxsize=512)
def _errors_at(
    shapes: tuple[Shape, ...], alpha: float
) -> tuple[Float[np.ndarray, "shape"], Float[np.ndarray, "shape"]]:
    trusted = np.array([shape.trusted for shape in shapes])
    heavy, light = (np.array([_at(getattr(shape, name), alpha) for shape in shapes]) for name in ("heavy", "light"))
    return np.where(trusted, np.minimum(heavy, alpha), heavy), np.where(trusted, np.minimum(light, alpha), light)


def likelihoods(looks: Float[np.ndarray, "sample 4"], n: int) -> Float[np.ndarray, "sample shape"]:
    """How likely each simulated shape is to have given each sample's features, as shares of one."""
    centre, spread = _looks_at(_at_size(n))
    log = -0.5 * (((looks[:, None] - centre) / spread) ** 2).sum(axis=2) - np.log(spread).sum(axis=1)
    chances = np.exp(log - log.max(axis=1, keepdims=True))
    return np.asarray(chances / chances.sum(axis=1, keepdims=True))


@lru_cache(maxsize=64)
def _looks_at(shapes: tuple[Shape, ...]) -> tuple[Float[np.ndarray, "shape 4"], Float[np.ndarray, "shape 4"]]:
    centre, spread = (np.array([getattr(shape, name) for shape in shapes]) for name in ("centre", "spread"))
    return centre, spread


@lru_cache(maxsize=512)
def _at_size(n: int) -> tuple[Shape, ...]:
    """The simulated shapes at the size nearest to `n`."""
    size = min({shape.n for shape in SHAPES}, key=lambda m: abs(np.log(m / n)))
    return tuple(shape for shape in SHAPES if shape.n == size)


def _at(errors: tuple[float, ...], alpha: float) -> float:
    """The error at `alpha`, between the simulated ones; below the smallest, that one's."""
    grid = np.log(ALPHAS)[::-1]
    at = float(np.exp(np.interp(np.log(alpha), grid, np.log(np.maximum(errors, 1e-6))[::-1])))
    return at + max(0.0, alpha - ALPHAS[0])
