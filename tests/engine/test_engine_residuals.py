"""What is captured, and what edits do to it, on every architecture."""

from contextlib import ExitStack

import numpy as np
import pytest
import torch

from interp_core.engine import Edit, LiveModel, Residual, capture
from interp_core.engine.hooks import BatchEdit
from interp_core.errors import ClaimError, InvalidEvidence
from tests.engine.prompts import KINDS, LAST, PROMPTS, edit_of, units

# Where the stream is read in the middle of a layer; GPT-NeoX runs attention and MLP side by side and has no middle.
MIDDLE = {
    "gemma2": "pre_feedforward_layernorm",
    "gemma3_text": "pre_feedforward_layernorm",
    "gpt2": "ln_2",
    "gpt_neox": "input_layernorm",
}


def every_layer(live: LiveModel) -> tuple[int, ...]:
    return tuple(range(live.n_layers + 1))


def read(live: LiveModel, prompts=PROMPTS, *, edits=(), layers=None, position=LAST) -> np.ndarray:
    """[prompt layer d_model] in the order of the prompts."""
    found = dict(live.residuals(prompts, layers=layers or every_layer(live), position=position, edits=edits))
    return np.stack([found[index].values for index in range(len(prompts))])


@pytest.mark.parametrize("position", ["end_of_instruction", "end_of_template"])
def test_captured_residuals_are_the_hidden_states_to_the_bit(live, position):
    ours = read(live, PROMPTS[:1], position=position)[0]
    (rendered,) = live.renderer.render(PROMPTS[:1])
    with torch.no_grad():
        plain = live.model.get_decoder()(input_ids=torch.tensor([rendered.ids]), output_hidden_states=True)
    states = torch.stack(plain.hidden_states)[:, 0, rendered.index(position)]
    np.testing.assert_array_equal(ours[:-1], states[:-1].numpy())
    with torch.no_grad():
        normed = live.adapter.final_norm(torch.from_numpy(ours[-1]))
    np.testing.assert_allclose(normed.numpy(), states[-1].numpy(), rtol=1e-5, atol=1e-6)
    _forget_recording_hooks(live)


def _forget_recording_hooks(live: LiveModel) -> None:
    """transformers keeps its own hooks once hidden states were asked for."""
    for module in live.model.modules():
        module._forward_hooks.clear()
        vars(module).pop("_output_capturing_hooks_installed", None)


def test_the_stream_after_the_last_layer_is_not_normed(live):
    last = read(live)[:, -1]
    with torch.no_grad():
        normed = live.adapter.final_norm(torch.from_numpy(last)).numpy()
    assert not np.allclose(last, normed, rtol=0.1)


def test_layers_come_in_the_order_asked_for(qwen):
    np.testing.assert_array_equal(read(qwen, layers=(2, 0)), read(qwen)[:, [2, 0]])


def test_zero_ablation_leaves_nothing_of_the_direction_at_any_later_site(live):
    edit = edit_of("zero", len(PROMPTS), live.d_model)
    before, after = _components(live, edit, []), _components(live, edit, [edit])
    assert before.keys() == after.keys()
    for site, size in before.items():
        assert after[site] < 1e-4 * size, site


def _components(live: LiveModel, along: Edit, edits: list[Edit]) -> dict[str, float]:
    """Largest component along each prompt's vector, by site, read by hooks of the test's own."""
    found: dict[str, float] = {}
    unit = torch.from_numpy(along.vectors)[:, None]
    middle = MIDDLE.get(live.model.config.model_type, "post_attention_layernorm")

    def note(site):
        def hook(_, args, output=None):
            stream = args[0] if output is None else output[0] if isinstance(output, tuple) else output
            found[site] = float((stream * unit).sum(-1).abs().max())

        return hook

    batch = live.batch(live.renderer.render(PROMPTS))
    with ExitStack() as stack:
        for index, layer in enumerate(live.adapter.layers):
            stack.callback(layer.register_forward_hook(note(f"output {index}")).remove)
            handle = getattr(layer, middle).register_forward_pre_hook(note(f"middle {index}"))
            stack.callback(handle.remove)
        rows = [BatchEdit.of(edit, range(len(PROMPTS)), live.model.device) for edit in edits]
        capture.logits(live.model, live.adapter, batch, edits=rows)
    return found


def test_affine_sets_the_component_at_each_edited_layer(live):
    edit = edit_of("affine", len(PROMPTS), live.d_model)
    after = read(live, edits=[edit], layers=edit.layers)
    components = np.einsum("pld,pd->lp", after, edit.vectors)
    np.testing.assert_allclose(components, edit.targets, rtol=1e-4, atol=1e-4)


def test_affine_changes_nothing_but_the_component(live):
    edit = edit_of("affine", len(PROMPTS), live.d_model)
    before, after = (read(live, edits=e, layers=(0, 1)) for e in ((), (edit,)))
    np.testing.assert_array_equal(after[:, 0], before[:, 0])
    moved = after[:, 1] - before[:, 1]
    sideways = moved - np.einsum("pd,pd->p", moved, edit.vectors)[:, None] * edit.vectors
    np.testing.assert_allclose(sideways, 0, atol=1e-4)


