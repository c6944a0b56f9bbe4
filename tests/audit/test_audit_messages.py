"""Every message says what, why and what to write instead; what the audit proposes passes the audit."""

import pytest

from interp_core.audit import RULES, audit, licensed, read_lexicon, read_writeup
from interp_core.report.said import licensed as said
from tests.audit.score import HERE, corpus
from tests.audit.score import study as fixture_study

STUDY = fixture_study()
ENTRIES = corpus(HERE / "corpus_dev.jsonl")


def every_finding():
    for entry in ENTRIES:
        made = audit(read_writeup(entry["text"].encode(), "a.md"), STUDY, read_lexicon())
        yield from made.findings


FOUND = list(every_finding())


def test_every_rule_speaks():
    assert {f.rule for f in FOUND} >= {f"R{n}" for n in range(1, 21)}


@pytest.mark.parametrize("rule", [f"R{n}" for n in range(1, 21)])
def test_messages_are_whole_sentences_with_a_cure(rule):
    for finding in FOUND:
        if finding.rule != rule:
            continue
        assert rule in RULES
        assert finding.message[0].isupper() or finding.message[0] in "“+−.0123456789" or finding.message[0].islower()
        assert finding.message.rstrip(")").endswith((".", ":")), finding.message
        assert len(finding.message.split()) >= 6, finding.message
        assert finding.instead.split()[0].rstrip(",:") in CURES, finding.instead
        assert finding.severity in ("error", "warning", "note")
        assert "  " not in finding.message + finding.instead


CURES = {"Write", "Say", "Give", "Name", "Add", "Register", "Leave", "Recompute", "Link", "Show", "Report", "Did"}


def test_what_has_no_link_only_warns():
    made = audit(
        read_writeup(
            b"Zero ablation of the refusal direction proves that harmful requests restore compliance.", "a.md"
        ),
        STUDY,
        read_lexicon(),
        passage=True,
    )
    assert {f.severity for f in made.findings} == {"warning"}
    assert "has no link; its words match ablating_refusal_restores_compliance" in made.findings[0].message


def grounds(finding):
    """What became of the claims that a finding rests on, where they did not hold; R16 asks for it beside it."""
    rests = [f for claim in finding.registration.get("rests_on", ()) for f in STUDY.of(claim, finding.model)]
    return "".join(f" {licensed(f)} [@claim:{f.claim}@{f.model}]" for f in rests if not f.supported)


@pytest.mark.parametrize("finding", STUDY.findings, ids=lambda f: f"{f.claim}@{f.model}")
def test_every_licensed_sentence_passes_the_audit(finding):
    text = f"{licensed(finding)} [@claim:{finding.claim}@{finding.model}]{grounds(finding)}"
    made = audit(read_writeup(text.encode(), "a.md"), STUDY, read_lexicon(), passage=True)
    assert [f"{f.rule}: {f.message}" for f in made.findings] == []


@pytest.mark.parametrize("finding", STUDY.findings, ids=lambda f: f"{f.claim}@{f.model}")
def test_every_sentence_of_what_may_be_said_passes_the_audit(finding):
    text = f"{said(finding.row)} [@claim:{finding.claim}@{finding.model}]{grounds(finding)}"
    made = audit(read_writeup(text.encode(), "a.md"), STUDY, read_lexicon(), passage=True)
    assert [f"{f.rule}: {f.message}" for f in made.findings] == []
