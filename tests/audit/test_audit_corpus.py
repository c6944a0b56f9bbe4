"""The corpora that the rules were fitted to: planted and clean passages in the style of papers and posts."""

import json

import pytest

from tests.audit.score import HERE, corpus, overall, score, score_sentences, table
from tests.audit.score import study as fixture_study

NAMES = ("dev", "second", "heldout", "third", "blind", "opened", "bank")
CORPORA = {name: corpus(HERE / f"corpus_{name}.jsonl") for name in NAMES}
ENTRIES = CORPORA["dev"]
FLOOR = 0.9


@pytest.mark.parametrize("name", CORPORA)
def test_recall_and_precision_stay_above_the_floor(name):
    total = overall(score_sentences(CORPORA[name], fixture_study()))
    assert total.recall >= FLOOR, total.missed
    assert total.precision >= FLOOR, total.false


def test_every_rule_has_planted_cases_and_the_corpus_clean_ones():
    assert {f"R{n}" for n in range(1, 21)} <= {rule for entry in ENTRIES for rule in entry["expect"]}
    assert sum(not entry["expect"] for entry in ENTRIES) >= 40
    assert len(ENTRIES) >= 75


def test_expected_substrings_are_in_their_texts():
    for entry in (one for entries in CORPORA.values() for one in entries):
        for rule, wanted in entry["expect"].items():
            assert all(rule == "R13" or part in entry["text"] for part in wanted), entry["id"]


def test_ids_are_unique_and_entries_whole():
    assert len({entry["id"] for entry in ENTRIES}) == len(ENTRIES)
    for entry in ENTRIES:
        assert set(entry) <= {"id", "scope", "text", "claims", "rules", "expect", "note"}
        assert entry["scope"] == "passage" or entry["rules"], json.dumps(entry)


def test_the_table_claims_nothing_of_few_cases():
    scores = score(ENTRIES[:40], fixture_study())
    few = next(rule for rule, one in scores.items() if 0 < one.n < 10)
    line = next(line for line in table(scores).splitlines() if line.startswith(f"{few} "))
    assert " of " in line
    assert "1.00" not in line
