"""Plain hooks and nnsight are two ways to the same numbers."""

import pytest
import torch

from interp_core.engine import capture, check_model
from interp_core.engine.hooks import BatchEdit
from interp_core.engine.selfcheck import restored
from interp_core.engine.traced import TracedModel
from tests.engine.prompts import KINDS, PROMPTS, edit_of


@pytest.mark.parametrize("kind", [None, *KINDS])
def test_hooks_and_nnsight_agree_to_the_bit(live, kind):
    rendered = live.renderer.render(PROMPTS)
    batch = live.batch(rendered)
    columns = batch.columns([row.end_of_template for row in rendered])
    every = tuple(range(live.n_layers + 1))
    edits = [BatchEdit.of(edit_of(kind, 4, live.d_model), range(4), live.model.device)] if kind else []
    ours = capture.residuals(live.model, live.adapter, batch, layers=every, columns=columns, edits=edits)
    with restored(live.model):
        traced = TracedModel(live.model, live.renderer.tokenizer, live.adapter)
        theirs = traced.residuals(batch, layers=every, columns=columns, edits=edits)
    assert torch.equal(ours, theirs)


def test_the_self_check_passes_and_leaves_nothing_behind(live):
    found = check_model(live, PROMPTS)
    assert found.keys() == {"template", "hidden states", "nnsight", "padding", "ablation"}
    assert found["nnsight"] == 0


def test_the_self_check_leaves_the_generation_config_and_the_device_alone(qwen):
    before = qwen.model.generation_config.to_dict()
    check_model(qwen, PROMPTS)
    assert qwen.model.generation_config.to_dict() == before
    assert qwen.model.device.type == "cpu"


def test_nnsight_is_told_the_models_device(qwen, monkeypatch):
    # On a machine with a GPU, a pipeline that is not told moves the model there.
    import nnsight

    told = {}
    real = nnsight.TransformersModel

    def spy(model, **arguments):
        told.update(arguments)
        return real(model, **arguments)

    monkeypatch.setattr(nnsight, "TransformersModel", spy)
    with restored(qwen.model):
        TracedModel(qwen.model, qwen.renderer.tokenizer, qwen.adapter)
    assert told["device"] == qwen.model.device
