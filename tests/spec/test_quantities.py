"""The harness's own quantities and interventions as recipes: what they say, depend on and refuse."""

import pytest

from interp_core import (
    Site,
    add,
    difference_in_means,
    logistic_probe,
    mean_ablation,
    orthogonalise,
    patch,
    principal_component,
    select_direction,
    set_to,
    zero,
)
from interp_core.errors import ClaimError, PromptError
from interp_core.spec.direction import RandomDirections
from tests.spec.recipes import FICTION, HARMFUL, HARMLESS, MODEL, SITE, prompt_set, refusal, refused

TEST = HARMFUL.test
PROBE = logistic_probe(HARMFUL, HARMLESS, at=SITE)


def measured():
    return [
        MODEL.log_odds(TEST, of=["I'm sorry"]),
        MODEL.log_odds(TEST, of=["I'm sorry"], against=["Sure"]),
        MODEL.log_odds(TEST, of=["I'm sorry"], at=Site(layer=2)),
        MODEL.divergence(TEST),
        MODEL.divergence(TEST, kind="total variation"),
        MODEL.log_likelihood(TEST),
        MODEL.log_likelihood(TEST, of="Sure: {text}"),
        MODEL.preference(TEST, right="yes", wrong="no"),
        MODEL.probed(TEST, by=PROBE),
        MODEL.cosine(TEST, on=refusal()),
    ]


def test_quantities_say_what_they_are_and_in_which_unit():
    assert [(arm.quantity.noun, arm.quantity.unit) for arm in measured()] == [
        ("log-odds of refusal", "nats"),
        ("log-odds of refusal", "nats"),
        ("log-odds of refusal by the logit lens at layer 2, end_of_template", "nats"),
        ("KL divergence from the bare model", "nats"),
        ("total variation from the bare model", ""),
        ("log-likelihood of the text", "nats a token"),
        ("log-likelihood of 'Sure: {text}'", "nats a token"),
        ("preference for 'yes' over 'no'", "nats"),
        ("probability of harmful by logistic probe", ""),
        ("cosine with refusal", ""),
    ]


def test_every_argument_of_a_quantity_is_part_of_its_design():
    designs = [str(arm.design()) for arm in measured()]
    assert len(set(designs)) == len(designs)
    assert hash(tuple(measured()))


def test_only_what_reads_a_direction_depends_on_one():
    assert [len(arm.directions) for arm in measured()] == [0] * 8 + [1, 1]
    under = MODEL.under(zero(refusal()), patch(TEST, at=SITE))
    assert under.divergence(TEST).directions == (refusal(),)


@pytest.mark.parametrize(
    ("make", "parts"),
    [
        (lambda: MODEL.log_odds(TEST, of=[]), ["names no phrase"]),
        (lambda: MODEL.log_odds(TEST, of="Sorry"), ["of='Sorry' wants a list of phrases"]),
        (lambda: MODEL.log_odds(TEST, of=["Sorry"], against=[""]), ["against=['']", "none of them empty"]),
        (lambda: MODEL.preference(TEST, right="", wrong="no"), ["right=''"]),
        (lambda: MODEL.divergence(TEST, kind="JS"), ["write 'KL' or 'total variation'"]),
        (lambda: MODEL.judged(TEST, by=says(), draws=0), ["draws=0", "Leave draws out"]),
        (lambda: MODEL.judged(TEST, by=says(), draws=2, temperature=0.0), ["temperature=0.0", "above 0"]),
        (lambda: logistic_probe(HARMFUL, HARMLESS, at=SITE, penalty=0.0), ["no finite weights without a penalty"]),
        (lambda: principal_component(HARMFUL, HARMLESS, at=SITE, component=0), ["components count from 1"]),
        (lambda: refusal().random(matched="mean"), ["write 'norm' or 'covariance'"]),
        (lambda: RandomDirections(refusal(), 3, "loud"), ["unknown kind of random direction 'loud'"]),
        (lambda: select_direction(HARMFUL, HARMLESS, refusals="no"), ["wants phrases that open a refusal"]),
        (lambda: select_direction(HARMFUL, HARMLESS, refusals=["no"], layers_below=2), ["layers_below=2", "0.8"]),
        (lambda: select_direction(HARMFUL, HARMLESS, refusals=["no"], positions=["-1"]), ["unknown position '-1'"]),
        (lambda: add(refusal(), layers=(1, 1)), ["name each layer once"]),
        (lambda: add(refusal(), position="first"), ["unknown position 'first'", "everywhere, prompt, answer"]),
        (lambda: patch(TEST, at=SITE, part="head"), ["part='head' is unknown", "'head 3'"]),
        (lambda: orthogonalise(refusal().random()), ["random directions rotate", "zero(refusal.random())"]),
        (lambda: MODEL.under(patch(HARMLESS.test, at=SITE)).divergence(TEST), ["has 0 prompts for"]),
        (lambda: MODEL.under(patch(TEST.framed(FICTION), at=SITE)).divergence(TEST), ["has 2 prompts for"]),
    ],
)  # fmt: skip
def test_what_cannot_be_measured_is_refused_where_it_is_written(make, parts):
    with refused(ClaimError, __file__.rpartition("/")[2], *parts):
        make()


