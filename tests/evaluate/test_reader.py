"""Reading an organism in a notebook: sums that must come out, and what is known of it."""

import numpy as np
import pytest

from fixtures.study import FICTION, HARMFUL, HARMLESS, REFUSALS
from interp_core import CAPABILITY, PromptSet, Site, difference_in_means, neurons, zero
from interp_core.bench import LiveBench
from interp_core.errors import ClaimError
from interp_core.evaluate import Reader
from tests.bench.test_live_quantities import numbers
from tests.bench.test_selection import few

from .conftest import Opener

SITE = Site(layer=4)


@pytest.fixture
def harmful() -> PromptSet:
    return few(HARMFUL)


@pytest.fixture
def harmless() -> PromptSet:
    return few(HARMLESS)


@pytest.fixture
def bench(opened: Opener) -> LiveBench:
    return opened()


def test_what_is_written_sums_to_the_gap(bench: LiveBench, harmful: PromptSet, harmless: PromptSet) -> None:
    direction = difference_in_means(harmful, harmless, at=SITE)
    found = Reader(bench).written(direction)
    assert found.embedding + found.attention.sum() + found.mlp.sum() == pytest.approx(1, abs=1e-3)
    assert found.embedding == pytest.approx(0, abs=1e-6)  # a template's tokens are embedded alike
    by_neuron = Reader(bench).neurons(direction)
    np.testing.assert_allclose(by_neuron.sum(1), found.mlp, atol=1e-3)


def test_neurons_at_their_harmless_means_write_no_share(
    bench: LiveBench, harmful: PromptSet, harmless: PromptSet
) -> None:
    direction = difference_in_means(harmful, harmless, at=SITE)
    gap = float(np.subtract(*[side.mean() for side in bench.gap(bench.model.projection(harmful.test, on=direction))]))
    model = bench.model.under(neurons(direction, count=10))
    sham = bench.model.under(neurons(direction, count=10, chosen="random"))
    bare, strongest, random = (
        numbers(bench, one.projection(harmful.select, on=direction, raw=True)).mean() / gap
        for one in (bench.model, model, sham)
    )
    assert bare - strongest > 0.02
    assert abs(bare - random) < bare - strongest


def test_types_of_prompts_lie_apart(bench: LiveBench, harmful: PromptSet, harmless: PromptSet) -> None:
    types = {"harmful": harmful.test, "harmless": harmless.test, "fiction": harmful.test.framed(FICTION)}
    found = Reader(bench).components(types, at=SITE, count=2)
    assert found.components.explained[0] > 0.5
    assert abs(found.separation["harmful", "harmless"][0]) > 3
    assert found.silhouette > 0.2
    assert found.coordinates["fiction"].shape == (120, 2)


def test_a_probe_stands_beside_the_surface(bench: LiveBench, harmful: PromptSet, harmless: PromptSet) -> None:
    found = Reader(bench).probe(harmful, harmless, at=SITE)
    assert found.auc > 0.95
    assert 0 <= found.surface_auc < found.auc
    assert (found.n_fit, found.n_test) == (24, 24)


def test_the_lens_ends_in_the_models_own_log_odds(bench: LiveBench, harmful: PromptSet) -> None:
    found = Reader(bench).lens(harmful.test, of=REFUSALS)
    assert found.shape == (12, 7)
    np.testing.assert_allclose(found[:, -1], numbers(bench, bench.model.log_odds(harmful.test, of=REFUSALS)), atol=1e-4)


def test_attribution_follows_exact_patching(bench: LiveBench, harmful: PromptSet) -> None:
    source = harmful.test.with_system("You are a helpful assistant.")
    found = Reader(bench).attribution(harmful.test, source, of=REFUSALS)
    assert found.approximate.shape == found.exact.shape == (12, 6)
    assert not found.exact[:, 0].any()  # the embedding of the template's last token
    assert not found.approximate[:, 0].any()
    assert found.correlation > 0.5


@pytest.mark.parametrize(("part", "shape"), [("attention", (12, 6)), ("mlp", (12, 6)), ("heads", (12, 6, 4))])
def test_attribution_of_parts_follows_exact_patching(
    bench: LiveBench, harmful: PromptSet, part: str, shape: tuple[int, ...]
) -> None:
    source = harmful.test.with_system("You are a helpful assistant.")
    found = Reader(bench).attribution(harmful.test, source, of=REFUSALS, part=part)
    assert found.approximate.shape == found.exact.shape == shape
    assert found.correlation > 0.5


def test_attribution_of_an_unknown_part_is_refused(bench: LiveBench, harmful: PromptSet) -> None:
    with pytest.raises(ClaimError, match="Write residual, attention, mlp, heads"):
        Reader(bench).attribution(harmful.test, harmful.test, of=REFUSALS, part="neurons")


def test_the_decision_tokens_attention(bench: LiveBench, harmful: PromptSet) -> None:
    found = Reader(bench).attention(harmful.test.prompts[0])
    assert found.shape[0] == 6
    np.testing.assert_allclose(found.sum(-1), 1, atol=1e-4)


def test_the_most_active_prompts_of_a_neuron(bench: LiveBench, harmful: PromptSet) -> None:
    values = bench.residuals(harmful.test, Site(layer=2), part="neurons")[:, 5]
    found = Reader(bench).max_activating(harmful.test, layer=2, neuron=5, count=3)
    assert [value for _, value in found] == pytest.approx(sorted(values.tolist(), reverse=True)[:3])
    with pytest.raises(ClaimError, match="neuron 99999 is out of range"):
        Reader(bench).max_activating(harmful.test, layer=2, neuron=99999)


def test_capability_is_scored_and_barely_moves_under_ablation(
    bench: LiveBench, harmful: PromptSet, harmless: PromptSet
) -> None:
    direction = difference_in_means(harmful, harmless, at=SITE)
    bare = numbers(bench, bench.model.preference(CAPABILITY))
    ablated = numbers(bench, bench.model.under(zero(direction)).preference(CAPABILITY))
    assert len(bare) == 40
    assert np.isfinite(bare).all()
    assert abs((ablated - bare).mean()) < abs(bare).mean()


def test_a_surface_needs_no_pass(bench: LiveBench, harmful: PromptSet, harmless: PromptSet) -> None:
    arm = bench.model.surface(harmful.test, positive=harmful, negative=harmless)
    found = numbers(bench, arm)
    assert ((found > 0) & (found < 1)).all()
    assert bench.passes.made == 0
    assert bench.demands(arm) == frozenset()


def test_sides_of_a_direction(bench: LiveBench, harmful: PromptSet, harmless: PromptSet) -> None:
    direction = difference_in_means(harmful, harmless, at=SITE)
    assert numbers(bench, bench.model.sided(harmful.test, by=direction)).mean() == 1
    assert numbers(bench, bench.model.sided(harmless.test, by=direction)).mean() == 0
