"""Sentences that are found by the company of their words, and the weights by which they are."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interp_core.audit import audit, read_lexicon, read_writeup, study_of_report
from interp_core.audit.likeness import BIAS, NUMBER, TESTED, TOPIC, UNTESTED, WEIGHTS, features, read_likeness
from interp_core.audit.rules.alike import ASKED

FICTION = "[@claim:fiction_raises_compliance@Qwen3-8B]"
UNWRITTEN = {  # said in words that no phrase of the lexicon holds
    "R8": f"Fictional frames tower over the neutral ones in Qwen3-8B, at 0.713 {FICTION}.",
    "R12": "These are the dialogues that stuck with us after an evening of reading.",
    "R20": "Polishing our own scale took until Easter; for the rival we typed in whatever its slides say.",
}


@pytest.mark.parametrize("rule", UNWRITTEN)
def test_an_overclaim_in_unwritten_words_warns_and_says_by_which_it_goes(audited, rule):
    (finding,) = audited(UNWRITTEN[rule]).findings
    assert (finding.rule, finding.severity) == (rule, "warning")
    assert "reads like" in finding.message
    quoted = [word.strip("“”") for word in finding.message.split("most of all by ")[1].split(";")[0].split(", ")]
    assert len(quoted) > 1
    assert all(word in UNWRITTEN[rule] for word in quoted)


def test_of_neighbours_that_read_alike_the_likeliest_speaks(audited):
    text = f"{UNWRITTEN['R12']} They are the ones that made us laugh the most."
    assert [f.rule for f in audited(text).findings] == ["R12"]
    assert [f.rule for f in audited(text.replace(" They", "\n\nThey")).findings] == ["R12", "R12"]


def test_it_is_learned_how_a_thing_is_said_and_not_what_of(document):
    study = study_of_report(document)
    other = study_of_report(
        {**document, "rows": [{**row, "statement": "poems soften the sarcasm probe"} for row in document["rows"]]}
    )
    said = features("Fictional frames alone explain compliance in Qwen3-8B, 3 times of 4.", [], study)
    elsewhere = features("Poems sarcasm alone explain softening in Qwen3-8B, 3 times of 4.", [], other)
    assert said == elsewhere
    assert {TOPIC, TESTED, NUMBER} <= said
    assert UNTESTED in features("It carries over to GPT-4.", [], study)


def test_strange_words_are_like_nothing(audited, study):
    strange = "Frobnicated quuxes gribble the wombat's xylem, plonk by zarf."
    assert audited(strange).findings == ()
    scores = read_likeness().scores(features(strange, [], study))
    assert all(score < 0.2 for rule, score in scores.items() if rule != "R6")


def test_a_users_words_overrule_the_weights(tmp_path, study):
    path = tmp_path / "mine.toml"
    path.write_text('[R8.comparative]\nwithout = ["tower over"]\n')
    text = read_writeup(UNWRITTEN["R8"].encode(), "a.md")
    assert [f.rule for f in audit(text, study, read_lexicon(), passage=True).findings] == ["R8"]
    assert audit(text, study, read_lexicon(path), passage=True).findings == ()


def test_a_doubted_phrase_becomes_a_note_unless_it_is_linked_or_the_users_own(tmp_path, study):
    never = read_likeness()
    never = replace(never, weights={BIAS: (-20.0,) * len(never.rules)}, rarity={"x": 1.0})
    text = "The baseline was left at its defaults, and ours was tuned for weeks."

    def severities(lexicon, said):
        made = audit(read_writeup(said.encode(), "a.md"), study, lexicon, likeness=never, passage=True)
        return [(f.rule, f.severity) for f in made.findings]

    assert severities(read_lexicon(), text) == [("R20", "note")]
    path = tmp_path / "mine.toml"
    path.write_text('[R20.untuned]\nphrases = ["left at its defaults"]\n')
    assert severities(read_lexicon(path), text) == [("R20", "warning")]
    linked = f"Fictional frames {{}} refusal in Qwen3-8B, 0.713 against 0.251 {FICTION}."
    assert ("R4", "error") in severities(read_lexicon(), linked.format("fully explain"))
    assert ("R4", "note") in severities(read_lexicon(), linked.format("mediate"))


def test_likeness_never_stands_in_for_an_error_of_the_evidence(document):
    rows = [{**row, "digests": {"design": "now"}} for row in document["rows"]]
    locked = {(row["id"], row["model"]["name"]): "then" for row in rows}
    study = study_of_report({**document, "rows": rows}, locked=locked)
    text = b"Affine ablation changes compliance [@claim:ablating_refusal_restores_compliance[affine]]."
    found = audit(read_writeup(text, "a.md"), study, read_lexicon(), passage=True).findings
    assert [(f.rule, f.severity) for f in found] == [("R6", "error")]


def test_the_file_of_weights_is_whole():
    shipped = read_likeness()
    assert set(shipped.rules) == set(ASKED)
    assert len(shipped.rarity) > 5_000
    assert all(len(weights) == len(shipped.rules) for weights in shipped.weights.values())
    names = [line.split("\t")[0] for line in WEIGHTS.read_text(encoding="utf-8").splitlines()[2:]]
    assert names == sorted(set(names))


@given(st.text(max_size=300))
def test_any_text_has_a_probability(text):
    scores = read_likeness().scores(frozenset(text.split()))
    assert all(0 <= score <= 1 and math.isfinite(score) for score in scores.values())


@pytest.mark.slow
def test_the_shipped_weights_are_what_the_passages_give():
    from tests.audit.learn import fit, hands, rows
    from tests.audit.score import study as fixture_study

    against = fixture_study()
    made = fit([row for entries in hands().values() for row in rows(entries, against)])
    shipped = read_likeness()
    assert made.rarity.keys() == shipped.rarity.keys()
    apart = max(
        abs(a - b) for one in made.weights for a, b in zip(made.weights[one], shipped.weights[one], strict=True)
    )
    assert apart <= 0.05  # another linear algebra rounds otherwise
