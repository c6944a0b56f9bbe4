"""Gradients and attention weights on every architecture."""

from dataclasses import replace

import numpy as np
import pytest

from interp_core.engine import Edit
from interp_core.engine.attribution import attention, gradients
from interp_core.reading import log_odds
from tests.engine.prompts import LAST, PROMPTS, units
from tests.engine.test_engine_parts import logits

TOKENS = [40, 41]


@pytest.mark.parametrize("position", [LAST, "end_of_instruction"])
def test_gradients_are_slopes_of_small_shifts(live, position):
    found = gradients(live, PROMPTS, layers=(0, 2), position=position, tokens=TOKENS)
    step = 0.004 * units(len(PROMPTS), live.d_model, seed=3)
    for index, layer in enumerate((0, 2)):
        up, down = (
            log_odds(logits(live, edits=[Edit("add", np.float32(sign) * step, (layer,), position=position)]), TOKENS)
            for sign in (1, -1)
        )
        np.testing.assert_allclose((found[:, index] * step).sum(1), (up - down) / 2, rtol=0.05, atol=1e-4)


@pytest.mark.parametrize("part", ["attention", "mlp", "head"])
def test_gradients_of_parts_are_slopes_of_small_shifts(live, part):
    layers = (0, 1)
    found = gradients(live, PROMPTS, layers=layers, position=LAST, tokens=TOKENS, part=part)
    width = found.shape[2] // (live.adapter.n_heads if part == "head" else 1)
    step = 0.004 * units(len(PROMPTS), width, seed=3)
    at = slice(width, 2 * width) if part == "head" else slice(None)  # head 1
    for index, layer in enumerate(layers):
        up, down = (
            log_odds(
                logits(live, edits=[Edit("add", np.float32(s) * step, (layer,), part=part, head=1, position=LAST)]),
                TOKENS,
            )
            for s in (1, -1)
        )
        np.testing.assert_allclose((found[:, index, at] * step).sum(1), (up - down) / 2, rtol=0.05, atol=1e-4)


def test_attention_sums_to_one_and_looks_at_nothing_later(live):
    (row,) = live.renderer.render(PROMPTS[:1])
    before = logits(live)
    for position in (LAST, "end_of_instruction"):
        weights = attention(live, PROMPTS[0], position=position)
        assert weights.shape == (live.n_layers, live.adapter.n_heads, len(row.ids))
        np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-4)
        assert not weights[..., row.index(position) + 1 :].any()
    np.testing.assert_array_equal(logits(live), before)  # the fast attention is back


def test_an_answers_first_token_attends_too(qwen):
    prompt = replace(PROMPTS[0], prefill="Sure")
    assert attention(qwen, prompt, position="first_answer_token").shape[0] == 3
