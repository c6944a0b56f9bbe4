"""Greedy generation, its interventions, and where it stops."""

import json
import shutil

import numpy as np
import pytest
import torch

from interp_core.engine import Answer, LiveModel
from tests.engine.prompts import KINDS, PROMPTS, edit_of

NEW = 6
ATTENTION_AND_MLP = {
    "gemma2": ("post_attention_layernorm", "post_feedforward_layernorm"),
    "gemma3_text": ("post_attention_layernorm", "post_feedforward_layernorm"),
    "gpt_neox": ("attention", "mlp"),
    "gpt2": ("attn", "mlp"),
}


def answers(live, prompts=PROMPTS, *, max_new_tokens=NEW, edits=()):
    found = dict(live.answers(prompts, max_new_tokens=max_new_tokens, edits=edits))
    return [found[index] for index in range(len(prompts))]


@pytest.mark.parametrize("kind", [None, *KINDS])
def test_generation_equals_a_slow_loop_without_cache_batch_or_padding(live, kind):
    edits = [edit_of(kind, len(PROMPTS), live.d_model)] if kind else []
    for index, answer in enumerate(answers(live, edits=edits)):
        expected = _slow_loop(live, index, edits)
        assert answer.raw == live.renderer.raw(expected)
        assert answer.n_tokens == len(expected)


@pytest.mark.parametrize("kind", KINDS)
def test_edits_change_what_is_generated(qwen, kind):
    edit = edit_of(kind, len(PROMPTS), qwen.d_model)
    assert [a.raw for a in answers(qwen, edits=[edit])] != [a.raw for a in answers(qwen)]


def _slow_loop(live, index, edits):
    """One prompt, no cache, with edits written out by hooks of the test's own."""
    (row,) = live.renderer.render([PROMPTS[index]])
    ids = list(row.ids)
    handles = [handle for edit in edits for handle in _reference_hooks(live, edit.row(index))]
    while len(ids) < len(row.ids) + NEW:
        with torch.no_grad():
            ids.append(int(live.model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1].argmax()))
        if ids[-1] in live.ends:
            break
    for handle in handles:
        handle.remove()
    return ids[len(row.ids) :]


def _reference_hooks(live, edit):
    r = torch.from_numpy(edit.vectors[0])
    names = ATTENTION_AND_MLP.get(live.model.config.model_type, ("self_attn", "mlp"))

    def changed(x, layer):
        if edit.kind == "zero":
            return x - torch.outer(x[0] @ r, r)[None]
        if layer not in edit.layers:
            return x
        if edit.kind == "add":
            return x + r
        target = float(edit.targets[edit.layers.index(layer), 0])
        return x + torch.outer(target - x[0] @ r, r)[None]

    for index, layer in enumerate(live.adapter.layers):
        yield layer.register_forward_pre_hook(lambda _, args, i=index: (changed(args[0], i), *args[1:]))
        for name in names if edit.kind == "zero" else ():
            yield getattr(layer, name).register_forward_hook(
                lambda _, __, out: (changed(out[0], 0), *out[1:]) if isinstance(out, tuple) else changed(out, 0)
            )


def test_an_answer_leaves_out_the_prefill_and_counts_it_as_prompt(qwen):
    from dataclasses import replace

    (plain,) = answers(qwen, PROMPTS[:1])
    (prefilled,) = answers(qwen, [replace(PROMPTS[0], prefill="Sure")])
    assert isinstance(plain, Answer)
    assert prefilled.prompt == plain.prompt + "Sure"
    assert prefilled.prompt_tokens > plain.prompt_tokens
    assert "Sure" not in prefilled.text


def test_where_the_template_opens_the_think_block_the_answer_shows_it(folder, tmp_path):
    from dataclasses import replace

    shutil.copytree(folder("qwen3"), tmp_path, dirs_exist_ok=True)
    template = "{{ messages[0]['content'] + '<think>\\n' }}"
    (tmp_path / "chat_template.jinja").write_text(template, encoding="utf-8")
    live = LiveModel.load(tmp_path, dtype="float32", device="cpu")
    (answer,) = answers(live, [replace(PROMPTS[0], thinking=True)])
    assert answer.text.startswith("<think>")
    assert answer.raw == answer.text.removeprefix("<think>")


@pytest.fixture
def with_generation_config(folder, tmp_path):
    """A Qwen 3 that ships a generation config."""

    def load(**settings):
        shutil.copytree(folder("qwen3"), tmp_path, dirs_exist_ok=True)
        (tmp_path / "generation_config.json").write_text(json.dumps(settings), encoding="utf-8")
        return LiveModel.load(tmp_path, dtype="float32", device="cpu")

    return load


def test_the_generation_config_that_a_model_ships_has_no_say(qwen, with_generation_config):
    shipped = with_generation_config(
        do_sample=True, temperature=5.0, top_p=0.1, repetition_penalty=50.0, no_repeat_ngram_size=1, max_length=3
    )
    assert answers(shipped) == answers(qwen)


def test_an_answer_ends_at_the_end_of_turn_that_the_model_ships(qwen, with_generation_config):
    (whole,) = answers(qwen, PROMPTS[:1])
    assert not whole.finished
    assert whole.n_tokens == NEW
    (row,) = qwen.renderer.render(PROMPTS[:1])
    tokens = _slow_loop(qwen, 0, [])
    stop = tokens[2]
    (cut,) = answers(with_generation_config(eos_token_id=[stop, 0]), PROMPTS[:1])
    assert cut.finished
    assert cut.n_tokens == tokens.index(stop) + 1
    assert cut.raw == qwen.renderer.raw(tokens[: cut.n_tokens])
    assert cut.prompt_tokens == len(row.ids)


def test_the_tokenizers_own_end_of_turn_counts_too(with_generation_config):
    live = with_generation_config(eos_token_id=7)
    assert set(live.ends) == {7, live.renderer.tokenizer.eos_token_id}


def test_one_prompt_that_ends_early_does_not_end_the_others(qwen, with_generation_config):
    tokens = _slow_loop(qwen, 2, [])
    live = with_generation_config(eos_token_id=[tokens[0]])
    found = answers(live)
    assert found[2].n_tokens == 1
    assert max(answer.n_tokens for answer in found) > 1
    np.testing.assert_array_equal([a.n_tokens for a in found], [len(_slow_loop(live, i, [])) for i in range(4)])
