"""Ignore marks, the lexicon of a user, two versions, stale findings, ledgers and injection."""

import pytest

from interp_core.audit import (
    audit,
    compare,
    comparison_sentence,
    read_lexicon,
    read_writeup,
    render_draft,
    study_of_ledger,
    study_of_report,
    summary_sentence,
)
from interp_core.audit.lexicon import OWN
from interp_core.errors import InterpClaimsError

WIDE = "LLMs comply after ablation in all cases [@claim:ablating_refusal_restores_compliance[zero]]."


@pytest.mark.parametrize(
    ("name", "mark"),
    [
        ("a.md", '<!-- claims: ignore R5 reason="the title of a workshop" -->\n{}'),
        ("a.md", '{} <!-- claims: ignore R5 reason="a title" -->'),
        ("a.tex", '% claims: ignore R5 reason="a title"\n{}'),
        ("a.txt", '# claims: ignore R5 reason="a title"\n{}'),
    ],
)
def test_a_mark_with_a_reason_is_honoured_counted_and_listed(audited, name, mark):
    made = audited(mark.format(WIDE), name)
    assert "R5" not in {f.rule for f in made.findings}
    assert [(f.rule, bool(f.reason)) for f in made.ignored] == [("R5", True)]
    assert "1 finding ignored with a reason." in summary_sentence(made)


def test_a_mark_without_a_reason_is_a_finding(audited):
    made = audited(f"<!-- claims: ignore R5 -->\n{WIDE}")
    assert {"R5", "ignore"} <= {f.rule for f in made.findings}
    assert made.ignored == ()


def test_a_mark_reaches_one_paragraph_and_one_rule(audited):
    made = audited(f'Words.\n\n<!-- claims: ignore R5 reason="x" -->\n{WIDE}\n\n{WIDE} It is the mechanism of all.')
    assert len([f for f in made.findings if f.rule == "R5"]) == 1
    assert "R5" not in {f.rule for f in audited('Words. <!-- claims: ignore R4 reason="x" -->\n\nMore.').ignored}


def test_the_summary_counts_statements_by_what_became_of_them(audited):
    text = (
        "In Qwen3-8B, fictional frames raise compliance, 0.71 against 0.25 [@claim:fiction_raises_compliance]. "
        f"{WIDE} Pirates get 0.99 [@claim:pirate_frames_lower_the_projection]. "
        "Screenplays beat stories [@claim:screenplays_beat_stories]."
    )
    assert summary_sentence(audited(text)) == (
        "4 statements tied to 4 claims: 1 licensed, 1 too strong, 1 wrong number, 1 refuted claim cited."
    )
    assert "; 6 registered claims unmentioned." not in summary_sentence(audited(text))
    assert "registered claims unmentioned" in summary_sentence(audited(text, passage=False))


def test_a_users_lexicon_adds_and_takes_out(tmp_path, study):
    path = tmp_path / "mine.toml"
    path.write_text('[R4.absolute]\nphrases = ["nails down"]\n\n[R5.models]\nwithout = ["llms"]\n')
    text = b"Ablation nails down how LLMs refuse [@claim:ablating_refusal_restores_compliance[zero]]."
    rules = {f.rule for f in audit(read_writeup(text, "a.md"), study, read_lexicon(path), passage=True).findings}
    assert "R4" in rules
    assert "R5" not in rules


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("[R4.absolute]\nphrases = 3\n", "holds phrases that are no list of words"),
        ("[R4.absolut]\nphrases = ['x']\n", "is no list of the lexicon"),
        ("[R4.absolute]\nphrase = ['x']\n", "holds the key 'phrase'"),
        ("[R4.absolute]\nphrases = ['(a|b']\n", "is never closed"),
        ("[R4.absolute]\nphrases = ['a)']\n", "closes nothing"),
        ("[R4.absolute]\nphrases = ['[maybe]']\n", "would match anywhere"),
        ("[R5.models]\nwithout = 3\n", "holds without that are no list of words"),
        ("[R5.models]\nwithout = ['(a|b']\n", "is never closed"),
        ("R4 = 3\n", "holds no tables"),
        ("[", "cannot be read"),
    ],
)
def test_a_lexicon_that_means_nothing_is_refused(tmp_path, toml, says):
    path = tmp_path / "mine.toml"
    path.write_text(toml)
    with pytest.raises(InterpClaimsError, match=says):
        read_lexicon(path)


def test_every_phrase_of_the_packages_own_lexicon_can_be_read(tmp_path):
    copy = tmp_path / "copy.toml"  # a file that is not the package's own is checked phrase by phrase
    copy.write_text(OWN.read_text(encoding="utf-8"), encoding="utf-8")
    assert set(read_lexicon(copy).tables) == set(read_lexicon().tables)


def test_two_versions_are_compared(audited):
    old = audited(f"{WIDE} It proves mediation [@claim:ablating_refusal_restores_compliance[zero]].")
    new = audited(f"Moved down.\n\n{WIDE}\n\nScreenplays beat stories [@claim:screenplays_beat_stories].")
    made = compare(old, new)
    assert {f.rule for f in made.mended} == {"R4"}
    assert {f.rule for f in made.came_in} == {"R6", "R8"}
    assert {f.rule for f in made.remain} == {"R5"}
    assert comparison_sentence(made) == "1 finding mended, 2 came in, 1 remains."


