"""Permutation tests, and the place of an effect among those of random directions."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from interp_core.stats._values import check_alpha, finite

FEWEST_RANDOM = 19
_MOST_EXACT = 16  # values up to which all sign flips are enumerated
_CHUNK = 16_000_000  # signs held in memory at once
DRAWS = 9_999


def sign_flip_p(differences: ArrayLike, *, rng: np.random.Generator, margin: float = 0.0, draws: int = DRAWS) -> float:
    """One-sided p of "the mean of the paired differences is above `margin`", by flipping signs about the margin.

    Exact under symmetry about the margin: up to 16 values all ``2^n`` flips are counted; above, `draws` random ones and
    the one seen [1]_. The smallest possible p is ``2^-n`` or ``1 / (draws + 1)``.

    Parameters
    ----------
    differences : treatment minus baseline, shape [n].
    rng : where random flips come from.
    margin : the mean under the null hypothesis.
    draws : random flips.

    Raises
    ------
    ValueError : no differences, or some that are not finite.

    References
    ----------
    .. [1] Phipson and Smyth (2010), Stat. Appl. Genet. Mol. Biol. 9, 39.
    """
    x = finite(differences, "differences") - margin
    scale = np.abs(x).max()
    if scale == 0:
        return 1.0
    exact = len(x) <= _MOST_EXACT
    sums = _all_flips(x / scale) if exact else _random_flips(x / scale, rng, draws)
    as_large = int((sums >= (x / scale).sum() - 1e-9).sum())
    return as_large / len(sums) if exact else (as_large + 1) / (draws + 1)


def _all_flips(x: Float[np.ndarray, "n"]) -> Float[np.ndarray, "flip"]:
    sums = np.zeros(1)
    for value in x:
        sums = np.concatenate([sums + value, sums - value])
    return sums


def _random_flips(x: Float[np.ndarray, "n"], rng: np.random.Generator, draws: int) -> Float[np.ndarray, "flip"]:
    rows = max(1, _CHUNK // len(x))
    parts = [signs(rng, min(rows, draws - at), len(x)) @ x for at in range(0, draws, rows)]
    return np.concatenate(parts)


def signs(rng: np.random.Generator, draws: int, n: int) -> Float[np.ndarray, "draw n"]:
    """Random signs, each row one flip."""
    return np.asarray(2.0 * rng.integers(0, 2, (draws, n), dtype=np.int8) - 1.0)


def permutation_p(x: ArrayLike, y: ArrayLike, *, rng: np.random.Generator, draws: int = DRAWS) -> float:
    """One-sided p of "the mean of `x` is above that of `y`", two independent samples, by exchanging their members.

    Exact where the two come from one distribution under the null hypothesis. scipy counts all exchanges where they are
    at most `draws`, and draws from them otherwise.

    Raises
    ------
    ValueError : an empty sample, or values that are not finite.
    """
    from scipy import stats

    found = stats.permutation_test(
        (finite(x, "x"), finite(y, "y")),
        _mean_difference,
        permutation_type="independent",
        alternative="greater",
        n_resamples=draws,
        vectorized=True,
        rng=rng,
    )
    return float(found.pvalue)


def _mean_difference(
    x: Float[np.ndarray, "*batch n"], y: Float[np.ndarray, "*batch m"], axis: int = -1
) -> Float[np.ndarray, "*batch"]:
    return np.asarray(x.mean(axis=axis) - y.mean(axis=axis))


@dataclass(frozen=True)
class Placement:
    """Where an effect lies among those of random directions.

    Parameters
    ----------
    percentile : share of the random effects below it, in percent.
    p : ``(1 + random effects at least as large) / (draws + 1)``.
    draws : random directions.
    decides : whether so many draws could reach p of at most alpha at all.
    reason : the sentence for the reader.
    """

    percentile: float
    p: float
    draws: int
    decides: bool
    reason: str


def among_random(effect: float, random_effects: ArrayLike, *, alpha: float = 0.025) -> Placement:
    """The percentile of an effect among those of random directions, and its Monte-Carlo p-value [1]_.

    Descriptive unless ``1 / (draws + 1) <= alpha``: 39 draws at the default alpha, 119 at a third of it.

    Parameters
    ----------
    effect : the direction's effect, signed so that the prediction is "larger".
    random_effects : those of random directions, signed alike; at least 19.

    Raises
    ------
    ValueError : fewer than 19 random effects, or numbers that are not finite.

    References
    ----------
    .. [1] Phipson and Smyth (2010), Stat. Appl. Genet. Mol. Biol. 9, 39.
    """
    check_alpha(alpha)
    null = finite(random_effects, "random_effects")
    ours = float(finite([effect], "effect")[0])
    draws = len(null)
    if draws < FEWEST_RANDOM:
        raise ValueError(
            f"{draws} random directions say too little about where an effect lies: draw {FEWEST_RANDOM} or more."
        )
    p = (1 + int((null >= ours).sum())) / (draws + 1)
    decides = 1 / (draws + 1) <= alpha
    percentile = 100 * float((null < ours).mean())
    can = f"p = {p:.3g}" if decides else f"descriptive: p below {1 / (draws + 1):.2g} takes more draws"
    return Placement(percentile, p, draws, decides, f"above {percentile:.0f} % of {draws} random directions; {can}")
