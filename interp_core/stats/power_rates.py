"""What a planned claim about paired rates can be expected to decide: exact, and never more than there is room for."""

from functools import lru_cache

import numpy as np
from scipy import optimize, stats

from interp_core.stats.binary import MOST_EXACT, supports
from interp_core.stats.decide import Direction
from interp_core.stats.power import check_power


def room(baseline: float, *, bounds: tuple[float, float] = (0.0, 1.0), direction: Direction = "higher") -> float:
    """The largest effect that a bounded measure has room for, given the baseline's mean.

    Raises
    ------
    ValueError : the baseline lies outside the bounds.
    """
    low, high = bounds
    if not low <= baseline <= high:
        raise ValueError(f"baseline={baseline} lies outside the measure's bounds {bounds}.")
    return high - baseline if direction == "higher" else baseline - low


def chance_rate_supported(
    true_effect: float, *, baseline: float, n: int, margin: float, lost: float = 0.0, alpha: float = 0.025
) -> float:
    """Chance that "the rate is higher by at least `margin`" comes out SUPPORTED by the exact interval of paired rates.

    Summed over all outcomes, nothing simulated.

    Parameters
    ----------
    true_effect : treatment's rate minus baseline's.
    baseline : the baseline's rate: an effect above ``1 - baseline`` cannot be.
    n : number of pairs, at most 500.
    margin : the claim's margin.
    lost : share of pairs that flip against the prediction; as many more then flip with it.
    alpha : error of one tail.

    Raises
    ------
    ValueError : the effect has no room, more pairs are lost than the baseline has, or `n` is out of range.
    """
    _check(true_effect, baseline, lost, n)
    gained = true_effect + lost
    most_lost = np.array(_most_lost(n, margin, alpha))
    counts = np.arange(n + 1)
    few_lost = stats.binom.cdf(most_lost, n - counts, min(1.0, lost / max(1 - gained, 1e-300)))
    return float(stats.binom.pmf(counts, n, gained) @ np.where(most_lost >= 0, few_lost, 0.0))


def _check(true_effect: float, baseline: float, lost: float, n: int) -> None:
    most = room(baseline)
    if true_effect > most + 1e-12:
        raise ValueError(
            f"an effect of {true_effect:g} cannot be: a baseline of {baseline:g} leaves room for {most:g}. Plan with a "
            "smaller effect, or choose prompts on which the baseline is lower."
        )
    if not 0 <= lost <= baseline or true_effect + lost < 0 or true_effect + lost > most + 1e-12:
        raise ValueError(
            f"lost={lost} must lie between 0 and what the baseline of {baseline:g} and the room above it leave."
        )
    if not 1 <= n <= MOST_EXACT:
        raise ValueError(f"n={n} must be from 1 to {MOST_EXACT} pairs.")


@lru_cache(maxsize=256)
def _most_lost(n: int, margin: float, alpha: float) -> tuple[int, ...]:
    """For each number of pairs gained, the most that may be lost with the claim still SUPPORTED; -1 for none.

    One more gained never calls for fewer lost, so the frontier is walked in 2 n steps.
    """
    frontier, lost = [], -1
    for gained in range(n + 1):
        while lost + 1 <= n - gained and supports(gained, lost + 1, n, margin, alpha):
            lost += 1
        frontier.append(min(lost, n - gained))
    return tuple(frontier)


def rate_minimum_detectable_effect(
    *, baseline: float, n: int, margin: float, lost: float = 0.0, alpha: float = 0.025, power: float = 0.8
) -> float | None:
    """The smallest true effect that is SUPPORTED with chance `power`; None where not even all the room would do."""
    check_power(power, alpha)
    most = room(baseline) - lost

    def short(effect: float) -> float:
        return chance_rate_supported(effect, baseline=baseline, n=n, margin=margin, lost=lost, alpha=alpha) - power

    if most <= margin or short(most) < 0:
        return None
    return float(optimize.brentq(short, margin, most)) if short(most) > 0 else most


def rate_n_to_decide(
    true_effect: float,
    *,
    baseline: float,
    margin: float,
    lost: float = 0.0,
    alpha: float = 0.025,
    power: float = 0.8,
) -> int | None:
    """The fewest pairs, up to 500, with which the effect is SUPPORTED with chance `power`; None where more are needed.

    The chance rises by steps, so that a few more pairs than these may have a slightly smaller one.
    """
    check_power(power, alpha)

    def enough(n: int) -> bool:
        found = chance_rate_supported(true_effect, baseline=baseline, n=n, margin=margin, lost=lost, alpha=alpha)
        return found >= power

    if true_effect <= margin:
        return None
    low, high = 0, 16
    while not enough(high):
        if high == MOST_EXACT:
            return None
        low, high = high, min(2 * high, MOST_EXACT)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
