"""A claim beside itself: under other defensible analyses, and by its method without one of the parts."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from interp_core import stats
from interp_core.bench.values import Bench
from interp_core.evaluate.evidence import Evidence, gather
from interp_core.spec.claim import Claim, Variant
from interp_core.spec.model import Contrast, Measurement
from interp_core.spec.prediction import Prediction

Row = Mapping[str, Any]


def variants(claim: Claim, main: Evidence, bench: Bench) -> Row:
    """Both as JSON: ``analyses`` with the multiverse over them, and ``parts`` with what goes with each."""
    analyses = [variant for variant in claim.variants if variant.role == "analysis"]
    parts = [variant for variant in claim.variants if variant.role == "without"]
    others = [gather(variant.prediction, claim, bench) for variant in analyses]
    return {
        "analyses": _curve(claim, [main, *others], ["as claimed", *(variant.name for variant in analyses)])
        if analyses
        else None,
        "parts": [_part(variant, claim, bench) for variant in parts],
    }


def _curve(claim: Claim, found: Sequence[Evidence], names: Sequence[str]) -> Row:
    """Every analysis with its interval, and what they say together (Simonsohn et al. 2020)."""
    cells = [{"name": name, **_figures(evidence)} for name, evidence in zip(names, found, strict=True)]
    return {"cells": cells, "joint": _joint(claim, found)}


def _figures(evidence: Evidence) -> Row:
    interval = evidence.interval
    return {
        "effect": interval.estimate,
        "low": interval.low,
        "high": interval.high,
        "verdict": evidence.decision.verdict.name,
    }


def _joint(claim: Claim, found: Sequence[Evidence]) -> Row | None:
    """Median, range, share in the predicted direction and the joint p; None where the requests differ."""
    by_request = [evidence.estimate.by("request") for evidence in found]
    relation = claim.predictions[0].relation
    requests = list(by_request[0])
    alike = all(set(one) == set(requests) for one in by_request)
    if relation not in ("higher", "lower") or not requests or not alike:
        return None
    table = np.array([[one[request] for request in requests] for one in by_request])
    rng = np.random.default_rng(claim.seed())
    grid = stats.multiverse(table, rng=rng, direction=relation)
    return {
        "median": grid.median,
        "low": grid.low,
        "high": grid.high,
        "share": grid.share,
        "p": grid.p_median,
        "n": grid.n,
    }


def _part(variant: Variant, claim: Claim, bench: Bench) -> Row:
    """The effect without a part, and what of the effect goes with it: the two compared request by request."""
    left = gather(variant.prediction, claim, bench)
    gone = gather(_loss(claim.predictions[0], variant.prediction), claim, bench) if _comparable(variant) else None
    lost = None if gone is None else {**_figures(gone), "carries": _carries(gone, claim.predictions[0])}
    return {"name": variant.name, "left": _figures(left), "lost": lost}


def _comparable(variant: Variant) -> bool:
    prediction = variant.prediction
    return isinstance(prediction.treatment, Measurement) and prediction.relation in ("higher", "lower")


def _loss(whole: Prediction, without: Prediction) -> Prediction:
    """The effect of the whole method less that of the method without a part, as a 2 x 2 contrast."""
    sides = [p.treatment for p in (whole, without)], [p.baseline for p in (whole, without)]
    assert all(isinstance(side, Measurement) for pair in sides for side in pair)
    first, second = (
        Contrast(treatment, baseline)
        for treatment, baseline in zip(*sides, strict=True)
        if isinstance(treatment, Measurement) and isinstance(baseline, Measurement)
    )
    return Prediction(first, second, whole.relation, whole.margin, whole.where)


def _carries(gone: Evidence, whole: Prediction) -> bool:
    """Whether the loss, in the predicted direction, excludes zero."""
    return gone.interval.low > 0 if whole.relation == "higher" else gone.interval.high < 0
