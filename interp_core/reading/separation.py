"""How well one number, or one component, tells two classes apart."""

import numpy as np
from jaxtyping import Float
from scipy.stats import rankdata

from interp_core.errors import ClaimError


def auc(positive: Float[np.ndarray, "positive"], negative: Float[np.ndarray, "negative"]) -> float:
    """The area under the ROC curve: the chance that a positive score lies above a negative one, ties counted half.

    The Mann-Whitney statistic over its maximum (Hanley & McNeil 1982). For an interval see `interp_core.stats`.

    Raises
    ------
    ClaimError : a class is empty.
    """
    if not len(positive) or not len(negative):
        raise ClaimError("an AUC compares two classes, and one of them is empty. Give prompts of both.")
    ranks = rankdata(np.concatenate([positive, negative]))[: len(positive)]
    wins = ranks.sum() - len(positive) * (len(positive) + 1) / 2
    return float(wins / (len(positive) * len(negative)))


def class_separation(
    positive: Float[np.ndarray, "positive component"], negative: Float[np.ndarray, "negative component"]
) -> Float[np.ndarray, "component"]:
    """Cohen's d of each component: the difference of means over the pooled standard deviation; 0 where neither varies.

    Raises
    ------
    ClaimError : a class has fewer than two rows.
    """
    n, m = len(positive), len(negative)
    if n < 2 or m < 2:
        raise ClaimError(f"classes of {n} and {m} rows have no spread. Give two prompts or more of each.")
    pooled = ((n - 1) * positive.var(0, ddof=1) + (m - 1) * negative.var(0, ddof=1)) / (n + m - 2)
    difference = positive.mean(0) - negative.mean(0)
    return np.asarray(np.where(pooled > 0, difference / np.sqrt(np.where(pooled > 0, pooled, 1)), 0.0))