def test_a_finding_of_another_design_than_the_registered_one_is_stale(document, lexicon):
    locked = {("fiction_raises_compliance", "Qwen3-8B"): "0" * 64}
    text = b"Fictional frames raise compliance in Qwen3-8B, 0.71 against 0.25 [@claim:fiction_raises_compliance]."
    made = audit(read_writeup(text, "a.md"), study_of_report(document, locked=locked), lexicon, passage=True)
    assert [f.rule for f in made.findings] == ["R6"]
    assert "stale: its design is no longer the registered one" in made.findings[0].message
    right = {(row["id"], row["model"]["name"]): row["digests"]["design"] for row in document["rows"]}
    assert (
        audit(read_writeup(text, "a.md"), study_of_report(document, locked=right), lexicon, passage=True).findings == ()
    )


def test_a_ledgers_latest_finding_counts(lexicon):
    line = {
        "claim": "frames_work",
        "model": "m",
        "verdict": "SUPPORTED",
        "effect": 0.46,
        "low": 0.38,
        "high": 0.54,
        "margin": 0.2,
        "n": 128,
        "unit": "",
        "status": "exploratory",
        "reason": "r",
        "digests": {"design": "a" * 64},
    }
    later = line | {"verdict": "REFUTED", "effect": 0.01, "low": -0.02, "high": 0.04}
    text = b"Frames work, by 0.46 [0.38, 0.54] [@claim:frames_work]."
    for lines, rules in (([line], []), ([line, later], ["R1", "R6"])):
        made = audit(read_writeup(text, "a.md"), study_of_ledger(lines), lexicon, passage=True)
        assert sorted({f.rule for f in made.findings}) == rules


def test_the_registration_says_what_rests_on_what_and_what_is_a_headline(document, lexicon):
    rows = [dict(row) for row in document["rows"]]
    rows[1]["registration"] = rows[1]["registration"] | {"rests_on": ["screenplays_beat_stories"]}
    rows[3]["registration"] = rows[3]["registration"] | {"headline": True}
    waiting = [{"id": "frames_add_up", "model": "Qwen3-8B", "sentence": "s", "why": "it was deselected"}]
    study = study_of_report(document | {"rows": rows, "not_run": waiting})
    text = b"The fall explains how fiction works [@claim:fiction_lowers_the_refusal_projection]."
    found = audit(read_writeup(text, "a.md"), study, lexicon).findings
    assert "R16" in {f.rule for f in found}
    unmentioned = {f.claim for f in found if f.rule == "R13"}
    assert {"ablating_refusal_restores_compliance[affine]", "frames_add_up"} <= unmentioned


def test_injection_prints_the_reports_numbers(study):
    draft = (
        'It is {{ claim("fiction_raises_compliance@Qwen3-8B").interval }}, from '
        '{{ claim("fiction_raises_compliance", model="Qwen3-8B").baseline_mean }} to '
        '{{ claim("fiction_raises_compliance@Qwen3-8B").treatment_mean }} '
        '(n = {{ claim("fiction_raises_compliance@Qwen3-8B").n }}); '
        "${{ github.ref }} and {{\\bf x}} stay."
    )
    assert render_draft(draft, study, name="a.md") == (
        "It is 0.46 [0.38, 0.54], from 0.25 to 0.71 (n = 1,280); ${{ github.ref }} and {{\\bf x}} stay."
    )


def test_an_injected_draft_and_its_rendering_are_both_clean(study, rules):
    draft = (
        "In Qwen3-8B, zero ablation restores compliance: "
        '{{ claim("ablating_refusal_restores_compliance[zero]@Qwen3-8B").interval }}'
        " [@claim:ablating_refusal_restores_compliance[zero]]."
    )
    assert rules(draft) == []
    assert rules(render_draft(draft, study, name="a.md")) == []


@pytest.mark.parametrize(
    ("draft", "says"),
    [
        (
            '\n{{ claim("fiction_raises_complience").effect }}',
            r"a\.md:2: the claim 'fiction_raises_complience' is not in the report",
        ),
        ('{{ claim("fiction_raises_complience").effect }}', "Did you mean fiction_raises_compliance"),
        ('{{ claim("fiction_raises_compliance").effect }}', "was tested on Qwen3-8B and Llama-3.1-8B"),
        ('{{ claim("screenplays_beat_stories").efect }}', "has no field 'efect'"),
        ('{{ claim("layer_20_direction_transfers").effect }}', "has no effect: it came out INVALID"),
        ('{{ claim("screenplays_beat_stories").__class__.__mro__ }}', "has no field|may not use|cannot be read"),
        ('{{ claim("screenplays_beat_stories").effect | nosuch }}', "cannot be read"),
        ("{{ claim() }}", "cannot be read"),
        ('{{ claim("screenplays_beat_stories@gpt") }}', "has no finding on that model"),
    ],
)
def test_an_injection_that_cannot_be_filled_is_an_error(study, draft, says):
    with pytest.raises(InterpClaimsError, match=says):
        render_draft(draft, study, name="a.md")
