"""Which simulated shape a sample looks like, and how often the default interval errs for that shape."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from interp_core.stats._shape_table import ALPHAS, ROWS
from interp_core.stats.interval import Interval


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


def features(x: Float[np.ndarray, "n"]) -> Float[np.ndarray, "4"]:
    """The diagnostic: logarithms of skew, kurtosis and the largest item's share of the variance; share at the median.

    The last tells a few prompts that flip among many that do not (most items at the median, or within a hundredth of a
    standard deviation of it) from a smooth heavy tail with the same moments.
    """
    centred = x - x.mean()
    scaled = centred / np.abs(centred).max()
    squares = scaled**2
    skew = (scaled**3).mean() / squares.mean() ** 1.5
    kurtosis = (scaled**4).mean() / squares.mean() ** 2
    still = np.mean(np.abs(scaled - np.median(scaled)) <= 0.01 * np.sqrt(squares.mean()))
    largest = np.log(squares.max() / squares.sum())
    return np.array([np.log(0.3 + abs(skew)), np.log(kurtosis), largest, still])


def nearest(x: Float[np.ndarray, "n"]) -> Shape:
    """The simulated shape, at the nearest n, that the sample is the likeliest to come from."""
    n = min({shape.n for shape in SHAPES}, key=lambda size: abs(np.log(size / len(x))))
    found = features(x)

    def distance(shape: Shape) -> float:
        z = (found - np.array(shape.centre)) / np.array(shape.spread)
        return float((z**2).sum() + 2 * np.log(shape.spread).sum())

    return min((shape for shape in SHAPES if shape.n == n), key=distance)


def diagnosed(interval: Interval, x: Float[np.ndarray, "n"]) -> Interval:
    """The interval with the tail errors of the nearest shape, where that is not one the default is known to hold for.

    `x` holds at least two different values.
    """
    shape = nearest(x)
    if shape.trusted:
        return interval
    heavy, light = _at(shape.heavy, interval.alpha), _at(shape.light, interval.alpha)
    right = ((x - x.mean()) ** 3).sum() >= 0
    errors = (light, heavy) if right else (heavy, light)
    note = f"the differences look like {shape.name}: the ends err {errors[0]:.2g} and {errors[1]:.2g} of the time"
    return replace(interval, tail_errors=errors).noted(note)


def _at(errors: tuple[float, ...], alpha: float) -> float:
    """The error at `alpha`, between the simulated ones; below the smallest, that one's."""
    grid = np.log(ALPHAS)[::-1]
    at = float(np.exp(np.interp(np.log(alpha), grid, np.log(np.maximum(errors, 1e-6))[::-1])))
    return at + max(0.0, alpha - ALPHAS[0])
