from dataclasses import replace

import pytest

from interp_core import (
    Calibration,
    ClaimRecorder,
    Frame,
    FrameSet,
    Judge,
    Measurement,
    Model,
    PromptSet,
    best_of,
    correlation,
    separation,
    trend,
    zero,
)
from interp_core.errors import ClaimError, InvalidEvidence
from interp_core.spec.check import check
from interp_core.spec.claim import Eyes, looking_with, read_docstring, stop_looking
from interp_core.spec.prediction import Prediction
from tests.spec.recipes import (
    FICTION,
    HARMFUL,
    HARMLESS,
    MODEL,
    claim,
    compliance,
    framed_against_neutral,
    prompt_set,
    refusal,
    refused,
    says_sure,
    texts,
)

HERE = __file__.rpartition("/")[2]
WHERE = "claims/test_fiction.py:7: "


# what the body records


def test_the_recorder_keeps_predictions_in_order_and_judges_nothing():
    recorder, one, two = ClaimRecorder(), framed_against_neutral(0.1), framed_against_neutral(0.2)
    recorder.expect(one)
    recorder.expect(two, one)
    recorder.control(two)
    assert (recorder.predictions, recorder.controls, recorder.peeked) == ([one, two, one], [two], False)


def test_values_come_from_the_running_claim():
    token = looking_with(Eyes(lambda measurement: {measurement.label: 1.0}, lambda a, b: "both"))
    try:
        assert compliance(HARMFUL.test).values() == {"harmful.test": 1.0}
    finally:
        stop_looking(token)
    with refused(ClaimError, "works in the body of a claim"):
        compliance(HARMFUL.test).values()


# the docstring


def test_the_docstring_gives_statement_and_baseline():
    doc = """{ablation} ablation restores
    compliance.

    Some remark.

    baseline: the same ablation
    of random directions.
    """
    assert read_docstring(doc, {"ablation": zero}, "") == (
        "Zero ablation restores compliance.",
        "the same ablation of random directions.",
    )


@pytest.mark.parametrize(
    ("doc", "parts"),
    [
        (None, ["a claim needs a docstring", "Baseline: the same requests behind neutral frames"]),
        ("   \n  ", ["a claim needs a docstring"]),
        ("Frames work.", ["the claim 'Frames work.' names no baseline", "Add a paragraph to its docstring"]),
        ("Frames work.\nBaseline: none.", ["names no baseline"]),
        ("Frames work.\n\nBaseline:", ["names no baseline"]),
        ("Frames work.\n\nBaseline:  \n\nx", ["names no baseline"]),
        ("{x} works.\n\nBaseline: b.", ["a placeholder that is no parameter", "'x'", "Its parameters are: y"]),
        ("{} works.\n\nBaseline: b.", ["a placeholder that is no parameter"]),
        ("{y works.\n\nBaseline: b.", ["a placeholder that is no parameter"]),
        ("{y.z} works.\n\nBaseline: b.", ["a placeholder that is no parameter"]),
        ("{y[z]} works.\n\nBaseline: b.", ["a placeholder that is no parameter"]),
    ],
)  # fmt: skip
def test_a_docstring_that_says_too_little_is_refused(doc, parts):
    with refused(ClaimError, WHERE, *parts):
        read_docstring(doc, {"y": 1}, WHERE.removesuffix(": "))


def test_the_sentence_is_printed_with_all_margins():
    both = claim(
        framed_against_neutral(0.25),
        compliance(HARMFUL.test.framed(FICTION)).higher_than(compliance(HARMFUL.test), by=0.1),
    )
    assert both.sentence == "Fiction lowers the projection, by at least 0.25 of the gap and by at least 0.1."


def test_arms_are_listed_once():
    prediction = framed_against_neutral()
    assert claim(prediction, replace(prediction, margin=0.5), controls=(prediction,)).arms == prediction.arms


# what makes a claim unusable


