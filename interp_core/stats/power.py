"""What a planned claim can be expected to decide."""

import math

from scipy import optimize, stats

from interp_core.stats.means import expanded

MOST_PAIRS = 1_000_000


def chance_supported(true_effect: float, *, sd: float, n: int, margin: float, alpha: float = 0.025) -> float:
    """Chance that a paired claim comes out SUPPORTED by the default interval, by the noncentral t distribution.

    At the level of Hesterberg's expansion [1]_, at which the default interval stands for normal differences: at the
    margin the chance is a little below `alpha`.

    Parameters
    ----------
    true_effect : the effect in the predicted direction.
    sd : standard deviation of a pair's difference.
    n : number of pairs.
    margin : the claim's margin.
    alpha : error of one tail.

    Raises
    ------
    ValueError : `sd` is not positive or `n` is below 2.

    References
    ----------
    .. [1] Hesterberg (2015), The American Statistician 69, 371-386.
    """
    if sd <= 0 or n < 2:
        raise ValueError(f"sd={sd} must be positive and n={n} at least 2.")
    shift = (true_effect - margin) / sd * math.sqrt(n)
    return noncentral(shift, n - 1, expanded(alpha, n))


def noncentral(shift: float, df: float, alpha: float) -> float:
    """Chance that a t statistic of mean `shift`, in standard errors, exceeds its critical value."""
    needed = float(stats.t.ppf(1 - alpha, df))
    if abs(shift) > 30:  # the noncentral t loses its digits out there
        return float(stats.norm.sf(needed - shift))
    return float(stats.nct.sf(needed, df, shift))


def minimum_detectable_effect(*, sd: float, n: int, margin: float, alpha: float = 0.025, power: float = 0.8) -> float:
    """The smallest true effect that is SUPPORTED with chance `power`, given the margin."""
    check_power(power, alpha)
    widest = margin + sd * (50 / math.sqrt(n) + 50)
    return float(
        optimize.brentq(
            lambda effect: chance_supported(effect, sd=sd, n=n, margin=margin, alpha=alpha) - power, margin, widest
        )
    )


def n_to_decide(
    true_effect: float, *, sd: float, margin: float, alpha: float = 0.025, power: float = 0.8
) -> int | None:
    """The fewest pairs with which the effect is SUPPORTED with chance `power`; None where no number would do."""
    check_power(power, alpha)

    def enough(n: int) -> bool:
        return chance_supported(true_effect, sd=sd, n=n, margin=margin, alpha=alpha) >= power

    if true_effect <= margin or not enough(MOST_PAIRS):
        return None
    low, high = 1, MOST_PAIRS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def paired_rate_sd(gained: float, lost: float) -> float:
    """Standard deviation of a pair's difference where a share `gained` flips up and a share `lost` flips down.

    Raises
    ------
    ValueError : the shares are not probabilities of exclusive outcomes.
    """
    if min(gained, lost) < 0 or gained + lost > 1:
        raise ValueError(f"gained={gained} and lost={lost} must be shares that add up to at most 1.")
    return math.sqrt(gained + lost - (gained - lost) ** 2)


def check_power(power: float, alpha: float) -> None:
    """Raise ValueError where `power` is no chance that a plan could aim at."""
    if not alpha < power < 1:
        raise ValueError(f"power={power} must lie between alpha={alpha} and 1.")
