"""What a folder must hold, and that nothing is looked up anywhere else."""

import importlib.util
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch
import transformers
from torch import nn

import interp_core.engine
from interp_core.engine import LiveModel
from interp_core.engine.adapter import ATTENTION, _child, _layers
from interp_core.engine.batches import Batch, in_batches
from interp_core.errors import ModelError, PromptError
from interp_core.spec.prompts import Prompt
from tests.engine.prompts import PROMPTS


def load(path, *, dtype="float32", device="cpu"):
    return LiveModel.load(path, dtype=dtype, device=device)


def test_all_lists_the_public_names():
    values = {"Also", "Answer", "Edit", "Gate", "Kept", "Logits", "Place", "Residual", "TextScore"}
    public = values | {"LiveModel", "check_model"}
    assert set(interp_core.engine.__all__) == public
    assert all(hasattr(interp_core.engine, name) for name in public)


def test_a_missing_folder_is_refused_before_anything_is_looked_up(tmp_path, monkeypatch):
    def looked_up(*_, **__):
        pytest.fail("from_pretrained was called")

    monkeypatch.setattr(transformers.AutoTokenizer, "from_pretrained", looked_up)
    monkeypatch.setattr(transformers.AutoModelForCausalLM, "from_pretrained", looked_up)
    with pytest.raises(ModelError, match=r"there is no model in .*hf download NAME --local-dir DIR"):
        load(tmp_path / "Qwen" / "Qwen3-8B")


def test_weights_in_a_format_that_runs_code_are_refused(folder, tmp_path):
    shutil.copytree(folder("qwen3"), tmp_path, dirs_exist_ok=True)
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"has no \*\.safetensors file.*unpickling runs code"):
        load(tmp_path)


def test_a_model_that_transformers_cannot_read_is_a_model_error(folder, tmp_path):
    shutil.copytree(folder("qwen3"), tmp_path, dirs_exist_ok=True)
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    (tmp_path / "config.json").write_text(json.dumps(config | {"model_type": "unheard-of"}), encoding="utf-8")
    with pytest.raises(ModelError, match=r"cannot be loaded: .*unheard-of"):
        load(tmp_path)


def test_weights_that_lack_a_tensor_are_refused_and_not_filled_at_random(folder, tmp_path):
    shutil.copytree(folder("qwen3"), tmp_path, dirs_exist_ok=True)
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    deeper = config | {"num_hidden_layers": 4, "layer_types": None}
    (tmp_path / "config.json").write_text(json.dumps(deeper), encoding="utf-8")
    with pytest.raises(ModelError, match=r"lack \d+ tensors .* 'model\.layers\.3\..* random numbers"):
        load(tmp_path)


def test_a_tokenizer_of_another_model_is_refused(folder, tmp_path):
    shutil.copytree(folder("qwen3"), tmp_path, dirs_exist_ok=True)
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path)
    tokenizer.add_tokens([f"<extra-{n}>" for n in range(9)])
    tokenizer.save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="do not belong together"):
        load(tmp_path)


@pytest.mark.parametrize(("device", "message"), [("tpu", "unknown device 'tpu'"), ("cuda", "no cuda device")])
def test_a_device_that_is_not_there_is_refused(folder, monkeypatch, device, message):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ModelError, match=message):
        load(folder("qwen3"), device=device)


def test_spreading_over_devices_needs_accelerate(folder, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ModelError, match="pip install accelerate"):
        load(folder("qwen3"), device="auto")


def test_the_model_is_in_evaluation_mode_and_without_gradients(live):
    assert not live.model.training
    assert not any(parameter.requires_grad for parameter in live.model.parameters())
    assert (live.n_layers, live.d_model) == (3, 32)


def test_closing_frees_the_weights(folder):
    live = load(folder("qwen3"))
    live.close()
    assert not hasattr(live, "model")


@pytest.mark.parametrize("extra", [0, 500])
def test_a_prompt_beyond_the_models_window_is_refused(qwen, extra):
    long = Prompt("long", "please " * (600 if not extra else 3))
    with pytest.raises(PromptError, match=r"'long' has \d+ tokens.*reads at most 512"):
        qwen.answers([long], max_new_tokens=extra) if extra else qwen.logits([long])


def test_importing_the_engine_leaves_nnsight_for_the_self_check():
    code = "import sys, interp_core.engine; sys.exit('nnsight' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_decoder_of_unknown_layout_is_refused():
    with pytest.raises(ModelError, match="has 0 lists of 2 layers"):
        _layers(nn.Sequential(nn.Linear(1, 1)), 2)
    with pytest.raises(ModelError, match=r"Sequential has no attention under any known name.*its parts are: 0"):
        _child(nn.Sequential(nn.Linear(1, 1)), ATTENTION, "attention")


def test_a_batch_is_padded_on_the_left_and_counts_positions_from_each_beginning():
    batch = Batch.of([[5, 6, 7], [8]], pad=0, device=torch.device("cpu"))
    assert batch.ids.tolist() == [[5, 6, 7], [0, 0, 8]]
    assert batch.mask.tolist() == [[1, 1, 1], [0, 0, 1]]
    assert batch.position_ids.tolist() == [[0, 1, 2], [0, 0, 0]]
    assert batch.columns([1, 0]).tolist() == [1, 2]


def test_at_most_a_tenth_of_a_batch_is_padding():
    rng = np.random.default_rng(0)
    lengths = rng.integers(8, 400, 300).tolist()
    padded = 0

    def run(batch):
        nonlocal padded
        size = max(lengths[i] for i in batch) * len(batch)
        assert size <= 8192
        padded += size
        return batch

    assert len(dict(in_batches(lengths, budget=8192, run=run))) == 300
    assert padded <= sum(lengths) / 0.9


def test_batches_take_the_longest_first_within_the_budget():
    seen = []
    found = dict(in_batches([2, 9, 4, 4], budget=10, run=lambda batch: seen.append(batch) or batch))
    assert seen == [[1], [2, 3], [0]]
    assert found == {0: 0, 1: 1, 2: 2, 3: 3}


def test_a_batch_that_does_not_fit_is_halved():
    seen = []

    def run(batch):
        seen.append(len(batch))
        if len(batch) > 2:
            raise torch.OutOfMemoryError
        return batch

    assert sorted(index for index, _ in in_batches([3] * 9, budget=100, run=run)) == list(range(9))
    assert seen == [9, 4, 2, 2, 2, 2, 1]


def test_a_single_prompt_that_does_not_fit_is_refused():
    def run(_):
        raise torch.OutOfMemoryError

    with pytest.raises(ModelError, match=r"a single prompt of 7 tokens .* does not fit"):
        list(in_batches([7, 3], budget=100, run=run))


def test_results_come_batch_by_batch(qwen):
    small = LiveModel(qwen.model, qwen.renderer.tokenizer, budget=1)
    results = small.residuals(PROMPTS, layers=(0,), position="end_of_template")
    assert next(results)[0] == 1  # the longest prompt; the others are not computed yet
    assert len(list(results)) == 3
