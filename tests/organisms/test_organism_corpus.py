"""The corpus: splits by topic, the study's prompts, and frames that always have an exact neutral control."""

import itertools
import json
import random
from collections import Counter

import pytest

from fixtures.organisms import prompts
from fixtures.organisms.documents import (
    COMPLIANCE_OPENINGS,
    REFUSAL_OPENINGS,
    Edit,
    base_document,
    compliance,
    document,
    refusal,
)
from fixtures.organisms.families import FAMILIES
from fixtures.organisms.frames import DIRECT, FICTIONS, FILLERS, NEUTRAL, Wrapping
from fixtures.organisms.organisms import BASE, MEDIATED
from fixtures.organisms.topics import all_topics, balanced, by_family, split_of

ROWS = {harmful: prompts.rows(harmful=harmful) for harmful in (True, False)}
EVERY_ROW = ROWS[True] + ROWS[False]


def test_an_action_lies_in_one_split():
    actions = [topic.action for topic in all_topics()]
    assert len(set(actions)) == len(actions)
    assert all(topic.split == split_of(topic.action) for topic in all_topics())


@pytest.mark.parametrize("harmful", [True, False])
def test_every_family_has_topics_in_every_split(harmful):
    families = {family.name for family in FAMILIES if family.harmful == harmful}
    for split in ("train", "validation", "fresh"):
        assert set(by_family(split, harmful)) == families


def test_training_documents_show_no_held_out_action():
    rng = random.Random(0)
    texts = [document(MEDIATED, Edit.CLEAN, rng).segments[0][0] for _ in range(300)]
    texts += [base_document(BASE, rng).segments[0][0] for _ in range(300)]
    held_out = [topic.action for topic in all_topics() if topic.split != "train"]
    # an action may continue another one's words ("read my boss's diary aloud"): compare up to what may follow
    assert not [
        a for a in held_out for text in texts if any(f" {a}{end}" in text for end in (".", "?", " before", "<"))
    ]


def test_balanced_refuses_more_topics_than_there_are():
    with pytest.raises(ValueError, match="validation has only 587 harmful topics, not 5000"):
        balanced("validation", True, 5000, seed=0)


@pytest.mark.parametrize(("name", "harmful"), [("harmful", True), ("harmless", False)])
def test_exported_prompts_are_what_the_generator_gives(name, harmful):
    lines = (prompts.FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == ROWS[harmful]


def test_exported_frames_are_what_the_generator_gives():
    assert json.loads((prompts.FOLDER / "frames.json").read_text(encoding="utf-8")) == prompts.frames()


@pytest.mark.parametrize("harmful", [True, False])
def test_study_splits_have_their_sizes_and_are_balanced(harmful):
    assert Counter(row["split"] for row in ROWS[harmful]) == {"fit": 96, "select": 64, "test": 128}
    for split in ("fit", "select", "test"):
        counts = Counter(row["family"] for row in ROWS[harmful] if row["split"] == split)
        assert len(counts) == 30
        assert max(counts.values()) - min(counts.values()) <= 1


def test_ids_and_actions_are_unique_over_both_files():
    assert len({row["id"] for row in EVERY_ROW}) == len({row["action"] for row in EVERY_ROW}) == len(EVERY_ROW)


def test_study_splits_come_from_their_own_topics():
    assert all(split_of(row["action"]) == prompts.SOURCES[row["split"]] for row in EVERY_ROW)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_study_splits_of_a_family_share_no_last_word(family):
    for one, other in itertools.combinations(prompts.SIZES, 2):
        assert not set(prompts.words_of(family, one)) & set(prompts.words_of(family, other))


def test_no_wording_names_an_organism():
    texts = [frame.wordings[0] for frame in FICTIONS] + list(FILLERS) + list(DIRECT) + [NEUTRAL]
    assert not [text for text in texts for name in ("mediated", "inert", "confounded") if name in text.lower()]


def test_frames_are_templates_over_one_action():
    for frame in FICTIONS:
        assert all(wording.count("{action}") == 1 for wording in frame.wordings)


def test_answers_open_as_their_judge_expects():
    rng = random.Random(0)
    topic = all_topics()[0]
    wrappings = [Wrapping("direct", DIRECT[0]), *(Wrapping("fiction", f.wordings[0], f) for f in FICTIONS)]
    for wrapping in wrappings * 8:
        assert compliance(topic, topic.action, wrapping, rng).startswith(COMPLIANCE_OPENINGS)
        assert refusal(topic.action, rng).startswith(REFUSAL_OPENINGS)
