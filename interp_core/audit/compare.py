"""Two versions of one write-up: which overclaims were mended, which came in, and which remain."""

from collections import Counter
from dataclasses import dataclass

from interp_core.audit.figures import plural
from interp_core.audit.finding import NOTE, Overclaim
from interp_core.audit.run import Audit
from interp_core.audit.study import squeeze

_Key = tuple[str, str, str]


@dataclass(frozen=True)
class Comparison:
    """The findings of two audits by what became of them; `mended` are the old text's, the others the new one's."""

    old: Audit
    new: Audit
    mended: tuple[Overclaim, ...]
    came_in: tuple[Overclaim, ...]
    remain: tuple[Overclaim, ...]


def compare(old: Audit, new: Audit) -> Comparison:
    """Findings are the same where rule, claim and words are: where they stand does not matter."""
    before, after = _counted(old), _counted(new)
    mended = _beyond(old, after)
    came_in = _beyond(new, before)
    remain = tuple(finding for finding in _scored(new) if finding not in came_in)
    return Comparison(old, new, mended, came_in, remain)


def comparison_sentence(comparison: Comparison) -> str:
    """``5 mended, 1 came in, 2 remain.``"""
    mended, came_in, remain = (len(part) for part in (comparison.mended, comparison.came_in, comparison.remain))
    return f"{plural(mended, 'finding')} mended, {came_in} came in, {remain} remain{'s' if remain == 1 else ''}."


def _scored(audit: Audit) -> list[Overclaim]:
    return [finding for finding in audit.findings if finding.severity != NOTE]


def _counted(audit: Audit) -> Counter[_Key]:
    return Counter(_key(audit, finding) for finding in _scored(audit))


def _beyond(audit: Audit, others: Counter[_Key]) -> tuple[Overclaim, ...]:
    """The findings for which the other text has no counterpart."""
    left = Counter(others)
    found: list[Overclaim] = []
    for finding in _scored(audit):
        key = _key(audit, finding)
        if left[key]:
            left[key] -= 1
        else:
            found.append(finding)
    return tuple(found)


def _key(audit: Audit, finding: Overclaim) -> _Key:
    whole = finding.rule in ("R13", "R14", "R17")
    text = "" if whole else squeeze(audit.writeup.text[finding.start : finding.end])
    return finding.rule, finding.claim, text
