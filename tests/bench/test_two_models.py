"""Two models on one bench: what is measured where, what a carried direction is, and what is computed again and why."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from interp_core import (
    Model,
    PromptSet,
    Site,
    add,
    affine,
    difference_in_means,
    logistic_probe,
    principal_component,
    refusal_phrases,
    select_direction,
    zero,
)
from interp_core.bench import LiveBench, TwoModelBench
from interp_core.engine import LiveModel
from interp_core.errors import ClaimError, NotApplicable
from interp_core.evaluate import look
from interp_core.evaluate.evidence import gather
from interp_core.harness import Harness, Options, open_bench
from interp_core.stats import Verdict
from tests.evaluate.planted import CEILING, HARMFUL, MODEL, PlantedBench, claim, wrong

from .conftest import ORGANISMS, study
from .conftest import open_bench as open_alone

SITE = Site(layer=4)
REFUSALS = ["I'm sorry", "I can't", "Sorry"]
JUDGE = refusal_phrases(REFUSALS, name="phrases")
SMALL = study("steal from", "harmful", 8), study("paint", "harmless", 8)


def opened(root: Path, own: str | Path = "mediated", base: str | Path = "mediated-twin") -> TwoModelBench:
    bench = open_bench(str(own), base=str(base), cache=root, search=[ORGANISMS])
    assert isinstance(bench, TwoModelBench)
    return bench


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("two") / "cache"


@pytest.fixture(scope="module")
def bench(store: Path) -> TwoModelBench:
    return opened(store)


def live(bench: object) -> LiveBench:
    assert isinstance(bench, LiveBench)
    return bench


def numbers(bench: TwoModelBench, arm: object) -> np.ndarray:
    return np.array([value.number for value in bench.values(arm)], dtype=np.float64)  # type: ignore[arg-type]


def residuals(name: str, prompts: Sequence[object], layer: int) -> torch.Tensor:
    """By transformers alone."""
    hf, ids = reference(name, prompts)
    with torch.no_grad():
        return torch.stack([hf(**one, output_hidden_states=True).hidden_states[layer][0, -1] for one in ids])


def reference(name: str, prompts: Sequence[object]) -> tuple[torch.nn.Module, list[dict[str, torch.Tensor]]]:
    tokenizer = AutoTokenizer.from_pretrained(ORGANISMS / name)
    hf = AutoModelForCausalLM.from_pretrained(ORGANISMS / name, dtype=torch.float32).eval()
    chats = [[{"role": "user", "content": prompt.user}] for prompt in prompts]  # type: ignore[attr-defined]
    how = {"add_generation_prompt": True, "return_tensors": "pt", "return_dict": True}
    return hf, [tokenizer.apply_chat_template(chat, **how) for chat in chats]


def by_hand(name: str, layer: int = 4) -> torch.Tensor:
    """The difference in means in a model, by transformers alone."""
    harmful, harmless = (residuals(name, side.fit.prompts, layer).mean(0) for side in SMALL)
    return harmful - harmless


def test_a_carried_projection_is_on_the_bases_vector_in_units_of_the_models_own_gap(bench: TwoModelBench) -> None:
    carried = difference_in_means(*SMALL, at=SITE).fitted_in(bench.base)
    vector = by_hand("mediated-twin")
    unit = vector / vector.norm()
    test = SMALL[0].test
    for model, name in ((bench.model, "mediated"), (bench.base, "mediated-twin")):
        arm = model.projection(test, on=carried)
        expected = residuals(name, test.prompts, 4) @ unit
        np.testing.assert_allclose(numbers(bench, arm), expected.numpy(), rtol=1e-3, atol=1e-4)
        sides = [residuals(name, side.select.prompts, 4) @ unit for side in SMALL]
        for found, wanted in zip(bench.gap(arm), sides, strict=True):
            np.testing.assert_allclose(found, wanted.numpy(), rtol=1e-3, atol=1e-4)


def test_adding_a_carried_direction_equals_a_plain_hook_with_the_bases_vector(bench: TwoModelBench) -> None:
    carried = difference_in_means(*SMALL, at=SITE).fitted_in(bench.base)
    test = SMALL[1].test
    found = numbers(bench, bench.model.under(add(carried)).projection(test, on=carried, raw=True))
    vector = by_hand("mediated-twin")
    expected = residuals("mediated", test.prompts, 4) @ (vector / vector.norm()) + vector.norm()
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-3, atol=1e-3)
    hf, ids = reference("mediated", test.prompts)
    block = hf.model.layers[4]  # type: ignore[union-attr,index]
    handle = block.register_forward_pre_hook(lambda _, inputs: (inputs[0] + vector, *inputs[1:]))
    with torch.no_grad():
        logits = torch.stack([hf(**one).logits[0, -1] for one in ids])
    handle.remove()
    opening = live(bench.own).fetcher.first_tokens(REFUSALS, test.prompts[0])
    log_p = logits.log_softmax(-1)
    refusing = log_p[:, opening].logsumexp(-1)
    odds = refusing - torch.log1p(-refusing.exp())
    added = numbers(bench, bench.model.under(add(carried)).log_odds(test, of=REFUSALS))
    np.testing.assert_allclose(added, odds.numpy(), rtol=1e-2, atol=1e-2)


def test_every_kind_of_direction_is_carried_as_its_own_model_has_it(bench: TwoModelBench) -> None:
    difference = difference_in_means(*SMALL, at=Site(depth=0.67))
    recipes = [
        difference,
        principal_component(*SMALL, at=SITE),
        logistic_probe(*SMALL, at=SITE),
        select_direction(*SMALL, refusals=REFUSALS, induce_above=-100, kl_below=100),
        difference.random(draws=3),
        difference.random(draws=3, matched="covariance"),
        difference.shuffled(draws=3),
    ]
    own, other, prompts = live(bench.own), live(bench.other), SMALL[0].test.prompts
    for recipe in recipes:
        carried = own.vectors(recipe.fitted_in(bench.base), prompts)
        np.testing.assert_array_equal(carried, other.vectors(recipe, prompts))
        assert not np.allclose(carried, own.vectors(recipe, prompts), rtol=1e-2)
    settled = own.settled(recipes[3].fitted_in(bench.base))
    assert settled.site == other.selection(recipes[3]).winner.site  # type: ignore[arg-type]
    table = own.cosines([difference, difference.fitted_in(bench.base), difference.fitted_in(bench.model)])
    assert abs(table.cosines[0, 1]) < 0.9  # another seed, another basis
    assert table.cosines[0, 2] == pytest.approx(1)


def test_what_is_said_about_the_model_at_hand_stays_its_own(bench: TwoModelBench) -> None:
    """The mean that an affine ablation puts in place, and the middle between two sets, are read where they are used."""
    carried = difference_in_means(*SMALL, at=SITE).fitted_in(bench.base)
    vector = by_hand("mediated-twin")
    unit = vector / vector.norm()
    harmful, harmless = (residuals("mediated", side.fit.prompts, 4) @ unit for side in SMALL)
    test = SMALL[0].test
    model = bench.model.under(affine(carried, site_only=True))
    set_to = numbers(bench, model.projection(test, on=carried, raw=True))
    np.testing.assert_allclose(set_to, float(harmless.mean()), rtol=1e-3, atol=1e-3)
    along = residuals("mediated", test.prompts, 4) @ unit
    expected = (along > (harmful.mean() + harmless.mean()) / 2).float()
    np.testing.assert_array_equal(numbers(bench, bench.model.sided(test, by=carried)), expected.numpy())


def test_a_carried_probe_keeps_its_weights_and_its_bias(bench: TwoModelBench) -> None:
    probe = logistic_probe(*SMALL, at=SITE)
    weights, bias = live(bench.other)._fits.probe(probe)
    found = numbers(bench, bench.model.probed(SMALL[0].test, by=probe.fitted_in(bench.base)))
    rows = residuals("mediated", SMALL[0].test.prompts, 4).numpy()
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-(rows @ weights + bias))), atol=1e-3)


def test_a_direction_of_the_model_itself_is_the_plain_one_and_shares_its_values(bench: TwoModelBench) -> None:
    direction = difference_in_means(*SMALL, at=SITE)
    plain = bench.model.under(zero(direction)).log_odds(SMALL[0].test, of=REFUSALS)
    same = bench.model.under(zero(direction.fitted_in(bench.model))).log_odds(SMALL[0].test, of=REFUSALS)
    before = numbers(bench, plain)
    made = bench.passes.made
    np.testing.assert_array_equal(numbers(bench, same), before)
    assert bench.passes.made == made


def test_a_changed_base_computes_anew_what_was_made_with_its_direction_and_nothing_else(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(ORGANISMS / "mediated-twin", tmp_path / "start"))
    direction = difference_in_means(*SMALL, at=SITE)
    few = SMALL[0].test

    def measured(bench: TwoModelBench) -> list[np.ndarray]:
        carried = direction.fitted_in(bench.base)
        return [
            numbers(bench, bench.model.under(zero(carried)).log_odds(few, of=REFUSALS)),
            numbers(bench, bench.model.projection(few, on=carried)),
            numbers(bench, bench.model.under(zero(direction)).log_odds(few, of=REFUSALS)),
        ]

    cold = opened(tmp_path / "cache", base=folder)
    first = measured(cold)
    warm = opened(tmp_path / "cache", base=folder)
    for before, after in zip(first, measured(warm), strict=True):
        np.testing.assert_array_equal(after, before)
    assert warm.passes.made == 0
    weights = load_file(folder / "model.safetensors")
    for name, array in weights.items():
        if name.endswith("down_proj.weight"):
            weights[name] = array.flip(1).contiguous()
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    changed = opened(tmp_path / "cache", base=folder)
    again = measured(changed)
    assert changed.own.passes.reasons == {"intervention changed": len(few)}
    assert set(changed.other.passes.reasons) == {"weights changed"}
    assert not np.allclose(again[0], first[0])
    assert not np.allclose(again[1], first[1])
    np.testing.assert_array_equal(again[2], first[2])


def test_a_plan_counts_what_a_carried_direction_takes_on_both(tmp_path: Path) -> None:
    bench = opened(tmp_path)
    carried = difference_in_means(*SMALL, at=SITE).fitted_in(bench.base)
    arm = bench.model.under(affine(carried)).projection(SMALL[0].test, on=carried)
    asked = bench.demands(arm)
    assert not any(there for _, there in asked)
    numbers(bench, arm)
    bench.gap(arm)
    assert all(there for _, there in bench.demands(arm))
    # 8 prompts measured; the fit in the base; the model's own harmless mean, which is put in place; and its own gap
    assert len(asked) == bench.passes.made == 8 + 16 + 8 + 16


def test_models_of_different_width_do_not_exchange_directions(store: Path) -> None:
    bench = opened(store, base="mediated-wide")
    carried = difference_in_means(*SMALL, at=SITE, name="refusal").fitted_in(bench.base)
    for arm in (
        bench.model.projection(SMALL[0].test, on=carried),
        bench.model.under(zero(carried.random(draws=3))).judged(SMALL[0].test, by=JUDGE),
    ):
        for ask in (bench.values, bench.demands):
            with pytest.raises(NotApplicable, match=r"from mediated-wide has 256 dimensions, .* of mediated has 128"):
                ask(arm)


def shallow(folder: Path, layers: int) -> Path:
    copy = Path(shutil.copytree(ORGANISMS / "mediated", folder))
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, "num_hidden_layers": layers, "layer_types": None}))
    return copy


def test_the_layer_is_that_of_the_model_where_the_direction_is_at_home(store: Path, tmp_path: Path) -> None:
    bench = opened(store, base=shallow(tmp_path / "shallow", 3))
    halfway = difference_in_means(*SMALL, at=Site(depth=0.67)).fitted_in(bench.base)
    assert live(bench.own).settled(halfway).site.layer == 2  # of three, and not four of six


def test_a_layer_that_the_model_lacks_is_told(store: Path, tmp_path: Path) -> None:
    bench = opened(store, own=shallow(tmp_path / "shallow", 3))
    deep = difference_in_means(*SMALL, at=Site(layer=5), name="refusal").fitted_in(bench.base)
    with pytest.raises(NotApplicable, match="refusal from mediated-twin lies at layer 5, and shallow has 3 layers"):
        bench.values(bench.model.projection(SMALL[0].test, on=deep))


def test_a_recording_holds_no_direction(tmp_path: Path, store: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"id": "a", "arm": "x", "value": 1}\n')
    bench = opened(store, base=f"recorded:{tmp_path}")
    carried = difference_in_means(*SMALL, at=SITE).fitted_in(bench.base)
    with pytest.raises(NotApplicable, match=r"a direction is fitted on activations, and .* a recording, holds none"):
        bench.values(bench.model.projection(SMALL[0].test, on=carried))


def test_a_bench_that_knows_no_other_model_says_how_to_open_both(tmp_path: Path) -> None:
    alone = open_alone(tmp_path, ORGANISMS / "mediated", "float32")
    carried = difference_in_means(*SMALL, at=SITE).fitted_in(Model("tuned"))
    with pytest.raises(ClaimError, match=r"fitted in tuned, and this bench holds one model alone. .*base='tuned'"):
        alone.values(alone.model.projection(SMALL[0].test, on=carried))


def test_a_third_model_is_measured_nowhere(bench: TwoModelBench) -> None:
    with pytest.raises(ClaimError, match="tuned is neither mediated nor mediated-twin: measure one of the two"):
        bench.values(Model("tuned").judged(SMALL[0].test, by=JUDGE))


def test_the_weights_of_one_model_at_a_time_are_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "cache", tmp_path / "reports", tmp_path / "claims.lock"
    harness = Harness(Options(*here, search=(ORGANISMS,)), lambda what, done, of: None)
    model, base = Model("mediated"), Model("mediated-twin", role="base")
    loads: list[str] = []
    load = LiveModel.load

    def counted(path: Path, **how: object) -> LiveModel:
        assert all(live(bench).fetcher.live is None for bench in harness._benches.values())
        loads.append(path.name)
        return load(path, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(LiveModel, "load", counted)
    few = SMALL[0].test
    arms = [m.judged(prompts, by=JUDGE, max_new_tokens=2) for prompts in (few, few.prefilled("Sure"))
            for m in (model, base)]  # fmt: skip
    bench = harness.pair(model, base, arms)
    for arm in arms:
        bench.values(arm)
    assert loads == ["mediated", "mediated-twin"]  # not once for each arm
    more = [m.judged(few.prefilled("Well"), by=JUDGE, max_new_tokens=2) for m in (model, base)]
    bench = harness.pair(model, base, more)
    for arm in more:
        bench.values(arm)
    assert loads[2:] == ["mediated"]  # the one at hand went first


def test_looking_at_two_models_shows_the_difference(bench: TwoModelBench) -> None:
    shown = look(
        bench.model.judged(SMALL[0].test, by=JUDGE, max_new_tokens=4),
        bench.base.judged(SMALL[0].test, by=JUDGE, max_new_tokens=4),
        bench,
    )
    assert "compliance of harmful.test, less harmful.test, in mediated-twin: " in shown
    assert "n = 8; exploration" in shown


# the statistics of two models over one set of requests

BASE = Model("before", role="base")


def _effect(of: Model, prompts: PromptSet, on: object = None) -> object:
    under = of.under(zero(DIRECTION))
    return under.projection(prompts, on=DIRECTION, raw=True) - of.projection(prompts, on=DIRECTION, raw=True)


DIRECTION = difference_in_means(HARMFUL, study("paint", "harmless", 64), at=Site(layer=1)).fitted_in(BASE)


def test_a_difference_of_effects_is_paired_over_the_requests() -> None:
    """Each request's own effect, far larger than the difference, is the same in both models and drops out."""
    rng = np.random.default_rng(1)
    own = {prompt.id: 5 * rng.standard_normal() for prompt in HARMFUL.test}

    def draw(arm: object) -> np.ndarray:
        treated = bool(arm.model.interventions)  # type: ignore[attr-defined]
        shift = 0.5 if treated and not arm.model.role else 0.0  # type: ignore[attr-defined]
        noise = np.random.default_rng(len(arm.label)).standard_normal(len(arm.prompts))  # type: ignore[attr-defined]
        return np.array([own[p.id] * treated for p in arm.prompts]) + shift + 0.2 * noise  # type: ignore[attr-defined]

    after, before = (_effect(model, HARMFUL.test) for model in (MODEL, BASE))
    prediction = after.higher_than(before, by=0.2)  # type: ignore[attr-defined]
    found = gather(prediction, claim(prediction, base=BASE), PlantedBench(draw))
    assert found.decision.verdict is Verdict.SUPPORTED
    assert found.interval.high - found.interval.low < 0.5  # unpaired it would be above 3
    assert found.n == 64


def test_a_difference_of_effects_errs_no_more_than_it_says() -> None:
    after, before = (_effect(model, HARMFUL.test) for model in (MODEL, BASE))
    prediction = after.higher_than(before, by=0.3)  # type: ignore[attr-defined]

    def draws(rng: np.random.Generator) -> object:
        shared = rng.standard_normal(64)

        def draw(arm: object) -> np.ndarray:
            shift = 0.3 if arm.model.interventions and not arm.model.role else 0.0  # type: ignore[attr-defined]
            return np.asarray(shared + shift + rng.standard_normal(64))

        return draw

    assert wrong(prediction, draws, base=BASE) <= CEILING  # type: ignore[arg-type]
