"""Change one digit, one verb or one scope word of a clean write-up, and the audit notices."""

import re
from pathlib import Path

import pytest

CLEAN = (Path(__file__).parent / "clean.md").read_text(encoding="utf-8")
NUMBERS = re.compile(r"(?<=[ \[−])0\.\d+|\b124\b")
VERBS = [
    ("induces refusal", "fully explains refusal"),
    ("restores compliance", "proves mediation"),
    ("is lower behind them", "drives compliance"),
    ("raise compliance with", "cause compliance with"),
    ("was refuted, 0.41", "was shown, 0.41"),
    ("It is undecided whether a", "A"),
    ("refuted at its size", "strongly supported"),
]
SCOPES = [
    ("In Qwen3-8B, zero ablation", "In language models, zero ablation"),
    ("In Qwen3-8B, fictional frames", "In all models, fictional frames"),
    ("In Qwen3-8B, adding", "In LLMs, always, adding"),
    ("fictional frames raise", "jailbreaks raise"),
    ("with harmful requests", "with any request"),
]


def serious(audit):
    return [finding for finding in audit.findings if finding.severity != "note"]


def test_the_write_up_is_clean(audited):
    assert [(f.rule, f.message) for f in serious(audited(CLEAN, passage=False))] == []


def digits():
    """Every number of the results with each of its digits moved by three, one at a time."""
    begin, end = CLEAN.index("## Results"), CLEAN.index("## Limits")
    for match in NUMBERS.finditer(CLEAN, begin, end):
        if CLEAN[match.start() - 8 : match.start()].endswith("within "):
            continue
        for place in range(match.start(), match.end()):
            if CLEAN[place].isdigit():
                digit = str((int(CLEAN[place]) + 3) % 10)
                yield match[0], CLEAN[:place] + digit + CLEAN[place + 1 :]


def test_a_changed_digit_is_noticed(audited):
    changed = list(digits())
    missed = [number for number, text in changed if not {"R1", "R2", "R3"} & {f.rule for f in audited(text).findings}]
    assert len(changed) > 60
    assert missed == []


@pytest.mark.parametrize(("before", "after"), VERBS, ids=[after for _, after in VERBS])
def test_a_changed_verb_is_noticed(audited, before, after):
    assert before in CLEAN
    found = {f.rule for f in serious(audited(CLEAN.replace(before, after, 1)))}
    assert found & {"R4", "R6"}


@pytest.mark.parametrize(("before", "after"), SCOPES, ids=[after for _, after in SCOPES])
def test_a_changed_scope_is_noticed(audited, before, after):
    assert before in CLEAN
    assert "R5" in {f.rule for f in serious(audited(CLEAN.replace(before, after, 1)))}


@pytest.mark.parametrize(
    "line", [line for line in CLEAN.splitlines() if "[@claim:" in line and "Qwen" not in line[:12]]
)
def test_a_removed_sentence_is_noticed_where_its_claim_was_registered(audited, line):
    assert "R13" in {f.rule for f in audited(CLEAN.replace(line, ""), passage=False).findings}


@pytest.mark.parametrize(
    ("gone", "rule"),
    [
        ("We tested 12 claims on Qwen3-8B and Llama-3.1-8B, and report them all.", "R14"),
        ("## Limits", "R17"),
        (" that agrees with human labels on 94 % of 450 completions", "R19"),
    ],
)
def test_a_removed_duty_is_noticed(audited, gone, rule):
    assert rule in {f.rule for f in audited(CLEAN.replace(gone, "", 1), passage=False).findings}
