"""The response at each dose of a sweep: what a trend's one number is read off."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import numpy as np

from interp_core import stats
from interp_core.bench.values import Value
from interp_core.spec.statistic import Trend

Values = Sequence[Value]


@dataclass(frozen=True)
class Dose:
    """The mean at one dose over the prompts that have a number; `low` and `high` are None where there is none."""

    dose: float
    mean: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True)
class Sweep:
    """One arm of a dose-response curve: a name for it, and its doses in rising order."""

    role: str
    label: str
    doses: tuple[Dose, ...]


@dataclass(frozen=True)
class DoseResponse:
    """A sweep and, where there is one, the sweep it is compared with.

    Attributes
    ----------
    noun, unit : what was measured, and in what.
    alpha : one-sided error of each dose's interval, which stands for that dose alone.
    sweeps : the treatment's, then the baseline's.
    """

    noun: str
    unit: str
    alpha: float
    sweeps: tuple[Sweep, ...]

    def tree(self) -> Mapping[str, Any]:
        """As JSON: what a dose-response curve is drawn from."""
        return {
            "noun": self.noun,
            "unit": self.unit,
            "alpha": self.alpha,
            "sweeps": [
                {"role": s.role, "label": s.label, "doses": [_tree(dose) for dose in s.doses]} for s in self.sweeps
            ],
        }

    def __str__(self) -> str:
        return "\n".join(f"{sweep.label}: {'; '.join(map(_words, sweep.doses))}" for sweep in self.sweeps)


def dose_response(
    treatment: Trend,
    baseline: Trend | None,
    arms: Sequence[Values],
    *,
    seed: int,
    random: AbstractSet[str] = frozenset({"request"}),
    alpha: float = 0.025,
    unit: float = 1.0,
) -> DoseResponse:
    """The means of a trend's arms, each with an interval of its own.

    Parameters
    ----------
    treatment, baseline : the sweeps; no baseline where the trend is compared with none.
    arms : the values of each dose, the treatment's first.
    seed : of the bootstrap draws.
    random : the factors generalised over.
    alpha : one-sided error of each interval.
    unit : what the measure is divided by: the gap where that is the unit, taken as known.
    """
    sweeps = [("treatment", treatment), *([("baseline", baseline)] if baseline else [])]
    rest = iter(arms)
    found = []
    for role, sweep in sweeps:
        bounds = sweep.measurements[0].quantity.bounds
        doses = [_dose(dose, next(rest), seed, random, alpha, unit, bounds) for dose in sweep.doses]
        found.append(Sweep(role, sweep.measurements[-1].label, tuple(doses)))
    measured = treatment.measurements[0].quantity
    return DoseResponse(measured.noun, measured.unit, alpha, tuple(found))


def _dose(
    dose: float,
    values: Values,
    seed: int,
    random: AbstractSet[str],
    alpha: float,
    unit: float,
    bounds: tuple[float, float] | None,
) -> Dose:
    whole = sorted((v for v in values if v.number is not None), key=lambda value: value.id)
    if not whole:
        return Dose(dose, None, None, None, 0)
    numbers = np.array([value.number for value in whole], dtype=np.float64)
    rng = np.random.default_rng(seed)
    if any(value.frame for value in whole):
        requests, frames = [value.request for value in whole], [value.frame for value in whole]
        found = stats.crossed_interval(
            numbers, requests, frames, random=random, rng=rng, alpha=alpha, bounds=bounds
        )  # fmt: skip
    else:
        found = stats.paired_mean_interval(numbers, rng=rng, alpha=alpha, bounds=bounds)
    mean, low, high = (_rounded(end / unit) for end in (found.estimate, found.low, found.high))
    return Dose(dose, mean, low, high, len(whole))


def _rounded(value: float) -> float | None:
    return float(f"{value:.6g}") if np.isfinite(value) else None


def _tree(dose: Dose) -> Mapping[str, Any]:
    return {"dose": dose.dose, "mean": dose.mean, "low": dose.low, "high": dose.high, "n": dose.n}


def _words(dose: Dose) -> str:
    if dose.mean is None or dose.low is None or dose.high is None:
        return f"{dose.dose:g} no interval"
    return f"{dose.dose:g} gives {dose.mean:.3g} [{dose.low:.3g}, {dose.high:.3g}]"
