"""Planned designs at the effect that planning calls just detectable."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from interp_core.stats import (
    Decision,
    Interval,
    PlannedSpread,
    crossed_interval,
    crossed_minimum_detectable_effect,
    decide,
    minimum_detectable_effect,
    paired_binary_interval,
    paired_mean_interval,
    rate_minimum_detectable_effect,
)


@dataclass(frozen=True)
class Plan:
    """A design, its margin, the planned effect, and one run of it."""

    design: str
    margin: float
    effect: float
    run: Callable[[np.random.Generator], Decision]


def _plan(design: str, margin: float, effect: float, measured: Callable[[np.random.Generator], Interval]) -> Plan:
    return Plan(design, margin, effect, lambda rng: decide(measured(rng), margin=margin, direction="higher"))


def means(n: int, *, skewed: bool) -> Plan:
    effect = minimum_detectable_effect(sd=1.0, n=n, margin=0.25)

    def measured(rng: np.random.Generator) -> Interval:
        noise = rng.exponential(size=n) - 1 if skewed else rng.normal(size=n)
        return paired_mean_interval(effect + noise, rng=rng, margin=0.25)

    return _plan(f"{'exponential' if skewed else 'normal'} differences, n = {n}", 0.25, effect, measured)


def rates(n: int, lost: float) -> Plan:
    effect = rate_minimum_detectable_effect(baseline=0.3, n=n, margin=0.1, lost=lost)

    def measured(rng: np.random.Generator) -> Interval:
        u = rng.random(n)
        return paired_binary_interval((u < effect + lost) * 1.0 - (u > 1 - lost))

    return _plan(f"paired rates, {lost:.0%} flip back, n = {n}", 0.1, effect, measured)


def crossed(requests: int, frames: int, spread: PlannedSpread) -> Plan:
    effect = crossed_minimum_detectable_effect(spread=spread, requests=requests, frames=frames, margin=0.25)
    random = {"request", "frame"} if spread.frame else {"request"}
    labels = [index.ravel().tolist() for index in np.indices((requests, frames))]

    def measured(rng: np.random.Generator) -> Interval:
        cells = effect + spread.request * rng.normal(size=(requests, 1)) + spread.frame * rng.normal(size=(1, frames))
        cells = cells + spread.cell * rng.normal(size=(requests, frames))
        return crossed_interval(cells.ravel(), *labels, random=random, rng=rng, margin=0.25)

    which = f"sd {spread.frame}" if spread.frame else "fixed"
    return _plan(f"{requests} requests x {frames} frames ({which})", 0.25, effect, measured)


def plans() -> Iterator[Plan]:
    """All designs that docs/calibration.md lists."""
    for n in (32, 64):
        yield means(n, skewed=False)
        yield means(n, skewed=True)
        yield rates(n, 0.0)
        yield rates(n, 0.1)
    yield crossed(32, 8, PlannedSpread(0.5, 0.3, 1.0))
    yield crossed(64, 10, PlannedSpread(0.5, 0.3, 1.0))
    yield crossed(64, 6, PlannedSpread(0.3, 0.0, 1.0))
