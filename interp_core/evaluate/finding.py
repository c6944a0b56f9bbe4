"""Findings: a claim judged on one model, as the row of the report."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from interp_core.bench.values import Bench, Value
from interp_core.errors import InvalidEvidence
from interp_core.evaluate.drawn import drawings
from interp_core.evaluate.evidence import Arm, Evidence, gather
from interp_core.evaluate.outlook import outlook
from interp_core.evaluate.variants import variants
from interp_core.spec.check import check
from interp_core.spec.claim import Claim
from interp_core.spec.measure import Judged
from interp_core.spec.model import Model
from interp_core.stats import FEWEST_LEVELS, Verdict

EXAMPLES = 5
NO_VARIANTS: Mapping[str, Any] = {"analyses": None, "parts": []}
Row = dict[str, Any]


def evaluate(claim: Claim, bench: Bench, *, peeked: bool = False, known: str | None = None) -> Row:
    """Judge all predictions and controls of a claim together; returns the row of the report.

    A broken instrument gives a row with the verdict INVALID and the reason; a mistake in the claim raises.
    """
    before = bench.passes.copy()
    try:
        notes = check(claim)
        evidence = [gather(prediction, claim, bench) for prediction in claim.predictions]
        controls = [gather(prediction, claim, bench) for prediction in claim.controls]
    except InvalidEvidence as error:
        row = _row(claim, bench, (), (), ())
        row.update(verdict=Verdict.INVALID.name, reason=str(error))
    else:
        row = _row(claim, bench, evidence, controls, notes)
        row["variants"] = variants(claim, evidence[0], bench)
    return {**row, "cost": bench.passes.since(before).tree(), "known": known, "peeked": peeked}


def summarise(effect: Evidence) -> str:
    """An effect in one line: "0.41 [0.33, 0.49] of the gap"."""
    interval, unit = effect.interval, effect.prediction.unit
    return f"{interval.estimate:.3g} [{interval.low:.3g}, {interval.high:.3g}]{' ' + unit if unit else ''}"


def verdict_of(evidence: Sequence[Evidence], controls: Sequence[Evidence]) -> tuple[Verdict, str]:
    """As strong as the weakest prediction; no stronger than INCONCLUSIVE where a control does not hold."""
    verdict = Verdict.weakest([found.decision.verdict for found in evidence])
    reason = next(found.decision.reason for found in evidence if found.decision.verdict is verdict)
    failing = [found for found in controls if found.decision.verdict is not Verdict.SUPPORTED]
    if verdict is Verdict.SUPPORTED and failing:
        first = failing[0]
        return Verdict.INCONCLUSIVE, (
            f"a control does not hold: {first.prediction.treatment.label} against {first.prediction.baseline.label} is "
            f"{summarise(first)}, which should be {first.prediction.relation} {first.prediction.phrase}"
        )
    return verdict, reason


def _row(
    claim: Claim, bench: Bench, evidence: Sequence[Evidence], controls: Sequence[Evidence], notes: Sequence[str]
) -> Row:
    prediction = claim.predictions[0] if claim.predictions else None
    row: Row = {
        "id": claim.id,
        "statement": claim.statement,
        "sentence": claim.sentence,
        "kind": claim.kind,
        "where": claim.where,
        "model": model_tree(claim, bench),
        "scope": _scope(claim, evidence, notes),
        "registration": claim.registration.tree(),
        "outlook": [outlook(prediction, claim).tree() for prediction in claim.predictions],
        "p": max((found.p_value() for found in evidence), default=None),
        "variants": NO_VARIANTS,
        "drawings": drawings(claim, evidence, bench),
        "baseline": claim.baseline,
        "alpha": claim.alpha,
        "noun": prediction.treatment.quantity.noun if prediction is not None else "",
        "relation": prediction.relation if prediction is not None else "higher",
        "margin": prediction.margin if prediction is not None else 0.0,
        "unit": prediction.unit if prediction is not None else "",
        "effect": None, "low": None, "high": None, "n": None,
        "predictions": [found.tree() for found in evidence],
        "controls": [found.tree() for found in controls],
        "examples": _examples(evidence, claim.seed()),
        "seed": claim.seed(),
        "digests": {"design": claim.design_digest(), "data": claim.data_digest(bench.identity())},
        "fields": {"design": claim.design(), "data": claim.data(bench.identity())},
    }  # fmt: skip
    return row | _deciding(evidence, controls) if evidence else row


def _deciding(evidence: Sequence[Evidence], controls: Sequence[Evidence]) -> Row:
    """The verdict, and the figures of the prediction that decides it."""
    verdict, reason = verdict_of(evidence, controls)
    chosen = next((found for found in evidence if found.decision.verdict is verdict), evidence[0])
    tree = chosen.tree()
    keys = ("effect", "low", "high", "alpha", "relation", "margin", "unit", "n", "noun")
    return {"verdict": verdict.name, "reason": reason, **{key: tree[key] for key in keys}}


def model_tree(claim: Claim, bench: Bench) -> Row:
    """The model of a claim, as JSON; of a pair both, under the name of the pair."""
    base = claim.base and {**_about(claim.base), "recorded": claim.base.is_recorded}
    files, recorded = bench.identity(), claim.model.is_recorded
    return {**_about(claim.model), "name": claim.subject, "files": files, "recorded": recorded, "base": base}


def _about(model: Model) -> Row:
    return {"name": model.name, "source": model.source, "revision": model.revision, "dtype": model.dtype}


def _scope(claim: Claim, evidence: Sequence[Evidence], notes: Sequence[str]) -> Row:
    """What the claim generalises over and what it says nothing beyond; a factor of few levels is not generalised."""
    few = {
        factor: number
        for found in evidence
        if found.interval.design
        for factor, number in found.interval.design.levels.items()
        if factor in claim.random and number < FEWEST_LEVELS
    }
    only = [f"these {number} {factor}s only: too few to speak of {factor}s" for factor, number in few.items()]
    random = [factor for factor in claim.random if factor not in few]
    return {"random": random, "fixed": fixed_factors(claim, random), "notes": [*only, *notes]}


def fixed_factors(claim: Claim, random: Sequence[str]) -> list[str]:
    """What a claim is about and does not generalise over, where it generalises over `random`."""
    judged = any(isinstance(arm.quantity, Judged) for arm in claim.arms)
    fitted = any(arm.directions for arm in claim.arms)
    framed = any(arm.prompts.framing for arm in claim.arms) and "frame" not in random
    subject = "model" if claim.base is None else "model pair"
    named = {subject: True, "judge": judged, "direction": fitted, "frame": framed}
    return [name for name, there in named.items() if there]


def _examples(evidence: Sequence[Evidence], seed: int) -> list[Mapping[str, Any]]:
    """A random draw of prompts, seeded by the claim's design: the same prompts in arms of equal length."""
    arms = evidence[0].arms if evidence else ()
    return [{"role": arm.role, "label": arm.label, "draws": _draws(arm, seed)} for arm in arms]


def _draws(arm: Arm, seed: int) -> list[Mapping[str, Any]]:
    count = min(EXAMPLES, len(arm.values))
    chosen = np.random.default_rng(seed).choice(len(arm.values), size=count, replace=False)
    return [_example(arm.values[int(i)]) for i in chosen]


def _example(value: Value) -> Mapping[str, Any]:
    return {"id": value.id, "prompt": value.prompt, "output": value.output, "value": value.number}
