"""Features of sparse autoencoders in a running model: what they read, what their ablation does, what stands in."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from fixtures.study import COMPLIANCE, HARMFUL, HARMLESS, SITE
from interp_core import Site, ablate_feature, difference_in_means, measure, sparse_autoencoder, zero
from interp_core.bench.features import alike
from interp_core.errors import ClaimError, InvalidEvidence
from interp_core.reading import SparseAutoencoder

from .conftest import ORGANISMS, Opener

D, FEATURES, LAYER = 128, 32, 4
REFUSAL = difference_in_means(HARMFUL, HARMLESS, at=SITE, name="refusal")
FEW = HARMFUL.test.take(12)


def random_sae(path: Path, *, threshold: bool, seed: int = 0) -> Path:
    rng = np.random.default_rng(seed)
    tensors = {
        "W_enc": rng.standard_normal((D, FEATURES)) / np.sqrt(D),
        "W_dec": rng.standard_normal((FEATURES, D)) / np.sqrt(D),
        "b_enc": 0.1 * rng.standard_normal(FEATURES),
        "b_dec": 0.1 * rng.standard_normal(D),
    } | ({"threshold": np.full(FEATURES, 0.05)} if threshold else {})  # fmt: skip
    save_file({name: array.astype(np.float32) for name, array in tensors.items()}, path)
    return path


@measure(of="logits", unit="")
def first_logits(logits: np.ndarray) -> float:
    return float(logits[:50].sum())


@pytest.mark.parametrize("threshold", [False, True], ids=["ReLU", "JumpReLU"])
def test_ablation_is_what_a_hand_written_hook_computes(opened: Opener, tmp_path: Path, threshold: bool) -> None:
    bench = opened()
    path = random_sae(tmp_path / "sae.safetensors", threshold=threshold)
    sae = sparse_autoencoder(path)
    feature = next(
        sae.feature(i, at=Site(layer=LAYER))
        for i in range(FEATURES)
        if min(v.number for v in bench.values(bench.model.activation(FEW, of=sae.feature(i, at=Site(layer=LAYER))))) > 0
    )
    model = bench.model.under(ablate_feature(feature))
    found = [value.number for value in bench.values(model.measured(FEW, by=first_logits))]
    bare = [value.number for value in bench.values(bench.model.measured(FEW, by=first_logits))]
    by_hand = _by_hand(path, feature.index, centred=not threshold)
    assert np.allclose(found, by_hand, rtol=1e-4)
    assert not np.allclose(found, bare, rtol=1e-3)


def _by_hand(path: Path, index: int, *, centred: bool) -> list[float]:
    """Plain transformers, one prompt at a time, with the formulas of the papers written out."""
    tensors = SparseAutoencoder.load(path)
    e, d = (torch.tensor(one[index].astype(np.float32)) for one in (tensors.encoder.T, tensors.decoder))
    b_enc, b_dec = float(tensors.encoder_bias[index]), torch.tensor(tensors.decoder_bias)
    limit = 0.0 if tensors.threshold is None else float(tensors.threshold[index])

    def hook(_, args, kwargs):
        x = args[0]
        before = (x - b_dec if centred else x) @ e + b_enc
        f = torch.where(before > limit, before, torch.zeros_like(before))
        return (x - f[..., None] * d, *args[1:]), kwargs

    tokenizer = AutoTokenizer.from_pretrained(ORGANISMS / "mediated")
    hf = AutoModelForCausalLM.from_pretrained(ORGANISMS / "mediated", dtype=torch.float32).eval()
    hf.model.layers[LAYER].register_forward_pre_hook(hook, with_kwargs=True)
    numbers = []
    for prompt in FEW:
        chat = [{"role": "user", "content": prompt.user}]
        ids = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_tensors="pt", return_dict=True)
        with torch.no_grad():
            numbers.append(float(hf(**ids).logits[0, -1, :50].sum()))
    return numbers


def test_an_activation_is_the_autoencoders_own(opened: Opener, tmp_path: Path) -> None:
    bench = opened()
    path = random_sae(tmp_path / "sae.safetensors", threshold=False)
    feature = sparse_autoencoder(path).feature(5, at=Site(layer=LAYER))
    found = [value.number for value in bench.values(bench.model.activation(FEW, of=feature))]
    rows = bench.residuals(FEW, Site(layer=LAYER))
    assert np.allclose(found, SparseAutoencoder.load(path).encode(rows)[:, 5])


@pytest.fixture
def planted(opened: Opener, tmp_path: Path):
    """The organism's bench, and an autoencoder of which feature 0 is its refusal direction; the others are not."""
    bench = opened()
    rows = {name: bench.residuals(side.fit, SITE) for name, side in (("harmful", HARMFUL), ("harmless", HARMLESS))}
    middle = rows["harmless"].mean(0)
    unit = rows["harmful"].mean(0) - middle
    unit /= np.linalg.norm(unit)
    rng = np.random.default_rng(0)
    others = rng.standard_normal((FEATURES - 1, D))
    others -= np.outer(others @ unit, unit)
    others /= np.linalg.norm(others, axis=1, keepdims=True)
    decoder = np.concatenate([unit[None], others])
    # every feature reads its own component, from the harmless mean on; the shift makes the others fire as strongly
    gap = float((rows["harmful"] @ unit).mean() - middle @ unit)
    shift = np.concatenate([[0.0], np.full(FEATURES - 1, gap)])
    tensors = {"W_enc": decoder.T, "W_dec": decoder, "b_enc": shift - decoder @ middle, "b_dec": np.zeros(D)}
    save_file({k: np.ascontiguousarray(v, dtype=np.float32) for k, v in tensors.items()}, tmp_path / "sae.safetensors")
    return bench, sparse_autoencoder(tmp_path / "sae.safetensors").feature(0, at=SITE)


