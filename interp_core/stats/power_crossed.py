"""What a planned claim over requests and frames can be expected to decide: frames that are few set the limit."""

import math
from dataclasses import dataclass

from scipy import optimize, stats

from interp_core.stats.means import expanded
from interp_core.stats.power import MOST_PAIRS, check_power, noncentral


@dataclass(frozen=True)
class PlannedSpread:
    """Standard deviations that a planned crossed design is expected to have.

    Parameters
    ----------
    request, frame : of the true effects of requests and of frames; 0 for a factor that is fixed.
    cell : of a single cell about those.

    Raises
    ------
    ValueError : one is negative or all are zero.
    """

    request: float
    frame: float
    cell: float

    def __post_init__(self) -> None:
        if min(self.request, self.frame, self.cell) < 0 or self.request + self.frame + self.cell == 0:
            raise ValueError(f"{self}: standard deviations must not be negative, nor all zero.")

    def error(self, requests: int, frames: int) -> tuple[float, float]:
        """The standard error of the mean effect and Satterthwaite's degrees of freedom [1]_.

        From the expected mean squares of the two-way random-effects analysis of variance. More requests than can be
        had do not lower the standard error below ``frame / sqrt(frames)``.

        References
        ----------
        .. [1] Satterthwaite (1946), Biometrics Bulletin 2, 110-114.
        """
        if requests < 2 or frames < 1:
            raise ValueError(f"{requests} requests and {frames} frames: two requests and one frame are the least.")
        cell = self.cell**2 / (requests * frames)
        between = self.request**2 / requests + cell
        parts = [(between, requests - 1)]
        if frames > 1 and self.frame > 0:
            parts += [(self.frame**2 / frames + cell, frames - 1), (-cell, (requests - 1) * (frames - 1))]
        variance = sum(part for part, _ in parts)
        return math.sqrt(variance), variance**2 / sum(part**2 / df for part, df in parts)

    def effective_n(self, requests: int, frames: int) -> float:
        """How many independent cells would give the same standard error."""
        whole = self.request**2 + self.frame**2 + self.cell**2
        return whole / self.error(requests, frames)[0] ** 2


def chance_crossed_supported(
    true_effect: float, *, spread: PlannedSpread, requests: int, frames: int, margin: float, alpha: float = 0.025
) -> float:
    """Chance that a claim over requests and frames comes out SUPPORTED, by the noncentral t distribution.

    Raises
    ------
    ValueError : fewer than two requests or no frame.
    """
    error, df = spread.error(requests, frames)
    return noncentral((true_effect - margin) / error, df, _level(spread, requests, alpha))


def _level(spread: PlannedSpread, requests: int, alpha: float) -> float:
    """The level at which the interval stands: that of the paired default where frames are fixed."""
    return alpha if spread.frame else expanded(alpha, requests)


def crossed_minimum_detectable_effect(
    *,
    spread: PlannedSpread,
    requests: int,
    frames: int,
    margin: float,
    alpha: float = 0.025,
    power: float = 0.8,
) -> float:
    """The smallest true effect that is SUPPORTED with chance `power`, given the margin."""
    check_power(power, alpha)
    error, df = spread.error(requests, frames)
    widest = float(stats.t.ppf(1 - alpha, df)) + 100.0
    level = _level(spread, requests, alpha)
    return margin + error * float(optimize.brentq(lambda shift: noncentral(shift, df, level) - power, 0.0, widest))


def requests_to_decide(
    true_effect: float,
    *,
    spread: PlannedSpread,
    frames: int,
    margin: float,
    alpha: float = 0.025,
    power: float = 0.8,
) -> int | None:
    """The fewest requests with which the effect is SUPPORTED with chance `power` under so many frames.

    None where no number would do: with few frames that differ, their number is what decides.
    """
    check_power(power, alpha)

    def enough(requests: int) -> bool:
        found = chance_crossed_supported(
            true_effect, spread=spread, requests=requests, frames=frames, margin=margin, alpha=alpha
        )
        return found >= power

    if true_effect <= margin or not enough(MOST_PAIRS):
        return None
    low, high = 1, MOST_PAIRS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
