"""The sentences that every renderer shares."""

import inspect

import pytest

from interp_core import report
from interp_core.report import document as doc
from tests.report.sample import RECORDED, document, model


def test_public_names_are_the_exported_ones():
    exported = {name for name, value in vars(report).items() if name[0] != "_" and not inspect.ismodule(value)}
    assert set(report.__all__) == exported


def test_summary_of_the_sample():
    assert report.summary_sentence(document()) == (
        "10 claims on 2 models: 4 supported, 2 refuted, 3 inconclusive, 1 invalid. 2 claims were not evaluated. "
        "PARTIAL: 5 claims were deselected."
    )


def test_summary_of_a_whole_run():
    whole = document(1, not_evaluated=[], selection={"keyword": "", "marker": "", "deselected": 0})
    assert report.summary_sentence(whole) == "1 claim on 1 model: 1 supported, 0 refuted, 0 inconclusive, 0 invalid."


def test_one_claim_on_two_models_is_one_claim():
    two = document(1)
    two["rows"].append({**two["rows"][0], "model": RECORDED})
    assert doc.extent(two) == "1 claim on 2 models (2 rows)"


def test_a_model_in_two_dtypes_is_two_models():
    two = document(1)
    two["rows"].append({**two["rows"][0], "model": model(dtype="bfloat16")})
    assert doc.extent(two) == "1 claim on 2 models (2 rows)"


def test_an_empty_run():
    nothing = document(0, not_evaluated=[], selection={"keyword": "x", "marker": "", "deselected": 1})
    assert report.summary_sentence(nothing) == (
        "0 claims on 0 models: 0 supported, 0 refuted, 0 inconclusive, 0 invalid. PARTIAL: 1 claim was deselected."
    )
    assert report.counts(nothing) == dict.fromkeys(report.VERDICTS, 0)


def test_passes_name_their_reasons():
    passes = {"made": 1, "saved": 2047, "reasons": {"prompt changed": 1}, "tokens": 1234, "seconds": 0.44}
    assert report.passes_line(passes) == "1 made (prompt changed: 1), 2,047 saved; 1,234 tokens, 0.4 s"


def test_a_warm_run_says_no_more_than_that():
    passes = {"made": 0, "saved": 2048, "reasons": {}, "tokens": 0, "seconds": 0.0}
    assert report.passes_line(passes) == "0 made, 2,048 saved"


def test_passes_say_how_many_a_pair_took_and_what_for():
    passes = {"made": 12, "saved": 0, "reasons": {"new": 12}, "tokens": 90, "seconds": 0.1}
    passes |= {"pairs": 8, "repeats": {"the answer": 3, "the logit lens": 1}, "spared": 1234}
    assert report.passes_line(passes) == (
        "12 made (new: 12), 0 saved; 90 tokens, 0.1 s; 1.50 passes a pair of prompt and intervention (repeated for "
        "what no earlier pass had kept, the answer: 3, the logit lens: 1); at most 1,234 tokens not generated, since "
        "the judge had settled"
    )


@pytest.mark.parametrize(
    ("verdict", "known", "moved_from", "remarks"),
    [
        ("SUPPORTED", None, None, []),
        ("REFUTED", "refuted", None, ["on record as refuted: no change"]),
        ("SUPPORTED", "refuted", None, ["on record as refuted: this verdict differs"]),
        ("REFUTED", None, "SUPPORTED", ["moved: was SUPPORTED, is REFUTED (changed: template, prompts)"]),
    ],
)
def test_remarks(verdict, known, moved_from, remarks):
    changed = {"moved_from": moved_from, "moved_why": ["template", "prompts"]}
    assert doc.remarks({"verdict": verdict, "known": known, **changed}) == remarks


def test_moved_verdicts_name_claim_and_model():
    moved = "screenplays_beat_stories on mediated was SUPPORTED, is REFUTED (changed: prompts)"
    assert doc.moved(document(4)) == [moved]


def test_scope_in_words():
    scope = {"random": ["request", "frame"], "fixed": ["model"], "notes": ["Few frames."]}
    assert doc.scope_lines({"scope": scope}) == [
        "Generalises over requests and frames, beyond those tested.",
        "Fixed: model. It says nothing about others.",
        "Few frames.",
    ]  # fmt: skip


def test_sample_size_in_words():
    first, second, *_ = document()["rows"]
    assert doc.sample_size(first["predictions"][0]) == (
        "1,280 (128 requests × 10 frames), design effect 17.5, effective n 73"
    )
    assert doc.sample_size(second["predictions"][0]) == "128 (128 requests)"


def test_models_in_a_line():
    assert doc.model_line(model()) == "mediated, float32"
    assert doc.model_line(RECORDED) == "qwen-1_8b-chat at 9f2c1d4e7a, bfloat16, recorded elsewhere"


@pytest.mark.parametrize(("dirty", "end"), [(True, " with uncommitted changes"), (False, ""), (None, "")])
def test_the_environment_names_its_commit(dirty, end):
    place = {"python": "3.11.9", "packages": {"torch": "2.13.0"}, "device": "cpu", "commit": "a" * 40, "dirty": dirty}
    assert doc.environment_line(place) == f"Python 3.11.9, torch 2.13.0, cpu, commit aaaaaaaaaa{end}"


def test_the_environment_outside_a_repository():
    place = {"python": "3.11.9", "packages": {}, "device": "cpu", "commit": None, "dirty": None}
    assert doc.environment_line(place) == "Python 3.11.9, cpu, no commit"


def test_selection_repeats_the_options():
    assert (
        doc.selection({"selection": {"keyword": "a or b", "marker": "slow", "deselected": 1}})
        == "-k 'a or b' -m 'slow'"
    )
