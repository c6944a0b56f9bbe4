"""Several claims at once: their p-values, their corrections, and the alpha that headline claims share."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from interp_core.stats._values import check_alpha, finite
from interp_core.stats.decide import Decision, Verdict

MOST_HEADLINES = 3
_LARGEST = 0.499  # an interval's alpha is below one half
_PRECISION = 1.02  # ratio of the two ends between which a p-value is searched


def p_value(decision_at: Callable[[float], Decision], *, smallest: float = 1e-4) -> float:
    """The p-value of a claim at its margin: the smallest alpha at which it is SUPPORTED.

    A test that rejects where the ``1 - 2 alpha`` interval excludes the margin has this p-value [1]_, whatever made the
    interval, so that a p-value never contradicts the verdict beside it. It is rounded upwards, by 2 % at most. Where
    the evidence may not decide, or not even an interval at alpha near one half excludes the margin, it is 1.

    Parameters
    ----------
    decision_at : alpha to decision; for a bootstrap interval it must start each time from the same seed.
    smallest : the smallest p-value that is told from zero; bootstrap draws grow with its inverse.

    Raises
    ------
    ValueError : `smallest` is no alpha.

    References
    ----------
    .. [1] Lehmann and Romano (2005), Testing Statistical Hypotheses, 3rd edition, section 3.3.
    """
    check_alpha(smallest)

    def supported(alpha: float) -> bool:
        return decision_at(alpha).verdict is Verdict.SUPPORTED

    if not supported(_LARGEST):
        return 1.0
    if supported(smallest):  # the usual case of a clear effect, at the price of two intervals instead of ten
        return smallest
    low, high = smallest, _LARGEST
    while high / low > _PRECISION:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if supported(middle) else (middle, high)
    return high


@dataclass(frozen=True)
class Adjusted:
    """p-values of a family with two corrections, all in the family's order.

    Parameters
    ----------
    p : as they came.
    holm : at or below alpha where Holm's procedure rejects: the chance of any false SUPPORTED is at most alpha.
    benjamini_hochberg : at or below q where that procedure rejects: the share of false ones among the SUPPORTED is at
        most q on average.
    """

    p: tuple[float, ...]
    holm: tuple[float, ...]
    benjamini_hochberg: tuple[float, ...]


def adjusted_p_values(p_values: ArrayLike) -> Adjusted:
    """Holm's [1]_ and Benjamini and Hochberg's [2]_ adjusted p-values; of an empty family, none.

    Raises
    ------
    ValueError : a p-value is NaN or lies outside [0, 1]; give a claim that could not be judged the p-value 1.

    References
    ----------
    .. [1] Holm (1979), Scand. J. Stat. 6, 65-70.
    .. [2] Benjamini and Hochberg (1995), J. R. Stat. Soc. B 57, 289-300.
    """
    p = np.asarray(p_values, dtype=np.float64).ravel()
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"p-values {p.tolist()} must lie in [0, 1]; one that could not be computed counts as 1.")
    if not len(p):
        return Adjusted((), (), ())
    from statsmodels.stats.multitest import multipletests

    columns = (multipletests(p, method=method)[1] for method in ("holm", "fdr_bh"))
    return Adjusted(tuple(p.tolist()), *(tuple(np.asarray(column).tolist()) for column in columns))


def headline_shares(weights: Sequence[float], *, alpha: float = 0.025) -> tuple[float, ...]:
    """Each headline claim's share of alpha, in proportion to the weights registered for them; equal ones share equally.

    Raises
    ------
    ValueError : more than three headlines, or a weight that is not positive.
    """
    check_alpha(alpha)
    if not 1 <= len(weights) <= MOST_HEADLINES:
        raise ValueError(
            f"{len(weights)} headline claims cannot share alpha={alpha}: name one to {MOST_HEADLINES}; the others are "
            "secondary, each judged at alpha."
        )
    shares = finite(weights, "weights")
    if not (shares > 0).all():
        raise ValueError(f"weights {list(weights)} must be positive: a claim without alpha can never be SUPPORTED.")
    return tuple((alpha * shares / shares.sum()).tolist())


def expected_false_supported(alphas: Sequence[float]) -> float:
    """How many secondary claims to expect SUPPORTED if each effect lay exactly at its margin: the sum of the alphas."""
    for alpha in alphas:
        check_alpha(alpha)
    return float(sum(alphas))
