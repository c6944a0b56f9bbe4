"""Named intervals for a mean: Student's t, sign flips, and three bootstraps."""

import itertools
import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy import special, stats

from interp_core.stats._values import check_alpha, finite
from interp_core.stats.interval import Interval

DRAWS = 9_999
_CHUNK = 2_000_000  # resampled values held in memory at once
_CACHED = 100_000  # as many as stay in a core's cache
_FLOOR = 0.1  # a resample's standard error is no less than this share of the sample's
MOST_FLIPS = 15  # sign flips are enumerated up to this n


def draws_for(alpha: float) -> int:
    """Bootstrap draws that leave a hundred beyond each end: at least 9,999."""
    return max(DRAWS, math.ceil(100 / alpha))


def expanded(alpha: float, n: int) -> float:
    """The bootstrap's level that makes up for its being too narrow at small `n`.

    The level of the percentile interval that equals the t interval for normal data (Hesterberg [1]_).

    References
    ----------
    .. [1] Hesterberg (2015), The American Statistician 69, 371-386.
    """
    return float(stats.norm.cdf(math.sqrt(n / (n - 1)) * stats.t.ppf(alpha, n - 1)))


def t_interval(values: ArrayLike, *, alpha: float = 0.025) -> Interval:
    """Student's interval of the mean; of a single value, that value, which decides nothing."""
    check_alpha(alpha)
    x = finite(values, "values")
    n, mean = len(x), float(x.mean())
    if n == 1:
        return Interval(mean, mean, mean, alpha, "t", 1).withheld("n = 1 is too few to decide; 16 or more")
    half = float(stats.t.ppf(1 - alpha, n - 1)) * standard_error(x)
    return Interval(mean, mean - half, mean + half, alpha, "t", n)


def sign_flip_interval(values: ArrayLike, *, alpha: float = 0.025) -> Interval:
    """The exact sign-flip test of the mean, inverted, for 6 to 15 values at the default alpha.

    Under symmetry about the mean the ``2^n - 1`` means of subsets cut the line into equally likely pieces (Hartigan
    [1]_), so the k-th smallest of them lies above the mean with probability ``k / 2^n``.

    Raises
    ------
    ValueError : there are more than 15 values, or so few that no subset mean is extreme enough.

    References
    ----------
    .. [1] Hartigan (1969), J. Am. Stat. Assoc. 64, 1303-1317.
    """
    check_alpha(alpha)
    x = finite(values, "values")
    n = len(x)
    k = math.floor(alpha * 2**n)
    if k < 1 or n > MOST_FLIPS:
        fewest = math.ceil(-math.log2(alpha))
        raise ValueError(f"n={n} must be from {fewest} to {MOST_FLIPS} for a sign-flip interval at alpha={alpha}.")
    subsets = np.array(list(itertools.product((0.0, 1.0), repeat=n)))[1:]
    means = np.sort(subsets @ x / subsets.sum(axis=1))
    return Interval(float(x.mean()), float(means[k - 1]), float(means[-k]), alpha, "sign flips", n)


def percentile_interval(
    values: ArrayLike, *, rng: np.random.Generator, alpha: float = 0.025, draws: int | None = None
) -> Interval:
    """The percentile bootstrap interval of the mean, as ``scipy.stats.bootstrap`` on the same draws."""
    check_alpha(alpha)
    x = finite(values, "values")
    means = resample(x, rng, draws or draws_for(alpha)).means
    low, high = np.percentile(means, [100 * alpha, 100 * (1 - alpha)])
    return Interval(float(x.mean()), float(low), float(high), alpha, "percentile bootstrap", len(x))


def bca_interval(
    values: ArrayLike, *, rng: np.random.Generator, alpha: float = 0.025, draws: int | None = None
) -> Interval:
    """The bias-corrected and accelerated bootstrap interval of the mean [1]_, as ``scipy.stats.bootstrap``.

    Where scipy gives NaN (constant values, all draws on one side) it stays finite.

    References
    ----------
    .. [1] Efron (1987), J. Am. Stat. Assoc. 82, 171-185.
    """
    check_alpha(alpha)
    x = finite(values, "values")
    means = resample(x, rng, draws or draws_for(alpha)).means
    levels = _bca_levels(x, means, alpha)
    low, high = np.percentile(means, 100 * levels)
    return Interval(float(x.mean()), float(low), float(high), alpha, "BCa bootstrap", len(x))


def _bca_levels(x: Float[np.ndarray, "n"], means: Float[np.ndarray, "draw"], alpha: float) -> Float[np.ndarray, "2"]:
    b, mean = len(means), x.mean()
    below = (np.sum(means < mean) + np.sum(means <= mean)) / (2 * b)
    bias = special.ndtri(np.clip(below, 0.5 / b, 1 - 0.5 / b))
    left_out = (x.sum() - x) / max(len(x) - 1, 1)
    jack = left_out.mean() - left_out
    spread = 6 * np.sum(jack**2) ** 1.5
    acceleration = np.sum(jack**3) / spread if spread > 0 else 0.0
    z = bias + special.ndtri(np.array([alpha, 1 - alpha]))
    return np.asarray(special.ndtr(bias + z / (1 - acceleration * z)))


