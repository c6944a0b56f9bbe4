"""Bootstrap resamples as counts of items, shared by all outcomes that were measured on them.

In single precision: its rounding is some thousand times smaller than the Monte-Carlo error of the draws.
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

_CHUNK = 300_000  # counts and resampled values held in memory at once: about as many as stay in a core's cache
FLOOR = 0.1  # a resample's standard error is no less than this share of the sample's


def counts(rng: np.random.Generator, draws: int, n: int) -> Float[np.ndarray, "draw n"]:
    """How often each item occurs in each resample."""
    drawn = rng.integers(0, n, (draws, n)) + n * np.arange(draws)[:, None]
    return np.bincount(drawn.ravel(), minlength=n * draws).astype(np.float32).reshape(draws, n)


def resampled(
    table: Float[np.ndarray, "outcome n"], rng: np.random.Generator, draws: int
) -> Iterator[tuple[Float[np.ndarray, "draw outcome"], Float[np.ndarray, "draw outcome"]]]:
    """Each resample's means minus the sample's, and its standard errors with their floor, in chunks of draws.

    The values must be near one in size, for single precision.
    """
    outcomes, n = table.shape
    centred = (table - table.mean(axis=1, keepdims=True)).T
    powers = np.hstack([centred, centred**2]).astype(np.float32)
    least = (FLOOR * table.std(axis=1, ddof=1) / np.sqrt(n)).astype(np.float32)
    rows = max(1, _CHUNK // (n + outcomes))
    for at in range(0, draws, rows):
        sums = counts(rng, min(rows, draws - at), n) @ powers / n
        shift, squares = sums[:, :outcomes], sums[:, outcomes:]
        variance = np.maximum(squares - shift**2, 0.0) / (n - 1)
        yield shift, np.maximum(np.sqrt(variance), least)
