"""Comparing directions and representations."""

import numpy as np
from jaxtyping import Float

from interp_core.errors import ClaimError


def cosines(vectors: Float[np.ndarray, "vector feature"]) -> Float[np.ndarray, "vector vector"]:
    """The cosine of every pair of vectors; raises ClaimError where one has no length."""
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
    if not (lengths > 0).all():
        raise ClaimError(f"vector {int(np.argmin(lengths))} has no length, so it has no cosine with another.")
    units = vectors / lengths[:, None]
    return np.asarray(np.clip(units @ units.T, -1.0, 1.0))


def linear_cka(x: Float[np.ndarray, "row one"], y: Float[np.ndarray, "same other"]) -> float:
    """Linear CKA of two representations of the same rows, in [0, 1] (Kornblith et al. 2019, eq. 4).

    |Y^T X|_F^2 / (|X^T X|_F |Y^T Y|_F), columns centred. It does not see rotations or a common scale, which makes it
    fit to compare two models whose axes differ. With fewer rows than features it is biased upwards; the same prompts
    in another order are the control.

    Raises
    ------
    ClaimError : the numbers of rows differ, or a representation does not vary.
    """
    if len(x) != len(y):
        raise ClaimError(f"CKA compares the same prompts in two models, and got {len(x)} rows and {len(y)}.")
    a, b = (side.astype(np.float64) - side.mean(0, dtype=np.float64) for side in (x, y))
    # over rows, not features, where there are fewer: |Y^T X|_F^2 = <X X^T, Y Y^T>
    k, m = a @ a.T, b @ b.T
    norms = np.linalg.norm(k) * np.linalg.norm(m)
    if norms == 0:
        raise ClaimError("a representation is the same for all prompts, so there is nothing to compare.")
    return float((k * m).sum() / norms)
