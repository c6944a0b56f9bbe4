"""What an estimator hands to a verdict: an interval, how it was made, and whether it may decide."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

SMALL_N = 16


@dataclass(frozen=True)
class Design:
    """How many levels of each factor stand behind an interval, and what they are worth.

    Parameters
    ----------
    n : cells (request by frame) with a value.
    levels : factor to number of levels.
    design_effect : variance of the mean over the variance it would have were the cells independent.
    effective_n : independent cells that would give the same variance, ``n / design_effect``.
    """

    n: int
    levels: Mapping[str, int]
    design_effect: float
    effective_n: float


@dataclass(frozen=True)
class Interval:
    """An effect with a confidence interval, each tail of which errs with probability `alpha`.

    Parameters
    ----------
    estimate, low, high : the effect and the interval's two ends, never NaN.
    alpha : one-sided error per tail; .025 makes the familiar 95 % interval.
    method : the estimator's name, as printed.
    n : independent units (pairs, clusters) behind the interval.
    notes : sentences for the reader.
    tail_errors : measured error of the low and of the high end for simulated shapes like the data, where that is more
        than alpha at either; None elsewhere.
    decides : False where no verdict may be read off this interval; the first note says why.
    design : factor levels and effective sample size of a crossed design.
    monte_carlo : three Monte-Carlo standard deviations of the two ends, 0 where nothing was drawn.
    """

    estimate: float
    low: float
    high: float
    alpha: float
    method: str
    n: int
    notes: tuple[str, ...] = ()
    tail_errors: tuple[float, float] | None = None
    decides: bool = True
    design: Design | None = None
    monte_carlo: tuple[float, float] = field(default=(0.0, 0.0))

    @property
    def tail_error(self) -> float | None:
        """The larger of the two measured tail errors, None where the diagnostic was silent."""
        return None if self.tail_errors is None else max(self.tail_errors)

    @property
    def width(self) -> float:
        """Distance between the two ends."""
        return self.high - self.low

    def withheld(self, reason: str) -> "Interval":
        """The same interval, which now decides nothing, for `reason`."""
        return replace(self, decides=False, notes=(reason, *self.notes))

    def noted(self, *notes: str) -> "Interval":
        """The same interval with more notes, each once."""
        return replace(self, notes=tuple(dict.fromkeys((*self.notes, *notes))))

    def mirrored(self) -> "Interval":
        """The interval of the effect with its sign changed."""
        return replace(
            self,
            estimate=-self.estimate,
            low=-self.high,
            high=-self.low,
            tail_errors=None if self.tail_errors is None else (self.tail_errors[1], self.tail_errors[0]),
            monte_carlo=(self.monte_carlo[1], self.monte_carlo[0]),
        )

    def scaled(self, factor: float, *, offset: float = 0.0) -> "Interval":
        """The interval of ``offset + factor * effect``, for a positive `factor`."""
        return replace(
            self,
            estimate=offset + factor * self.estimate,
            low=offset + factor * self.low,
            high=offset + factor * self.high,
            monte_carlo=(factor * self.monte_carlo[0], factor * self.monte_carlo[1]),
        )
