"""The interval of the best of several configurations, which allows for its having been chosen."""

import math
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from interp_core import stats
from interp_core.bench.values import Value
from interp_core.errors import ClaimError
from interp_core.evaluate.pairing import Pairs, pair
from interp_core.spec.best import Best
from interp_core.spec.claim import Claim
from interp_core.spec.prediction import Prediction

Chosen = tuple[Callable[[float], stats.Interval], Pairs]


def best(prediction: Prediction, claim: Claim, arms: Sequence[tuple[Value, ...]]) -> Chosen:
    """The interval at any alpha, in the unit of the numbers, and the pairs of the configuration that won.

    Of an unbounded measure, the bootstrap of the maximum over all requests. Of a bounded one, where few differ and a
    bootstrap would not hold its error, a random half of the requests selects and the other half is judged exactly.

    Raises
    ------
    ClaimError : a prompt has no number, so that the configurations cannot be ranked.
    """
    treatment = prediction.treatment
    assert isinstance(treatment, Best)
    count, bounds = len(treatment.names), treatment.quantity.bounds
    sides = [pair(a, b, where=claim.where) for a, b in zip(arms[:count], arms[count:], strict=True)]
    if any(side.missing for side in sides):
        raise ClaimError(
            f"{sum(side.missing for side in sides)} pairs have no score, so the configurations cannot be ranked. "
            "Leave those prompts out, or use a judge that scores every answer.",
            where=claim.where,
        )
    sign = 1.0 if prediction.relation == "higher" else -1.0
    table = sign * np.stack([side.differences((math.nan, math.nan)) for side in sides])
    span = (bounds[0] - bounds[1], bounds[1] - bounds[0]) if bounds else None

    seed = claim.seed()

    @cache  # which one won is asked for, and then its interval
    def select(alpha: float) -> stats.Selection:
        rng = np.random.default_rng(seed)
        if span is None:
            return stats.selected_interval(table, rng=rng, alpha=alpha)
        return stats.confirmed_interval(table, rng=rng, alpha=alpha, bounds=span, margin=prediction.margin)

    def at(alpha: float) -> stats.Interval:
        found = select(alpha)
        interval = found.interval if sign > 0 else found.interval.mirrored()
        lead = found.lead
        ahead = "" if lead is None else f", {lead.estimate:.3g} [{lead.low:.3g}, {lead.high:.3g}] ahead of the next"
        return interval.noted(f"{found.tried} configurations were tried; {treatment.names[found.winner]} won{ahead}")

    return at, sides[select(claim.alpha).winner]
