import pytest

from interp_core import PromptSet, Site, add, affine, difference_in_means, zero
from interp_core.errors import ClaimError, PromptError
from interp_core.spec.intervention import Intervention
from tests.spec.recipes import HARMFUL, HARMLESS, SITE, prompt_set, refusal, refused


@pytest.mark.parametrize(
    ("fields", "parts"),
    [
        ({}, ["exactly one, and got layer=None, depth=None. Write Site(depth=0.67)"]),
        ({"layer": 3, "depth": 0.5}, ["exactly one, and got layer=3, depth=0.5"]),
        ({"layer": -1}, ["layer=-1 is negative. Count layers from 0, or say depth=0.67"]),
        ({"depth": 1.01}, ["depth=1.01 is outside 0 to 1", "For an index write layer="]),
        ({"depth": float("nan")}, ["depth=nan is outside 0 to 1"]),
        ({"layer": 3, "position": "last"}, ["unknown position 'last'", "end_of_instruction, end_of_template"]),
    ],
)  # fmt: skip
def test_a_site_that_is_none_is_refused_with_the_line_that_wrote_it(fields, parts):
    with refused(ClaimError, __file__.rpartition("/")[2], *parts):
        Site(**fields)


@pytest.mark.parametrize(
    ("site", "n_layers", "layer"),
    [
        (Site(layer=0), 4, 0), (Site(layer=4), 4, 4), (Site(depth=0.0), 4, 0), (Site(depth=1.0), 4, 4),
        (Site(depth=0.67), 4, 3), (Site(depth=0.67), 36, 24),
    ],
)  # fmt: skip
def test_sites_resolve_to_layers(site, n_layers, layer):
    assert site.resolve(n_layers) == layer


def test_a_site_beyond_the_model_is_refused():
    with refused(ClaimError, "the site's layer 5 is out of range: this model has 4 layers", "0 to 4", "depth="):
        Site(layer=5).resolve(4)


def test_a_direction_remembers_what_it_saw():
    direction = refusal()
    assert direction.seen == (HARMFUL.fit, HARMLESS.fit, HARMFUL.select, HARMLESS.select)
    assert direction.random(draws=3).seen == direction.seen
    assert direction.random(draws=3).site == SITE
    assert direction.random(draws=3).name == "random directions (3)"


def test_a_direction_between_a_set_and_itself_is_refused():
    same = PromptSet(**{**vars(HARMFUL), "name": "again"})
    with refused(ClaimError, "difference_in_means('harmful', 'again') compares a set with itself", "Give two sets"):
        difference_in_means(HARMFUL, same, at=SITE)


@pytest.mark.parametrize("missing", ["fit", "select"])
def test_a_direction_needs_prompts_to_fit_on_and_to_scale_on(missing):
    parts = {split: getattr(HARMFUL, split) for split in ("fit", "select", "test") if split != missing}
    with refused(PromptError, f"'harmful' has no prompts in the split '{missing}'"):
        difference_in_means(PromptSet.from_splits("harmful", **parts), HARMLESS, at=SITE)


def test_no_draws_are_refused():
    with refused(ClaimError, "random(draws=0) draws nothing. Use at least 19"):
        refusal().random(draws=0)


def test_design_knows_the_recipe_and_not_the_texts():
    design = refusal().design()
    assert refusal(positive=prompt_set("harmful", "other")).design() == design
    assert refusal(positive=prompt_set("cruel")).design() != design
    assert refusal(site=Site(depth=0.5)).design() != design
    assert refusal(site=Site(depth=0.67, position="end_of_instruction")).design() != design
    assert refusal().random(draws=3).design() != refusal().random(draws=4).design()


def test_data_knows_the_texts_of_fit_and_select_and_no_others():
    data = refusal().data()
    assert refusal(positive=prompt_set("harmful", "other")).data() != data
    assert refusal(positive=prompt_set("harmful", test=2)).data() == data
    assert refusal().random(draws=3).data() == data


def test_interventions_say_what_they_are():
    labels = [
        zero(refusal()), affine(refusal()), affine(refusal(), site_only=True), add(refusal(), coefficient=-0.5),
        zero(refusal().random(draws=19)),
    ]  # fmt: skip
    assert [edit.label for edit in labels] == [
        "zero ablation of refusal", "affine ablation of refusal", "affine ablation of refusal at its site",
        "adding -0.5 x refusal", "zero ablation of random directions (19)",
    ]  # fmt: skip
    assert len({str(edit.design()) for edit in labels}) == len(labels)
    assert (str(zero), str(affine), str(add)) == ("zero", "affine", "add")


@pytest.mark.parametrize("coefficient", [0.0, float("nan"), float("inf")])
def test_adding_nothing_is_refused(coefficient):
    with refused(ClaimError, f"add(direction, coefficient={coefficient}) changes no activation", "1.0 is the default"):
        add(refusal(), coefficient=coefficient)


def test_recipes_are_frozen_and_hashable():
    assert len({refusal(), refusal(), refusal().random(), zero(refusal()), zero(refusal())}) == 3
    with pytest.raises(AttributeError, match="cannot assign"):
        refusal().name = "other"
    with pytest.raises(AttributeError, match="cannot assign"):
        Intervention("zero", refusal()).kind = "add"