def bootstrap_t_interval(
    values: ArrayLike, *, rng: np.random.Generator, alpha: float = 0.025, draws: int | None = None
) -> Interval:
    """The studentised bootstrap interval of the mean; a resample's standard error is at least a tenth of the sample's.

    References
    ----------
    .. [1] Hall (1988), Annals of Statistics 16, 927-953.
    """
    check_alpha(alpha)
    x = finite(values, "values")
    ends = studentised(x, rng, alpha, draws or draws_for(alpha))
    return Interval(
        float(x.mean()), ends.low, ends.high, alpha, "bootstrap-t", len(x), monte_carlo=(ends.low_mc, ends.high_mc)
    )


@dataclass(frozen=True)
class Resampled:
    """The mean and the standard error of each resample."""

    means: Float[np.ndarray, "draw"]
    errors: Float[np.ndarray, "draw"]


def resample(x: Float[np.ndarray, "n"], rng: np.random.Generator, draws: int) -> Resampled:
    """Draw with replacement, in the order in which ``scipy.stats.bootstrap`` draws."""
    n = len(x)
    rows = max(1, _CHUNK // n)
    parts = [_moments(x[rng.integers(0, n, (min(rows, draws - at), n))]) for at in range(0, draws, rows)]
    return Resampled(np.concatenate([mean for mean, _ in parts]), np.concatenate([error for _, error in parts]))


def _moments(drawn: Float[np.ndarray, "draw n"]) -> tuple[Float[np.ndarray, "draw"], Float[np.ndarray, "draw"]]:
    n = drawn.shape[1]
    return drawn.mean(axis=1), drawn.std(axis=1) / math.sqrt(max(n - 1, 1))


@dataclass(frozen=True)
class Ends:
    """Two ends of an interval with three Monte-Carlo standard deviations of each."""

    low: float
    high: float
    low_mc: float
    high_mc: float


def studentised(x: Float[np.ndarray, "n"], rng: np.random.Generator, alpha: float, draws: int) -> Ends:
    """The ends of the bootstrap-t interval at one-sided level `alpha`."""
    error = standard_error(x)
    if error == 0:
        return Ends(float(x.mean()), float(x.mean()), 0.0, 0.0)
    drawn = resample_moments(x - x.mean(), rng, draws)
    roots = drawn.means / np.maximum(drawn.errors, _FLOOR * error)
    return from_roots(float(x.mean()), error, roots, alpha)


def resample_moments(x: Float[np.ndarray, "n"], rng: np.random.Generator, draws: int) -> Resampled:
    """As `resample`, of values whose mean is near zero: twice as fast, rounded otherwise in the last digits."""
    n, scale = len(x), float(np.abs(x).max()) or 1.0
    rows, unit = max(1, _CACHED // n), x / scale
    parts = [_sums(unit[rng.integers(0, n, (min(rows, draws - at), n))]) for at in range(0, draws, rows)]
    means, squares = (np.concatenate(column) / n for column in zip(*parts, strict=True))
    errors = np.sqrt(np.maximum(squares - means**2, 0.0) / max(n - 1, 1))
    return Resampled(scale * means, scale * errors)


def _sums(drawn: Float[np.ndarray, "draw n"]) -> tuple[Float[np.ndarray, "draw"], Float[np.ndarray, "draw"]]:
    return drawn @ np.ones(drawn.shape[1]), np.einsum("ij,ij->i", drawn, drawn)


def from_roots(mean: float, error: float, roots: Float[np.ndarray, "draw"], alpha: float) -> Ends:
    """The ends of an interval from the bootstrap distribution of ``(mean* - mean) / error*``."""
    return ends_at(mean, error, np.quantile(roots, levels(alpha, len(roots))))


def levels(alpha: float, draws: int) -> Float[np.ndarray, "2 3"]:
    """Of both tails, the level of the quantile and those three Monte-Carlo standard deviations about it."""
    slack = 3 * math.sqrt(alpha * (1 - alpha) / draws)
    lower = np.array([alpha, alpha - slack, alpha + slack])
    return np.asarray(np.clip(np.stack([lower, 1 - lower]), 0, 1))


def ends_at(mean: float, error: float, quantiles: Float[np.ndarray, "2 3"]) -> Ends:
    """The ends of an interval from quantiles of the roots at `levels`."""
    lower, upper = quantiles
    return Ends(
        mean - error * float(upper[0]),
        mean - error * float(lower[0]),
        error * float(np.ptp(upper)) / 2,
        error * float(np.ptp(lower)) / 2,
    )


def standard_error(x: Float[np.ndarray, "n"]) -> float:
    """The standard error of the mean; 0 for a single value."""
    return float(x.std(ddof=1)) / math.sqrt(len(x)) if len(x) > 1 else 0.0
