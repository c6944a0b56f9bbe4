import json
from pathlib import Path
from typing import Any

import pytest

from interp_core.audit import Audit, Lexicon, Study, audit, read_lexicon, read_writeup, study_of_report

REPORT = Path(__file__).parent / "report.json"


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    return json.loads(REPORT.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def study(document: dict[str, Any]) -> Study:
    return study_of_report(document)


@pytest.fixture(scope="session")
def lexicon() -> Lexicon:
    return read_lexicon()


@pytest.fixture
def audited(study: Study, lexicon: Lexicon):
    """Audit a text: as a passage unless told otherwise."""

    def run(text: str | bytes, name: str = "draft.md", *, passage: bool = True, against: Study = study) -> Audit:
        data = text if isinstance(text, bytes) else text.encode()
        return audit(read_writeup(data, name), against, lexicon, passage=passage)

    return run


@pytest.fixture
def rules(audited):
    """The rules that a passage breaks, notes apart, in order, each once."""

    def run(text: str, name: str = "draft.md") -> list[str]:
        found = sorted((f for f in audited(text, name).findings if f.severity != "note"), key=lambda f: f.number)
        return list(dict.fromkeys(f.rule for f in found))

    return run
