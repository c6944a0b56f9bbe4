"""What a planned difference of AUCs can be expected to decide."""

import math

import numpy as np
from jaxtyping import Float
from scipy import special

from interp_core.stats._values import check_alpha
from interp_core.stats.separability import comparisons


def planned_auc_difference_low(
    positive: Float[np.ndarray, "m"],
    negative: Float[np.ndarray, "n"],
    baseline_positive: Float[np.ndarray, "m"],
    baseline_negative: Float[np.ndarray, "n"],
    *,
    alpha: float = 0.025,
) -> float:
    """The lower end of `auc_difference_interval`, a thousand times faster: for imagined runs, and for no verdict.

    DeLong's variance of the difference [1]_ and the unseen item's share, whose mean and variance are those of a Beta
    distribution, in a normal approximation: within .015 of the interval's end at 32 items a group and .006 at 64.

    Parameters
    ----------
    positive, negative : the score's values, shapes [m] and [n].
    baseline_positive, baseline_negative : the other score's, for the same items in the same order.
    alpha : error of one tail.

    References
    ----------
    .. [1] DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44, 837-845.
    """
    check_alpha(alpha)
    gains = comparisons(positive, negative) - comparisons(baseline_positive, baseline_negative)
    found, worst = float(gains.mean()), 1 + float(gains.mean())  # from the estimate down to -1
    variance = sum(float(gains.mean(axis=axis).var(ddof=1)) / gains.shape[1 - axis] for axis in (0, 1))
    ends = [
        found - worst / (k + 1) + special.ndtri(alpha) * math.sqrt(variance + worst**2 * k / ((k + 1) ** 2 * (k + 2)))
        for k in gains.shape
    ]
    return float(min(ends))
