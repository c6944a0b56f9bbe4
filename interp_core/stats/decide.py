"""Verdicts: what an interval says about a claim and its margin."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from interp_core.stats.interval import Interval

Direction = Literal["higher", "lower"]


class Verdict(StrEnum):
    """What a claim's evidence amounts to."""

    INVALID = "invalid"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"
    SUPPORTED = "supported"

    @property
    def strength(self) -> int:
        """Rank from 0, INVALID, to 3, SUPPORTED."""
        return list(Verdict).index(self)

    @staticmethod
    def weakest(verdicts: Iterable["Verdict"]) -> "Verdict":
        """The weakest of several verdicts: a claim is as strong as its weakest prediction.

        Raises
        ------
        ValueError : there is no verdict.
        """
        return min(verdicts, key=lambda verdict: verdict.strength)


@dataclass(frozen=True)
class Decision:
    """A verdict and the short sentence that explains it."""

    verdict: Verdict
    reason: str


def decide(interval: Interval, *, margin: float, direction: Direction) -> Decision:
    """Judge "the effect is `direction` by at least `margin`".

    Parameters
    ----------
    interval : the effect's ``1 - 2 alpha`` interval.
    margin : smallest effect of interest, positive.
    direction : the predicted sign.

    Returns
    -------
    Decision : SUPPORTED when the interval lies wholly beyond the margin, REFUTED when it lies wholly on the other side
        of zero or wholly short of the margin, else INCONCLUSIVE.

    Raises
    ------
    ValueError : `margin` is not positive and finite.
    """
    _check_size("margin", margin)
    effect = interval if direction == "higher" else interval.mirrored()
    if not effect.decides:
        return Decision(Verdict.INCONCLUSIVE, _why_withheld(effect))
    return _withhold(_one_sided(effect, margin), effect, (margin,))


def decide_equivalence(interval: Interval, *, within: float) -> Decision:
    """Judge "the effect is no larger than `within` in either direction".

    Two one-sided tests at alpha [1]_ are the ``1 - 2 alpha`` interval inside the margin.

    Raises
    ------
    ValueError : `within` is not positive and finite.

    References
    ----------
    .. [1] Schuirmann (1987), J. Pharmacokinet. Biopharm. 15, 657-680.
    """
    _check_size("within", within)
    if not interval.decides:
        return Decision(Verdict.INCONCLUSIVE, _why_withheld(interval))
    return _withhold(_two_sided(interval, within), interval, (-within, within))


def decide_noninferiority(interval: Interval, *, within: float, worse: Direction = "lower") -> Decision:
    """Judge "the effect is not `worse` by as much as `within`".

    One side of an equivalence claim, at alpha [1]_: better by any amount is as good.

    Parameters
    ----------
    interval : the effect's ``1 - 2 alpha`` interval.
    within : the largest loss that does not matter, positive.
    worse : the direction of a loss.

    Raises
    ------
    ValueError : `within` is not positive and finite.

    References
    ----------
    .. [1] Wellek (2010), Testing Statistical Hypotheses of Equivalence and Noninferiority, 2nd edition.
    """
    _check_size("within", within)
    effect = interval if worse == "lower" else interval.mirrored()
    if not effect.decides:
        return Decision(Verdict.INCONCLUSIVE, _why_withheld(effect))
    return _withhold(_not_worse(effect, within), effect, (-within,))


@dataclass(frozen=True)
class _Read:
    """A decision and the ends of the interval it was read off."""

    decision: Decision
    ends: tuple[Literal["low", "high"], ...] = ()


def _one_sided(effect: Interval, margin: float) -> _Read:
    if effect.low > margin:
        return _Read(Decision(Verdict.SUPPORTED, "the interval lies wholly beyond the margin"), ("low",))
    if effect.high < 0:
        return _Read(Decision(Verdict.REFUTED, "REVERSED: the effect has the other sign"), ("high",))
    if effect.high < margin:
        return _Read(Decision(Verdict.REFUTED, "SMALLER THAN CLAIMED: wholly short of the margin"), ("high",))
    if effect.low > 0:
        return _Read(Decision(Verdict.INCONCLUSIVE, "straddles the margin; direction only"))
    return _Read(Decision(Verdict.INCONCLUSIVE, "straddles the margin and zero"))


def _two_sided(interval: Interval, within: float) -> _Read:
    if -within < interval.low and interval.high < within:
        return _Read(Decision(Verdict.SUPPORTED, "the interval lies wholly within the margin"), ("low", "high"))
    if interval.low > within:
        return _Read(Decision(Verdict.REFUTED, "the effect is larger than the margin"), ("low",))
    if interval.high < -within:
        return _Read(Decision(Verdict.REFUTED, "the effect is larger than the margin"), ("high",))
    return _Read(Decision(Verdict.INCONCLUSIVE, "straddles the margin"))


def _not_worse(effect: Interval, within: float) -> _Read:
    if effect.low > -within:
        return _Read(Decision(Verdict.SUPPORTED, "the interval lies wholly above the largest loss"), ("low",))
    if effect.high < -within:
        return _Read(Decision(Verdict.REFUTED, "worse by more than the margin"), ("high",))
    return _Read(Decision(Verdict.INCONCLUSIVE, "straddles the largest loss"))


def _withhold(read: _Read, interval: Interval, margins: tuple[float, ...]) -> Decision:
    """The decision, or INCONCLUSIVE where an end that it was read off cannot carry it."""
    error = max((_error(interval, end) for end in read.ends), default=0.0)
    if error > interval.alpha:
        return Decision(
            Verdict.INCONCLUSIVE,
            f"the data look like a shape for which this end of the interval errs {_percent(error)} of the time instead "
            f"of {_percent(interval.alpha)}",
        )
    if any(_near(interval, margin) for margin in margins):
        return Decision(Verdict.INCONCLUSIVE, "unstable: the bound is within Monte-Carlo error of the margin")
    return read.decision


def _error(interval: Interval, end: Literal["low", "high"]) -> float:
    if interval.tail_errors is None:
        return 0.0
    return interval.tail_errors[0 if end == "low" else 1]


def _near(interval: Interval, margin: float) -> bool:
    low, high = interval.monte_carlo
    return abs(interval.low - margin) < low or abs(interval.high - margin) < high


def _why_withheld(interval: Interval) -> str:
    return interval.notes[0] if interval.notes else f"{interval.method} cannot decide here"


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"


def _check_size(name: str, value: float) -> None:
    if not 0 < value < float("inf"):
        raise ValueError(f"{name}={value} must be a positive number: it is the smallest effect of interest.")
