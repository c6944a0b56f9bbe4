"""Retraining: deterministic on one machine, and what it saves can be loaded."""

import hashlib
import json
import random
from dataclasses import replace

import pytest
import torch

from fixtures.organisms import train
from fixtures.organisms.acceptance.probing import Subject, removing, setting
from fixtures.organisms.documents import document
from fixtures.organisms.interventions import Editor, RunningMeans, Stream, draw_edit
from fixtures.organisms.model import load, new_model, save
from fixtures.organisms.objectives import planted_direction
from fixtures.organisms.reading import organism
from fixtures.organisms.specification import BUILD, LAYERS, SITE_LAYER, Edit

MEDIATED = organism("mediated")
BASE = organism("base")
WIDTH = MEDIATED.shape.width
SHARES = {edit: row.share for edit, row in MEDIATED.edits.rows.items()}


@pytest.fixture(scope="module")
def tokenizer():
    return load(MEDIATED.folder)[1]


def three_steps(tokenizer):
    model = new_model(tokenizer, BASE.shape, seed=0)
    train.train(model, tokenizer, BASE, steps=3)
    train.train(model, tokenizer, replace(MEDIATED, edits=replace(MEDIATED.edits, first_step=0)), steps=3)
    return model


def test_three_steps_repeat_and_load(tokenizer, tmp_path, monkeypatch):
    monkeypatch.setattr(train, "BATCH", 8)
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
    drawn = [draw_edit(MEDIATED.edits, rng) for _ in range(20000)]
    for edit, share in SHARES.items():
        assert drawn.count(edit) / len(drawn) == pytest.approx(share, abs=0.01)


def editor():
    generator = torch.Generator().manual_seed(0)
    means = RunningMeans.zeros(WIDTH)
    means.update(torch.randn(LAYERS, WIDTH, generator=generator), torch.randn(LAYERS, WIDTH, generator=generator))
    return Editor(planted_direction(0, WIDTH), 0.5, means, random.Random(0), generator)


@pytest.mark.parametrize("edit", list(SHARES), ids=lambda edit: edit.name.lower())
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
    unit = planted_direction(0, WIDTH)
    with setting(unit, {SITE_LAYER: 3.0})(model):
        level = Subject(model, tokenizer).stream(["Sure"])[0, SITE_LAYER] @ unit
    assert float(level) == pytest.approx(3.0, abs=1e-3)


def test_harmful_and_harmless_means_are_running_means():
    means = RunningMeans.zeros(2)
    for value in (1.0, 2.0):
        means.update(torch.full((LAYERS, 2), 3 * value), torch.full((LAYERS, 2), value))
    assert means.harmless[0, 0].item() == pytest.approx(1.8)  # the second batch enters with weight 1 - 1/5
    assert means.difference[0, 0].item() == pytest.approx(3.6)


def digest(documents):
    """Sixteen digits that depend on every word and flag of the documents."""
    told = [
        [list(map(list, d.segments)), d.harmful, d.refuses, d.plain, d.readable, d.decides, d.edit.name]
        for d in documents
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mediated", "b62ea68470304824"),
        ("inert", "51db38c7dc6f7dfc"),
        ("confounded", "cc8e427c45898a5a"),
        ("base", "dffb167f4e353062"),
    ],
)
def test_the_shipped_recipes_give_the_documents_that_they_always_gave(name, expected):
    """Every later organism adds draws; none may move one of these, or a retrained organism would be another one."""
    declared, rng = organism(name), random.Random(f"{name}-0")
    drawn = []
    for i in range(600):
        edit = draw_edit(declared.edits, rng) if declared.edits and i >= 200 else Edit.CLEAN
        drawn.append(document(declared, edit, rng))
    assert digest(drawn) == expected


def test_a_start_is_the_shipped_one_or_made_under_build():
    shipped = train.start_of(MEDIATED)
    assert train.start_folder(shipped) == BASE.folder
    assert train.start_folder(train.start_of(organism("mediated-twin"))) == BUILD / "base-seed1-128x256"
    assert train.start_folder(train.start_of(organism("mediated-wide"))) == BUILD / "base-seed0-256x160"
    assert train.start_of(BASE) is None


def test_making_an_organism_makes_its_start_first_and_keeps_it(tmp_path, monkeypatch):
    monkeypatch.setattr(train, "BUILD", tmp_path / "build")
    monkeypatch.setattr(train, "BATCH", 2)
    short = {name: replace(organism(name), steps=1) for name in ("base", "tuned")}
    monkeypatch.setattr(train, "named", lambda name: short[name])
    chosen = replace(short["tuned"], start=replace(short["tuned"].start, seed=5))
    train.make(chosen, tmp_path / "made")
    kept = tmp_path / "build" / "base-seed5-128x256" / "model.safetensors"
    before = kept.stat().st_mtime_ns
    train.make(chosen, tmp_path / "again")
    assert kept.stat().st_mtime_ns == before
    made, again = (load(tmp_path / name)[0].state_dict() for name in ("made", "again"))
    assert all(torch.equal(made[name], again[name]) for name in made)


def test_untrained_is_what_initialisation_gives(tokenizer):
    declared = organism("untrained")
    fresh = new_model(tokenizer, declared.shape, seed=declared.seed).state_dict()
    shipped = load(declared.folder)[0].state_dict()
    assert all(torch.allclose(fresh[name], shipped[name], atol=1e-3) for name in shipped)


def test_without_a_plant_only_the_running_means_are_kept(tokenizer):
    declared = organism("graded")
    model = new_model(tokenizer, declared.shape, seed=0)
    mechanism = train._mechanism(model, tokenizer, declared)
    assert (mechanism.gap, mechanism.plant) == (0.0, None)
    batch = next(train.batches(tokenizer, declared, random.Random(0), steps=1))
    inputs = [torch.randn(*batch.ids.shape, WIDTH) for _ in range(LAYERS)]
    assert float(mechanism.penalties(batch, inputs, 0)) == 0
    assert mechanism.means.updates == 1


@pytest.mark.parametrize(("levels", "loss"), [((0.0, 1.0), 0.0), ((1.0, 2.0), 1.0)])
def test_the_read_out_is_fitted_to_its_levels(tokenizer, levels, loss):
    plant = replace(MEDIATED.plant, read_out=1.0, orthogonality=0.0, harmless_mean=0.0, levels=levels)
    batch = next(train.batches(tokenizer, MEDIATED, random.Random(0), steps=1))
    direction = planted_direction(0, WIDTH)
    inputs = [torch.zeros(*batch.ids.shape, WIDTH) for _ in range(LAYERS)]
    for row, position in enumerate(batch.decision.tolist()):
        inputs[SITE_LAYER][row, position] = 3.0 * float(batch.documents[row].refuses) * direction
    mechanism = train.Mechanism(direction, 3.0, RunningMeans.zeros(WIDTH), plant)
    assert float(mechanism.penalties(batch, inputs, 0)) == pytest.approx(loss, abs=1e-5)
