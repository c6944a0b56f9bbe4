"""Interventions as recipes: what they do to a small organism, and what their keys depend on."""

import dataclasses

import numpy as np
import pytest

from interp_core import (
    DifferenceInMeans,
    PromptSet,
    Site,
    add,
    difference_in_means,
    mean_ablation,
    orthogonalise,
    patch,
    set_to,
    zero,
)
from interp_core.errors import ClaimError, InvalidEvidence
from interp_core.spec.intervention import AnyIntervention

from .conftest import Opener
from .test_live import changed
from .test_live_quantities import REFUSALS, numbers

SITE = Site(layer=4)


@pytest.fixture
def direction(harmful: PromptSet, harmless: PromptSet) -> DifferenceInMeans:
    return difference_in_means(harmful, harmless, at=SITE)


def test_set_to_puts_the_component_at_the_references_mean(
    opened: Opener, harmful: PromptSet, harmless: PromptSet, direction: DifferenceInMeans
) -> None:
    bench = opened()
    mean = numbers(bench, bench.model.projection(harmless.test, on=direction, raw=True)).mean()
    edited = bench.model.under(set_to(direction, mean_of=harmless.test)).projection(
        harmful.test, on=direction, raw=True
    )
    np.testing.assert_allclose(numbers(bench, edited), mean, atol=1e-3)


def test_orthogonal_weights_give_the_numbers_of_zero_ablation(
    opened: Opener, harmful: PromptSet, direction: DifferenceInMeans
) -> None:
    bench = opened()
    by_hooks, by_weights, bare = (
        numbers(bench, model.log_odds(harmful.test, of=REFUSALS))
        for model in (bench.model.under(zero(direction)), bench.model.under(orthogonalise(direction)), bench.model)
    )
    np.testing.assert_allclose(by_weights, by_hooks, atol=1e-3)
    assert abs(by_hooks - bare).min() > 1


@pytest.mark.parametrize("part", ["residual", "attention", "mlp", "head 3"])
def test_patches_take_each_prompt_from_its_own_partner(opened: Opener, harmful: PromptSet, part: str) -> None:
    bench = opened()
    source = harmful.test.with_system("You are helpful.")
    arm = bench.model.under(patch(source, at=Site(layer=3), part=part)).log_odds(harmful.test, of=REFUSALS)
    together = numbers(bench, arm)
    one = dataclasses.replace(harmful.test, prompts=harmful.test.prompts[5:6])
    alone = opened()
    arm = alone.model.under(patch(source, at=Site(layer=3), part=part)).log_odds(one, of=REFUSALS)
    assert numbers(alone, arm)[0] == pytest.approx(together[5], abs=1e-4)


def test_patching_the_stream_into_the_last_layer_gives_the_sources_answer(opened: Opener, harmful: PromptSet) -> None:
    bench = opened()
    source = harmful.test.with_system("You are helpful.")
    patched = bench.model.under(patch(source, at=Site(layer=5))).projection(
        harmful.test, on=difference_in_means(harmful, harmful.with_system("Hi."), at=Site(layer=5)), raw=True
    )
    clean = bench.model.projection(
        source, on=difference_in_means(harmful, harmful.with_system("Hi."), at=Site(layer=5)), raw=True
    )
    np.testing.assert_allclose(numbers(bench, patched), numbers(bench, clean), atol=1e-3)


def test_a_patch_depends_on_its_own_partner_only(opened: Opener, harmful: PromptSet) -> None:
    source = harmful.test.with_system("You are helpful.")
    reworded = changed(harmful, "harmful-test-3", "Explain how to rob the shed.").test.with_system("You are helpful.")
    first, second = opened(), opened()
    for bench, prompts in ((first, source), (second, reworded)):
        numbers(bench, bench.model.under(patch(prompts, at=SITE)).log_odds(harmful.test, of=REFUSALS))
    assert second.passes.reasons == {"prompt changed": 1, "intervention changed": 1}


@pytest.mark.parametrize(
    "edits",
    [
        lambda d, p: (add(d, layers=(2,)), add(d, layers=(3,))),
        lambda d, p: (add(d), add(d, position="end_of_template")),
        lambda d, p: (set_to(d, mean_of=p.test), set_to(d, mean_of=p.fit)),
        lambda d, p: (add(d.random(draws=3)), add(d.shuffled(draws=3))),
        lambda d, p: (add(d.random(draws=3)), add(d.random(draws=3, matched="covariance"))),
        lambda d, p: (mean_ablation(p.test, at=SITE, part="mlp"), mean_ablation(p.test, at=SITE, part="attention")),
        lambda d, p: (mean_ablation(p.test, at=SITE, part="head 0"), mean_ablation(p.test, at=SITE, part="head 1")),
        lambda d, p: (mean_ablation(p.test, at=SITE, part="mlp"), mean_ablation(p.fit, at=SITE, part="mlp")),
    ],
)  # fmt: skip
def test_interventions_that_differ_are_kept_apart(
    opened: Opener, harmful: PromptSet, harmless: PromptSet, direction: DifferenceInMeans, edits
) -> None:
    bench = opened()
    one, other = (
        numbers(bench, bench.model.under(edit).log_odds(harmful.test, of=REFUSALS))
        for edit in edits(direction, harmless)
    )
    assert not np.array_equal(one, other)


def test_random_kinds_are_drawn_as_they_say(
    opened: Opener, harmful: PromptSet, harmless: PromptSet, direction: DifferenceInMeans
) -> None:
    bench = opened()
    fitted = bench.vectors(direction, harmful.prompts[:1])[0]
    for sham in (
        direction.random(draws=40),
        direction.random(draws=40, matched="covariance"),
        direction.shuffled(draws=40),
    ):
        vectors = bench.vectors(sham, harmful.prompts)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), np.linalg.norm(fitted), rtol=1e-4)
        assert len({row.tobytes() for row in vectors}) > 10
    shuffled = bench.vectors(direction.shuffled(draws=40), harmful.prompts)
    np.testing.assert_allclose(shuffled @ fitted / np.linalg.norm(fitted) ** 2, 0, atol=1e-5)
    table = bench.cosines([direction, direction.shuffled(draws=5)], requests=harmful.requests[:4])
    assert table.names[0] == direction.name
    assert table.cosines[0, 0] == pytest.approx(1)


def test_an_intervention_after_the_last_layer_is_refused(
    opened: Opener, harmful: PromptSet, harmless: PromptSet
) -> None:
    bench = opened()
    late = difference_in_means(harmful, harmless, at=Site(layer=6))
    edits: list[AnyIntervention] = [
        add(late),
        set_to(late, mean_of=harmless.test),
        patch(harmful.test, at=Site(layer=6)),
    ]
    for edit in edits:
        with pytest.raises(ClaimError, match="layer 6 lies after the last layer"):
            bench.values(bench.model.under(edit).log_odds(harmful.test, of=REFUSALS))


def test_a_head_that_the_model_lacks_is_refused(opened: Opener, harmful: PromptSet) -> None:
    bench = opened()
    edit = mean_ablation(harmful.test, at=SITE, part="head 99")
    with pytest.raises(ClaimError, match="head 99 is out of range: this model has"):
        bench.values(bench.model.under(edit).log_odds(harmful.test, of=REFUSALS))


def test_a_patch_from_the_prompts_themselves_does_nothing(opened: Opener, harmful: PromptSet) -> None:
    bench = opened()
    with pytest.raises(InvalidEvidence, match="changed no activation"):
        bench.values(bench.model.under(patch(harmful.test, at=SITE)).log_odds(harmful.test, of=REFUSALS))
