"""Populations with a known mean, from which calibration draws."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]


@dataclass(frozen=True)
class Population:
    """A distribution and its mean; `trusted` if the default interval is meant to hold for it."""

    name: str
    mean: float
    draw: Draw
    trusted: bool


def _binary(up: float, down: float) -> Draw:
    def draw(rng: np.random.Generator, size: tuple[int, ...]) -> np.ndarray:
        u = rng.random(size)
        return (u < up).astype(float) - (u > 1 - down)

    return draw


def _mixture(share: float, centre: float, scale: float) -> Draw:
    def draw(rng: np.random.Generator, size: tuple[int, ...]) -> np.ndarray:
        return np.where(rng.random(size) < share, rng.normal(centre, scale, size), rng.normal(0, 1, size))

    return draw


def _inflated(share: float) -> Draw:
    return lambda rng, size: (rng.random(size) < share) * rng.exponential(size=size)


TRUSTED = (
    Population("normal", 0.0, lambda rng, size: rng.normal(size=size), True),
    Population("exponential", 1.0, lambda rng, size: rng.exponential(size=size), True),
    Population("zero-inflated (15 %)", 0.15, _inflated(0.15), True),
    Population("two normals, 20 % shifted by 3", 0.6, _mixture(0.2, 3, 1), True),
    Population("two normals, 10 % with sd 4", 0.0, _mixture(0.1, 0, 4), True),
    Population("binary, flips 20/10 %", 0.1, _binary(0.2, 0.1), True),
    Population("binary, flips 30/5 %", 0.25, _binary(0.3, 0.05), True),
)
OTHERS = (
    Population("zero-inflated (5 %)", 0.05, _inflated(0.05), False),
    Population("gamma (shape .3)", 0.3, lambda rng, size: rng.gamma(0.3, size=size), False),
    Population("lognormal (1)", float(np.exp(0.5)), lambda rng, size: rng.lognormal(size=size), False),
    Population("lognormal (1.5)", float(np.exp(1.125)), lambda rng, size: rng.lognormal(0, 1.5, size), False),
    Population("Pareto (2.5)", 1 / 1.5, lambda rng, size: rng.pareto(2.5, size), False),
    Population("one in twenty far out", 0.5, _mixture(0.05, 10, 3), False),
    Population("Student t (3)", 0.0, lambda rng, size: rng.standard_t(3, size), False),
)
ALL = TRUSTED + OTHERS
