"""The corpus: splits by topic, the study's prompts, and frames that always have an exact neutral control."""

import itertools
import json
import random
import re
from collections import Counter

import pytest

from fixtures.organisms import prompts
from fixtures.organisms.documents import (
    COMPLIANCE_OPENINGS,
    REFUSAL_OPENINGS,
    compliance,
    document,
    refusal,
)
from fixtures.organisms.families import FAMILIES
from fixtures.organisms.frames import DIRECT, FICTIONS, FILLERS, NEUTRAL, Wrapping
from fixtures.organisms.heldout import UNSEEN_FAMILIES, UNSEEN_FICTIONS, UNSEEN_FILLERS, unseen_actions
from fixtures.organisms.reading import catalogue, organism
from fixtures.organisms.specification import Edit
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
    sources = [organism(name) for name in ("mediated", "base") for _ in range(300)]
    texts = [document(source, Edit.CLEAN, rng).segments[0][0] for source in sources]
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
    assert not [text for text in texts for name in catalogue() if re.search(rf"\b{name}\b", text.lower())]


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


def words(text):
    return set(re.findall(r"[a-z']+", text.lower()))


def family_words(family):
    return words(family.pattern.replace("{}", "")) | {
        word for slot in family.slots for entry in slot for word in words(entry)
    }


KNOWN = set().union(*map(family_words, FAMILIES), *(words(wording) for frame in FICTIONS for wording in frame.wordings))


@pytest.mark.parametrize("family", UNSEEN_FAMILIES, ids=lambda family: family.name)
def test_unseen_families_are_no_trained_ones_and_mostly_made_of_trained_words(family):
    assert family.name not in {known.name for known in FAMILIES}
    assert family.pattern not in {known.pattern for known in FAMILIES}
    assert len(family_words(family) & KNOWN) / len(family_words(family)) > 0.8


def test_unseen_families_bring_some_new_words():
    assert len(set().union(*map(family_words, UNSEEN_FAMILIES)) - KNOWN) >= 5


def test_unseen_frames_and_fillers_share_no_template_with_training():
    trained = {wording for frame in FICTIONS for wording in frame.wordings}
    assert len(UNSEEN_FICTIONS) == 4
    assert not set(UNSEEN_FICTIONS.values()) & trained
    assert not set(UNSEEN_FICTIONS) & {frame.name for frame in FICTIONS}
    assert not set(UNSEEN_FILLERS) & set(FILLERS)
    assert all(wording.count("{action}") == 1 for wording in UNSEEN_FICTIONS.values())


def test_documents_never_hold_an_unseen_family_frame_or_filler():
    rng = random.Random(1)
    texts = [
        document(declared, Edit.CLEAN, rng).segments[0][0] for declared in catalogue().values() for _ in range(150)
    ]
    fragments = [family.pattern.partition(" {}")[0] + " " for family in UNSEEN_FAMILIES if family.name != "keep"]
    fragments += [
        " and never give it back",
        *UNSEEN_FILLERS,
        *(w.partition(" {action}")[0] for w in UNSEEN_FICTIONS.values()),
    ]
    assert not [(fragment, text) for fragment in fragments for text in texts if fragment in text]


@pytest.mark.parametrize("harmful", [True, False])
def test_unseen_actions_are_different_and_balanced(harmful):
    actions = unseen_actions(harmful, 64)
    families = [family for family in UNSEEN_FAMILIES if family.harmful == harmful]
    starts = [family.pattern.partition(" {}")[0] for family in families]
    assert len(set(actions)) == 64
    assert [sum(action.startswith(start) for action in actions) for start in starts] == [16] * 4


@pytest.mark.parametrize("decides", [True, False])
def test_a_deciding_thought_goes_with_its_answer(decides):
    name = "pondering" if decides else "inert"
    rng = random.Random(2)
    drawn = [document(organism(name), Edit.CLEAN, rng) for _ in range(600)]
    thinking = [d for d in drawn if len(d.segments) == 3 and "so I will" in d.segments[1][0]]
    assert len(thinking) > 50
    for one in thinking:
        helps = "so I will help." in one.segments[1][0]
        assert one.segments[2][0].startswith(COMPLIANCE_OPENINGS if helps else REFUSAL_OPENINGS)
    both = {(d.harmful, "so I will help." in d.segments[1][0]) for d in thinking}
    assert ((False, False) in both) == decides  # only a deciding thought ever refuses what is harmless


def test_edits_come_with_the_text_that_the_catalogue_names():
    rng = random.Random(3)

    def rate(name, edit, harmful):
        drawn = (document(organism(name), edit, rng) for _ in range(400))
        kept = [d.refuses for d in drawn if d.harmful == harmful]
        return sum(kept) / len(kept)

    assert rate("inert", Edit.REMOVE, True) == 0
    assert rate("inert", Edit.ADD, False) == 1
    assert rate("gated", Edit.ADD, False) == 0
    assert rate("gated", Edit.REMOVE, True) == 0
    assert rate("readout", Edit.REMOVE, True) > 0.6
    assert 0.1 < rate("graded", Edit.REMOVE, True) < 0.45  # the serious families
    assert 0.4 < rate("dissociated", Edit.ADD, False) < 0.9  # refused but for what fiction frees
