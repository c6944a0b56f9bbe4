"""What a planned claim can be expected to decide, where no formula holds: from imagined runs."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from interp_core.stats.decide import Decision, Verdict


@dataclass(frozen=True)
class Outcomes:
    """The lower ends that imagined runs of one true effect gave, in the predicted direction.

    Parameters
    ----------
    effect : the true effect of the runs.
    lows : the lower end of each run's interval, shape [run].
    """

    effect: float
    lows: Float[np.ndarray, "run"]

    def chance(self, margin: float) -> float:
        """The share of the runs that came out SUPPORTED."""
        return float((self.lows > margin).mean())

    def minimum_detectable_effect(self, margin: float, *, power: float = 0.8) -> float:
        """The effect that a share `power` of the runs would have shown, if another effect only moves their ends.

        Near a bound of the measure that is an approximation: spreads are smaller there.
        """
        return self.effect + margin - float(np.quantile(self.lows, 1 - power))


def imagined(
    low: Callable[[np.random.Generator], float], *, effect: float, runs: int, rng: np.random.Generator
) -> Outcomes:
    """The outcomes of `runs` runs, each of which draws data with the true `effect` and gives its interval's lower end.

    Raises
    ------
    ValueError : `runs` is below 1.
    """
    if runs < 1:
        raise ValueError(f"runs={runs} must be at least 1.")
    return Outcomes(effect, np.array([low(rng) for _ in range(runs)]))


def simulated_chance(
    experiment: Callable[[np.random.Generator], Decision], *, rng: np.random.Generator, runs: int = 400
) -> tuple[float, float]:
    """Chance that a claim comes out SUPPORTED, by running imagined experiments, and its standard error.

    For designs that no formula covers. The standard error is Agresti and Coull's [1]_, so that it is never zero.

    Raises
    ------
    ValueError : `runs` is below 1.

    References
    ----------
    .. [1] Agresti and Coull (1998), The American Statistician 52, 119-126.
    """
    if runs < 1:
        raise ValueError(f"runs={runs} must be at least 1.")
    supported = sum(experiment(rng).verdict is Verdict.SUPPORTED for _ in range(runs))
    share = (supported + 2) / (runs + 4)
    return supported / runs, math.sqrt(share * (1 - share) / (runs + 4))
