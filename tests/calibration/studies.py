"""Simulated tail errors: how often each end of an interval lies on the wrong side of the true effect.

The effect is the margin: a low end above it is a wrong SUPPORTED of "higher", a high end below it a wrong REFUTED.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from interp_core.stats import Interval, crossed_interval, interaction_interval, ratio_interval, t_interval
from interp_core.stats import crossed as crossed_module
from interp_core.stats.crossed import balanced_spread
from interp_core.stats.shapes import expected_errors, most_expected
from tests.calibration.populations import Population
from tests.calibration.vectorised import many, weights

BOTH = frozenset({"request", "frame"})


@dataclass(frozen=True)
class Tails:
    """Share of samples whose low end is above the truth, whose high end is below it, and the median width."""

    low: float
    high: float
    width: float

    @property
    def worst(self) -> float:
        return max(self.low, self.high)

    def __str__(self) -> str:
        return f"{self.low:.3f} / {self.high:.3f}"


def tails(low: np.ndarray, high: np.ndarray, truth: float) -> Tails:
    off = 1e-9
    return Tails(float((low > truth + off).mean()), float((high < truth - off).mean()), float(np.median(high - low)))


def of(intervals: list[Interval], truth: float) -> Tails:
    return tails(np.array([i.low for i in intervals]), np.array([i.high for i in intervals]), truth)


def paired(population: Population, n: int, alphas: tuple[float, ...], *, seed: int, samples: int, draws: int) -> dict:
    """Tail errors by method and alpha; under ("decided", alpha) those that the diagnostic lets through."""
    rng = np.random.default_rng(seed)
    drawn = weights(rng, draws, n)
    x = population.draw(rng, (samples, n))
    x = x[np.ptp(x, axis=1) > 0]
    found = many(x, drawn, alphas)
    result = {key: tails(low, high, population.mean) for key, (low, high) in found.ends.items()}
    for alpha in alphas:
        low, high = found.ends["default", alpha]
        low_error, high_error = _diagnosed(found.look, found.right, n, alpha)
        result["decided", alpha] = Tails(
            float(((low > population.mean) & (low_error <= alpha)).mean()),
            float(((high < population.mean) & (high_error <= alpha)).mean()),
            float(np.mean(np.maximum(low_error, high_error) > alpha)),
        )
    return result


def _diagnosed(look: np.ndarray, right: np.ndarray, n: int, alpha: float) -> tuple[np.ndarray, np.ndarray]:
    heavy, light = expected_errors(look, n, alpha)
    silent = np.maximum(heavy, light) <= most_expected(alpha)
    heavy, light = np.where(silent, 0.0, heavy), np.where(silent, 0.0, light)
    return np.where(right, light, heavy), np.where(right, heavy, light)


Cells = Callable[[np.random.Generator, int, int], np.ndarray]


def beta_frames(mean: float, icc: float, noise: float = 0.0) -> Cells:
    """Outcomes of frames whose rates are Beta with intraclass correlation `icc`, minus a baseline of rate `noise`."""

    def draw(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
        total = 1 / icc - 1
        rate = rng.beta(mean * total, (1 - mean) * total, (1, columns))
        return (rng.random((rows, columns)) < rate) * 1.0 - (rng.random((rows, columns)) < noise)

    return draw


def beta_both(mean: float, frame_icc: float, request_icc: float) -> Cells:
    """Outcomes whose rate is the product of a Beta rate per frame and a Beta rate per request."""

    def draw(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
        share = min(0.98, mean**0.5)
        frame, request = 1 / frame_icc - 1, 1 / request_icc - 1
        rate = rng.beta(mean / share * frame, (1 - mean / share) * frame, (1, columns))
        return (rng.random((rows, columns)) < rate * rng.beta(share * request, (1 - share) * request, (rows, 1))) * 1.0

    return draw


def normal_effects(mean: float, request: float, frame: float, cell: float = 1.0) -> Cells:
    """Unbounded cells with normal effects of requests and of frames."""

    def draw(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
        return (
            mean
            + request * rng.normal(size=(rows, 1))
            + frame * rng.normal(size=(1, columns))
            + cell * rng.normal(size=(rows, columns))
        )

    return draw


def crossed(
    cells: Cells, truth: float, shape: tuple[int, int], *, seed: int, samples: int, bounded: bool, missing: float = 0.0
) -> Tails:
    rng = np.random.default_rng(seed)
    requests, frames = (index.ravel().tolist() for index in np.indices(shape))
    found = []
    for _ in range(samples):
        kept = np.flatnonzero(rng.random(shape[0] * shape[1]) >= missing)
        found.append(
            crossed_interval(
                cells(rng, *shape).ravel()[kept],
                [requests[i] for i in kept],
                [frames[i] for i in kept],
                random=BOTH,
                rng=rng,
                bounds=(-1.0, 1.0) if bounded else None,
            )
        )
    return of(found, truth)


def anova(cells: Cells, truth: float, shape: tuple[int, int], *, seed: int, samples: int) -> Tails:
    """The random-effects variance with Satterthwaite's degrees of freedom and nothing else."""
    rng = np.random.default_rng(seed)
    tables = [cells(rng, *shape) for _ in range(samples)]
    spreads = [balanced_spread(table) for table in tables]
    means = np.array([table.mean() for table in tables])
    half = np.array([stats.t.ppf(0.975, s.df) * np.sqrt(s.variance) for s in spreads])
    return tails(means - half, means + half, truth)