def test_add_adds_the_vector_at_its_layer_and_changes_no_earlier_one(live):
    edit = edit_of("add", len(PROMPTS), live.d_model)
    before, after = read(live), read(live, edits=[edit])
    np.testing.assert_array_equal(after[:, 0], before[:, 0])
    np.testing.assert_array_equal(after[:, 1], before[:, 1] + edit.vectors)
    assert not np.array_equal(after[:, 2], before[:, 2])


@pytest.mark.parametrize("kind", KINDS)
def test_each_row_meets_its_own_vector(live, kind):
    edit = edit_of(kind, len(PROMPTS), live.d_model)
    together = read(live, edits=[edit])
    for index, prompt in enumerate(PROMPTS):
        alone = read(live, [prompt], edits=[edit.row(index)])[0]
        assert _relative_error(together[index], alone) < 1e-5


def test_a_prompt_alone_and_in_a_padded_batch_agree(live):
    together = read(live)
    for index, prompt in enumerate(PROMPTS):
        assert _relative_error(together[index], read(live, [prompt])[0]) < 1e-5


def _relative_error(ours: np.ndarray, reference: np.ndarray) -> float:
    return float((np.linalg.norm(ours - reference, axis=-1) / np.linalg.norm(reference, axis=-1)).max())


def test_edits_of_one_site_apply_in_their_order(qwen):
    unit = units(1, qwen.d_model)
    add = Edit("add", 5 * unit, (1,))
    set_to_two = Edit("affine", unit, (1,), np.full((1, 1), 2, np.float32))
    for edits, component in (((add, set_to_two), 2), ((set_to_two, add), 7)):
        after = read(qwen, PROMPTS[:1], edits=edits, layers=(1,))
        assert after[0, 0] @ unit[0] == pytest.approx(component, abs=1e-4)


def test_logits_are_those_of_a_bare_forward_after_the_prefill(live):
    from dataclasses import replace

    (prompt,) = (replace(PROMPTS[0], prefill="Sure"),)
    ((index, logits),) = live.logits([prompt])
    (rendered,) = live.renderer.render([prompt])
    with torch.no_grad():
        plain = live.model(input_ids=torch.tensor([rendered.ids])).logits[0, -1]
    assert index == 0
    assert logits.text.endswith("Sure")
    assert logits.n_tokens == len(rendered.ids)
    np.testing.assert_allclose(logits.values, plain.numpy(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_edits_are_computed_in_float32(folder, dtype):
    live = LiveModel.load(folder("llama"), dtype=dtype, device="cpu")
    edit = edit_of("add", len(PROMPTS), live.d_model)
    before, after = read(live), read(live, edits=[edit])
    exact = torch.from_numpy(before[:, 1] + edit.vectors).to(live.model.dtype).float().numpy()
    np.testing.assert_array_equal(after[:, 1], exact)


def test_results_carry_the_token_the_length_and_the_text(qwen):
    results = dict(qwen.residuals(PROMPTS, layers=(0,), position="end_of_instruction"))
    assert sorted(results) == [0, 1, 2, 3]
    assert [results[index].token for index in range(4)] == [".", ".", "!", "."]
    assert isinstance(results[2], Residual)
    assert "Hello!" in results[2].text
    assert results[2].n_tokens == len(qwen.renderer.tokenizer(results[2].text)["input_ids"])


def test_a_small_budget_makes_more_batches_and_the_same_residuals(qwen):
    small = LiveModel(qwen.model, qwen.renderer.tokenizer, budget=1)
    found = dict(small.residuals(PROMPTS, layers=(3,), position=LAST))
    for index, row in enumerate(read(qwen, layers=(3,))):
        assert _relative_error(found[index].values, row) < 1e-5


@pytest.mark.parametrize("layer", [-1, 4])
def test_a_layer_that_the_model_lacks_is_refused(qwen, layer):
    with pytest.raises(ClaimError, match=rf"layer {layer} is out of range: with its 3 layers"):
        qwen.residuals(PROMPTS, layers=(layer,), position=LAST)


def test_an_edit_after_the_last_layer_is_refused(qwen):
    edit = Edit("add", units(4, qwen.d_model), (3,))
    with pytest.raises(ClaimError, match="edited at the input of 0 to 2"):
        qwen.logits(PROMPTS, edits=[edit])


def test_an_activation_that_is_not_finite_is_invalid_evidence(folder):
    live = LiveModel.load(folder("llama"), dtype="float32", device="cpu")
    live.model.model.layers[1].mlp.down_proj.weight[0, 0] = float("nan")
    with pytest.raises(InvalidEvidence, match="residual stream of 'p1' is not finite at layer 2"):
        next(live.residuals(PROMPTS, layers=(0, 1, 2, 3), position=LAST))
    with pytest.raises(InvalidEvidence, match="logits of 'p1' are not finite"):
        next(live.logits(PROMPTS))
    with pytest.raises(InvalidEvidence, match="logits of 'p1' are not finite"):
        next(live.answers(PROMPTS, max_new_tokens=2))


def test_hooks_are_gone_after_a_failed_pass(qwen):
    batch = qwen.batch(qwen.renderer.render(PROMPTS))
    without_target = BatchEdit("affine", torch.from_numpy(units(4, qwen.d_model)), {}, (1,))
    with pytest.raises(KeyError):
        capture.logits(qwen.model, qwen.adapter, batch, edits=[without_target])
