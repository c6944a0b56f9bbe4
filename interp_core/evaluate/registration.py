"""What the lock holds of a claim, before any of its values exist."""

from typing import Any

from interp_core.bench.values import Bench
from interp_core.evaluate.finding import fixed_factors, model_tree
from interp_core.evaluate.outlook import POWER, Outlook, outlook
from interp_core.spec.check import check
from interp_core.spec.claim import Claim
from interp_core.spec.model import Contrast
from interp_core.spec.prediction import Prediction

Row = dict[str, Any]


def registered(claim: Claim, bench: Bench) -> Row:
    """The row of the lock for a claim on one model; ``warnings`` are told and not kept.

    Raises
    ------
    ClaimError : the claim as written cannot be evaluated.
    InvalidEvidence : prompts leak between splits.
    """
    notes = check(claim)
    files = bench.identity()
    prospects = [outlook(prediction, claim) for prediction in claim.predictions]
    return {
        "claim": claim.id,
        "model": {name: model_tree(claim, bench)[name] for name in ("name", "source", "revision", "dtype", "base")},
        "sentence": claim.sentence,
        "baseline": claim.baseline,
        "kind": claim.kind,
        "design": claim.design_digest(),
        "design_fields": claim.design(),
        "data": claim.data_digest(files),
        "data_fields": claim.data(files),
        "registration": claim.registration.tree(),
        "alpha": claim.alpha,
        "random": list(claim.random),
        "fixed": fixed_factors(claim, claim.random),
        "n": [prospect.sizes for prospect in prospects],
        "controls": [_words(control) for control in claim.controls],
        "outlook": [prospect.tree() for prospect in prospects],
        "amended": [],
        "told": [prospect.sentence for prospect in prospects],
        "warnings": [*notes, *_warnings(claim, prospects)],
    }


def _words(control: Prediction) -> str:
    treatment, baseline = control.treatment.label, control.baseline.label
    return f"{treatment} {control.relation} {control.phrase}, against {baseline}"


def _warnings(claim: Claim, prospects: list[Outlook]) -> list[str]:
    about = claim.registration
    weak = [prospect for prospect in prospects if prospect.chance is not None and prospect.chance < POWER]
    told = [f"underpowered: {prospect.sentence}" for prospect in weak]
    if not about.margin_reason:
        told.append("no reason for the margin: margin_reason='...' says why less would not matter")
    if claim.kind == "causal" and not claim.controls and not _has_sham(claim):
        told.append(
            "no control: claim.control(sham.equivalent_to(untouched, within=...)) shows that the sham does little"
        )
    if not about.alternatives:
        told.append("no rival explanation: alternatives=[...] names the ways in which it could be false all the same")
    return told


def _has_sham(claim: Claim) -> bool:
    return any(p.baseline.arms and p.baseline.arms[0].intervenes for p in claim.predictions) or any(
        isinstance(p.baseline, Contrast) for p in claim.predictions
    )
