"""Plans: what judging a claim would take, before anything is run."""

from interp_core.evaluate.values import Bench
from interp_core.spec.claim import Claim, check
from interp_core.spec.model import Prediction
from interp_core.stats import chance_supported

PLANNING = 2.0  # the planning effect, in margins, until a claim registers its own


def plan(claim: Claim, bench: Bench) -> str:
    """One paragraph: passes to make and at hand, and the chance of SUPPORTED at a planning effect of twice the margin.

    The chance supposes that differences between prompts have a standard deviation as large as that effect; frames
    that vary lower it.
    """
    check(claim)
    demands = frozenset().union(*(bench.demands(arm) for arm in claim.arms))
    cached = sum(there for _, there in demands)
    chances = "; ".join(_chance(prediction, claim.alpha) for prediction in claim.predictions)
    return f"{claim.sentence} {len(demands) - cached:,} passes to make, {cached:,} at hand; {chances}"


def _chance(prediction: Prediction, alpha: float) -> str:
    n = len(prediction.treatment.arms[0].prompts.requests)
    if prediction.relation == "equivalent":
        return f"n = {n} requests"
    effect = PLANNING * prediction.margin
    chance = chance_supported(effect, sd=effect, n=n, margin=prediction.margin, alpha=alpha)
    unit = f" {prediction.unit}" if prediction.unit else ""
    return f"SUPPORTED with a chance of {chance:.2f} if the effect is {effect:g}{unit} (n = {n} requests)"
