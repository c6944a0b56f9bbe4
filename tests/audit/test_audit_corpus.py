"""The corpora that the rules were fitted to: planted and clean passages in the style of papers and posts."""

import json
import re

import pytest

from interp_core.audit import study_of_report
from tests.audit.score import HERE, corpus, overall, score, score_sentences, table
from tests.audit.score import study as fixture_study

NAMES = ("dev", "second", "heldout", "third", "blind", "opened", "bank")
CORPORA = {name: corpus(HERE / f"corpus_{name}.jsonl") for name in NAMES}
ENTRIES = CORPORA["dev"]
FLOOR = 0.9
LAST = corpus(HERE / "corpus_last.jsonl")  # never fitted to: see tests.audit.score
OTHER_TOPIC = {
    "fictional": "flattering", "fiction": "flattery", "stories": "letters", "story": "letter",
    "screenplays": "telegrams", "screenplay": "telegram", "pirates": "butlers", "pirate": "butler",
    "refusals": "dissents", "refusal": "dissent",
    "refused": "dissented", "refuses": "dissents", "refuse": "dissent", "refusing": "dissenting",
    "compliance": "agreement", "complied": "agreed", "complies": "agrees", "comply": "agree", "complying": "agreeing",
    "harmful": "false", "harmless": "true", "requests": "opinions", "request": "opinion", "jailbreaks": "coaxings",
    "jailbreak": "coaxing", "frames": "greetings", "frame": "greeting", "Qwen3-8B": "Gemma-2-9B",
    "Llama-3.1-8B": "Mistral-7B", "Qwen": "Gemma", "Llama": "Mistral",
}  # fmt: skip


@pytest.mark.parametrize("part", [pytest.param(4, id="a-fourth"), pytest.param(1, id="all", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", CORPORA)
def test_recall_and_precision_stay_above_the_floor(name, part):
    total = overall(score_sentences(CORPORA[name][::part], fixture_study()))
    assert total.recall >= FLOOR, total.missed
    assert total.precision >= FLOOR, total.false


def test_the_last_blind_corpus_was_not_mended_on_and_passes_the_bar():
    total = overall(score_sentences(LAST, fixture_study()))
    assert total.n > 400
    assert total.recall >= FLOOR, total.missed
    assert total.precision >= FLOOR, total.false


def test_another_topic_makes_no_great_difference():
    report = json.loads(_on_another_topic((HERE / "report.json").read_text(encoding="utf-8")))
    entries = [json.loads(_on_another_topic(json.dumps(entry, ensure_ascii=False))) for entry in LAST]
    assert sum("refus" in json.dumps(entry) for entry in entries) < len(entries) / 50
    total = overall(score_sentences(entries, study_of_report(report)))
    assert total.recall >= FLOOR, total.missed
    assert total.precision >= FLOOR, total.false


def _on_another_topic(text: str) -> str:
    """A study of flattery and agreement in other models, out of one of fiction and compliance."""
    for word, other in OTHER_TOPIC.items():
        for a, b in ((word, other), (word.capitalize(), other.capitalize())):
            text = re.sub(rf"(?<![A-Za-z]){a}(?![A-Za-z])", b, text)
    return text


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
