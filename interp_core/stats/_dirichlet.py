"""Random weights for means of bounded values, with one more value, at the bound, that was never seen.

The alpha quantile of the weighted mean is Gaffke's lower limit (Gaffke 2005; Learned-Miller and Thomas 2020,
arXiv:1905.06208): for yes-or-no values it is Clopper and Pearson's, and no distribution is known for which it errs more
often than alpha. Limits of several samples are joined by adding draws (melding: Fay, Proschan and Brittain 2015,
Biometrics 71, 146-156).
"""

import math

import numpy as np
from jaxtyping import Float

_CHUNK = 2_000_000  # weights held in memory at once


def dirichlet(
    rng: np.random.Generator, counts: Float[np.ndarray, "atom"], draws: int
) -> Float[np.ndarray, "draw atom"]:
    """Weights of values that were seen `counts` times."""
    size = (draws, len(counts))
    once = bool((counts == 1).all())  # the same numbers from the same generator, two to three times faster
    drawn = rng.standard_exponential(size) if once else rng.standard_gamma(counts, size)
    return np.asarray(drawn / drawn.sum(axis=1, keepdims=True))


def means_with(
    values: Float[np.ndarray, "n"], unseen: float, rng: np.random.Generator, draws: int
) -> Float[np.ndarray, "draw"]:
    """Weighted means of the values and of one more, `unseen`."""
    atoms, counts = np.unique(np.append(values, unseen), return_counts=True)
    rows = max(1, _CHUNK // len(atoms))
    parts = [dirichlet(rng, counts * 1.0, min(rows, draws - at)) @ atoms for at in range(0, draws, rows)]
    return np.concatenate(parts)


def quantile(drawn: Float[np.ndarray, "draw"], level: float) -> tuple[float, float]:
    """A quantile of the draws, and three of its Monte-Carlo standard deviations."""
    slack = 3 * math.sqrt(level * (1 - level) / len(drawn))
    at, below, above = np.quantile(drawn, np.clip([level, level - slack, level + slack], 0, 1))
    return float(at), float(above - below) / 2
