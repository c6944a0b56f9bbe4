"""What a claim can be expected to decide, before anything is run: by formula where one holds, else by imagined runs."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from interp_core import stats
from interp_core.spec.best import Best
from interp_core.spec.claim import Claim
from interp_core.spec.measure import Judged, Recorded
from interp_core.spec.model import Contrast
from interp_core.spec.prediction import WITHIN, Prediction
from interp_core.spec.quantity import Sided
from interp_core.spec.statistic import Correlation, Separation, Trend

POWER = 0.8  # the chance that a plan aims at
PLANNING = 2.0  # the planning effect, in margins, where the claim registers none
NOISE = 0.05  # the share of bounded outcomes supposed to flip against the effect
REQUEST_SHARE = FRAME_SHARE = 0.1  # of the variance of a difference, supposed to lie between requests, between frames
AREAS = 0.75  # about which the areas of two compared measurements are supposed to lie
RUNS = 100  # imagined runs, so that a simulated chance is known to within .1
MOST_EXACT = 200  # pairs up to which the chance of a paired rate is summed over all outcomes: more take seconds
SEED = 1
FLIPS = f"{100 * NOISE:g} % of outcomes flip against it"


@dataclass(frozen=True)
class Outlook:
    """The chance of SUPPORTED if the truth is `effect`, the smallest effect that four runs in five would show, and n.

    Attributes
    ----------
    sizes : levels of each factor.
    effect : the planning effect, in the margin's unit; 0 for a prediction that a difference is small.
    chance : None where it cannot be said: of one request, and of a correlation against another.
    mde : None there, for predictions that a difference is small, and where no effect that can be is large enough.
    needed : requests with which the planning effect is SUPPORTED with a chance of .8; None where none would do, or
        where that is not known.
    unit : the margin's unit.
    supposes : what all three suppose about the spread.
    """

    sizes: Mapping[str, int]
    effect: float
    chance: float | None
    mde: float | None
    needed: int | None
    unit: str
    supposes: str

    @property
    def sentence(self) -> str:
        """``chance .93 of SUPPORTED if the effect is 0.5 (n 128 × 10; MDE 0.34; supposes ...)``."""
        sizes = " × ".join(str(size) for size in self.sizes.values())
        if self.chance is None:
            return f"no chance of SUPPORTED is computed (n {sizes}; {self.supposes})"
        unit = f" {self.unit}" if self.unit else ""
        least = "" if self.mde is None else f"; MDE {self.mde:.2g}{unit}"
        least += f"; {self.needed:,} requests for .80" if self.needed and self.chance < POWER else ""
        return (
            f"chance {self.chance:.2f} of SUPPORTED if the effect is {self.effect:g}{unit} "
            f"(n {sizes}{least}; supposes {self.supposes})"
        )

    def tree(self) -> Mapping[str, Any]:
        """As JSON, for the lock and the report."""
        return {
            "effect": self.effect,
            "chance": None if self.chance is None else round(self.chance, 3),
            "mde": None if self.mde is None else float(f"{self.mde:.3g}"),
            "needed": self.needed,
            "supposes": self.supposes,
        }


@dataclass(frozen=True)
class _Design:
    """What the spread of an estimate depends on, where the prediction is `beyond` a margin in one direction.

    Attributes
    ----------
    effect : the true effect, in the predicted direction.
    margin : where its lower end must lie beyond; below zero for predictions that a difference is small.
    alpha : error of one tail.
    requests, frames : how many; 0 frames where nothing is framed.
    random : the factors generalised over.
    widest : the largest difference that a pair can show, infinite where the measure is unbounded.
    power : the chance of lying beyond that is aimed at: of each side of an equivalence, so that both give `POWER`.
    """

    effect: float
    margin: float
    alpha: float
    requests: int
    frames: int
    random: frozenset[str]
    widest: float
    power: float


@dataclass(frozen=True)
class _Expected:
    chance: float
    mde: float | None
    needed: int | None
    supposes: str


def outlook(prediction: Prediction, claim: Claim) -> Outlook:
    """What a prediction can be expected to decide at the registered planning effect.

    Without one, that is twice the margin; no effect at all for a prediction that a difference is small.
    """
    sizes = _sizes(prediction)
    design = _design(prediction, claim, sizes)
    small = prediction.relation in WITHIN
    if design.requests < 2 or _compares_correlations(prediction):
        why = (
            "a single request" if design.requests < 2 else "two correlations are compared, which nothing is planned for"
        )
        return Outlook(sizes, design.effect, None, None, None, prediction.unit, why)
    found = _expected(prediction, design)(design)
    chance = max(0.0, 2 * found.chance - 1) if prediction.relation == "equivalent" else found.chance
    reachable = found.mde is not None and found.mde <= design.widest and not small
    mde = found.mde if reachable else None
    return Outlook(sizes, design.effect, chance, mde, found.needed, prediction.unit, found.supposes)


def _design(prediction: Prediction, claim: Claim, sizes: Mapping[str, int]) -> _Design:
    small = prediction.relation in WITHIN
    wanted = claim.registration.planning_effect or (0.0 if small else PLANNING * prediction.margin)
    widest = _widest(prediction)
    requests, alpha = sizes["request"], claim.alpha
    if isinstance(prediction.treatment, Best):  # a half selects, or every configuration takes its share of the error
        bounded = np.isfinite(widest)
        requests, alpha = (requests // 2, alpha) if bounded else (requests, alpha / len(prediction.treatment.names))
    return _Design(
        min(wanted, widest),
        -prediction.margin if small else prediction.margin,
        alpha,
        requests,
        sizes.get("frame", 0),
        frozenset(claim.random),
        widest,
        (1 + POWER) / 2 if prediction.relation == "equivalent" else POWER,
    )


def _widest(prediction: Prediction) -> float:
    treatment = prediction.treatment
    if isinstance(treatment, Trend):
        measured = treatment.measurements[0].quantity.bounds
        return stats.contrast_bounds(len(treatment.doses), measured)[1] if measured else np.inf
    return treatment.widest


def _compares_correlations(prediction: Prediction) -> bool:
    return isinstance(prediction.baseline, Correlation)


def _sizes(prediction: Prediction) -> dict[str, int]:
    prompts = prediction.treatment.arms[0].prompts
    frames = len({prompt.frame for prompt in prompts if prompt.frame})
    return {"request": len(prompts.requests), **({"frame": frames} if frames else {})}


def _expected(prediction: Prediction, design: _Design) -> Callable[[_Design], _Expected]:
    """How the chance of a prediction is found."""
    if isinstance(prediction.baseline, Separation):
        return _separations
    if isinstance(prediction.treatment, Separation):
        return _separation
    if isinstance(prediction.treatment, Correlation):
        return _correlation
    bounded = np.isfinite(design.widest)
    if design.frames > 1:
        return _crossed_shares if bounded else _crossed
    if bounded:
        return _rates if _is_rate(prediction) else _scores
    return _means


def _is_rate(prediction: Prediction) -> bool:
    """Whether each pair's difference is -1, 0 or 1."""
    quantity = prediction.treatment.quantity
    if isinstance(prediction.treatment, Contrast | Trend):
        return False
    whole = isinstance(quantity, Judged) and not quantity.draws
    return whole or isinstance(quantity, Sided) or (isinstance(quantity, Recorded) and quantity.bounds == (0.0, 1.0))