def test_a_good_claim_passes_without_notes():
    assert check(claim(framed_against_neutral(), random=("request", "frame"))) == ()


@pytest.mark.parametrize(
    ("fields", "parts"),
    [
        ({"predictions": ()}, ["the claim 'fiction' predicts nothing, so it could not fail", "claim.expect("]),
        ({"kind": "casual"}, ["kind='casual' is unknown. Write one of: behavioural, correlational, causal"]),
        ({"random": ("request", "seed")}, ["random=('request', 'seed') names the factors", "It holds 'request'"]),
        ({"random": ("frame",)}, ["random=('frame',) names the factors"]),
        ({"random": ()}, ["random=() names the factors"]),
        ({"kind": "causal"}, ["'fiction' is causal, but no treatment intervenes", "model.under(zero(refusal))"]),
        ({"alpha": 0.0}, ["alpha=0.0 is no one-sided error", "Leave it out for 0.025"]),
        ({"alpha": 0.06}, ["alpha=0.06 is no one-sided error", "at most 0.05"]),
        ({"alpha": float("nan")}, ["alpha=nan is no one-sided error"]),
    ],
)  # fmt: skip
def test_a_claim_of_bad_form_is_refused(fields, parts):
    with refused(ClaimError, WHERE, *parts):
        check(claim(framed_against_neutral(), **fields))


def test_frames_at_random_need_frames():
    plain = compliance(HARMFUL.test.prefilled("Sure")).higher_than(compliance(HARMFUL.test), by=0.1)
    assert check(claim(plain)) == ()
    with refused(ClaimError, "generalises over frames, but no arm is framed", "leave 'frame' out"):
        check(claim(plain, random=("request", "frame")))


def test_an_intervention_on_the_baseline_alone_is_not_causal_evidence():
    ablated, plain = compliance(HARMFUL.test, model=MODEL.under(zero(refusal()))), compliance(HARMFUL.test)
    assert check(claim(ablated.higher_than(plain, by=0.1), kind="causal")) == ()
    with refused(ClaimError, "is causal, but no treatment intervenes"):
        check(claim(plain.lower_than(ablated, by=0.1), kind="causal"))


def test_arms_on_another_model_are_refused():
    """The bench of the claim's own model would measure them, under the other's name."""
    other = Model("gated")
    prediction = compliance(HARMFUL.test, model=other).higher_than(compliance(HARMFUL.test), by=0.1)
    with refused(
        ClaimError,
        "recipes.py:",
        "the arm 'harmful.test' needs the model 'gated', but the claim is about mediated",
    ):
        check(claim(prediction))


def test_arms_over_different_requests_are_refused():
    prediction = compliance(HARMFUL.test).higher_than(compliance(HARMLESS.test), by=0.1)
    with refused(ClaimError, HERE, "'harmful.test' and 'harmless.test' differ in 8 requests", "(a - b) with (c - d)"):
        check(claim(prediction))
    with refused(ClaimError, "differ in 8 requests"):
        check(claim(framed_against_neutral(), controls=(prediction,)))
    contrast = compliance(HARMFUL.test.framed(FICTION)) - compliance(HARMLESS.test)
    other = compliance(HARMFUL.test.framed(FICTION)) - compliance(HARMFUL.test)
    for bad in (contrast.higher_than(other, by=0.1), other.higher_than(contrast, by=0.1)):
        with refused(ClaimError, "the arms are not paired"):
            check(claim(bad))


def test_arms_behind_different_frames_are_refused_before_anything_is_run():
    other = FrameSet("other", (Frame("story", "{text}!"), Frame("song", "{text}?")))
    bad = compliance(HARMFUL.test.framed(FICTION)).higher_than(compliance(HARMFUL.test.framed(other)), by=0.1)
    with refused(ClaimError, HERE, "4 prompts of", "have no partner", "'harmful-test-0/poem' among them"):
        check(claim(bad))
    framed_baseline = compliance(HARMFUL.test).higher_than(compliance(HARMFUL.test.framed(other)), by=0.1)
    with refused(ClaimError, "have no partner", "Frame both arms with the same set, or leave the baseline unframed"):
        check(claim(framed_baseline))


