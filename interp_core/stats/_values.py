"""Checks that every estimator makes of its input."""

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

Bounds = tuple[float, float]
LARGEST = 1e70  # its fourth power, in degrees of freedom, is still a number


def finite(values: ArrayLike, name: str) -> Float[np.ndarray, "n"]:
    """The values as a vector of floats.

    Raises
    ------
    ValueError : there are none, they are not one row, or one of them is not finite or too large for its powers.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}; one row of at least one number is needed.")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds {int((~np.isfinite(array)).sum())} values that are not finite numbers.")
    if np.abs(array).max() > LARGEST:
        raise ValueError(
            f"{name} holds {np.abs(array).max():.3g}: nothing measured is beyond {LARGEST:.0e}, and its powers are no "
            "numbers. Mend the measure, or give it in a larger unit."
        )
    return array


def check_alpha(alpha: float) -> None:
    """Raise ValueError where `alpha` is no one-sided error rate."""
    if not 0 < alpha < 0.5:
        raise ValueError(f"alpha={alpha} must lie between 0 and .5: it is the error of one tail.")


def within(values: Float[np.ndarray, "n"], bounds: Bounds, name: str) -> Float[np.ndarray, "n"]:
    """The values on the scale where `bounds` are 0 and 1.

    Raises
    ------
    ValueError : the bounds are not ordered, or a value lies outside them.
    """
    low, high = bounds
    if not -np.inf < low < high < np.inf:
        raise ValueError(f"bounds={bounds} must be two finite numbers, the smaller one first.")
    slack = 1e-9 * (high - low)
    if values.min() < low - slack or values.max() > high + slack:
        raise ValueError(f"{name} lies in [{values.min()}, {values.max()}], outside its bounds {bounds}.")
    return np.asarray(np.clip((values - low) / (high - low), 0.0, 1.0))


def constant(values: Float[np.ndarray, "n"]) -> bool:
    """Whether all values are equal, up to rounding."""
    return bool(np.ptp(values) <= 1e-12 * np.abs(values).max())
