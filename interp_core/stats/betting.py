"""A betting interval for the mean of a bounded quantity: valid at every n and alpha, whatever the distribution."""

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from interp_core.stats._values import Bounds, check_alpha, finite, within
from interp_core.stats.interval import Interval

_GRID = 32  # candidate means per pass; two passes, so that the ends are rounded outwards by 1/1024 of the range
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
    ends = lower_end(unit, alpha), 1 - lower_end(1 - unit, alpha)
    low, high = (bounds[0] + (bounds[1] - bounds[0]) * end for end in ends)
    return Interval(float(x.mean()), min(low, float(x.mean())), max(high, float(x.mean())), alpha, "betting", len(x))


def lower_end(unit: Float[np.ndarray, "n"], alpha: float) -> float:
    """The largest candidate up to which every mean is rejected, on the scale of [0, 1]."""
    rng = np.random.default_rng(len(unit))
    orders = rng.permuted(np.broadcast_to(np.arange(len(unit)), (_ORDERS, len(unit))), axis=1)
    bets = Bets(unit[orders], float(np.log(_AIM / alpha)))
    grid, likely = np.arange(1, _GRID + 1) / _GRID, int(unit.mean() * _GRID) + 2
    coarse = _last_rejected(bets, alpha, grid[:likely])  # hardly ever is a mean above the sample's rejected
    if likely < _GRID and coarse == grid[likely - 1]:
        coarse = _last_rejected(bets, alpha, grid)
    return _last_rejected(bets, alpha, coarse + np.arange(1, _GRID + 1) / _GRID**2)


def _last_rejected(bets: "Bets", alpha: float, means: Float[np.ndarray, "mean"]) -> float:
    wealth = bets.log_wealth(np.minimum(means, 1.0))
    rejected = np.logaddexp.reduce(wealth, axis=1) - np.log(wealth.shape[1]) >= np.log(1 / alpha)
    count = len(means) if rejected.all() else int(np.argmin(rejected))
    return float(means[count - 1]) if count else float(2 * means[0] - means[1])


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

    def log_wealth(self, means: Float[np.ndarray, "mean"]) -> Float[np.ndarray, "mean order"]:
        """The logarithm of the wealth that betting against each mean comes to, order by order."""
        n, against = len(self.values), means[:, None]
        most = _MOST / against
        wealth = np.zeros((len(means), self.values.shape[1]))
        for i, (value, centre, squares) in enumerate(zip(self.values, self.centre, self.squares, strict=True)):
            variance = squares + (centre - against) ** 2
            stake = np.sqrt(2 / (n - i) * np.maximum(self.target - wealth, 0.0) / variance)
            wealth += np.log(1 + np.minimum(stake, most) * (value - against))
        return wealth
