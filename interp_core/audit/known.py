"""The values that a report holds for the claims that a sentence cites, under the names that messages use."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from interp_core.audit.study import Finding, each_evidence

_GAP = "of the gap"


class Known(NamedTuple):
    """One value of the evidence; `kind` is effect, low, high, mean, complement, count, n, level, margin or alpha."""

    kind: str
    name: str
    value: float


class Triple(NamedTuple):
    """An effect with its interval, as measured or with the sign that the sentence's verb carries."""

    effect: float
    low: float
    high: float


def known(findings: Iterable[Finding]) -> list[Known]:
    """Every value that a sentence about these findings may print."""
    return [value for evidence in each_evidence(findings) for value in _values(evidence)]


def triples(findings: Iterable[Finding]) -> list[Triple]:
    """Every effect with its interval, in both signs."""
    found: list[Triple] = []
    for evidence in each_evidence(findings):
        effect, low, high = (evidence.get(name) for name in ("effect", "low", "high"))
        if effect is not None and low is not None and high is not None:
            found += [Triple(effect, low, high), Triple(-effect, -high, -low)]
    return found


def sizes(findings: Iterable[Finding]) -> dict[str, set[int]]:
    """How many of each thing were used: ``{"n": {1280}, "request": {128}, "frame": {10}}``."""
    found: dict[str, set[int]] = {"n": set()}
    for evidence in each_evidence(findings):
        found["n"] |= {evidence["n"]} if evidence.get("n") else set()
        for arm in evidence.get("arms", ()):
            found["n"].add(arm["n"])
        for factor, number in (evidence.get("levels") or {}).items():
            found.setdefault(factor, set()).add(number)
    return found


def _values(evidence: Mapping[str, Any]) -> Iterator[Known]:
    for kind, name in (("effect", "the effect"), ("low", "the lower bound"), ("high", "the upper bound")):
        if evidence.get(kind) is not None:
            yield Known(kind, name, evidence[kind])
    yield Known("margin", "the margin", evidence["margin"])
    yield from _means(evidence)
    if evidence.get("effective_n"):
        yield Known("n", "the effective n", evidence["effective_n"])
    if evidence.get("design_effect"):
        yield Known("n", "the design effect", evidence["design_effect"])


def _means(evidence: Mapping[str, Any]) -> Iterator[Known]:
    means = [(arm["role"], arm["mean"], arm["n"]) for arm in evidence.get("arms", ()) if arm["mean"] is not None]
    rate = evidence.get("unit") == ""
    for role, mean, n in means:
        yield Known("mean", f"the {role}'s mean", mean)
        if rate:
            yield Known("complement", f"one minus the {role}'s mean", 1 - mean)
            yield Known("count", f"the {role}'s count", round(mean * n))
            yield Known("count", f"the {role}'s count of the rest", n - round(mean * n))
    if len(means) == 2 and means[1][1] and rate:
        treatment, baseline = means[0][1], means[1][1]
        yield Known("ratio", "the ratio of the means", treatment / baseline)
        yield Known("ratio", "the relative change", treatment / baseline - 1)


def baseline_means(findings: Iterable[Finding]) -> list[float]:
    """The baselines' means of rates; empty where the unit is a share of the gap, which carries its baseline."""
    arms = [arm for f in findings for e in f.predictions if e.get("unit") != _GAP for arm in e.get("arms", ())]
    return [arm["mean"] for arm in arms if arm["role"] == "baseline" and arm["mean"] is not None]


def raw_means(findings: Iterable[Finding]) -> list[dict[str, float]]:
    """Both arms' means by role, of comparisons that are reported as a share of the gap."""
    shares = [e for f in findings for e in f.predictions if e.get("unit") == _GAP]
    pairs = [{a["role"]: a["mean"] for a in e.get("arms", ()) if a["mean"] is not None} for e in shares]
    return [pair for pair in pairs if {"treatment", "baseline"} <= set(pair)]


def treatment_means(findings: Iterable[Finding]) -> list[float]:
    """The treatments' means of rates."""
    arms = [arm for f in findings for e in f.predictions if e.get("unit") != _GAP for arm in e.get("arms", ())]
    return [arm["mean"] for arm in arms if arm["role"] == "treatment" and arm["mean"] is not None]


def drawn(findings: Iterable[Finding]) -> set[str]:
    """The inputs of the seeded draws that the report shows."""
    shown = (example for finding in findings for example in finding.row.get("examples") or ())
    return {str(draw["id"]) for example in shown for draw in example["draws"]}
