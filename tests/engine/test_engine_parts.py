"""Edits and captures of parts of a layer, and of named positions, on every architecture."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from interp_core.engine import Edit, LiveModel
from interp_core.errors import ClaimError
from tests.engine.prompts import LAST, PROMPTS, units

PARTS = ("residual", "attention", "mlp", "head")
SAME = [replace(PROMPTS[0], request=f"copy{i}") for i in range(3)]


def read(live: LiveModel, prompts=PROMPTS, *, layers=(1,), part="residual", position=LAST, edits=()) -> np.ndarray:
    found = dict(live.residuals(prompts, layers=layers, position=position, edits=edits, part=part))
    return np.stack([found[index].values for index in range(len(prompts))])


def logits(live: LiveModel, prompts=PROMPTS, edits=()) -> np.ndarray:
    found = dict(live.logits(prompts, edits=edits))
    return np.stack([found[index].values for index in range(len(prompts))])


def test_what_the_parts_write_is_the_change_of_the_stream(live):
    before, after = read(live, layers=(1, 2)).transpose(1, 0, 2)
    written = read(live, part="attention")[:, 0] + read(live, part="mlp")[:, 0]
    np.testing.assert_allclose(before + written, after, rtol=1e-4, atol=1e-4)


def test_heads_side_by_side_are_what_the_output_projection_reads(live):
    heads = torch.from_numpy(read(live, part="head")[:, 0])
    with torch.no_grad():
        projected = live.adapter.attention_out(1)(heads[:, None])[:, 0].numpy()
    if not live.adapter.norms_writes:
        np.testing.assert_allclose(projected, read(live, part="attention")[:, 0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("part", PARTS)
def test_a_patch_puts_the_given_activation_there_and_nowhere_else(live, part):
    clean = read(live, part=part)[:, 0]
    source = clean[::-1].copy()
    head = clean.shape[1] // live.adapter.n_heads
    values = source[:, head : 2 * head] if part == "head" else source
    edit = Edit("set", values, (1,), part=part, head=1, position=LAST)
    after = read(live, part=part, edits=[edit])[:, 0]
    changed = slice(head, 2 * head) if part == "head" else slice(None)
    np.testing.assert_array_equal(after[:, changed], source[:, changed])
    rest = np.delete(np.arange(clean.shape[1]), np.arange(clean.shape[1])[changed])
    np.testing.assert_array_equal(after[:, rest], clean[:, rest])
    elsewhere = [read(live, layers=(3,), position="end_of_instruction", edits=edits) for edits in ((), (edit,))]
    np.testing.assert_array_equal(*elsewhere)
    assert not np.allclose(logits(live), logits(live, edits=[edit]))


@pytest.mark.parametrize("part", PARTS)
def test_patching_a_run_with_its_own_activation_changes_nothing(live, part):
    own = read(live, part=part)[:, 0]
    own = own[:, : own.shape[1] // live.adapter.n_heads] if part == "head" else own
    edit = Edit("set", own, (1,), part=part, position=LAST)
    np.testing.assert_allclose(logits(live, edits=[edit]), logits(live), rtol=1e-5, atol=1e-5)


def test_patching_the_whole_stream_after_the_last_token_gives_the_sources_logits(qwen):
    prompts, source = PROMPTS[:2], PROMPTS[2:]
    values = read(qwen, source, layers=(2,))[:, 0]
    edit = Edit("set", values, (2,), position=LAST)
    after = read(qwen, prompts, layers=(2,), edits=[edit])[:, 0]
    np.testing.assert_array_equal(after, values)


def test_steering_a_position_leaves_the_others_as_they_were(qwen):
    edit = Edit("add", 5 * units(len(PROMPTS), qwen.d_model), (1,), position="end_of_instruction")
    at, before = (read(qwen, position=p, edits=[edit]) for p in ("end_of_instruction", LAST))
    clean, clean_before = (read(qwen, position=p) for p in ("end_of_instruction", LAST))
    np.testing.assert_allclose(at[:, 0] - clean[:, 0], edit.vectors, atol=1e-5)
    np.testing.assert_array_equal(before, clean_before)


def test_steering_several_layers_adds_at_each(qwen):
    vectors = 5 * units(len(PROMPTS), qwen.d_model)
    both = logits(qwen, edits=[Edit("add", vectors, (1, 2))])
    one_by_one = logits(qwen, edits=[Edit("add", vectors, (1,)), Edit("add", vectors, (2,))])
    np.testing.assert_array_equal(both, one_by_one)


def test_an_edit_of_the_answer_leaves_the_first_token_and_changes_later_ones(qwen):
    def answers(edits):
        return dict(qwen.answers(PROMPTS, max_new_tokens=6, edits=edits))

    vectors = np.asarray(200 * units(len(PROMPTS), qwen.d_model), dtype=np.float32)
    clean = answers(())
    edited = {where: answers([Edit("add", vectors, (1,), position=where)]) for where in ("answer", "prompt")}
    whole = answers([Edit("add", vectors, (1,))])
    tokens = qwen.renderer.tokenizer
    first = {name: [tokens(a.raw)["input_ids"][:1] for a in found.values()] for name, found in
             {"clean": clean, "whole": whole, **edited}.items()}  # fmt: skip
    assert first["answer"] == first["clean"]
    assert first["prompt"] == first["whole"]
    assert [a.raw for a in edited["answer"].values()] != [a.raw for a in clean.values()]
    assert [a.raw for a in edited["prompt"].values()] != [a.raw for a in whole.values()]


def test_positions_go_by_role(qwen):
    closed = replace(PROMPTS[0], thinking=True, thought="I am sorry.", prefill="Sure, here")
    (row,) = qwen.renderer.render([closed])
    tokens = [qwen.renderer.token(id) for id in row.ids]
    assert tokens[row.index("end_of_thought")] == "</think>"
    assert row.ids[row.index("first_answer_token") :] == tuple(qwen.renderer.tokenizer("Sure, here")["input_ids"])
    assert row.text.endswith("<|im_start|>assistant\n<think>\nI am sorry.\n</think>\n\nSure, here")
    assert row.end_of_template < row.index("end_of_thought") < row.answer
    (plain,) = qwen.renderer.render([PROMPTS[0]])
    assert tokens[row.index("end_of_instruction+1")] == "<|im_end|>"
    assert plain.index("end_of_thought") < plain.end_of_template
    assert not row.opens_thinking


def test_an_open_thought_goes_on_and_its_answer_shows_the_tag(qwen):
    (row,) = qwen.renderer.render([replace(PROMPTS[0], thinking=True, thought="I am", thought_ends=False)])
    assert row.text.endswith("assistant\n<think>\nI am")
    assert row.opens_thinking


@pytest.mark.parametrize(
    ("position", "message"),
    [
        ("first_answer_token", r"no position 'first_answer_token'.*prompts.prefilled"),
        ("end_of_instruction+99", "fewer tokens after the instruction"),
    ],
)
def test_a_position_that_is_not_there_is_named(qwen, position, message):
    from interp_core.errors import PromptError

    (row,) = qwen.renderer.render(PROMPTS[:1])
    with pytest.raises(PromptError, match=message):
        row.index(position)


def test_a_part_of_the_layer_after_the_last_is_refused(qwen):
    with pytest.raises(ClaimError, match="layer 3 is out of range"):
        qwen.residuals(PROMPTS, layers=(3,), position=LAST, part="mlp")
