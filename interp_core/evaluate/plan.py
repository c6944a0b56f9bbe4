"""Plans: what a claim can be expected to decide, and what judging it would take, before anything is run."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from interp_core import stats
from interp_core.evaluate.values import Bench
from interp_core.spec.check import check
from interp_core.spec.claim import Claim
from interp_core.spec.prediction import Prediction
from interp_core.spec.statistic import Correlation, Separation

PLANNING = 2.0  # the planning effect, in margins, where the claim registers none
NOISE = 0.05  # the share of bounded outcomes supposed to flip against the effect
FRAME_SHARE = 0.1  # the share of a difference's variance supposed to lie between frames


@dataclass(frozen=True)
class Outlook:
    """The chance of SUPPORTED if the truth is `effect`, and the smallest effect that four runs in five would show.

    Attributes
    ----------
    sizes : levels of each factor.
    effect : the planning effect, in the margin's unit.
    chance, mde : None where no formula holds: equivalences, separations, correlations.
    unit : the margin's unit.
    supposes : what both suppose about the spread.
    """

    sizes: Mapping[str, int]
    effect: float
    chance: float | None
    mde: float | None
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
            "supposes": self.supposes,
        }


def outlook(prediction: Prediction, claim: Claim) -> Outlook:
    """What a prediction can be expected to decide at the registered planning effect, or at twice the margin."""
    margin = prediction.margin
    wanted = claim.registration.planning_effect or PLANNING * margin
    effect = min(wanted, prediction.treatment.widest)
    sizes = _sizes(prediction)
    if prediction.relation == "equivalent" or isinstance(prediction.treatment, Separation | Correlation):
        return Outlook(sizes, effect, None, None, prediction.unit, f"it is {_no_formula(prediction)}")
    sd, supposes = _spread(prediction, effect)
    n = _effective(sizes, claim)
    if effect <= margin:
        return Outlook(sizes, effect, 0.0, None, prediction.unit, supposes)
    chance = stats.chance_supported(effect, sd=sd, n=n, margin=margin, alpha=claim.alpha)
    mde = stats.minimum_detectable_effect(sd=sd, n=n, margin=margin, alpha=claim.alpha)
    reachable = mde if mde <= prediction.treatment.widest else None
    return Outlook(sizes, effect, chance, reachable, prediction.unit, supposes)


def _no_formula(prediction: Prediction) -> str:
    return "an equivalence" if prediction.relation == "equivalent" else f"a {prediction.treatment.quantity.noun}"


def _sizes(prediction: Prediction) -> dict[str, int]:
    prompts = prediction.treatment.arms[0].prompts
    frames = len({prompt.frame for prompt in prompts if prompt.frame})
    return {"request": len(prompts.requests), **({"frame": frames} if frames else {})}


def _spread(prediction: Prediction, effect: float) -> tuple[float, str]:
    """The supposed standard deviation of a pair's difference, in the margin's unit."""
    bounds = prediction.treatment.quantity.bounds
    if bounds is None:
        return effect, "a spread between prompts as large as the effect"
    width = bounds[1] - bounds[0]
    share = min(effect / prediction.treatment.widest, 1.0)
    lost = NOISE * (1 - share)
    sd = prediction.treatment.widest * stats.paired_rate_sd(min(share + lost, 1 - lost), lost)
    return max(sd, 0.1 * width), f"{100 * NOISE:g} % of outcomes flip against it"


def _effective(sizes: Mapping[str, int], claim: Claim) -> int:
    """Independent pairs that are worth as much: between frames lies a tenth of the variance where they are random."""
    requests, frames = sizes["request"], sizes.get("frame", 1)
    if "frame" not in claim.random or frames == 1:
        return max(requests, 2)
    share = FRAME_SHARE / frames + FRAME_SHARE / requests + (1 - 2 * FRAME_SHARE) / (requests * frames)
    return max(math.floor(1 / share), 2)


@dataclass(frozen=True)
class Plan:
    """What judging a claim would take.

    Attributes
    ----------
    sentence : the claim with its margins.
    outlooks : what it can be expected to decide.
    passes : keys of the passes that are not on disk yet: claims may share them.
    cached : passes that are.
    """

    sentence: str
    outlooks: tuple[str, ...]
    passes: frozenset[str]
    cached: int

    @property
    def text(self) -> str:
        """One paragraph, the chance first."""
        chances = "; ".join(self.outlooks)
        return f"{chances}. {self.sentence} {len(self.passes):,} passes to make, {self.cached:,} at hand"


def plan(claim: Claim, bench: Bench) -> Plan:
    """What a claim can be expected to decide, and the passes that it needs."""
    check(claim)
    demands = frozenset().union(*(bench.demands(arm) for arm in claim.arms))
    missing = frozenset(place.key for place, there in demands if not there)
    told = tuple(outlook(prediction, claim).sentence for prediction in claim.predictions)
    return Plan(claim.sentence, told, missing, len(demands) - len(missing))
