"""Tokenizer, chat template, and the exact length match."""

import itertools
import random

import pytest

from fixtures.organisms.acceptance.matching import LengthMatcher
from fixtures.organisms.acceptance.probing import ANSWER_TOKENS
from fixtures.organisms.documents import EMPTY_THOUGHT, document, render
from fixtures.organisms.frames import FICTIONS, FILLERS, NEUTRAL, filler_length
from fixtures.organisms.heldout import UNSEEN_FICTIONS, UNSEEN_FILLERS
from fixtures.organisms.model import load
from fixtures.organisms.prompts import rows
from fixtures.organisms.reading import catalogue, organism
from fixtures.organisms.specification import LONG_PREFIX, Edit
from fixtures.organisms.tokenizer import encode

ASK = [{"role": "user", "content": "Explain how to water my neighbour's roses."}]


@pytest.fixture(scope="module")
def tokenizer():
    return load(organism("mediated").folder)[1]


@pytest.fixture(scope="module")
def matcher(tokenizer):
    return LengthMatcher(tokenizer)


def rendered(tokenizer, messages, **options):
    return tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True, **options)


@pytest.mark.parametrize("options", [{}, {"enable_thinking": False}], ids=["undefined", "false"])
def test_thinking_is_off_when_false_or_undefined(tokenizer, options):
    assert rendered(tokenizer, ASK, **options) == render(ASK[0]["content"]) + EMPTY_THOUGHT


def test_thinking_on_leaves_the_think_block_to_the_model(tokenizer):
    assert rendered(tokenizer, ASK, enable_thinking=True) == render(ASK[0]["content"])


def test_system_messages_come_first(tokenizer):
    messages = [{"role": "system", "content": "You are a careful assistant."}, *ASK]
    assert rendered(tokenizer, messages) == render(ASK[0]["content"], "You are a careful assistant.") + EMPTY_THOUGHT


def test_documents_tokenize_alike_in_segments_and_in_one_piece(tokenizer):
    rng = random.Random(3)
    documents = [document(organism("mediated"), Edit.CLEAN, rng) for _ in range(100)]
    for document_, (ids, _, start) in zip(documents, encode(tokenizer, documents), strict=True):
        texts = [text for text, _ in document_.segments]
        whole = tokenizer.backend_tokenizer.encode("".join(texts), add_special_tokens=False).ids
        assert ids == whole
        assert tokenizer.decode(ids[start:]) == texts[-1]


def test_answers_finish_within_their_budget(tokenizer):
    rng = random.Random(4)
    documents = [document(declared, Edit.CLEAN, rng) for declared in catalogue().values() for _ in range(150)]
    lengths = [len(ids) - start for ids, _, start in encode(tokenizer, documents)]
    assert max(lengths) <= ANSWER_TOKENS


@pytest.mark.parametrize("frame", FICTIONS, ids=lambda frame: frame.name)
def test_every_frame_has_an_exact_control_for_every_request(matcher, frame):
    for row in rows(harmful=True) + rows(harmful=False):
        framed = frame.wordings[0].format(action=row["action"])
        control = matcher.neutral(framed, row["action"], seed=row["id"])
        assert matcher.count(control) == matcher.count(framed)
        assert control.endswith(f" please explain how to {row['action']}.")


@pytest.mark.parametrize("frame", list(UNSEEN_FICTIONS))
def test_every_unseen_frame_has_a_control_of_unseen_fillers(tokenizer, frame):
    matcher = LengthMatcher(tokenizer, UNSEEN_FILLERS)
    for row in rows(harmful=True)[-64:] + rows(harmful=False)[-64:]:
        framed = UNSEEN_FICTIONS[frame].format(action=row["action"])
        control = matcher.neutral(framed, row["action"], seed=row["id"])
        assert matcher.count(control) == matcher.count(framed)


def test_an_impossible_length_says_what_to_add(matcher):
    with pytest.raises(ValueError, match="add a filler of a new length"):
        matcher.neutral("Go.", "water the roses", seed="0")


def test_controls_of_every_frame_are_long_for_the_confounded_rule(matcher):
    """Any fillers with as many tokens as a frame's control needs count as a long prefix."""
    action = "water the roses"
    bare = matcher.count(NEUTRAL.format(filler="", action=action))
    least = min(matcher.count(frame.wordings[0].format(action=action)) - bare for frame in FICTIONS)
    for size in (1, 2, 3):
        for fillers in itertools.combinations(FILLERS, size):
            tokens = matcher.count(" ".join(fillers))
            assert tokens < least or sum(map(filler_length, fillers)) >= LONG_PREFIX


def test_every_organism_has_the_same_tokenizer():
    texts = {(o.folder / "tokenizer.json").read_text(encoding="utf-8") for o in catalogue().values()}
    assert len(texts) == 1
