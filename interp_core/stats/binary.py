"""Intervals and tests for rates and for paired differences of rates."""

import math
from functools import cache, lru_cache

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike
from scipy import optimize, special, stats

from interp_core.stats._values import check_alpha, finite
from interp_core.stats.betting import bounded_mean_interval
from interp_core.stats.interval import Interval

MOST_EXACT = 500  # pairs up to which the exact interval is computed
_REFERENCE = 1.96  # ranks the tables of outcomes, at every alpha, so that the intervals are nested
_LEAST = -1 + 1e-9
_NEGLIGIBLE = 1e-16  # a table's probability that is left out; of 500, together far below the rounding of an end
_COARSE = 1e-8  # the same while the worst nuisance parameter is only looked for
_TINY = 1e-300  # in place of zero, where its logarithm is taken or something is divided by it
_NUISANCE = 40  # points at which the nuisance parameter is tried before the best is refined


def wilson_interval(successes: int, n: int, *, alpha: float = 0.025) -> Interval:
    """Wilson's score interval for one rate [1]_.

    References
    ----------
    .. [1] Wilson (1927), J. Am. Stat. Assoc. 22, 209-212.
    """
    rate = _rate(successes, n, alpha)
    z2 = float(stats.norm.ppf(1 - alpha)) ** 2
    centre = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (rate * (1 - rate) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return Interval(rate, max(0.0, min(rate, centre - half)), min(1.0, max(rate, centre + half)), alpha, "Wilson", n)


def clopper_pearson_interval(successes: int, n: int, *, alpha: float = 0.025) -> Interval:
    """The exact interval for one rate, by inverting the binomial test of each tail [1]_.

    References
    ----------
    .. [1] Clopper and Pearson (1934), Biometrika 26, 404-413.
    """
    rate = _rate(successes, n, alpha)
    low = float(stats.beta.ppf(alpha, successes, n - successes + 1)) if successes > 0 else 0.0
    high = float(stats.beta.ppf(1 - alpha, successes + 1, n - successes)) if successes < n else 1.0
    return Interval(rate, low, high, alpha, "Clopper-Pearson", n)


def _rate(successes: int, n: int, alpha: float) -> float:
    check_alpha(alpha)
    if not 0 <= successes <= n or n == 0:
        raise ValueError(f"successes={successes} must lie between 0 and n={n}, and n must be at least one.")
    return successes / n


def mcnemar_exact(gained: int, lost: int) -> float:
    """Two-sided p of the exact McNemar test: of the pairs that flipped, `gained` one way and `lost` the other.

    Six flips one way and none the other are the fewest with p < .05. Without flips p is 1.
    """
    if gained < 0 or lost < 0:
        raise ValueError(f"gained={gained} and lost={lost} are counts of pairs and must not be negative.")
    if gained + lost == 0:
        return 1.0
    return float(stats.binomtest(gained, gained + lost, 0.5).pvalue)


def bonett_price_interval(differences: ArrayLike, *, alpha: float = 0.025) -> Interval:
    """The adjusted Wald interval of Bonett and Price for a paired difference of rates: quick, not exact [1]_.

    Parameters
    ----------
    differences : -1, 0 or 1 for each pair.
    alpha : nominal error of each tail; the worst tail's true error is about twice that.

    References
    ----------
    .. [1] Bonett and Price (2012), J. Educ. Behav. Stat. 37, 479-488.
    """
    gained, lost, n = _flips(differences, alpha)
    low, high = (_bonett_price(gained, lost, n, sign * stats.norm.ppf(1 - alpha)) for sign in (-1, 1))
    return Interval((gained - lost) / n, max(-1.0, float(low)), min(1.0, float(high)), alpha, "Bonett-Price", n)


def _flips(differences: ArrayLike, alpha: float) -> tuple[int, int, int]:
    check_alpha(alpha)
    x = finite(differences, "differences")
    if not np.isin(x, (-1.0, 0.0, 1.0)).all():
        raise ValueError(
            "differences of paired yes-or-no outcomes are -1, 0 or 1; use bounded_mean_interval for scores."
        )
    return int((x == 1).sum()), int((x == -1).sum()), len(x)


def _bonett_price(
    gained: Int[np.ndarray, "*table"] | int, lost: Int[np.ndarray, "*table"] | int, n: int, z: float
) -> Float[np.ndarray, "*table"]:
    up, down = (np.asarray(gained) + 1) / (n + 2), (np.asarray(lost) + 1) / (n + 2)
    return np.asarray(up - down + z * np.sqrt((up + down - (up - down) ** 2) / (n + 2)))


def paired_binary_interval(differences: ArrayLike, *, alpha: float = 0.025) -> Interval:
    """Exact unconditional interval for a paired difference of rates.

    Each end is Buehler's optimal bound [1]_, [2]_: with the tables of outcomes ranked by the Bonett-Price limit, the
    lower end is the smallest difference for which a table at least as extreme has probability `alpha` at some value of
    the nuisance parameter (the share of pairs that flip). Its error is at most `alpha` whatever that share. Above 500
    pairs a betting interval takes over.

    Parameters
    ----------
    differences : -1, 0 or 1 for each pair, shape [n].
    alpha : error of each tail.

    Raises
    ------
    ValueError : a difference other than -1, 0 and 1.

    References
    ----------
    .. [1] Buehler (1957), J. Am. Stat. Assoc. 52, 482-493.
    .. [2] Lloyd and Kabaila (2003), Aust. N. Z. J. Stat. 45, 167-174.
    """
    gained, lost, n = _flips(differences, alpha)
    if n > MOST_EXACT:
        return bounded_mean_interval(differences, (-1.0, 1.0), alpha=alpha)
    low, high = _buehler(gained, lost, n, alpha), -_buehler(lost, gained, n, alpha)
    return Interval((gained - lost) / n, low, high, alpha, "exact paired rates", n)


def supports(gained: int, lost: int, n: int, margin: float, alpha: float) -> bool:
    """Whether the lower end of the exact interval lies above `margin`, without computing the end."""
    return lost < n and _Tail(gained, lost, n).worst(margin) < alpha


@lru_cache(maxsize=4096)
def _buehler(gained: int, lost: int, n: int, alpha: float) -> float:
    """The lower end: where the largest probability of the tables at least as extreme crosses `alpha`."""
    if lost == n:
        return -1.0
    tail, needed = _Tail(gained, lost, n), float(special.ndtri(alpha))

    @cache  # both ends of the bracket are asked for again
    def excess(delta: float) -> float:
        certain = 1 - 1e-15  # a sum of probabilities may come out a hair above 1, where ndtri is NaN
        return float(special.ndtri(min(tail.worst(delta), certain))) - needed  # on this scale nearly a straight line

    near = float(_bonett_price(gained, lost, n, special.ndtri(alpha)))
    step = 0.25 / math.sqrt(n)
    low, high = max(near - step, _LEAST), near + step
    while excess(low) >= 0:
        if low == _LEAST:
            return -1.0
        low, high = max(low - step, _LEAST), low
    while high < 1 and excess(high) < 0:
        low, high = high, high + step
    root = optimize.brentq(excess, low, min(high, 1 - 1e-12), xtol=1e-6)
    return max(-1.0, float(root) - 2e-6)


@lru_cache(maxsize=8)
def _ranks(n: int) -> tuple[Float[np.ndarray, "gained lost"], Bool[np.ndarray, "gained lost"]]:
    """What ranks the tables of outcomes, and which of them there are."""
    up, down = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
    return _bonett_price(up, down, n, -_REFERENCE), up + down <= n


class _Tail:
    """The tables at least as extreme as the one seen: for each number gained, at most so many lost."""

    def __init__(self, gained: int, lost: int, n: int) -> None:
        limit, possible = _ranks(n)
        extreme = (limit >= limit[gained, lost] - 1e-12) & possible
        # more gained and fewer lost is always at least as extreme (Barnard's convexity)
        extreme = np.maximum.accumulate(extreme, axis=0)
        extreme = np.maximum.accumulate(extreme[:, ::-1], axis=1)[:, ::-1] & possible
        self.n = n
        self.gained = np.flatnonzero(extreme.any(axis=1))
        self.most_lost = (extreme.sum(axis=1) - 1)[self.gained]
        self.log_choose = (
            special.gammaln(n + 1) - special.gammaln(self.gained + 1) - special.gammaln(n - self.gained + 1)
        )

    def probability(
        self, delta: float, flips: Float[np.ndarray, "share"], *, negligible: float = _NEGLIGIBLE
    ) -> Float[np.ndarray, "share"]:
        """Probability of the tail where the rates differ by `delta` and a share `flips` of the pairs changes."""
        up, down = (flips[:, None] + delta) / 2, (flips[:, None] - delta) / 2
        up, down = np.clip(up, 0.0, 1.0), np.clip(down, 0.0, 1.0)
        rest = self.n - self.gained
        log_up, log_not = np.log(np.maximum(up, _TINY)), np.log(np.maximum(1 - up, _TINY))
        chance = np.exp(self.log_choose + self.gained * log_up + rest * log_not)
        share = np.clip(down / np.maximum(1 - up, _TINY), 0.0, 1.0)
        at, row = np.nonzero(chance > negligible)
        chance[chance <= negligible] = 0.0
        chance[at, row] *= special.bdtr(self.most_lost[row].astype(float), rest[row], share[at, 0])
        return np.asarray(chance.sum(axis=1))

    def worst(self, delta: float) -> float:
        """The largest probability over all shares of pairs that flip."""
        shares = np.linspace(abs(delta), 1.0, _NUISANCE)
        for negligible in (_COARSE, _NEGLIGIBLE):
            found = self.probability(delta, shares, negligible=negligible)
            at = int(np.argmax(found))
            shares = np.linspace(shares[max(at - 1, 0)], shares[min(at + 1, len(shares) - 1)], 9)
        return float(max(found.max(), self.probability(delta, shares).max(), 1e-300))