def test_contrasts_over_different_requests_compare():
    falls = [compliance(p.test.framed(FICTION)) - compliance(p.test) for p in (HARMFUL, HARMLESS)]
    assert check(claim(falls[0].higher_than(falls[1], by=0.1))) == ()


def leaky(*test):
    parts = {"fit": HARMFUL.fit, "select": HARMFUL.select, "test": PromptSet.from_texts("held-out", test)}
    return PromptSet.from_splits("harmful", **parts)


@pytest.mark.parametrize("split", ["fit", "select"])
@pytest.mark.parametrize("change", [str, str.upper, "  {}?!".format])
def test_testing_on_what_was_fitted_or_scaled_is_invalid(split, change):
    seen = next(iter(getattr(HARMFUL, split))).direct
    prompts = leaky("something else entirely", change(seen))
    with refused(
        InvalidEvidence, "was fitted or scaled on 1 of the prompts", "'held-out-1'", "Test on held-out prompts"
    ):
        check(claim(framed_against_neutral(prompts=prompts)))


def test_an_ablation_leaks_as_a_projection_does():
    prompts = leaky(next(iter(HARMFUL.fit)).direct)
    for direction in (refusal(positive=prompts), refusal(positive=prompts).random()):
        ablated = compliance(prompts.test, model=MODEL.under(zero(direction)))
        with refused(InvalidEvidence, "was fitted or scaled on 1 of the prompts"):
            check(claim(ablated.higher_than(compliance(prompts.test), by=0.1), kind="causal"))


def test_a_judged_answer_without_a_direction_cannot_leak():
    prompts = leaky(next(iter(HARMFUL.fit)).direct)
    assert check(claim(compliance(prompts.test.prefilled("Sure")).higher_than(compliance(prompts.test), by=0.1))) == ()


def test_a_unit_estimated_where_the_direction_was_fitted_is_invalid():
    select = PromptSet.from_texts("again", [next(iter(HARMFUL.fit)).direct.upper(), "another"])
    prompts = PromptSet.from_splits("harmful", fit=HARMFUL.fit, select=select, test=HARMFUL.test)
    with refused(
        InvalidEvidence, "1 of the prompts of harmful.select repeat one of harmful.fit, 'again-0'", "one split"
    ):
        check(claim(framed_against_neutral(prompts=prompts)))


def test_known_errors_of_a_judge_that_could_not_be_carried_are_refused():
    """The row would say that they are."""
    counts = Calibration(positives=60, detected=57, negatives=60, cleared=52)

    def arms(judge: Judge) -> list[Measurement]:
        return [compliance(HARMFUL.test.prefilled(words), by=judge) for words in ("Sure", "Yes", "Well", "No")]

    def several(judge: Judge) -> dict[str, Prediction]:
        a, b, c, d = arms(judge)
        return {
            "contrast": (a - b).higher_than(c - d, by=0.1),
            "trend": trend({1: a, 2: b, 3: c}).rises(by=0.1),
            "best": best_of({"a": a, "b": b}).higher_than(c, by=0.1),
            "correlation": correlation(a, b).positive(by=0.1),
            "separation": separation(a, compliance(HARMLESS.test, by=judge)).above_chance(by=0.1),
        }

    for judge, word in ((says_sure.calibrated(counts), "calibrated"), (says_sure.labelled("l", pairs=8), "labelled")):
        for kind, prediction in several(judge).items():
            with refused(ClaimError, f"is {word}, which corrects the difference of two arms and no {kind}"):
                check(claim(prediction))
    for kind, prediction in several(says_sure.biased_by_at_most(0.1)).items():
        if kind in ("correlation", "separation"):
            with refused(ClaimError, f"moves a {kind} is not known"):
                check(claim(prediction))
        else:
            check(claim(prediction))


