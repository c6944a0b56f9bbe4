"""What the evidence licenses, in words: one sentence for a finding, no stronger than its verdict and its scope."""

from collections.abc import Mapping, Sequence
from typing import Any

from interp_core.audit import figures
from interp_core.audit.study import Finding


def licensed(finding: Finding) -> str:
    """The strongest sentence that a finding licenses, with its model and its numbers."""
    statement = _lowered(str(finding.row.get("statement") or finding.claim).rstrip("."))
    where = f"In {finding.model}"
    if finding.stale:
        return f"{where}, the claim that {statement} has not been tested as it is now registered."
    return f"{where}, {_SENTENCES[_case(finding)].format(statement=statement, numbers=numbers(finding))}"


_SENTENCES = {
    "SUPPORTED": "{statement}: {numbers}.",
    "reversed": "it was refuted that {statement}: the effect goes the other way, {numbers}.",
    "smaller": "the claim that {statement} was refuted at its registered size: {numbers}.",
    "REFUTED": "it was refuted that {statement}: {numbers}.",
    "INCONCLUSIVE": "it remains undecided whether {statement}: {numbers}.",
    "INVALID": "it could not be tested whether {statement}: the instrument broke, and the verdict is INVALID.",
}


def _case(finding: Finding) -> str:
    return "reversed" if finding.reversed else "smaller" if finding.smaller else finding.verdict


def numbers(finding: Finding) -> str:
    """Effect, interval, arm means and n: ``0.93 [0.87, 0.97], 0.97 against 0.04, n = 128``."""
    parts = [figures.interval(finding.row)]
    evidence = deciding(finding)
    if evidence is not None and evidence.get("unit") == "":
        means = [arm["mean"] for arm in evidence.get("arms", ()) if arm["mean"] is not None]
        if len(means) == 2:
            parts.append(" against ".join(figures.number(mean, 2) for mean in means))
    if finding.row.get("n"):
        parts.append(f"n = {finding.row['n']:,}")
    return ", ".join(parts)


def deciding(finding: Finding) -> Mapping[str, Any] | None:
    """The prediction whose numbers the row shows."""
    alike = [e for e in finding.predictions if e.get("verdict") == finding.verdict]
    return next(iter([*alike, *finding.predictions]), None)


def held(findings: Sequence[Finding]) -> str:
    """What the report holds of the findings that a sentence cites, in a line each."""
    return "; ".join(
        f"{f.claim} on {f.model}: {f.verdict}{' (stale)' if f.stale else ''}, {numbers(f)}" for f in findings
    )


def _lowered(sentence: str) -> str:
    first = sentence.split(maxsplit=1)[0] if sentence.split() else ""
    return sentence if any(c.isupper() or c.isdigit() for c in first[1:]) else sentence[:1].lower() + sentence[1:]
