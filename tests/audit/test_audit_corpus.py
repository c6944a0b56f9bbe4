"""The development corpus: planted and clean passages in the style of papers and posts."""

import json

import pytest

from tests.audit.score import HERE, corpus, overall, score, table
from tests.audit.score import study as fixture_study

ENTRIES = corpus(HERE / "corpus_dev.jsonl")
SECOND = corpus(HERE / "corpus_second.jsonl")
HELD_OUT = corpus(HERE / "corpus_heldout.jsonl")
FLOOR = 0.9


@pytest.fixture(scope="module")
def scores():
    return score(ENTRIES, fixture_study())


def test_recall_and_precision_stay_above_the_floor(scores):
    total = overall(scores)
    assert total.recall >= FLOOR, total.missed
    assert total.precision >= FLOOR, total.false


def test_what_was_mended_on_the_second_corpus_stays_mended():
    total = overall(score(SECOND, fixture_study()))
    assert total.recall >= FLOOR, total.missed
    assert total.precision >= FLOOR, total.false


def test_every_rule_has_planted_cases_and_the_corpus_clean_ones(scores):
    assert {f"R{n}" for n in range(1, 21)} <= {rule for entry in ENTRIES for rule in entry["expect"]}
    assert sum(not entry["expect"] for entry in ENTRIES) >= 40
    assert len(ENTRIES) >= 75


def test_expected_substrings_are_in_their_texts():
    for entry in (*ENTRIES, *SECOND):
        for rule, wanted in entry["expect"].items():
            assert all(rule == "R13" or part in entry["text"] for part in wanted), entry["id"]


def test_ids_are_unique_and_entries_whole():
    assert len({entry["id"] for entry in ENTRIES}) == len(ENTRIES)
    for entry in ENTRIES:
        assert set(entry) <= {"id", "scope", "text", "claims", "rules", "expect", "note"}
        assert entry["scope"] == "passage" or entry["rules"], json.dumps(entry)


def test_the_table_claims_nothing_of_few_cases(scores):
    few = next(rule for rule, one in scores.items() if 0 < one.n < 10)
    line = next(line for line in table(scores).splitlines() if line.startswith(f"{few} "))
    assert " of " in line
    assert "1.00" not in line


def test_the_held_out_corpus_scores_as_the_guide_says():
    """The figures of docs/audit.md: a rule changed for the better changes them too, and has to say so."""
    total = overall(score(HELD_OUT, fixture_study()))
    assert (round(total.recall, 2), round(total.precision, 2)) == (0.88, 0.96)
