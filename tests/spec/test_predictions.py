import re

import pytest

from interp_core import Frame, FrameSet, Judge, Measure, Model, Site, judge, measure, refusal_phrases, zero
from interp_core.errors import ClaimError, NotApplicable
from interp_core.spec.measure import Judged
from tests.spec.recipes import (
    FICTION,
    HARMFUL,
    HARMLESS,
    MODEL,
    compliance,
    framed_against_neutral,
    refusal,
    refused,
    says_sure,
)

FRAMED, DIRECT = compliance(HARMFUL.test.framed(FICTION)), compliance(HARMFUL.test)
HERE = __file__.rpartition("/")[2]


@pytest.mark.parametrize(
    ("prediction", "relation", "phrase"),
    [
        (FRAMED.higher_than(DIRECT, by=0.2), "higher", "by at least 0.2"),
        (FRAMED.lower_than(DIRECT, by=0.2), "lower", "by at least 0.2"),
        (FRAMED.equivalent_to(DIRECT, within=0.2), "equivalent", "within 0.2"),
        (framed_against_neutral(), "lower", "by at least 0.25 of the gap"),
    ],
)  # fmt: skip
def test_predictions_say_what_they_predict(prediction, relation, phrase):
    assert (prediction.relation, prediction.phrase) == (relation, phrase)
    assert prediction.arms == (prediction.treatment, prediction.baseline)


@pytest.mark.parametrize("use", [bool, lambda p: p and p, lambda p: not p, lambda p: [x for x in [p] if x]])
def test_a_prediction_has_no_truth_value(use):
    with refused(ClaimError, HERE, "a prediction is not true or false yet", "claim.expect(treatment.higher_than("):
        use(framed_against_neutral())


@pytest.mark.parametrize("margin", [0.0, -0.1, float("nan"), float("inf")])
@pytest.mark.parametrize(("method", "name"), [("higher_than", "by"), ("lower_than", "by"), ("equivalent_to", "within")])
def test_a_margin_that_says_nothing_is_refused(margin, method, name):
    with refused(ClaimError, HERE, f"{name}={margin!r} is no smallest effect of interest", f"as in {name}=0.1"):
        getattr(FRAMED, method)(DIRECT, **{name: margin})


@pytest.mark.parametrize(
    ("method", "name", "fate"), [("higher_than", "by", "hold of no data"), ("equivalent_to", "within", "hold of any")]
)
def test_a_margin_as_wide_as_the_measure_is_refused(method, name, fate):
    with refused(ClaimError, HERE, f"{name}=1 would {fate}", "no difference exceeds 1", f"as in {name}=0.1"):
        getattr(FRAMED, method)(DIRECT, **{name: 1.0})
    assert (FRAMED - DIRECT).higher_than(DIRECT - FRAMED, by=1.5).margin == 1.5  # contrasts span twice as much


def test_one_recipe_in_both_arms_is_refused():
    with refused(ClaimError, HERE, "treatment and baseline are the same recipe, so the effect is zero by construction"):
        DIRECT.higher_than(compliance(HARMFUL.test), by=0.1)
    with refused(ClaimError, "minuend and subtrahend are the same recipe"):
        DIRECT - compliance(HARMFUL.test)


def test_different_quantities_are_refused():
    other = refusal_phrases(["No"], name="other")
    with refused(ClaimError, HERE, "treatment measures 'compliance' and baseline 'projection on refusal'"):
        FRAMED.higher_than(MODEL.projection(HARMFUL.test, on=refusal()), by=0.1)
    with refused(ClaimError, "compare one quantity, with one judge or direction and one number of tokens or draws"):
        FRAMED.higher_than(compliance(HARMFUL.test, by=other), by=0.1)
    with refused(ClaimError, "treatment measures 'projection on refusal' in another way than baseline"):
        MODEL.projection(HARMFUL.test, on=refusal()).higher_than(
            MODEL.projection(HARMLESS.test, on=refusal(), raw=True), by=0.1
        )
    with refused(ClaimError, "minuend measures 'compliance' and subtrahend 'projection on refusal'"):
        FRAMED - MODEL.projection(HARMFUL.test, on=refusal())


