"""Every check of the self-check fails on the fault that it is there for, and says which it is."""

import pytest
import torch

from interp_core.engine import LiveModel, capture, check_model, selfcheck
from interp_core.engine.traced import TracedModel
from interp_core.errors import InvalidEvidence
from tests.engine.prompts import PROMPTS


@pytest.fixture
def model(folder):
    """A model of its own, to be broken."""
    return LiveModel.load(folder("llama"), dtype="float32", device="cpu")


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_passes_within_its_tolerance(folder, dtype):
    found = check_model(LiveModel.load(folder("gemma2"), dtype=dtype, device="cpu"), PROMPTS)
    assert found["hidden states"] < 2e-2


def test_a_rendering_that_apply_chat_template_does_not_give_is_found(model, monkeypatch):
    monkeypatch.setattr(model.renderer, "reference", lambda prompt: [1])
    with pytest.raises(InvalidEvidence, match=r"check 'template' failed: 'p0' has other tokens"):
        check_model(model, PROMPTS)


def test_a_doubled_bos_is_found(model):
    tokenizer = model.renderer.tokenizer
    tokenizer.bos_token = "<|endoftext|>"
    tokenizer.chat_template = "{{ bos_token + bos_token + messages[0]['content'] }}"
    with pytest.raises(InvalidEvidence, match="begins with two BOS"):
        check_model(model, PROMPTS)


def test_layers_in_another_order_are_found(model):
    layers = model.adapter.layers
    object.__setattr__(model.adapter, "layers", (layers[1], layers[0], layers[2]))
    with pytest.raises(InvalidEvidence, match="check 'hidden states' failed"):
        check_model(model, PROMPTS)


def test_a_wrong_final_norm_is_found(model):
    object.__setattr__(model.adapter, "final_norm", model.model.model.layers[0].input_layernorm)
    with pytest.raises(InvalidEvidence, match="what is normed is not the stream after the last layer"):
        check_model(model, PROMPTS)


def test_a_disagreement_with_nnsight_is_found(model, monkeypatch):
    real = TracedModel.residuals
    monkeypatch.setattr(
        TracedModel, "residuals", lambda self, *a, **k: torch.nextafter(real(self, *a, **k), torch.tensor(9.0))
    )
    with pytest.raises(InvalidEvidence, match="check 'nnsight' failed for this model: plain hooks and nnsight"):
        check_model(model, PROMPTS)


def test_forgotten_position_ids_are_found(folder, monkeypatch):
    model = LiveModel.load(folder("gpt2"), dtype="float32", device="cpu")
    real = capture.inputs_of

    def forgetful(model, batch):
        return {name: value for name, value in real(model, batch).items() if name != "position_ids"}

    monkeypatch.setattr(capture, "inputs_of", forgetful)
    for prompts in (PROMPTS, PROMPTS[:1]):
        with pytest.raises(InvalidEvidence, match=r"check 'padding' failed.*alone and in a left-padded batch"):
            check_model(model, prompts)


def test_a_write_that_the_adapter_does_not_know_is_found(model):
    attention_only = tuple(modules[:1] for modules in model.adapter.writes)
    object.__setattr__(model.adapter, "writes", attention_only)
    with pytest.raises(
        InvalidEvidence, match=r"check 'ablation' failed.*a module that writes to the stream is not known"
    ):
        check_model(model, PROMPTS)


def test_a_failed_check_leaves_nothing_behind(model, monkeypatch):
    before = [(len(m._forward_hooks), tuple(vars(m))) for m in model.model.modules()]
    monkeypatch.setattr(selfcheck, "_ablation", lambda *_: selfcheck._require("ablation", 1.0, 0.1, "so"))
    with pytest.raises(InvalidEvidence, match=r"so \(relative error 1, at most 0.1 is right\)"):
        check_model(model, PROMPTS)
    assert [(len(m._forward_hooks), tuple(vars(m))) for m in model.model.modules()] == before
