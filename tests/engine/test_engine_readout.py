"""Log-likelihoods, the logit lens, sampling, and orthogonal weights, on every architecture."""

from contextlib import ExitStack
from dataclasses import replace

import numpy as np
import pytest
import torch

from interp_core.engine import Edit, LiveModel
from interp_core.errors import NotApplicable, PromptError
from tests.engine.prompts import LAST, PROMPTS, units
from tests.engine.test_engine_parts import logits


def test_the_lens_after_the_last_layer_is_the_models_own_logits(live):
    found = dict(live.lens(PROMPTS, layer=live.n_layers, position=LAST))
    lens = np.stack([found[index].values for index in range(len(PROMPTS))])
    np.testing.assert_allclose(lens, logits(live), rtol=1e-5, atol=1e-5)


def test_the_lens_of_an_early_layer_is_its_stream_normed_and_unembedded(qwen):
    found = dict(qwen.lens(PROMPTS, layer=1, position="end_of_instruction"))
    streams = dict(qwen.residuals(PROMPTS, layers=(1,), position="end_of_instruction"))
    for index, lens in found.items():
        with torch.no_grad():
            normed = qwen.adapter.final_norm(torch.from_numpy(streams[index].values))
            by_hand = qwen.model.lm_head(normed)[0].numpy()
        np.testing.assert_allclose(lens.values, by_hand, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("plain", [False, True])
def test_text_scores_are_those_of_a_loop_over_tokens(live, plain):
    prompts = [replace(p, prefill="" if plain else "Sure, here is how.") for p in PROMPTS]
    found = dict(live.text_scores(prompts, plain=plain))
    for index, prompt in enumerate(prompts):
        (row,) = live.renderer.plain([prompt]) if plain else live.renderer.render([prompt])
        ids = torch.tensor([row.ids])
        with torch.no_grad():
            scores = live.model(input_ids=ids).logits[0].log_softmax(-1)
        begin = 1 if plain else row.answer
        by_hand = sum(float(scores[at - 1, ids[0, at]]) for at in range(begin, len(row.ids)))
        assert found[index].total == pytest.approx(by_hand, rel=1e-4)
        assert found[index].scored == len(row.ids) - begin
        assert found[index].text.endswith(str(prompt.user) if plain else prompt.prefill)


def test_a_prompt_without_an_answer_has_no_score(qwen):
    with pytest.raises(PromptError, match="first_answer_token"):
        qwen.text_scores(PROMPTS)


def test_a_single_token_has_no_score_as_plain_text(qwen):
    with pytest.raises(PromptError, match="single token as plain text"):
        qwen.text_scores([replace(PROMPTS[0], user="a")], plain=True)


def sampled(live: LiveModel, prompts, seeds, temperature=1.0, new=4) -> list[str]:
    found = dict(live.answers(prompts, max_new_tokens=new, temperature=temperature, seeds=seeds))
    return [found[index].raw for index in range(len(prompts))]


def test_a_sample_depends_on_its_seed_and_not_on_its_batch(qwen):
    together = sampled(qwen, PROMPTS, [1, 2, 3, 4])
    assert together == [sampled(qwen, [p], [seed])[0] for p, seed in zip(PROMPTS, (1, 2, 3, 4), strict=True)]
    assert together != sampled(qwen, PROMPTS, [5, 6, 7, 8])


def test_samples_near_temperature_zero_are_greedy(qwen):
    greedy = dict(qwen.answers(PROMPTS, max_new_tokens=4))
    assert sampled(qwen, PROMPTS, [1, 2, 3, 4], temperature=1e-4) == [greedy[i].raw for i in range(len(PROMPTS))]


def test_samples_follow_the_models_distribution(qwen):
    many = [replace(PROMPTS[0], request=f"p{i}") for i in range(800)]
    firsts = sampled(qwen, many, range(800), new=1)
    p = np.exp(logits(qwen, PROMPTS[:1])[0])
    likeliest = int(p.argmax())
    share = np.mean([text == qwen.renderer.raw([likeliest]) for text in firsts])
    expected = p[likeliest] / p.sum()
    assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / 800) + 0.002


def test_orthogonal_weights_equal_ablation_and_are_put_back(live):
    unit = np.tile(units(1, live.d_model), (len(PROMPTS), 1))
    with ExitStack() as stack:
        if live.adapter.norms_writes:
            with pytest.raises(NotApplicable, match=r"norms what a block writes.*Use zero\(direction\)"):
                live.apply_weights(stack, [Edit("weights", unit)])
            return
        assert live.apply_weights(stack, [Edit("weights", unit)]) == []
        by_weights = logits(live)
    np.testing.assert_allclose(by_weights, logits(live, edits=[Edit("zero", unit)]), rtol=1e-3, atol=1e-4)
    assert not np.allclose(by_weights, logits(live))


def test_orthogonal_weights_are_put_back_after_an_error(qwen):
    before = {name: p.data_ptr() for name, p in qwen.model.named_parameters()}

    def fail() -> None:
        with ExitStack() as stack:
            qwen.apply_weights(stack, [Edit("weights", units(1, qwen.d_model))])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert {name: p.data_ptr() for name, p in qwen.model.named_parameters()} == before


def test_phrases_open_with_the_token_that_follows_the_prompt(qwen):
    ids = qwen.renderer.first_tokens(["Sure, here", "I am sorry", "I cannot"], PROMPTS[0])
    assert [qwen.renderer.token(id) for id in ids] == ["Sure", "I"] or len(ids) == 2
    (row,) = qwen.renderer.render([replace(PROMPTS[0], prefill="Sure, here")])
    assert row.ids[row.answer] == ids[0]
