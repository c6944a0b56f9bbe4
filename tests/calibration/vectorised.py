"""The default interval for many samples at once: the same formula, with one set of resampling weights for all."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from interp_core.stats.means import expanded


@dataclass(frozen=True)
class Many:
    """Ends of each sample's interval, by method and alpha, the side of the long tail, and the diagnostic."""

    ends: dict[tuple[str, float], tuple[np.ndarray, np.ndarray]]
    right: np.ndarray
    look: np.ndarray


def weights(rng: np.random.Generator, draws: int, n: int) -> np.ndarray:
    index = rng.integers(0, n, (draws, n)) + n * np.arange(draws)[:, None]
    return np.bincount(index.ravel(), minlength=n * draws).reshape(draws, n).astype(float)


def many(samples: np.ndarray, drawn: np.ndarray, alphas: tuple[float, ...]) -> Many:
    """t, bootstrap-t, their union, and the default (the union at the expanded level) of each row of `samples`."""
    parts = [_some(chunk, drawn, alphas) for chunk in np.array_split(samples, max(1, len(samples) // 400))]
    ends = {
        key: (
            np.concatenate([part[key][0] for part in parts]),
            np.concatenate([part[key][1] for part in parts]),
        )
        for key in parts[0]
    }
    return Many(ends, *looks(samples))


def looks(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whether each row's long tail is on the right, and its diagnostic, as `interp_core.stats.shapes.features`."""
    centred = samples - samples.mean(axis=1, keepdims=True)
    scale = (centred**2).mean(axis=1)
    skew = (centred**3).mean(axis=1) / scale**1.5
    kurtosis = (centred**4).mean(axis=1) / scale**2
    largest = (centred**2).max(axis=1) / (scale * samples.shape[1])
    away = np.abs(centred - np.median(centred, axis=1, keepdims=True))
    still = (away <= 0.01 * np.sqrt(scale)[:, None]).mean(axis=1)
    return skew >= 0, np.stack([np.log(0.3 + np.abs(skew)), np.log(kurtosis), np.log(largest), still], axis=1)


def _some(x: np.ndarray, drawn: np.ndarray, alphas: tuple[float, ...]) -> dict:
    n = x.shape[1]
    mean, error = x.mean(axis=1), x.std(axis=1, ddof=1) / np.sqrt(n)
    centred = (x - mean[:, None]).T
    shift = drawn @ centred / n
    variance = np.maximum(drawn @ centred**2 / n - shift**2, 0) / (n - 1)
    roots = shift / np.maximum(np.sqrt(variance), np.maximum(error / 10, 1e-300))
    levels = [level for a in alphas for level in (a, 1 - a, expanded(a, n), 1 - expanded(a, n))]
    quantiles = np.quantile(roots, levels, axis=0)
    found = {}
    for i, alpha in enumerate(alphas):
        half = stats.t.ppf(1 - alpha, n - 1) * error
        q = quantiles[4 * i : 4 * i + 4]
        found["t", alpha] = mean - half, mean + half
        found["bootstrap-t", alpha] = mean - q[1] * error, mean - q[0] * error
        found["union", alpha] = _wider(found["t", alpha], found["bootstrap-t", alpha])
        found["default", alpha] = _wider(found["t", alpha], (mean - q[3] * error, mean - q[2] * error))
    return found


def _wider(first: tuple, second: tuple) -> tuple:
    return np.minimum(first[0], second[0]), np.maximum(first[1], second[1])