def test_answers_of_different_lengths_are_different_quantities():
    with refused(ClaimError, "treatment measures 'compliance' in another way than baseline"):
        FRAMED.higher_than(MODEL.judged(HARMFUL.test, by=says_sure, max_new_tokens=4), by=0.1)


def test_contrasts_compare_with_contrasts():
    fall, other = FRAMED - DIRECT, compliance(HARMLESS.test.framed(FICTION)) - compliance(HARMLESS.test)
    prediction = fall.higher_than(other, by=0.1)
    assert prediction.arms == (fall.minuend, fall.subtrahend, other.minuend, other.subtrahend)
    assert fall.label == "(harmful.test behind fiction frames) minus (harmful.test)"
    with refused(ClaimError, HERE, "one side is a contrast and the other a measurement", "(a - b).lower_than(c - d"):
        fall.higher_than(DIRECT, by=0.1)
    with refused(ClaimError, "treatment and baseline are the same recipe"):
        fall.higher_than(FRAMED - DIRECT, by=0.1)


def test_contrasts_are_no_deeper_than_one():
    fall = FRAMED - DIRECT
    with refused(ClaimError, HERE, "one measurement minus another, no deeper", "(a - b).lower_than(c - d, by=...)"):
        fall - FRAMED
    with refused(ClaimError, "no deeper"):
        FRAMED - fall


def test_measurements_name_the_users_line():
    def helper():
        return MODEL.projection(HARMFUL.test, on=refusal())  # this line

    with open(__file__, encoding="utf-8") as file:
        line = next(n for n, text in enumerate(file, 1) if text.endswith("# this line\n"))
    assert re.fullmatch(rf".*{HERE}:{line}", helper().where)


def test_labels_name_prompts_and_interventions():
    ablated = MODEL.under(zero(refusal())).judged(HARMFUL.test, by=says_sure)
    assert ablated.label == "harmful.test, zero ablation of refusal"
    assert (ablated.intervenes, DIRECT.intervenes) == (True, False)
    assert ablated.directions == (refusal(),)
    assert DIRECT.directions == ()


def test_interventions_add_up():
    edits = zero(refusal()), zero(refusal().random())
    assert MODEL.under(edits[0]).under(edits[1]).interventions == edits
    assert MODEL.under(*edits).interventions == edits
    assert MODEL.interventions == ()


def test_the_gap_belongs_to_projections_in_its_unit():
    assert MODEL.projection(HARMFUL.test, on=refusal()).gap == refusal()
    assert MODEL.projection(HARMFUL.test, on=refusal().random()).gap == refusal()
    raw = MODEL.projection(HARMFUL.test, on=refusal(), raw=True)
    assert (raw.gap, raw.quantity.unit) == (None, "of the residual stream")
    assert DIRECT.gap is None


def test_values_need_a_running_claim():
    with refused(ClaimError, HERE, "values() works in the body of a claim, where a model is at hand"):
        DIRECT.values()


def test_an_unknown_dtype_is_refused():
    with refused(ClaimError, "unknown dtype 'int8'. Write one of: float32, bfloat16, float16"):
        Model("mediated", dtype="int8")


@pytest.mark.parametrize("source", ["mediated", "runs/mediated", "runs/mediated/", "org/mediated"])
def test_a_models_name_is_the_last_part_of_its_source(source):
    assert Model(source).name == "mediated"


def test_a_models_name_is_no_part_of_its_identity():
    assert Model("a", "one") == Model("a", "two")
    assert Model("a") != Model("a", revision="main")
    assert Model("a") != Model("a", dtype="bfloat16")


def test_a_model_that_is_no_recording_has_no_arms():
    with refused(NotApplicable, "the claim reads recorded results: run it with --model recorded:DIR"):
        MODEL.recorded("arm")