def says():
    from tests.spec.recipes import says_sure

    return says_sure


def test_a_text_wants_fields_that_the_prompts_have():
    with refused(PromptError, "wants the field 'right', which the prompts do not have"):
        MODEL.preference(TEST)
    with refused(PromptError, "wants the field 'action'"):
        MODEL.log_likelihood(TEST, of="how to {action}")


def test_new_interventions_say_what_they_are():
    labels = [
        add(refusal(), layers=(2, 3), position="answer"),
        set_to(refusal(), mean_of=HARMLESS.test),
        set_to(refusal(), mean_of=HARMLESS.test, position="end_of_template"),
        orthogonalise(refusal()),
        patch(TEST, at=Site(layer=3, position="end_of_instruction"), part="head 2"),
        mean_ablation(TEST, at=SITE, part="mlp"),
    ]
    assert [edit.label for edit in labels] == [
        "adding 1 x refusal at layers 2, 3, answer only",
        "setting refusal to the mean of harmless.test",
        "setting refusal to the mean of harmless.test, end_of_template only",
        "weights orthogonal to refusal",
        "head 2 of layer 3, end_of_instruction patched from harmful.test",
        "mlp of depth 0.67, end_of_template set to the mean of harmful.test",
    ]
    assert len({str(edit.design()) for edit in labels}) == len(labels)


def test_data_knows_the_prompts_that_an_intervention_reads():
    def data(edit):
        return MODEL.under(edit).divergence(TEST).data()

    other = prompt_set("harmless", "other")
    assert data(set_to(refusal(), mean_of=HARMLESS.test)) != data(set_to(refusal(), mean_of=other.test))
    source = TEST.with_system("Hi.")
    assert data(patch(source, at=SITE)) != data(patch(TEST.with_system("Ho."), at=SITE))


def test_partners_are_found_by_id_and_then_by_request():
    framed = TEST.framed(FICTION)
    edit = patch(TEST, at=SITE)
    assert [p.request for p in edit.partners(framed)] == [p.request for p in framed]
    assert patch(framed, at=SITE).partners(framed) == framed.prompts


def test_fitted_directions_of_every_kind_share_a_form():
    every = [
        difference_in_means(HARMFUL, HARMLESS, at=SITE),
        principal_component(HARMFUL, HARMLESS, at=SITE),
        principal_component(HARMFUL, HARMLESS, at=SITE, component=2),
        PROBE,
        logistic_probe(HARMFUL, HARMLESS, at=SITE, penalty=2.0),
    ]
    assert len({str(direction.design()) for direction in every}) == len(every)
    shams = [refusal().random(), refusal().random(matched="covariance"), refusal().shuffled()]
    assert [sham.name for sham in shams] == [
        "random directions (19)", "covariance-matched random directions (19)", "shuffled-label directions (19)",
    ]  # fmt: skip
    assert len({str(sham.design()) for sham in shams}) == 3
    for direction in (*every, *shams):
        assert direction.fitted.seen == direction.seen
        assert direction.data() == refusal().data()
    assert {sham.fitted for sham in shams} == {refusal()}


def test_a_selection_depends_on_its_thresholds():
    def selected(**thresholds):
        return str(select_direction(HARMFUL, HARMLESS, refusals=["no"], **thresholds).design())

    kinds = [{}, {"induce_above": 1.0}, {"kl_below": 0.2}, {"layers_below": 0.5}, {"positions": ["end_of_template"]}]
    assert len({selected(**kind) for kind in kinds}) == 5


def test_thoughts_are_part_of_the_prompts():
    thoughtful = TEST.with_thought("I should refuse.")
    assert thoughtful.label == "harmful.test thinking 'I should refuse.'"
    assert TEST.with_thinking().label == "harmful.test thinking"
    kinds = [TEST, TEST.with_thinking(), thoughtful, TEST.with_thought("I should refuse.", ends=False)]
    assert len({kind.data() for kind in kinds}) == 4
    assert len({str(kind.design()) for kind in kinds}) == 4
    assert thoughtful.with_thinking(False) == TEST.with_thinking(False)
    with refused(PromptError, "puts no thought"):
        TEST.with_thought("  ")


@pytest.mark.parametrize("position", ["end_of_instruction+1", "end_of_instruction+12", "first_answer_token"])
def test_positions_by_role(position):
    assert Site(layer=1, position=position).design()["position"] == position


@pytest.mark.parametrize("position", ["end_of_instruction+0", "end_of_instruction+", "end_of_template+1", "-1", ""])
def test_positions_that_name_no_role_are_refused(position):
    with refused(ClaimError, f"unknown position {position!r}", "end_of_instruction+K"):
        Site(layer=1, position=position)
