"""A betting interval for the mean of a bounded quantity: valid at every n and alpha, whatever the distribution."""

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from interp_core.stats._values import Bounds, check_alpha, finite, within
from interp_core.stats.interval import Interval

_PASSES = (8, 8, 16)  # candidate means of each; the ends are rounded outwards by 1/1024 of the range
_BLOCK = 256  # draws that are prepared at once
_MOST = 0.9  # the largest share of the wealth that is staked at once
_ORDERS = 48  # shuffled orders over which the wealth is averaged
_AIM = 1.3  # each order aims this much higher than the target, so that not all of them need to arrive


def bounded_mean_interval(values: ArrayLike, bounds: Bounds, *, alpha: float = 0.025) -> Interval:
    """Confidence interval for the mean of independent values that lie in `bounds`.

    Each end inverts a family of test martingales [1]_: a gambler bets against "the mean is m" and m is rejected once
    the wealth reaches ``1 / alpha``, which by Ville's inequality happens with probability at most `alpha` if m is the
    mean. The bets aim at that target in the draws that are left [2]_, and the wealth is averaged over shuffled orders
    (a mean of e-values is an e-value), so that the verdict hardly depends on the order of the prompts.

    Parameters
    ----------
    values : independent draws, shape [n].
    bounds : smallest and largest possible value.
    alpha : error of each tail.

    Raises
    ------
    ValueError : no values, values that are not finite or lie outside `bounds`, or `alpha` outside (0, .5).

    References
    ----------
    .. [1] Waudby-Smith and Ramdas (2023), J. R. Stat. Soc. B 86, 1-27.
    .. [2] Voracek and Orabona (2025), STaR-Bets, arXiv:2505.22422.
    """
    check_alpha(alpha)
    x = finite(values, "values")
    unit = within(x, bounds, "values")
    below, above = _lower_ends(np.stack([unit, 1 - unit]), alpha)
    low, high = (bounds[0] + (bounds[1] - bounds[0]) * end for end in (below, 1 - above))
    return Interval(float(x.mean()), min(low, float(x.mean())), max(high, float(x.mean())), alpha, "betting", len(x))


def _lower_ends(sides: Float[np.ndarray, "side n"], alpha: float) -> list[float]:
    """Of each side the largest candidate up to which every mean is rejected, on the scale of [0, 1]."""
    n, rng = sides.shape[1], np.random.default_rng(sides.shape[1])
    orders = rng.permuted(np.broadcast_to(np.arange(n), (_ORDERS, n)), axis=1)
    bets = Bets(sides[:, orders].reshape(-1, n), float(np.log(_AIM / alpha)))
    low, step = np.zeros(len(sides)), 1.0
    for count in _PASSES:
        step /= count
        means = np.minimum(low + step * np.arange(1, count + 1)[:, None], 1.0)
        wealth = bets.log_wealth(np.repeat(means, _ORDERS, axis=1)).reshape(count, len(sides), _ORDERS)
        rejected = np.logaddexp.reduce(wealth, axis=2) - np.log(_ORDERS) >= np.log(1 / alpha)
        low += step * np.logical_and.accumulate(rejected).sum(axis=0)
    return [float(end) for end in low]


class Bets:
    """Values in shuffled orders, and what a gambler who sees them in turn knows before each.

    Attributes
    ----------
    values : each draw, shape [draw, order].
    centre, squares : its predecessors' shrunken mean, and the mean of their squared distances from their own.
    """

    def __init__(self, orders: Float[np.ndarray, "order n"], target: float) -> None:
        self.values, self.target = np.ascontiguousarray(orders.T), target
        seen = np.arange(len(self.values) + 1)[:, None]
        first = np.full((1, len(orders)), 0.5)  # a first guess, as is the largest variance that there is
        centre = np.concatenate([first, self.values]).cumsum(axis=0) / (seen + 1)
        squares = np.concatenate([first**2, (self.values - centre[1:]) ** 2]).cumsum(axis=0) / (seen + 1)
        self.centre, self.squares = centre[:-1], squares[:-1]

    def log_wealth(self, means: Float[np.ndarray, "mean order"]) -> Float[np.ndarray, "mean order"]:
        """The logarithm of the wealth that betting against each mean comes to, order by order."""
        wealth, most = np.zeros(means.shape), _MOST / means
        for start in range(0, len(self.values), _BLOCK):
            scales, gains = self._prepared(means, slice(start, start + _BLOCK))
            for scale, gain in zip(scales, gains, strict=True):
                stake = np.sqrt(np.maximum(self.target - wealth, 0.0))
                stake *= scale
                np.minimum(stake, most, out=stake)
                stake *= gain
                wealth += np.log1p(stake, out=stake)
        return wealth

    def _prepared(
        self, means: Float[np.ndarray, "mean order"], some: slice
    ) -> tuple[Float[np.ndarray, "draw mean order"], Float[np.ndarray, "draw mean order"]]:
        """Of some draws what a stake is multiplied by where the target is 1 away, and what a stake of 1 gains."""
        left = np.arange(len(self.values), 0, -1.0)[some]
        variance = self.squares[some, None] + (self.centre[some, None] - means) ** 2
        return np.sqrt(2 / left[:, None, None] / variance), self.values[some, None] - means