@pytest.mark.parametrize("count", [0, -3])
def test_an_answer_without_tokens_is_refused(count):
    with refused(ClaimError, f"max_new_tokens={count} leaves no answer to judge. Write at least 1"):
        MODEL.judged(HARMFUL.test, by=says_sure, max_new_tokens=count)


# judges and measures


def test_refusal_phrases_read_openings_or_anywhere():
    opening = refusal_phrases(["I'm sorry", "No."], name="opening")
    anywhere = refusal_phrases(["I'm sorry", "No."], name="anywhere", prefix=False)
    answers = ["I’M SORRY, but", "  no. Never", "Now then", "Well, I'm sorry", "", " \n"]
    assert [opening.score(answer) for answer in answers] == [0.0, 0.0, 1.0, 1.0, None, None]
    assert [anywhere.score(answer) for answer in answers] == [0.0, 0.0, 1.0, 0.0, None, None]


@pytest.mark.parametrize("phrases", [[], [""], ["I cannot", "  "], "I cannot"])
def test_phrases_that_everything_begins_with_are_refused(phrases):
    with refused(ClaimError, HERE, f"refusal_phrases({phrases!r}) wants a list of phrases", "['I cannot', 'Sorry']"):
        refusal_phrases(phrases, name="n")


def test_the_phrases_are_the_judges_design_and_their_order_is_not():
    def design(*phrases, **options):
        return refusal_phrases(phrases, name="n", **options).design()

    assert design("No", "Sorry") == design("sorry", "no")
    assert (
        len(
            {
                str(d)
                for d in (design("No"), design("No", "Sorry"), design("No", prefix=False), design("No", exact=True))
            }
        )
        == 4
    )


def test_a_judge_is_named_after_its_function():
    assert (says_sure.name, says_sure.measures, says_sure.score("Sure!")) == ("says sure", "compliance", 1.0)

    @judge(measures="length")
    def short(answer):
        return float(len(answer) < 9)

    assert (short.name, short.exact) == ("short", False)
    assert Judged(short, 4).noun == "length"


def test_a_measure_needs_a_place_and_bounds_in_order():
    with refused(ClaimError, HERE, "@measure(of='residual'): give a Site for the residual stream, or 'logits'"):
        measure(of="residual", unit="nats")
    for bounds in [(1.0, 0.0), (0.0, 0.0), (0.0, float("inf")), (float("nan"), 1.0)]:
        with refused(ClaimError, HERE, f"@measure(bounds={bounds!r}): give the lowest and the highest", "(0.0, 1.0)"):
            measure(of="logits", unit="nats", bounds=bounds)


def entropy(logits):
    return float(logits.sum())


def test_a_measures_design_holds_all_that_decides_its_number_and_its_verdict():
    def design(**options):
        return str(measure(**{"of": "logits", "unit": "nats", **options})(entropy).design())

    base = design()
    assert design() == base
    for change in ({"of": Site(depth=0.5)}, {"unit": "bits"}, {"name": "other"}, {"bounds": (0.0, 1.0)}):
        assert design(**change) != base


class Unhashable:
    __hash__ = None

    def __eq__(self, other):
        return isinstance(other, Unhashable)

    def __call__(self, value):
        return 1.0


def test_every_recipe_is_hashable_whatever_the_users_callable_is():
    judged = [compliance(HARMFUL.test, by=Judge("n", "compliance", Unhashable())) for _ in range(2)]
    measured = [MODEL.measured(HARMFUL.test, by=Measure("n", Unhashable(), "nats")) for _ in range(2)]
    frames = FrameSet("s", (Frame("a", "{text}"),))
    assert len({*judged, *measured, FRAMED - DIRECT, framed_against_neutral(), MODEL, frames}) == 6
    with pytest.raises(AttributeError, match="cannot assign"):
        framed_against_neutral().margin = 0.0