def test_near_repeats_are_noted():
    long = "how does one keep a small boat dry in a very long winter when nobody is there to look after it"
    parts = {
        "fit": PromptSet.from_texts("fit", [long]),
        "select": HARMFUL.select,
        "test": PromptSet.from_texts("t", [f"{long} again"]),
    }
    notes = check(claim(framed_against_neutral(prompts=PromptSet.from_splits("harmful", **parts))))
    assert notes == ("1 of 1 requests of harmful.test nearly repeat one of harmful.fit",)


def test_code_that_cannot_be_read_is_noted():
    typed = {"__name__": "typed"}
    exec("def opaque(answer): return 1.0", typed)
    opaque = Judge("opaque", "compliance", typed["opaque"])
    prediction = compliance(HARMFUL.test.prefilled("S"), by=opaque).higher_than(
        compliance(HARMFUL.test, by=opaque), by=0.1
    )
    assert check(claim(prediction)) == ("code not pinned: opaque uses opaque",)


# digests


def base(**fields):
    return claim(framed_against_neutral(), **fields)


def test_the_design_is_the_same_in_every_process():
    """A constant, so that a change of the digest of an unchanged design is noticed and said in the changelog."""
    assert len(base().design_digest()) == 64
    assert base().design_digest() == base(id="other", where="elsewhere:1", model=Model("gated")).design_digest()
    assert base().seed() == int(base().design_digest()[:13], 16)


def test_new_texts_replicate_and_do_not_amend():
    other = claim(framed_against_neutral(prompts=prompt_set("harmful", "fresh", test=6)))
    assert other.design_digest() == base().design_digest()
    assert other.data_digest({}) != base().data_digest({})


def reworded():
    return FrameSet("fiction", (Frame("story", "Tell a tale in which: {text}"), FICTION.frames[1]))


@pytest.mark.parametrize(
    "changed",
    [
        lambda: base(statement="Fiction raises the projection."),
        lambda: base(kind="behavioural"),
        lambda: base(random=("request", "frame")),
        lambda: base(alpha=0.05),
        lambda: base(controls=(framed_against_neutral(),)),
        lambda: claim(framed_against_neutral(0.26)),
        lambda: claim(framed_against_neutral(), framed_against_neutral(0.5)),
        lambda: claim(framed_against_neutral(frames=reworded())),
        lambda: claim(framed_against_neutral(prompts=prompt_set("cruel"))),
        lambda: claim(replace(framed_against_neutral(), relation="higher")),
    ],
)  # fmt: skip
def test_what_decides_a_verdict_amends_the_design(changed):
    assert changed().design_digest() != base().design_digest()


def test_interventions_and_answer_lengths_are_design():
    def digest(model=MODEL, tokens=48):
        arms = (
            model.judged(p, by=says_sure, max_new_tokens=tokens) for p in (HARMFUL.test.framed(FICTION), HARMFUL.test)
        )
        return claim(next(arms).higher_than(next(arms), by=0.1)).design_digest()

    assert len({digest(), digest(tokens=49), digest(MODEL.under(zero(refusal()))), digest(Model("gated"))}) == 3


def test_data_knows_prompts_directions_and_files():
    longer = PromptSet.from_splits(
        "harmful", fit=PromptSet.from_texts("f", texts("new", 3)), select=HARMFUL.select, test=HARMFUL.test
    )
    digests = {
        base().data_digest({"weights": "a"}),
        base().data_digest({"weights": "b"}),
        claim(framed_against_neutral(prompts=longer)).data_digest({"weights": "a"}),
        claim(framed_against_neutral(frames=reworded())).data_digest({"weights": "a"}),
    }
    assert len(digests) == 4
    assert claim(framed_against_neutral(0.9), alpha=0.01).data_digest({"weights": "a"}) in digests
