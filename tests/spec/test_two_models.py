"""Claims about a model and its base: which arms compare, what a carried direction is, and what the digests say."""

import dataclasses

import pytest

from interp_core import (
    Model,
    Site,
    add,
    correlation,
    logistic_probe,
    principal_component,
    select_direction,
    separation,
    trend,
    zero,
)
from interp_core.errors import ClaimError, InvalidEvidence
from interp_core.spec.check import check
from tests.spec.recipes import FICTION, HARMFUL, HARMLESS, SITE, claim, compliance, refusal, refused

TUNED = Model("tuned")
BASE = Model("base", role="base")


def about_both(*predictions, **fields):
    return claim(*predictions, **{"model": TUNED, "base": BASE, **fields})


def compared(by=0.1):
    return compliance(HARMFUL.test, model=TUNED).lower_than(compliance(HARMFUL.test, model=BASE), by=by)


def contrasts(own=TUNED, other=BASE):
    sides = [
        compliance(HARMFUL.test.framed(FICTION), model=m) - compliance(HARMFUL.test, model=m) for m in (own, other)
    ]
    return sides[0].higher_than(sides[1], by=0.1)


def test_arms_may_be_on_both_models_and_a_table_tells_them_apart():
    one = about_both(compared(), contrasts())
    assert check(one) == ()
    assert one.subject == "tuned against base"
    labels = [arm.label for arm in one.arms]
    assert labels[:2] == ["harmful.test", "harmful.test, in base"]
    assert len(set(labels)) == len(labels)
    assert {arm.condition for arm in compared().arms} == {"harmful.test"}  # what a recording calls both


def test_a_claim_without_a_base_is_about_its_model_alone():
    assert claim(compared(), model=TUNED).subject == "tuned"
    with refused(ClaimError, "needs the model 'base', but the claim is about tuned", "fixtures `model` and `base`"):
        check(claim(compared(), model=TUNED))


def test_a_third_model_is_refused():
    third = compliance(HARMFUL.test, model=Model("gated"))
    with refused(ClaimError, "needs the model 'gated', but the claim is about tuned against base"):
        check(about_both(compliance(HARMFUL.test, model=TUNED).lower_than(third, by=0.1)))
    carried = TUNED.under(zero(refusal().fitted_in(Model("gated"))))
    with refused(ClaimError, "needs the model 'gated'"):
        check(
            about_both(compliance(HARMFUL.test, model=carried).lower_than(compliance(HARMFUL.test, model=BASE), by=0.1))
        )


def test_both_models_must_have_a_part_in_the_claim():
    told = compliance(HARMFUL.test.with_system("Please."), model=TUNED)
    with refused(ClaimError, "asks for `base` and uses nothing of it", "refusal.fitted_in(base)"):
        check(about_both(told.lower_than(compliance(HARMFUL.test, model=TUNED), by=0.1)))
    told = compliance(HARMFUL.test.with_system("Please."), model=BASE)
    with refused(ClaimError, "measures nothing on tuned, the model that it is about"):
        check(about_both(told.lower_than(compliance(HARMFUL.test, model=BASE), by=0.1)))


def test_a_carried_direction_alone_makes_a_claim_about_both():
    carried = refusal().fitted_in(BASE)
    ablated = compliance(HARMFUL.test, model=TUNED.under(zero(carried)))
    sham = compliance(HARMFUL.test, model=TUNED.under(zero(carried.random(draws=3))))
    assert check(about_both(ablated.higher_than(sham, by=0.1), kind="causal")) == ()


@pytest.mark.parametrize("sites", [True, False], ids=["same vector", "own vectors"])
def test_projections_compare_over_models_on_one_vector_alone(sites):
    on = refusal().fitted_in(TUNED) if sites else refusal()
    prediction = TUNED.projection(HARMFUL.test, on=on).higher_than(BASE.projection(HARMFUL.test, on=on), by=0.1)
    if sites:
        assert check(about_both(prediction)) == ()
        return
    with refused(ClaimError, "'refusal' is another vector in each model, and its gap another unit", "fitted_in(base)"):
        check(about_both(prediction))


