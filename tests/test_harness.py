import itertools

import pytest

from interp_core import Model
from interp_core.errors import ModelError, NotApplicable
from interp_core.harness import (
    Options,
    document,
    exit_code,
    ledger_line,
    parse_model,
    refuse_ambiguous_names,
    with_history,
)

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


# history


def finding(claim, verdict, model="mediated", known=None):
    return {"id": claim, "verdict": verdict, "model": {"name": model}, "known": known}


def line(claim, verdict, model="mediated"):
    return {"claim": claim, "verdict": verdict, "model": model}


@pytest.mark.parametrize(
    ("known", "history", "moved"),
    [
        (None, [], None),
        (None, [line("a", "SUPPORTED")], None),
        (None, [line("a", "REFUTED")], "REFUTED"),
        (None, [line("a", "REFUTED"), line("a", "SUPPORTED")], None),
        (None, [line("a", "SUPPORTED"), line("a", "REFUTED")], "REFUTED"),
        (None, [line("a", "REFUTED", model="gated"), line("b", "REFUTED")], None),
        ("supported", [line("a", "REFUTED")], None),
        ("refuted", [line("a", "SUPPORTED")], "REFUTED"),
    ],
)  # fmt: skip
def test_rows_say_what_they_moved_from(known, history, moved):
    found = with_history([finding("a", "SUPPORTED", known=known)], history)
    assert [entry["moved_from"] for entry in found] == [moved]


def test_history_leaves_the_rows_as_they_were():
    rows = [finding("a", "SUPPORTED")]
    with_history(rows, [line("a", "REFUTED")])
    assert rows == [finding("a", "SUPPORTED")]


def whole_row(claim, where, **cost):
    kept = ("reason", "effect", "low", "high", "margin", "unit", "n", "seed", "status", "digests", "predictions")
    cost = {"made": 1, "saved": 2, "reasons": {"new": 1}, "tokens": 3, "seconds": 0.5} | cost
    model = {"name": "mediated", "files": {"weights": "w"}}
    return {**dict.fromkeys(kept, 0), "id": claim, "where": where, "verdict": "SUPPORTED", "model": model, "cost": cost}


def test_the_ledger_keeps_the_finding_and_what_it_was_found_on():
    found = ledger_line(whole_row("a", "x.py:1"), "2026-01-01T00:00:00Z")
    assert {key: found[key] for key in ("claim", "model", "files", "when", "verdict")} == {
        "claim": "a", "model": "mediated", "files": {"weights": "w"}, "when": "2026-01-01T00:00:00Z",
        "verdict": "SUPPORTED",
    }  # fmt: skip
    assert "predictions" not in found
    assert "hash" not in found
    assert "previous" not in found


def test_a_document_sorts_rows_and_sums_passes(tmp_path):
    rows = [whole_row("b", "b.py:1"), whole_row("z", "a.py:9", reasons={"prompt changed": 1}), whole_row("c", "a.py:9")]
    skipped = [{"id": "y", "model": "m"}, {"id": "x", "model": "m"}]
    found = document(rows, skipped, {"keyword": "fiction"}, Options(tmp_path, tmp_path, device="cpu"))
    assert [entry["id"] for entry in found["rows"]] == ["c", "z", "b"]
    assert [entry["id"] for entry in found["not_evaluated"]] == ["x", "y"]
    assert found["passes"] == {
        "made": 3, "saved": 6, "reasons": {"new": 2, "prompt changed": 1}, "tokens": 9, "seconds": 1.5,
    }  # fmt: skip
    assert (found["schema"], found["selection"], found["environment"]["device"]) == (1, {"keyword": "fiction"}, "cpu")


def test_a_model_without_a_recording_tells_how_to_name_one():
    with pytest.raises(NotApplicable, match="run it with --model recorded:DIR"):
        _ = Model("mediated").recording_folder