def _spread(design: _Design) -> tuple[float, str]:
    """The standard deviation that an unbounded difference is supposed to have."""
    as_large = "effect" if design.effect >= abs(design.margin) else "margin"
    return max(design.effect, abs(design.margin)), f"a spread between prompts as large as the {as_large}"


@lru_cache(maxsize=1024)
def _means(design: _Design) -> _Expected:
    sd, supposes = _spread(design)
    return _by_formula(design, sd, supposes)


def _by_formula(design: _Design, sd: float, supposes: str) -> _Expected:
    n, margin, alpha, power = design.requests, design.margin, design.alpha, design.power
    chance = stats.chance_supported(design.effect, sd=sd, n=n, margin=margin, alpha=alpha)
    mde = stats.minimum_detectable_effect(sd=sd, n=n, margin=margin, alpha=alpha, power=power)
    needed = stats.n_to_decide(design.effect, sd=sd, margin=margin, alpha=alpha, power=power)
    return _Expected(chance, mde, needed, supposes)


@lru_cache(maxsize=1024)
def _rates(design: _Design) -> _Expected:
    """Exact for as many pairs as can be summed over; beyond that, by the normal approximation."""
    lost = min(NOISE, (1 - design.effect) / 2)
    normal = _by_formula(design, max(stats.paired_rate_sd(design.effect + lost, lost), NOISE), FLIPS)
    if design.requests > MOST_EXACT:
        return normal
    n, margin, alpha = design.requests, design.margin, design.alpha
    chance = stats.chance_rate_supported(design.effect, baseline=lost, n=n, margin=margin, lost=lost, alpha=alpha)
    mde = None
    if margin > 0:
        mde = stats.rate_minimum_detectable_effect(baseline=lost, n=n, margin=margin, lost=lost, alpha=alpha)
    needed = normal.needed
    while needed is not None and needed <= MOST_EXACT:  # the exact interval asks for a little more than the normal one
        if (
            stats.chance_rate_supported(design.effect, baseline=lost, n=needed, margin=margin, lost=lost, alpha=alpha)
            >= design.power
        ):
            break
        needed = math.ceil(1.04 * needed)
    return _Expected(chance, mde, needed, FLIPS)


@lru_cache(maxsize=1024)
def _scores(design: _Design) -> _Expected:
    """Imagined scores of a Beta distribution over the span of a difference."""
    sd, supposes = _spread(design)
    mean = (design.effect + design.widest) / (2 * design.widest)
    variance = min((sd / (2 * design.widest)) ** 2, 0.9 * mean * (1 - mean))
    total = mean * (1 - mean) / variance - 1 if variance else 0.0

    def low(rng: np.random.Generator) -> float:
        unit = rng.beta(mean * total, (1 - mean) * total, design.requests) if total else np.full(design.requests, mean)
        values = design.widest * (2 * unit - 1)
        return stats.bounded_mean_interval(values, (-design.widest, design.widest), alpha=design.alpha).low

    return _imagined(low, design, supposes)


