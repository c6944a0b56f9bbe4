import itertools
from pathlib import Path

import pytest

from interp_core import Model
from interp_core.errors import ModelError, NotApplicable
from interp_core.harness import exit_code, parse_model, refuse_ambiguous_names, unknown_models

TRAINED = Path(__file__).parents[1] / "fixtures" / "organisms" / "trained"
VERDICTS = ("SUPPORTED", "REFUTED", "INCONCLUSIVE", "INVALID")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lr=0.1" / "step@900").mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "source", "name", "revision"),
    [
        ("mediated", "mediated", "mediated", None),
        ("small=mediated", "mediated", "small", None),
        ("org/model", "org/model", "model", None),
        ("org/model@v1.0", "org/model", "model", "v1.0"),
        ("big=org/model@v1.0", "org/model", "big", "v1.0"),
        ("recorded:runs/gemma", "recorded:runs/gemma", "gemma", None),
        ("g=recorded:runs/gemma", "recorded:runs/gemma", "g", None),
        ("recorded:runs/lr=0.1/step@900", "recorded:runs/lr=0.1/step@900", "step@900", None),
        ("g=recorded:runs/lr=0.1/step@900", "recorded:runs/lr=0.1/step@900", "g", None),
        ("recorded:lr=0.1", "recorded:lr=0.1", "lr=0.1", None),
        ("lr=0.1/step@900", "lr=0.1/step@900", "step@900", None),
        ("mine=lr=0.1/step@900", "lr=0.1/step@900", "mine", None),
        ("./runs/lr=0.1", "./runs/lr=0.1", "lr=0.1", None),
        ("/abs/lr=0.1", "/abs/lr=0.1", "lr=0.1", None),
    ],
)  # fmt: skip
def test_models_are_parsed(folder, text, source, name, revision):
    model = parse_model(text, dtype="bfloat16")
    assert (model.source, model.name, model.revision, model.dtype) == (source, name, revision, "bfloat16")
    assert model.is_recorded == ("recorded:" in text)


@pytest.mark.parametrize("text", ["", "name=", "recorded:", "name=recorded:"])
def test_a_model_that_is_none_is_refused(text):
    with pytest.raises(ModelError, match=rf"--model '{text}' names no model. Write an organism's name, a folder"):
        parse_model(text, dtype="float32")


CLAIMS = ["test_fiction_raises_compliance", "test_ablating_refusal"]


@pytest.mark.parametrize("name", ["fiction-tuned", "FICTION", "norefusal", "my-compliance-7b"])
def test_a_name_that_dash_k_would_confuse_is_refused(name):
    with pytest.raises(
        ModelError, match=rf"the model's name '{name}' holds .*Give it another name: --model NAME=org/x"
    ):
        refuse_ambiguous_names([Model("org/ok"), Model("org/x", name)], CLAIMS)


@pytest.mark.parametrize("name", ["mediated", "gemma-2b-it", "test", "by"])
def test_other_names_pass(name):
    refuse_ambiguous_names([Model(name)], [*CLAIMS, "test_by_test"])


# exit codes


def row(verdict, moved_from=None):
    return {"verdict": verdict, "moved_from": moved_from}


def expected(verdicts, status, strict, skipped, moved):
    """DESIGN section 5 in its own words; a weaker verdict stands in `moved`."""
    if status in (2, 3, 4, 5):
        return status  # never hidden
    if not verdicts and not skipped:
        return status  # not a run of claims
    weaker = moved and any(
        VERDICTS.index(moved) < {"SUPPORTED": 0, "INCONCLUSIVE": 1, "REFUTED": 2, "INVALID": 3}[v] for v in verdicts
    )
    rules = [
        (11, "INVALID" in verdicts),
        (1, status == 1),
        (13, weaker),
        (14, not {"SUPPORTED", "REFUTED"} & set(verdicts)),
        (10, strict and "INCONCLUSIVE" in verdicts),
    ]
    return next((code for code, applies in rules if applies), 0)


@pytest.mark.parametrize("status", range(6))
@pytest.mark.parametrize("moved", [None, "SUPPORTED"])
def test_exit_codes_are_those_of_the_design(status, moved):
    runs = [v for size in range(4) for v in itertools.combinations_with_replacement(VERDICTS, size)]
    for verdicts, strict, skipped in itertools.product(runs, (False, True), (0, 2)):
        rows = [row(v, moved if v != moved else None) for v in verdicts]
        found = exit_code(rows, status, strict=strict, skipped=skipped)
        assert found == expected(verdicts, status, strict, skipped, moved), (verdicts, strict, skipped)


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("SUPPORTED", "INCONCLUSIVE", 13), ("SUPPORTED", "REFUTED", 13), ("INCONCLUSIVE", "REFUTED", 13),
        ("INCONCLUSIVE", "SUPPORTED", 0), ("REFUTED", "SUPPORTED", 0), ("INVALID", "SUPPORTED", 0),
    ],
)  # fmt: skip
def test_only_a_weaker_verdict_is_told_by_the_exit_code(before, after, code):
    assert exit_code([row("SUPPORTED"), row(after, before)], 0, strict=False, skipped=0) == code


def test_a_model_without_a_recording_tells_how_to_name_one():
    with pytest.raises(NotApplicable, match="run it with --model recorded:DIR"):
        _ = Model("mediated").recording_folder


@pytest.mark.parametrize("name", ["mediated", "Qwen3-14B", "tiny", "tiny against mediated", "tuned against base"])
def test_a_refutation_known_of_a_model_on_record_or_at_hand_is_taken_as_written(tmp_path, name):
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "config.json").write_text("{}")
    assert unknown_models([name], {"Qwen3-14B", "tuned against base"}, [tmp_path, TRAINED]) == []


def test_a_refutation_known_of_no_model_says_which_may_be_meant():
    assert unknown_models(["qwen", "mediatd"], set(), [TRAINED]) == [
        "known={'qwen': 'refuted'} names a model that no run here has had. Write the name that the report gives the "
        "model.",
        "known={'mediatd': 'refuted'} names a model that no run here has had. Write known={'mediated': 'refuted'}.",
    ]
