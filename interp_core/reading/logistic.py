"""L2-penalised logistic regression, small enough to read: Newton's method in the span of the data."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import expit

from interp_core.errors import ClaimError

STEPS = 100
TOLERANCE = 1e-10


@dataclass(frozen=True)
class Logistic:
    """A fitted logistic regression: p(positive | x) = 1 / (1 + exp(-(x . weights + bias))), x in its own units."""

    weights: Float[np.ndarray, "feature"]
    bias: float

    def scores(self, x: Float[np.ndarray, "row feature"]) -> Float[np.ndarray, "row"]:
        """The log-odds of each row."""
        return np.asarray(x.astype(np.float64) @ self.weights + self.bias)

    def probabilities(self, x: Float[np.ndarray, "row feature"]) -> Float[np.ndarray, "row"]:
        """The probability of the positive class for each row."""
        return np.asarray(expit(self.scores(x)))


def fit_logistic(
    x: Float[np.ndarray, "row feature"],
    positive: Bool[np.ndarray, "row"],
    *,
    penalty: float = 1.0,
    standardise: bool = False,
) -> Logistic:
    """Fit mean cross-entropy + penalty / (2 n) |w|^2, the bias unpenalised, by Newton's method.

    Parameters
    ----------
    x : the rows. They are centred, and divided by the root mean square of all entries, or (`standardise`) each feature
        by its own standard deviation, so that the penalty means the same in any unit.
    positive : the class of each row.
    penalty : strength; above 0, since classes that a plane separates have no finite weights without it.
    standardise : for features in different units.

    Raises
    ------
    ClaimError : one class is empty, or the penalty is not above 0.

    Notes
    -----
    By the representer theorem the weights lie in the span of the rows, so that the problem has as many unknowns as
    there are rows where d_model is larger. scipy has no logistic regression and statsmodels none with an L2 penalty.
    """
    if not positive.any() or positive.all():
        raise ClaimError("a probe tells two classes apart, and one of them is empty. Give prompts of both.")
    if not penalty > 0:
        raise ClaimError(f"penalty={penalty} must be above 0: separable classes have no finite weights without it.")
    exact = x.astype(np.float64)
    mean = exact.mean(0)
    spread = exact.std(0) if standardise else np.full(x.shape[1], np.sqrt(np.mean((exact - mean) ** 2)))
    scale = np.where(spread > 0, spread, 1.0)
    rows = (exact - mean) / scale
    basis = np.linalg.svd(rows, full_matrices=False)[2]  # [rank, feature]
    weights, bias = _newton(rows @ basis.T, positive.astype(np.float64), penalty / len(x))
    own = (weights @ basis) / scale
    return Logistic(own, float(bias - own @ mean))


def _newton(
    x: Float[np.ndarray, "row feature"], y: Float[np.ndarray, "row"], penalty: float
) -> tuple[Float[np.ndarray, "feature"], float]:
    design = np.column_stack([x, np.ones(len(x))])
    ridge = np.append(np.full(x.shape[1], penalty), 0.0)
    beta = np.zeros(design.shape[1])
    for _ in range(STEPS):
        p = expit(design @ beta)
        gradient = design.T @ (p - y) / len(y) + ridge * beta
        # the small constant keeps the bias's curvature above 0 where every row is certain
        curvature = (design.T * (p * (1 - p) / len(y))) @ design + np.diag(ridge + 1e-12)
        step = np.linalg.solve(curvature, gradient)
        beta = beta - _shortened(design, y, ridge, beta, step) * step
        if np.abs(gradient).max() < TOLERANCE:
            break
    return beta[:-1], float(beta[-1])


def _shortened(
    design: Float[np.ndarray, "row column"],
    y: Float[np.ndarray, "row"],
    ridge: Float[np.ndarray, "column"],
    beta: Float[np.ndarray, "column"],
    step: Float[np.ndarray, "column"],
) -> float:
    """The largest of 1, 1/2, 1/4, ... with which the step does not raise the loss."""

    def loss(at: Float[np.ndarray, "column"]) -> float:
        scores = design @ at
        return float(np.mean(np.logaddexp(0, scores) - y * scores) + 0.5 * (ridge * at**2).sum())

    now, size = loss(beta), 1.0
    while size > 1e-6 and loss(beta - size * step) > now:
        size /= 2
    return size
