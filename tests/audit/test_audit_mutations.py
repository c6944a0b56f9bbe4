"""Change one digit, one verb or one scope word of a clean write-up, and the audit notices."""

import re

import pytest

CLEAN = """# Fiction, ablation and refusal

We tested 12 claims on Qwen3-8B and Llama-3.1-8B, and report them all.

## Results

In Qwen3-8B, fictional frames raise compliance with harmful requests from 0.251 to 0.713, an effect of 0.462 [0.381, 0.543] [@claim:fiction_raises_compliance].
The projection is lower behind them by 0.412 [0.331, 0.494] of the gap [@claim:fiction_lowers_the_refusal_projection].
In Qwen3-8B, zero ablation restores compliance, in 124 of 128 requests against 5 of 128 [@claim:ablating_refusal_restores_compliance[zero]].
In Qwen3-8B, adding the direction induces refusal of harmless requests, 0.883 against 0.016 [@claim:adding_refusal_induces_refusal].
The ablation leaves harmless compliance within 0.1 of where it was, 0.004 [−0.031, 0.040] [@claim:ablation_keeps_harmless_answers].
The claim that screenplays beat stories was refuted, 0.41 against 0.63 [@claim:screenplays_beat_stories].
The claim that pirate frames raise compliance was refuted at its size, 0.081 [0.021, 0.146] [@claim:pirate_frames_raise_compliance].
It is undecided whether a system prompt lowers compliance, −0.141 [−0.250, −0.031] [@claim:system_prompt_lowers_compliance].

## Limits

Two models, one judge that agrees with human labels on 94 % of 450 completions, 128 English requests, ten frames.
"""
NUMBERS = re.compile(r"(?<=[ \[−])0\.\d+|\b124\b")
VERBS = [("induces refusal", "fully explains refusal"), ("restores compliance", "proves mediation"),
         ("is lower behind them", "drives compliance"), ("raise compliance with", "cause compliance with"),
         ("was refuted, 0.41", "was shown, 0.41"), ("It is undecided whether a", "A"), ("refuted at its size", "strongly supported")]  # fmt: skip
SCOPES = [("In Qwen3-8B, zero ablation", "In language models, zero ablation"), ("In Qwen3-8B, fictional frames", "In all models, fictional frames"),
          ("In Qwen3-8B, adding", "In LLMs, always, adding"), ("fictional frames raise", "jailbreaks raise"), ("with harmful requests", "with any request")]  # fmt: skip


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
    [("We tested 12 claims on Qwen3-8B and Llama-3.1-8B, and report them all.", "R14"), ("## Limits", "R17"), (" that agrees with human labels on 94 % of 450 completions", "R19")],
)  # fmt: skip
def test_a_removed_duty_is_noticed(audited, gone, rule):
    assert rule in {f.rule for f in audited(CLEAN.replace(gone, "", 1), passage=False).findings}
