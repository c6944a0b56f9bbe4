"""Principal components of activations, and how far classes lie apart along them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from interp_core.errors import ClaimError


@dataclass(frozen=True)
class Components:
    """Principal components, by variance explained.

    Attributes
    ----------
    mean : the mean of the rows, which is taken off before projecting.
    directions : unit vectors; each one's largest entry is positive, since the sign of a component means nothing.
    explained : the share of the total variance that each explains.
    """

    mean: Float[np.ndarray, "feature"]
    directions: Float[np.ndarray, "component feature"]
    explained: Float[np.ndarray, "component"]

    def project(self, rows: Float[np.ndarray, "row feature"]) -> Float[np.ndarray, "row component"]:
        """The coordinates of rows, of these or of held-out ones."""
        return np.asarray((rows.astype(np.float64) - self.mean) @ self.directions.T)


def principal_components(rows: Float[np.ndarray, "row feature"], count: int) -> Components:
    """The first `count` principal components of `rows` (Pearson 1901), by singular value decomposition in float64.

    Raises
    ------
    ClaimError : there are fewer than `count` components, or all rows are equal.
    """
    most = min(len(rows) - 1, rows.shape[1])
    if not 1 <= count <= most:
        raise ClaimError(
            f"{count} components were asked for, and {len(rows)} rows of width {rows.shape[1]} have {max(most, 0)}."
        )
    mean = rows.mean(0, dtype=np.float64)
    _, sizes, directions = np.linalg.svd(rows - mean, full_matrices=False)
    total = float((sizes**2).sum())
    if total == 0:
        raise ClaimError("all rows are equal, so they have no components. Read another layer or position.")
    chosen = directions[:count]
    largest = np.take_along_axis(chosen, np.abs(chosen).argmax(1)[:, None], axis=1)
    return Components(mean, chosen * np.sign(largest), sizes[:count] ** 2 / total)


def silhouette(rows: Float[np.ndarray, "row feature"], labels: Sequence[str]) -> float:
    """The mean silhouette of labelled rows (Rousseeuw 1987), in [-1, 1]: 1 where classes are tight and far apart.

    (b - a) / max(a, b) for each row: a is its mean Euclidean distance to its own class, b to the nearest other one. A
    row that is alone in its class counts as 0.

    Raises
    ------
    ClaimError : there are fewer than two classes.
    """
    classes, index = np.unique(np.asarray(labels), return_inverse=True)
    if len(classes) < 2:
        raise ClaimError(f"a silhouette compares classes, and all rows are {classes[0]!r}. Give two or more.")
    member = np.eye(len(classes))[index]  # [row, class]
    sums = _distances(rows) @ member
    sizes = member.sum(0)
    own, size = sums[np.arange(len(rows)), index], sizes[index]
    a = own / np.maximum(size - 1, 1)
    b = np.where(member > 0, np.inf, sums / sizes).min(1)
    widest = np.maximum(a, b)
    values = np.where((size > 1) & (widest > 0), (b - a) / np.where(widest > 0, widest, 1), 0.0)
    return float(values.mean())


def _distances(rows: Float[np.ndarray, "row feature"]) -> Float[np.ndarray, "row row"]:
    exact = rows.astype(np.float64)
    squares = (exact**2).sum(1)
    return np.asarray(np.sqrt(np.maximum(squares[:, None] + squares - 2 * exact @ exact.T, 0.0)))