def test_numbers_without_a_unit_compare_with_each_models_own_direction():
    cosines = TUNED.cosine(HARMFUL.test, on=refusal()).higher_than(BASE.cosine(HARMFUL.test, on=refusal()), by=0.1)
    sides = [
        separation(*(m.projection(prompts.test, on=refusal()) for prompts in (HARMFUL, HARMLESS)))
        for m in (TUNED, BASE)
    ]
    together = correlation(TUNED.projection(HARMFUL.test, on=refusal()), BASE.projection(HARMFUL.test, on=refusal()))
    for prediction in (cosines, sides[0].higher_than(sides[1], by=0.1), together.positive(by=0.1)):
        assert check(about_both(prediction)) == ()


def test_what_reads_no_model_is_the_same_in_both_by_construction():
    surfaces = [m.surface(HARMFUL.test, positive=HARMFUL, negative=HARMLESS) for m in (TUNED, BASE)]
    with refused(ClaimError, "surface features read the prompts and no model, so two models differ by nothing"):
        check(about_both(surfaces[0].equivalent_to(surfaces[1], within=0.1)))


def test_one_separation_or_trend_is_of_one_model():
    mixed = separation(TUNED.cosine(HARMFUL.test, on=refusal()), BASE.cosine(HARMLESS.test, on=refusal()))
    with refused(ClaimError, "mixes two models", "separation(a, b).higher_than(separation(c, d)"):
        check(about_both(mixed.above_chance(by=0.1)))
    models = (TUNED, BASE, TUNED)
    sweep = trend({c: compliance(HARMFUL.test, model=m.under(add(refusal(), coefficient=c)))
                   for c, m in zip((0.5, 1.0, 2.0), models, strict=True)})  # fmt: skip
    with refused(ClaimError, "mixes two models"):
        check(about_both(sweep.rises(by=0.1)))


def test_the_design_knows_the_role_and_not_the_name():
    other = Model("elsewhere", "other", role="base")
    own = Model("mine")

    def design(model, base):
        on = refusal().fitted_in(base)
        carried = compliance(HARMFUL.test, model=model.under(zero(on)))
        prediction = carried.higher_than(compliance(HARMFUL.test, model=base), by=0.1)
        return claim(prediction, model=model, base=base).design_digest()

    assert design(TUNED, BASE) == design(own, other)
    single = compliance(HARMFUL.test, model=TUNED.under(zero(refusal())))
    plain = claim(single.higher_than(compliance(HARMFUL.test, model=TUNED), by=0.1), model=TUNED)
    assert plain.design_digest() != design(TUNED, BASE)


RECIPES = [
    refusal(),
    principal_component(HARMFUL, HARMLESS, at=SITE),
    logistic_probe(HARMFUL, HARMLESS, at=SITE),
    select_direction(HARMFUL, HARMLESS, refusals=["No"]),
    refusal().random(draws=3),
    refusal().random(draws=3, matched="covariance"),
    refusal().shuffled(draws=3),
]


@pytest.mark.parametrize("direction", RECIPES, ids=lambda d: d.name)
def test_every_direction_can_be_carried(direction):
    carried = direction.fitted_in(BASE)
    assert carried.home == BASE
    assert carried.name == f"{direction.name} from base"
    assert carried != direction
    assert carried.seen == direction.seen
    assert carried.design() != direction.design()
    assert direction.fitted_in(TUNED).design() != carried.design()
    assert carried.at_home.design() == direction.design()
    assert carried.at_home.home is None


def test_the_sham_of_a_carried_direction_is_its_own_models():
    direction = refusal()
    assert direction.random(draws=3).fitted_in(BASE) == direction.fitted_in(BASE).random(draws=3)


@pytest.mark.parametrize("wrong", [BASE.under(zero(refusal())), "base", None])
def test_a_direction_is_fitted_in_a_bare_model(wrong):
    with refused(ClaimError, "refusal.fitted_in(", "give a model without interventions, once"):
        refusal().fitted_in(wrong)


def test_a_direction_has_one_home():
    with refused(ClaimError, "without interventions, once, as in refusal.fitted_in(base)"):
        refusal().fitted_in(BASE).fitted_in(TUNED)


def test_a_carried_direction_still_may_not_be_tested_on_what_it_saw():
    on = refusal(Site(layer=1)).fitted_in(BASE)
    leaking = TUNED.projection(HARMFUL.fit, on=on).higher_than(TUNED.projection(HARMFUL.select, on=on), by=0.1)
    leaking = dataclasses.replace(leaking, baseline=TUNED.under(zero(on)).projection(HARMFUL.fit, on=on))
    with refused(InvalidEvidence, "'harmful.fit' was fitted or scaled on 3 of the prompts"):
        check(about_both(leaking))