def rate(bench, model) -> float:
    return float(np.mean([value.number for value in bench.values(model.judged(FEW, by=COMPLIANCE, max_new_tokens=12))]))


@pytest.mark.slow
def test_ablating_the_planted_refusal_feature_restores_compliance_and_others_like_it_do_not(planted) -> None:
    bench, feature = planted
    assert rate(bench, bench.model) < 0.1
    ablated = rate(bench, bench.model.under(ablate_feature(feature)))
    assert ablated > 0.9
    assert ablated == pytest.approx(rate(bench, bench.model.under(zero(REFUSAL))), abs=0.1)
    others = ablate_feature(feature.random(like=HARMFUL.fit, draws=9))
    assert rate(bench, bench.model.under(others)) < 0.1


def test_others_differ_between_requests_and_are_kept_apart(planted) -> None:
    bench, feature = planted
    others = ablate_feature(feature.random(like=HARMFUL.fit, draws=4))
    rows = bench._numbers.edits(others, FEW.prompts)[0].vectors
    assert 2 <= len({row.tobytes() for row in rows}) <= 4
    assert feature.index not in {int(np.argmax(SparseAutoencoder.load(feature.sae.path).decoder @ row)) for row in rows}
    first = bench.values(bench.model.under(others).measured(FEW, by=first_logits))
    made = bench.passes.made
    bench.values(bench.model.under(ablate_feature(feature)).measured(FEW, by=first_logits))
    assert bench.passes.made - made == len(FEW)
    made = bench.passes.made
    assert bench.values(bench.model.under(others).measured(FEW, by=first_logits)) == first
    assert bench.passes.made == made


def test_those_that_stand_in_fire_as_often_and_as_strongly() -> None:
    rng = np.random.default_rng(0)
    often, strongly = np.array([0.5, 0.5, 0.5, 0.05, 0.0]), np.array([2.0, 1.8, 20.0, 2.0, 2.0])
    rows = np.where(rng.random((400, 5)) < often, strongly, -1.0)
    sae = SparseAutoencoder(np.eye(5), np.zeros(5), np.eye(5), np.zeros(5))
    assert alike(sae, 0, rows, count=1, owner="x") == [1]
    assert set(alike(sae, 0, rows, count=3, owner="x")) == {1, 2, 3}
    with pytest.raises(ClaimError, match=r"only 3 other features .* Write draws=3 or fewer"):
        alike(sae, 0, rows, count=4, owner="x")
    with pytest.raises(ClaimError, match="feature 4 is off on all of x"):
        alike(sae, 4, rows, count=1, owner="x")


def test_an_autoencoder_of_another_model_is_refused(opened: Opener, tmp_path: Path) -> None:
    bench = opened()
    save_file(
        {"W_enc": np.ones((4, 6), np.float32), "W_dec": np.ones((6, 4), np.float32)}, tmp_path / "sae.safetensors"
    )
    feature = sparse_autoencoder(tmp_path / "sae.safetensors").feature(0, at=SITE)
    for arm in (
        bench.model.activation(FEW, of=feature),
        bench.model.under(ablate_feature(feature)).measured(FEW, by=first_logits),
    ):
        with pytest.raises(ClaimError, match="reads a stream of width 4, and this model's is 128 wide"):
            bench.values(arm)


def test_a_feature_that_never_fires_is_no_intervention(opened: Opener, tmp_path: Path) -> None:
    tensors = {"W_enc": np.zeros((D, 2)), "W_dec": np.ones((2, D)), "b_enc": -np.ones(2)}
    save_file({k: v.astype(np.float32) for k, v in tensors.items()}, tmp_path / "sae.safetensors")
    bench = opened()
    feature = sparse_autoencoder(tmp_path / "sae.safetensors").feature(0, at=SITE)
    with pytest.raises(InvalidEvidence, match="changed no activation of any of 12 prompts"):
        bench.values(bench.model.under(ablate_feature(feature)).measured(FEW, by=first_logits))


def test_a_feature_that_is_off_on_the_first_prompt_is_one(opened: Opener, tmp_path: Path) -> None:
    bench = opened()
    rows = bench.residuals(FEW, SITE).astype(np.float64)
    order = np.argsort(rows[:, 0])
    prompts = type(FEW)(FEW.name, tuple(FEW.prompts[i] for i in order), FEW.split)
    top = rows[order[-2:], 0].mean()
    encoder, bias = np.zeros((D, 1)), np.array([-top])
    encoder[0] = 1.0
    tensors = {"W_enc": encoder, "W_dec": np.eye(D)[:1], "b_enc": bias}
    save_file({k: np.ascontiguousarray(v, np.float32) for k, v in tensors.items()}, tmp_path / "sae.safetensors")
    feature = sparse_autoencoder(tmp_path / "sae.safetensors").feature(0, at=SITE)
    edit = ablate_feature(feature, position="end_of_template")
    found = bench.values(bench.model.under(edit).measured(prompts, by=first_logits))
    bare = bench.values(bench.model.measured(prompts, by=first_logits))
    changed = [one.number != other.number for one, other in zip(found, bare, strict=True)]
    assert not changed[0]
    assert changed[-1]
