"""What the report draws of a claim besides its intervals: sweeps over sites, prompts in space, responses by dose."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from interp_core.bench.live import LiveBench
from interp_core.bench.selecting import Selection
from interp_core.bench.two_models import TwoModelBench
from interp_core.bench.values import Bench
from interp_core.evaluate.doses import dose_response
from interp_core.evaluate.evidence import Evidence
from interp_core.evaluate.scattered import scatters
from interp_core.spec.claim import Claim
from interp_core.spec.direction import SelectedDirection
from interp_core.spec.model import Measurement
from interp_core.spec.statistic import Trend

Tree = Mapping[str, Any]


def drawings(claim: Claim, evidence: Sequence[Evidence], bench: Bench) -> dict[str, list[Tree]]:
    """As JSON, out of what judging the claim has left in memory and in the store: no pass is made for them."""
    benches = _live(bench)
    return {
        "selections": _each_once(found.tree() for one in benches for found in selections(claim.arms, one)),
        "components": _each_once(found.tree() for one in benches for found in scatters(evidence, one)),
        "doses": _each_once(_doses(one, claim) for one in evidence if isinstance(one.prediction.treatment, Trend)),
    }


def selections(arms: Iterable[Measurement], bench: Bench) -> list[Selection]:
    """What was found for every selected direction of these arms whose selection was made."""
    found = []
    for one in _live(bench):
        used = dict.fromkeys(d.fitted for arm in arms if arm.model.bare == one.model for d in arm.directions)
        found += [one.selection(d) for d in used if isinstance(d, SelectedDirection) and one.knows(d)]
    return found


def _live(bench: Bench) -> list[LiveBench]:
    """The benches of live models behind a bench."""
    benches = (bench.own, bench.other) if isinstance(bench, TwoModelBench) else (bench,)
    return [one for one in benches if isinstance(one, LiveBench)]


def _doses(evidence: Evidence, claim: Claim) -> Tree:
    treatment, baseline = evidence.prediction.treatment, evidence.prediction.baseline
    assert isinstance(treatment, Trend)
    return dose_response(
        treatment,
        baseline if isinstance(baseline, Trend) else None,
        [arm.values for arm in evidence.arms],
        seed=claim.seed(),
        random=frozenset(claim.random),
        alpha=claim.alpha,
        unit=evidence.estimate.unit,
    ).tree()


def _each_once(trees: Iterable[Tree]) -> list[Tree]:
    found: list[Tree] = []
    for tree in trees:
        if tree not in found:
            found.append(tree)
    return found
