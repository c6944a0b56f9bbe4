"""An effect in units of a gap that was itself estimated."""

import math
from dataclasses import replace

from interp_core.stats.interval import Interval


def ratio_interval(numerator: Interval, denominator: Interval) -> Interval:
    """Interval of ``numerator / denominator`` for two independent estimates, by MOVER-R.

    The lower end L is where the lower MOVER limit of ``numerator - L * denominator`` is zero [1]_; it keeps the
    asymmetry of both intervals. Where the denominator's interval includes zero the ratio has no bounded interval: the
    numerator is then divided by the estimate alone, and decides nothing.

    Parameters
    ----------
    numerator : the effect.
    denominator : the reference gap, at the same alpha.

    Raises
    ------
    ValueError : the two intervals have different alphas.

    References
    ----------
    .. [1] Donner and Zou (2012), Stat. Methods Med. Res. 21, 347-359.
    """
    if not math.isclose(numerator.alpha, denominator.alpha):
        raise ValueError(f"alpha={numerator.alpha} of the effect and {denominator.alpha} of the gap must be the same.")
    if denominator.high < 0:
        return ratio_interval(numerator.mirrored(), denominator.mirrored())
    if denominator.low <= 0:
        return _unusable(numerator, denominator)
    found = replace(
        numerator.scaled(1 / denominator.estimate),
        low=_lower(numerator, denominator),
        high=-_lower(numerator.mirrored(), denominator),
        method=f"{numerator.method}; ratio by MOVER-R",
    )
    return _carried(found, denominator)


def _lower(numerator: Interval, gap: Interval) -> float:
    """The root R of ``t - R g = hypot(t - low, R (g - g's far end))``, in the form that divides by no difference."""
    t, g = numerator.estimate, gap.estimate
    below = t - numerator.low
    beside = gap.high - g if numerator.low >= 0 else g - gap.low
    product, rest = t * g, numerator.low * (t + below)
    root = math.sqrt(max(product**2 - (g + beside) * (g - beside) * rest, 0.0))
    if numerator.low >= 0:
        return rest / (product + root) if product + root > 0 else 0.0
    return (product - root) / ((g + beside) * (g - beside))


def _carried(found: Interval, gap: Interval) -> Interval:
    """The ratio with whatever keeps the gap's interval from deciding."""
    found = found.noted(*gap.notes)
    if not gap.decides:
        return found.withheld(f"the gap's interval cannot carry a verdict: {gap.notes[0] if gap.notes else gap.method}")
    if gap.tail_errors is None:
        return found
    own = found.tail_errors or (0.0, 0.0)
    return replace(found, tail_errors=(max(own[0], *gap.tail_errors), max(own[1], *gap.tail_errors)))


def _unusable(numerator: Interval, gap: Interval) -> Interval:
    reason = (
        f"the reference gap may be zero (its interval is {gap.low:.3g} to {gap.high:.3g}), so nothing is in its unit"
    )
    if gap.estimate == 0:
        return numerator.withheld(reason).noted("shown in raw units")
    positive = numerator if gap.estimate > 0 else numerator.mirrored()
    return positive.scaled(1 / abs(gap.estimate)).withheld(reason)
