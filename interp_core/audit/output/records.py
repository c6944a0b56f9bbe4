"""The audit as plain data: what JSON prints, and what the other outputs are made from."""

import json
from typing import Any

from interp_core.audit.compare import Comparison, comparison_sentence
from interp_core.audit.finding import RULES, SEVERITIES, Overclaim
from interp_core.audit.run import Audit
from interp_core.audit.summary import fate, summary_sentence

SCHEMA = 1


def as_document(audit: Audit) -> dict[str, Any]:
    """The audit as a JSON document."""
    return {
        "schema": SCHEMA,
        "writeup": audit.writeup.name,
        "summary": summary_sentence(audit),
        "counts": {severity: sum(f.severity == severity for f in audit.findings) for severity in SEVERITIES},
        "findings": [record(audit, finding) for finding in audit.findings],
        "ignored": [record(audit, finding) | {"reason": finding.reason} for finding in audit.ignored],
        "statements": [_statement(audit, number) for number in range(len(audit.tied))],
    }


def record(audit: Audit, finding: Overclaim) -> dict[str, Any]:
    """One finding with its place as editors count it."""
    place = audit.writeup.place(finding.start, finding.end)
    return {
        "rule": finding.rule,
        "title": RULES[finding.rule],
        "severity": finding.severity,
        "file": audit.writeup.name,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "cell": place.cell,
        "text": audit.writeup.text[finding.start : finding.end],
        "message": finding.message,
        "evidence": finding.evidence,
        "instead": finding.instead,
        "claim": finding.claim,
    }


def _statement(audit: Audit, number: int) -> dict[str, Any]:
    statement = audit.tied[number]
    place = audit.writeup.place(statement.start, statement.end)
    return {
        "line": place.line,
        "text": " ".join(audit.writeup.text[statement.start : statement.end].split()),
        "claims": list(dict.fromkeys(tie.claim for tie in statement.ties)),
        "fate": fate(statement, audit.findings),
    }


def render_json(audit: Audit) -> str:
    """The audit as JSON text, with a final newline."""
    return _text(as_document(audit))


def render_comparison_json(comparison: Comparison) -> str:
    """Two versions as JSON text: the new one's audit, with what was mended, came in and remains."""
    old, new = comparison.old, comparison.new
    return _text(
        as_document(new)
        | {
            "old": old.writeup.name,
            "comparison": comparison_sentence(comparison),
            "mended": [record(old, finding) for finding in comparison.mended],
            "came_in": [record(new, finding) for finding in comparison.came_in],
            "remain": [record(new, finding) for finding in comparison.remain],
        }
    )


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
