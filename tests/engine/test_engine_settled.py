"""Answers that end where they are settled, and what a pass keeps besides what it is made for."""

import numpy as np
import pytest

from interp_core.engine import LiveModel
from interp_core.engine.values import Also, Place
from interp_core.errors import InvalidEvidence
from tests.engine.prompts import KINDS, LAST, PROMPTS, edit_of

NEW = 6


def by_index(found):
    rows = dict(found)
    return [rows[index] for index in range(len(PROMPTS))]


def answers(live, **options):
    return by_index(live.answers(PROMPTS, max_new_tokens=NEW, **options))


@pytest.mark.parametrize("kind", [None, *KINDS])
def test_a_settled_answer_is_the_beginning_of_the_whole_one(live, kind):
    edits = [edit_of(kind, len(PROMPTS), live.d_model)] if kind else []
    whole = answers(live, edits=edits)
    letters = max(3, len(whole[0].text) // 2)
    for own, full in zip(answers(live, edits=edits, settled=lambda text: len(text) >= letters), whole, strict=True):
        assert full.raw.startswith(own.raw)
        assert own.cut == (own.n_tokens < full.n_tokens)
        assert not (own.cut and own.finished)
        assert own.n_tokens == full.n_tokens or len(own.text) >= letters


def test_what_never_settles_is_generated_whole(qwen):
    assert answers(qwen, settled=lambda text: False) == answers(qwen)


def test_a_batch_ends_when_all_of_it_has_settled(qwen, monkeypatch):
    forward, calls = qwen.model.forward, []
    monkeypatch.setattr(qwen.model, "forward", lambda *a, **k: calls.append(1) or forward(*a, **k))
    short = answers(qwen, settled=lambda text: True)
    assert [answer.n_tokens for answer in short] == [1] * len(PROMPTS)
    by_then = len(calls)
    answers(qwen)
    assert len(calls) - by_then == NEW * by_then


def test_an_answer_that_ended_by_itself_is_not_cut(qwen, folder, tmp_path):
    import json
    import shutil

    (first, *_) = answers(qwen)
    stop = qwen.renderer.tokenizer(first.raw, add_special_tokens=False)["input_ids"][1]
    shutil.copytree(folder("qwen3"), tmp_path, dirs_exist_ok=True)
    (tmp_path / "generation_config.json").write_text(json.dumps({"eos_token_id": stop}), encoding="utf-8")
    live = LiveModel.load(tmp_path, dtype="float32", device="cpu")
    ended = answers(live)
    tokens = [answer.n_tokens for answer in ended if answer.finished]
    assert tokens
    again = answers(live, settled=lambda text: len(text) > 1000)
    assert [(a.finished, a.cut) for a in again] == [(a.finished, False) for a in ended]


EVERYWHERE = Place((0, 1, 2, 3), LAST)
ALSO = Also((EVERYWHERE, Place((1,), "end_of_instruction"), Place((0, 2), LAST, "mlp")), logits=True)


def separate(live, place, edits):
    return by_index(live.residuals(PROMPTS, layers=place.layers, position=place.position, part=place.part, edits=edits))


@pytest.mark.parametrize("kind", [None, *KINDS])
def test_one_pass_keeps_to_the_bit_what_separate_passes_give(live, kind):
    edits = [edit_of(kind, len(PROMPTS), live.d_model)] if kind else []
    together = by_index(live.read(PROMPTS, places=[EVERYWHERE], also=Also(ALSO.places[1:], logits=True), edits=edits))
    logits = by_index(live.logits(PROMPTS, edits=edits))
    for column, place in enumerate(ALSO.places):
        for kept, own in zip(together, separate(live, place, edits), strict=True):
            np.testing.assert_array_equal(kept.residuals[column].values, own.values)
            assert kept.residuals[column].token == own.token
    for kept, own in zip(together, logits, strict=True):
        np.testing.assert_array_equal(kept.logits.values, own.values)


@pytest.mark.parametrize("kind", [None, *KINDS])
def test_generation_keeps_what_a_pass_over_the_prompt_gives(live, kind):
    """Not to the bit: a pass that keeps keys and values may run another kernel."""
    edits = [edit_of(kind, len(PROMPTS), live.d_model)] if kind else []
    kept = answers(live, edits=edits, also=ALSO)
    plain = answers(live, edits=edits)
    assert [answer.raw for answer in kept] == [answer.raw for answer in plain]
    for column, place in enumerate(ALSO.places):
        for answer, own in zip(kept, separate(live, place, edits), strict=True):
            np.testing.assert_allclose(answer.kept.residuals[column].values, own.values, rtol=1e-4, atol=1e-4)
    for answer, own in zip(kept, by_index(live.logits(PROMPTS, edits=edits)), strict=True):
        np.testing.assert_allclose(answer.kept.logits.values, own.values, rtol=1e-4, atol=1e-4)


def test_what_is_kept_besides_raises_nothing_where_it_is_not_to_be_had(qwen):
    nowhere = Place((1,), "first_answer_token")  # no answer is prefilled
    for row in by_index(qwen.read(PROMPTS, logits=True, also=Also((nowhere, EVERYWHERE)))):
        assert row.residuals[0] is None
        assert row.residuals[1].values.shape == (4, qwen.d_model)


def test_an_overflow_breaks_what_was_asked_for_and_not_what_is_kept_besides(qwen, monkeypatch):
    edit = edit_of("add", len(PROMPTS), qwen.d_model)
    edit.vectors[:] = np.inf
    before, after = Place((0,), LAST), Place((2,), LAST)
    for row in by_index(qwen.read(PROMPTS, places=[before], also=Also((after,), logits=True), edits=[edit])):
        assert np.isfinite(row.residuals[0].values).all()
        assert (row.residuals[1], row.logits) == (None, None)
    with pytest.raises(InvalidEvidence, match="not finite at layer 2"):
        list(qwen.read(PROMPTS, places=[after], edits=[edit]))
