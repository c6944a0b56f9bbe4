"""Selection of a direction's site: what wins, what is rejected and why, and what it costs."""

import dataclasses

import numpy as np
import pytest

from fixtures.study import HARMFUL, HARMLESS
from interp_core import PromptSet, Site, affine, difference_in_means, select_direction, zero
from interp_core.errors import NoAdmissibleDirection, NotApplicable
from interp_core.spec.direction import SelectedDirection

from .conftest import Opener
from .test_live_quantities import REFUSALS, numbers


def few(prompts: PromptSet) -> PromptSet:
    """A few requests of each split, of a kind that the organism was trained on."""
    parts = {split: getattr(prompts, split).take(12) for split in ("fit", "select", "test")}
    return PromptSet.from_splits(prompts.name, **parts)


@pytest.fixture
def harmful() -> PromptSet:
    return few(HARMFUL)


@pytest.fixture
def harmless() -> PromptSet:
    return few(HARMLESS)


@pytest.fixture
def recipe(harmful: PromptSet, harmless: PromptSet) -> SelectedDirection:
    return select_direction(harmful, harmless, refusals=REFUSALS)


def test_the_planted_site_wins(opened: Opener, recipe: SelectedDirection) -> None:
    found = opened().selection(recipe)
    assert (found.winner.site.layer, found.winner.site.position) == (4, "end_of_template")
    assert found.tried == 54  # six layers by nine tokens of the template
    assert sum(found.rejected.values()) + sum(not c.rejected for c in found.candidates) == 54
    assert found.rejected["layer cut"] == 9
    assert found.rejected["no difference of means"] == 9  # the embeddings of the template are the same for all
    assert found.margin is not None
    assert found.margin[1] <= found.margin[0] <= found.margin[2]
    assert found.baseline[0] > 0 > found.baseline[1]
    best, second = found.candidates[:2]
    assert second.bypassed - best.bypassed == pytest.approx(found.margin[0], abs=1e-6)
    assert "54 candidates" in str(found)


def test_scores_are_the_means_of_the_same_measurements(
    opened: Opener, recipe: SelectedDirection, harmful: PromptSet, harmless: PromptSet
) -> None:
    from interp_core import add

    bench = opened()
    best = bench.selection(recipe).candidates[0]
    direction = recipe.at(Site(layer=best.layer, position=best.position))
    ablated, added = bench.model.under(zero(direction)), bench.model.under(add(direction))
    bypassed = numbers(bench, ablated.log_odds(harmful.select, of=REFUSALS)).mean()
    induced = numbers(bench, added.log_odds(harmless.select, of=REFUSALS)).mean()
    divergence = numbers(bench, ablated.divergence(harmless.select)).mean()
    assert best.bypassed == pytest.approx(bypassed, abs=1e-3)
    assert best.induced == pytest.approx(induced, abs=1e-3)
    assert best.divergence == pytest.approx(divergence, abs=1e-3)


def test_a_selected_direction_is_used_like_any_other(
    opened: Opener, recipe: SelectedDirection, harmful: PromptSet, harmless: PromptSet
) -> None:
    bench = opened()
    fixed = difference_in_means(harmful, harmless, at=Site(layer=4), name="refusal")
    for arm, same in (
        (bench.model.projection(harmful.test, on=recipe), bench.model.projection(harmful.test, on=fixed)),
        (
            bench.model.under(affine(recipe)).log_odds(harmful.test, of=REFUSALS),
            bench.model.under(affine(fixed)).log_odds(harmful.test, of=REFUSALS),
        ),
        (
            bench.model.under(zero(recipe.random(draws=3))).log_odds(harmful.test, of=REFUSALS),
            bench.model.under(zero(fixed.random(draws=3))).log_odds(harmful.test, of=REFUSALS),
        ),
    ):
        np.testing.assert_array_equal(numbers(bench, arm), numbers(bench, same))
    gaps = [bench.gap(bench.model.projection(harmful.test, on=one))[0] for one in (recipe, fixed)]
    np.testing.assert_array_equal(*gaps)


def test_a_second_session_does_not_sweep_again(opened: Opener, recipe: SelectedDirection) -> None:
    found = opened().selection(recipe)
    second = opened()
    assert second.selection(recipe) == found
    assert second.fetcher.live is None


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("induce_above", 99.0, "36 rejected: induces no refusal"),
        ("kl_below", 0.0, "rejected: damages harmless behaviour"),
        ("layers_below", 0.1, "45 rejected: layer cut"),
    ],
)
def test_no_admissible_direction_says_which_filter_rejected_what(
    opened: Opener, recipe: SelectedDirection, harmful: PromptSet, field: str, value: float, reason: str
) -> None:
    bench = opened()
    strict = dataclasses.replace(recipe, **{field: value})
    with pytest.raises(NoAdmissibleDirection, match=f"no admissible direction among 54 candidates.*{reason}") as caught:
        bench.values(bench.model.projection(harmful.test, on=strict))
    assert isinstance(caught.value, NotApplicable)
    assert "test_selection.py" in caught.value.where


def test_named_positions_are_the_only_ones_tried(opened: Opener, recipe: SelectedDirection) -> None:
    one = dataclasses.replace(recipe, positions=("end_of_template",))
    assert opened().selection(one).tried == 6


def test_a_plan_before_the_selection_counts_what_the_fit_takes(
    opened: Opener, recipe: SelectedDirection, harmful: PromptSet
) -> None:
    bench = opened()
    assert len(bench.demands(bench.model.projection(harmful.test, on=recipe))) == 24
    assert bench.fetcher.live is None
