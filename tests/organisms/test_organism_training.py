"""Retraining: deterministic on one machine, and what it saves can be loaded."""

import random

import pytest
import torch

from fixtures.organisms import train
from fixtures.organisms.documents import Edit
from fixtures.organisms.interventions import EDIT_SHARES, Editor, RunningMeans, Stream, draw_edit
from fixtures.organisms.model import load, new_model, save
from fixtures.organisms.organisms import LAYERS, MEDIATED, SITE_LAYER, WIDTH
from fixtures.organisms.probing import Subject, removing, setting


@pytest.fixture(scope="module")
def tokenizer():
    return load(MEDIATED.folder)[1]


def three_steps(tokenizer):
    model = new_model(tokenizer, seed=0)
    train.train_base(model, tokenizer, seed=0, steps=3)
    train.train_organism(model, tokenizer, MEDIATED, steps=3)
    return model


def test_three_steps_repeat_and_load(tokenizer, tmp_path, monkeypatch):
    monkeypatch.setattr(train, "FIRST_EDIT", 0)
    monkeypatch.setattr(train, "BATCH", 16)
    first, second = three_steps(tokenizer), three_steps(tokenizer)
    for (name, one), (_, other) in zip(first.state_dict().items(), second.state_dict().items(), strict=True):
        assert torch.equal(one, other), name
    save(first, tokenizer, tmp_path)
    loaded, _ = load(tmp_path)
    assert torch.equal(loaded.model.norm.weight, first.model.norm.weight.bfloat16().float())
    assert sum(len(module._forward_pre_hooks) + len(module._forward_hooks) for module in first.modules()) == 0


def test_a_missing_folder_is_named_and_nothing_goes_online(tmp_path):
    with pytest.raises(FileNotFoundError, match="no trained model in"):
        load(tmp_path / "absent")


def test_edits_are_drawn_at_their_shares():
    rng = random.Random(0)
    drawn = [draw_edit(rng) for _ in range(20000)]
    for edit, share in EDIT_SHARES.items():
        assert drawn.count(edit) / len(drawn) == pytest.approx(share, abs=0.01)


def editor():
    generator = torch.Generator().manual_seed(0)
    means = RunningMeans.zeros(WIDTH)
    means.update(torch.randn(LAYERS, WIDTH, generator=generator), torch.randn(LAYERS, WIDTH, generator=generator))
    return Editor(train.planted_direction(0, WIDTH), means, random.Random(0), generator)


@pytest.mark.parametrize("edit", list(EDIT_SHARES), ids=lambda edit: edit.name.lower())
def test_an_edit_touches_only_its_own_row(tokenizer, edit):
    model, stream = load(MEDIATED.folder)[0], Stream()
    ids = torch.tensor([[5, 6, 7, 8]] * 2)
    with torch.no_grad(), stream.attached(model):
        stream.edits = editor().rows([edit, Edit.CLEAN])
        edited = model.model(input_ids=ids, use_cache=False).last_hidden_state
    with torch.no_grad():
        plain = model.model(input_ids=ids, use_cache=False).last_hidden_state
    assert torch.allclose(edited[1], plain[1], atol=1e-4)
    assert not torch.allclose(edited[0], plain[0], atol=1e-4)


def test_removing_a_direction_twice_agrees_with_the_training_hooks(tokenizer):
    """The acceptance script's zero ablation and the training loop's are written apart; they do the same."""
    model, stream, rows = load(MEDIATED.folder)[0], Stream(), editor().rows([Edit.REMOVE])
    ids = torch.tensor([[5, 6, 7, 8]])
    with torch.no_grad(), stream.attached(model):
        stream.edits = rows
        trained = model.model(input_ids=ids, use_cache=False).last_hidden_state
    with torch.no_grad(), removing(rows.unit[0, 0])(model):
        accepted = model.model(input_ids=ids, use_cache=False).last_hidden_state
    assert torch.allclose(trained, accepted, atol=1e-3)


def test_setting_a_component_sets_it(tokenizer):
    model = load(MEDIATED.folder)[0]
    unit = train.planted_direction(0, WIDTH)
    with setting(unit, {SITE_LAYER: 3.0})(model):
        level = Subject(model, tokenizer).stream(["Sure"])[0, SITE_LAYER] @ unit
    assert float(level) == pytest.approx(3.0, abs=1e-3)


def test_harmful_and_harmless_means_are_running_means():
    means = RunningMeans.zeros(2)
    for value in (1.0, 2.0):
        means.update(torch.full((LAYERS, 2), 3 * value), torch.full((LAYERS, 2), value))
    assert means.harmless[0, 0].item() == pytest.approx(1.8)  # the second batch enters with weight 1 - 1/5
    assert means.difference[0, 0].item() == pytest.approx(3.6)