def components(
    cells: Cells, truth: float, shape: tuple[int, int], alphas: tuple[float, ...], *, seed: int, samples: int
) -> dict[float, Tails]:
    """Balanced cells by their variance components alone; what the requests alone add can only widen the interval."""
    rng = np.random.default_rng(seed)
    requests, frames = (index.ravel() for index in np.indices(shape))
    ends: dict[float, list[tuple[float, float]]] = {alpha: [] for alpha in alphas}
    for _ in range(samples):
        table = cells(rng, *shape)
        laid = crossed_module.Cells(table.ravel(), requests, frames)
        spread = balanced_spread(table)
        for alpha in alphas:
            widest = crossed_module._cautious(laid, spread, ("request", "frame"), alpha)
            half = stats.t.ppf(1 - alpha, widest.df) * np.sqrt(widest.variance)
            ends[alpha].append((table.mean() - half, table.mean() + half))
    return {alpha: tails(*np.array(found).T, truth) for alpha, found in ends.items()}


def interaction(truth: float, shape: tuple[int, int], *, seed: int, samples: int, frame: float, own: float) -> Tails:
    """Two groups under shared frames: `frame` is the sd that they share, `own` that of the contrast per frame."""
    rng = np.random.default_rng(seed)
    requests, frames = (index.ravel().tolist() for index in np.indices(shape))
    found = []
    for _ in range(samples):
        shared = frame * rng.normal(size=(1, shape[1]))
        a = normal_effects(truth, 0.5, own)(rng, *shape) + shared
        b = normal_effects(0.0, 0.5, 0.0)(rng, *shape) + shared
        found.append(
            interaction_interval(a.ravel(), requests, frames, b.ravel(), requests, frames, random=BOTH, rng=rng)
        )
    return of(found, truth)


def ratio(truth: float, gap: float, *, seed: int, samples: int, n: int = 64) -> tuple[Tails, Tails]:
    """MOVER-R and Fieller for the ratio of two independent normal means."""
    rng = np.random.default_rng(seed)
    ours, low, high = [], [], []
    for _ in range(samples):
        x, y = rng.normal(truth * gap, 1, n), rng.normal(gap, 2, n)
        top, bottom = t_interval(x), t_interval(y)
        joined = ratio_interval(top, bottom)
        if not joined.decides:  # the gap may be zero: Fieller's set is unbounded and ours decides nothing
            continue
        ours.append(joined)
        t, g = top.estimate, bottom.estimate
        a, b, c = g**2 - (bottom.width / 2) ** 2, -2 * t * g, t**2 - (top.width / 2) ** 2
        root = np.sqrt(b * b - 4 * a * c)
        low.append((-b - root) / (2 * a))
        high.append((-b + root) / (2 * a))
    return of(ours, truth), tails(np.array(low), np.array(high), truth)


def exact_tails(
    ends: dict[tuple[int, int], tuple[float, float]], n: int, up: float, down: float
) -> tuple[float, float]:
    """Exact tail errors of an interval for paired rates: summed over all tables, nothing simulated."""
    gained, lost = np.array(list(ends)).T
    low, high = np.array(list(ends.values())).T
    counts = np.stack([gained, lost, n - gained - lost], axis=1)
    chance = stats.multinomial.pmf(counts, n, [up, down, max(0.0, 1 - up - down)])
    truth = up - down
    return float(chance[low > truth + 1e-9].sum()), float(chance[high < truth - 1e-9].sum())
