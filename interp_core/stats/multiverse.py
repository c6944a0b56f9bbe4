"""One effect under a grid of analysis choices: does it hang on any of them?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from interp_core.stats._values import finite
from interp_core.stats.decide import Direction
from interp_core.stats.permutation import DRAWS, signs

_CHUNK = 4_000_000  # flipped effects and signs held in memory at once


@dataclass(frozen=True)
class Multiverse:
    """The effects of all cells of a registered grid of choices.

    Parameters
    ----------
    effects : mean effect of each cell, in the grid's order.
    median, low, high : median, smallest and largest of them.
    share : of cells whose effect has the predicted sign.
    p_median : joint p-value of a median effect beyond the margin as large as the one seen.
    p_share : joint p-value of as many cells beyond the margin in the predicted direction.
    n : requests.
    """

    effects: tuple[float, ...]
    median: float
    low: float
    high: float
    share: float
    p_median: float
    p_share: float
    n: int


def multiverse(
    values: ArrayLike,
    *,
    rng: np.random.Generator,
    direction: Direction = "higher",
    margin: float = 0.0,
    draws: int = DRAWS,
) -> Multiverse:
    """Judge a grid of analysis choices as a whole.

    The cells share their requests, so their effects move together: the null distribution flips the signs of whole
    requests, in all cells at once, about the margin [1]_. Each p is ``(1 + flips at least as extreme) / (draws + 1)``.

    Parameters
    ----------
    values : paired differences, one row per cell of the grid and one column per request, shape [cells, n].
    rng : where random flips come from.
    direction : the predicted sign.
    margin : the effect under the null hypothesis, in the predicted direction.
    draws : random flips.

    Raises
    ------
    ValueError : values are no table of finite numbers.

    References
    ----------
    .. [1] Simonsohn, Simmons and Nelson (2020), Nat. Hum. Behav. 4, 1208-1214.
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2 or not table.size:
        raise ValueError(f"values have shape {table.shape}; one row per cell and one column per request are needed.")
    finite(table.ravel(), "values")
    effects = table.mean(axis=1)
    signed = table if direction == "higher" else -table
    p_median, p_share = _joint(signed - margin, rng, draws)
    return Multiverse(
        tuple(effects.tolist()),
        float(np.median(effects)),
        float(effects.min()),
        float(effects.max()),
        float((signed.mean(axis=1) > 0).mean()),
        p_median,
        p_share,
        table.shape[1],
    )


def _joint(table: Float[np.ndarray, "cell n"], rng: np.random.Generator, draws: int) -> tuple[float, float]:
    seen = _summary(table.mean(axis=1)[:, None])
    rows = max(1, _CHUNK // sum(table.shape))
    counts = np.zeros(2)
    for at in range(0, draws, rows):
        flipped = table @ signs(rng, min(rows, draws - at), table.shape[1]).T / table.shape[1]
        counts += (_summary(flipped) >= seen - 1e-12 * np.abs(seen)).sum(axis=1)
    p = (1 + counts) / (draws + 1)
    return float(p[0]), float(p[1])


def _summary(effects: Float[np.ndarray, "cell draw"]) -> Float[np.ndarray, "2 draw"]:
    """The median effect of the cells and the share of them above zero."""
    return np.stack([np.median(effects, axis=0), (effects > 0).mean(axis=0)])
