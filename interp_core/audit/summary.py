"""The audit in a line, and its statements by what became of them."""

from collections import Counter

from interp_core.audit.figures import plural
from interp_core.audit.finding import NOTE, Overclaim
from interp_core.audit.run import Audit
from interp_core.audit.statements import Statement

_NUMBERS = ("R1", "R2", "R3")


def summary_sentence(audit: Audit) -> str:
    """How many statements are tied to how many claims, and what became of them.

    ``14 statements tied to 9 claims: 6 licensed, 5 too strong, 2 wrong numbers, 1 refuted claim cited; 3 registered
    claims unmentioned. 2 findings ignored with a reason.``
    """
    fates = Counter(fate(statement, audit.findings) for statement in audit.tied)
    claims = {tie.claim for statement in audit.tied for tie in statement.ties}
    head = f"{plural(len(audit.tied), 'statement')} tied to {plural(len(claims), 'claim')}"
    parts = [f"{fates['licensed']} licensed", f"{fates['strong']} too strong", plural(fates["number"], "wrong number")]
    parts += [f"{plural(number, name + ' claim')} cited" for name, number in _cited(fates)]
    text = f"{head}: {', '.join(parts)}{_unmentioned(audit)}."
    loose = _loose(audit)
    if loose:
        text += f" {plural(loose, 'finding')} elsewhere."
    return text + (f" {plural(len(audit.ignored), 'finding')} ignored with a reason." if audit.ignored else "")


def fate(statement: Statement, findings: tuple[Overclaim, ...]) -> str:
    """``licensed``, ``strong``, ``number``, or the verdict of the claim that it should not cite."""
    mine = [f for f in findings if f.severity != NOTE and _inside(f, statement)]
    cited = [f for f in mine if f.rule == "R6"]
    if cited:
        return _verdict(statement, cited[0])
    if any(finding.rule in _NUMBERS for finding in mine):
        return "number"
    return "strong" if mine else "licensed"


def _verdict(statement: Statement, finding: Overclaim) -> str:
    rows = [row for row in statement.findings if row.claim == finding.claim]
    if not rows:
        return "not run" if statement.study.known(finding.claim) else "unknown"
    return "stale" if rows[0].stale else next((r.verdict.lower() for r in rows if not r.supported), "refuted")


def _inside(finding: Overclaim, statement: Statement) -> bool:
    if finding.rule in ("R13", "R14", "R17"):
        return False
    links = [tie.link for tie in statement.ties if tie.link]
    in_sentence = statement.start <= finding.start < max(statement.end, statement.start + 1)
    return in_sentence or any(link.start == finding.start for link in links)


def _cited(fates: Counter[str]) -> list[tuple[str, int]]:
    names = ("refuted", "inconclusive", "invalid", "stale", "not run", "unknown")
    return [(name, fates[name]) for name in names if fates[name] or name == "refuted"]


def _unmentioned(audit: Audit) -> str:
    number = sum(finding.rule == "R13" for finding in audit.findings)
    return f"; {plural(number, 'registered claim')} unmentioned" if number else ""


def _loose(audit: Audit) -> int:
    """Findings that are in no tied statement and are no unmentioned claim."""
    scored = [f for f in audit.findings if f.severity != NOTE and f.rule != "R13"]
    return sum(not any(_inside(f, s) for s in audit.tied) for f in scored)
