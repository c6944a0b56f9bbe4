"""For pull requests: SARIF 2.1.0 (OASIS), and the workflow commands that GitHub turns into annotations."""

import hashlib
import json
from typing import Any

from interp_core.audit.finding import RULES, Overclaim
from interp_core.audit.output.records import record
from interp_core.audit.run import Audit

_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"
_HOME = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html"


def render_sarif(audits: list[Audit]) -> str:
    """One SARIF run with the findings of all audits; what its author ignores is there as suppressed."""
    results = [result for audit in audits for result in _results(audit)]
    driver = {"name": "interp-claims", "informationUri": _HOME, "rules": [_rule(rule) for rule in RULES]}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": _SARIF, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=1) + "\n"


def _rule(rule: str) -> dict[str, Any]:
    return {"id": rule, "name": f"Claims{rule.capitalize()}", "shortDescription": {"text": f"{RULES[rule]}."}}


def _results(audit: Audit) -> list[dict[str, Any]]:
    shown = [_result(audit, finding) for finding in audit.findings]
    return shown + [
        _result(audit, finding) | {"suppressions": [{"kind": "inSource", "justification": finding.reason}]}
        for finding in audit.ignored
    ]


def _result(audit: Audit, finding: Overclaim) -> dict[str, Any]:
    data = record(audit, finding)
    region = {
        "startLine": data["line"],
        "startColumn": data["column"],
        "endLine": data["end_line"],
        "endColumn": data["end_column"],
    }
    location = {"physicalLocation": {"artifactLocation": {"uri": _uri(audit.writeup.name)}, "region": region}}
    print_of = hashlib.sha256(f"{finding.rule}\0{finding.claim}\0{data['text']}".encode()).hexdigest()
    return {
        "ruleId": finding.rule,
        "ruleIndex": list(RULES).index(finding.rule),
        "level": finding.severity,
        "message": {"text": whole_message(finding)},
        "locations": [location],
        "partialFingerprints": {"claimsAudit/v1": print_of},
    }


def whole_message(finding: Overclaim) -> str:
    """Message, evidence and cure in one text."""
    evidence = f" Evidence: {finding.evidence}." if finding.evidence else ""
    return f"{finding.message}{evidence} {finding.instead}"


def _uri(name: str) -> str:
    from urllib.parse import quote

    return quote(name.replace("\\", "/"))


def render_github(audits: list[Audit]) -> str:
    """One workflow command a finding: ``::error file=draft.md,line=3,...::message``."""
    return "".join(_command(audit, finding) for audit in audits for finding in audit.findings)


def _command(audit: Audit, finding: Overclaim) -> str:
    data = record(audit, finding)
    kind = {"note": "notice"}.get(finding.severity, finding.severity)
    fields = {
        "file": data["file"],
        "line": data["line"],
        "endLine": data["end_line"],
        "col": data["column"],
        "endColumn": data["end_column"],
        "title": f"{finding.rule} {data['title']}",
    }
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in fields.items())
    return f"::{kind} {properties}::{_data(whole_message(finding))}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
