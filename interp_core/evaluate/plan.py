"""Plans: what a claim can be expected to decide, and what judging it would take, before anything is run."""

from dataclasses import dataclass

from interp_core.bench.values import Bench
from interp_core.evaluate.outlook import outlook
from interp_core.spec.check import check
from interp_core.spec.claim import Claim


@dataclass(frozen=True)
class Plan:
    """What judging a claim would take.

    Attributes
    ----------
    sentence : the claim with its margins.
    outlooks : what it can be expected to decide.
    passes : keys of the passes that are not on disk yet: claims may share them.
    cached : values that are.
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
    missing = frozenset(place.pair for place, there in demands if not there)  # one pass keeps all that is planned
    told = tuple(outlook(prediction, claim).sentence for prediction in claim.predictions)
    return Plan(claim.sentence, told, missing, sum(there for _, there in demands))