@lru_cache(maxsize=1024)
def _crossed(design: _Design) -> _Expected:
    sd, supposes = _spread(design)
    between = FRAME_SHARE if "frame" in design.random else 0.0
    shares = np.array([REQUEST_SHARE, between, 1 - REQUEST_SHARE - between])
    spread = stats.PlannedSpread(*(sd * np.sqrt(shares)).tolist())
    requests, frames, margin, alpha = design.requests, design.frames, design.margin, design.alpha
    power = design.power
    chance = stats.chance_crossed_supported(
        design.effect, spread=spread, requests=requests, frames=frames, margin=margin, alpha=alpha
    )
    mde = stats.crossed_minimum_detectable_effect(
        spread=spread, requests=requests, frames=frames, margin=margin, alpha=alpha, power=power
    )
    needed = stats.requests_to_decide(
        design.effect, spread=spread, frames=frames, margin=margin, alpha=alpha, power=power
    )
    return _Expected(chance, mde, needed, supposes)


@lru_cache(maxsize=1024)
def _crossed_shares(design: _Design) -> _Expected:
    """Imagined outcomes whose rate differs between frames."""
    share = design.effect / design.widest
    lost = min(NOISE, (1 - share) / 2)
    rate, spread = share + lost, 1 / FRAME_SHARE - 1
    shape = (design.requests, design.frames)
    requests, frames = (index.ravel().tolist() for index in np.indices(shape))

    def low(rng: np.random.Generator) -> float:
        rates = rng.beta(rate * spread, (1 - rate) * spread, (1, design.frames)) if rate < 1 else 1.0
        cells = (rng.random(shape) < rates) * 1.0 - (rng.random(shape) < lost)
        return stats.crossed_interval(
            design.widest * cells.ravel(), requests, frames,
            random=design.random, rng=rng, alpha=design.alpha, bounds=(-design.widest, design.widest),
        ).low  # fmt: skip

    return _imagined(low, design, f"{FLIPS} and frames differ by an intraclass correlation of {FRAME_SHARE:g}")


@lru_cache(maxsize=1024)
def _separation(design: _Design) -> _Expected:
    """Imagined normal scores; a separation's effect is its AUC less one half."""
    from scipy.special import ndtri

    apart = float(np.sqrt(2) * ndtri(min(0.5 + design.effect, 1 - 1e-9)))

    def low(rng: np.random.Generator) -> float:
        sides = rng.normal(apart, 1, design.requests), rng.normal(0, 1, design.requests)
        return stats.auc_interval(*sides, alpha=design.alpha).low - 0.5

    return _imagined(low, design, "normal scores, as many of each group")


@lru_cache(maxsize=1024)
def _separations(design: _Design) -> _Expected:
    """Imagined normal scores of two measurements, drawn apart; their areas lie about `AREAS`, as far as there is room.

    Two scores of one prompt go together as a rule, which makes the difference surer than this.
    """
    from scipy.special import ndtri

    low_area = min(max(AREAS - design.effect / 2, 0.5), 1 - 1e-9 - max(design.effect, 0.0))
    areas = np.clip([low_area + design.effect, low_area], 1e-9, 1 - 1e-9)
    apart = np.sqrt(2) * ndtri(areas)

    def low(rng: np.random.Generator) -> float:
        sides = [rng.normal(mean, 1, design.requests) for mean in (apart[0], 0.0, apart[1], 0.0)]
        return stats.planned_auc_difference_low(*sides, alpha=design.alpha)

    supposes = f"normal scores with areas about {AREAS:g}, drawn apart: those that agree need fewer"
    return _imagined(low, design, supposes)


@lru_cache(maxsize=1024)
def _correlation(design: _Design) -> _Expected:
    """Imagined normal values, whose rank correlation is the effect."""
    pearson = float(np.clip(2 * np.sin(np.pi * design.effect / 6), -1, 1))

    def low(rng: np.random.Generator) -> float:
        x, noise = rng.normal(size=(2, design.requests))
        return stats.spearman_interval(x, pearson * x + np.sqrt(1 - pearson**2) * noise, alpha=design.alpha).low

    return _imagined(low, design, "normal values")


def _imagined(low: Callable[[np.random.Generator], float], design: _Design, supposes: str) -> _Expected:
    found = stats.imagined(low, effect=design.effect, runs=RUNS, rng=np.random.default_rng(SEED))
    mde = found.minimum_detectable_effect(design.margin, power=design.power)
    return _Expected(found.chance(design.margin), mde, _needed(design, mde), f"{supposes}; {RUNS} imagined runs")


def _needed(design: _Design, mde: float) -> int | None:
    """The requests at which the planning effect is the MDE, where widths fall with their square root."""
    beyond = design.effect - design.margin
    if beyond <= 0 or ("frame" in design.random and design.frames > 1):
        return None  # few frames that differ are what decides, and more requests do not mend that
    return math.ceil(design.requests * (max(mde - design.margin, 0.0) / beyond) ** 2)
