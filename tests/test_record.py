"""What a run leaves behind: rows set against the record, and the document."""

import copy
import subprocess
from collections import Counter

import jsonschema
import pytest

from interp_core import record, report
from interp_core.ledger import Lock
from interp_core.store import Passes
from tests.report.sample import document as sample


def row(claim="a", verdict="SUPPORTED", model="mediated", where="x.py:1", known=None, **changes):
    """A finding as it comes from a claim's evaluation, before it is set against the record."""
    shown = sample(1)["rows"][0]
    late = ("status", "looks", "moved_from", "moved_why", "deviations", "holm", "benjamini_hochberg")
    plain = {name: value for name, value in shown.items() if name not in late}
    about = {"id": claim, "verdict": verdict, "where": where, "known": known, "peeked": False}
    about["model"] = {**shown["model"], "name": model}
    about["cost"] = Passes(saved=2559, made=1).tree()
    about["fields"] = {"design": {"margin": 0.25}, "data": {"arms": {}, "model": {}}}
    return copy.deepcopy({**plain, **about, **changes})


def line(claim="a", verdict="SUPPORTED", model="mediated", **changes):
    return {**record.finding_line(concluded(row(claim, verdict, model)), "2026-01-01T00:00:00Z"), **changes}


def concluded(one, *history, lock=Lock()):  # noqa: B008
    (found,) = record.concluded([one], record.Past(history, lock))
    return found


@pytest.mark.parametrize(
    ("known", "history", "moved"),
    [
        (None, [], None),
        (None, [("a", "SUPPORTED")], None),
        (None, [("a", "REFUTED")], "REFUTED"),
        (None, [("a", "REFUTED"), ("a", "SUPPORTED")], None),
        (None, [("a", "SUPPORTED"), ("a", "REFUTED")], "REFUTED"),
        (None, [("a", "REFUTED", "gated"), ("b", "REFUTED")], None),
        ("supported", [("a", "REFUTED")], None),
        ("refuted", [("a", "SUPPORTED")], "REFUTED"),
    ],
)
def test_rows_say_what_they_moved_from(known, history, moved):
    assert concluded(row(known=known), *(line(*one) for one in history))["moved_from"] == moved


def test_another_dtype_has_a_history_of_its_own():
    assert concluded(row(), line(verdict="REFUTED", dtype="bfloat16"))["moved_from"] is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, []),
        ({"digests": {"design": "0" * 64, "data": None}}, ["prompts", "the claim itself"]),
        ({"files": {"weights": "other"}}, ["config", "template", "tokenizer", "weights"]),
    ],
)
def test_a_moved_verdict_says_what_changed(changes, why):
    assert sorted(concluded(row(), {**line(verdict="REFUTED"), **changes})["moved_why"]) == why


def test_prompts_that_changed_are_named_where_the_run_met_them_anew():
    before = line(verdict="REFUTED", digests={**row()["digests"], "data": "0" * 64})
    cost = Passes(changed=Counter(r2=1, r1=1)).tree()
    assert concluded(row(cost=cost), before)["moved_why"] == ["prompts (among them r1, r2)"]


def test_concluding_leaves_the_rows_as_they_were():
    one = row()
    before = copy.deepcopy(one)
    concluded(one, line(verdict="REFUTED"))
    assert one == before


def test_the_ledger_keeps_the_finding_and_what_it_was_found_on():
    found = line()
    assert (found["kind"], found["claim"], found["model"], found["verdict"]) == (
        "finding",
        "a",
        "mediated",
        "SUPPORTED",
    )
    assert found["files"] == row()["model"]["files"]
    assert not {"predictions", "hash", "previous"} & set(found)


def test_a_document_sorts_rows_sums_passes_and_follows_the_schema(tmp_path):
    rows = [row("b", where="b.py:1"), row("z", where="a.py:9"), row("c", where="a.py:9")]
    skipped = [{"id": name, "model": "m", "outcome": "skipped", "reason": "none"} for name in "yx"]
    past = record.Past((), Lock())
    run = record.Run({"keyword": "fiction", "marker": "", "deselected": 0}, skipped, "cpu", tmp_path / "claims.lock")
    found = record.document(record.concluded(rows, past), past, run)
    assert [entry["id"] for entry in found["rows"]] == ["c", "z", "b"]
    assert [entry["id"] for entry in found["not_evaluated"]] == ["x", "y"]
    assert (found["passes"]["made"], found["passes"]["saved"]) == (3, 3 * 2559)
    assert found["environment"]["device"].startswith("cpu: ")
    jsonschema.validate(found, report.schema())


@pytest.mark.parametrize("changed", [{}, {"claim": "b"}, {"model": {"name": "other"}}, {"design": "0" * 64}])
def test_data_that_were_evaluated_are_seen_under_any_name_of_claim_and_model(changed):
    """A claim registered anew under another name, or with another margin, was not predicted before its data."""
    seen = record.Past([line(hash="f" * 64)], Lock())
    registered = {"claim": "a", "model": {"name": "mediated"}, "data": row()["digests"]["data"], **changed}
    assert record.to_register([registered], seen)[0]["data_seen"]
    assert not record.to_register([{**registered, "data": "1" * 64}], seen)[0]["data_seen"]


def test_secondary_rows_are_adjusted_within_their_family_and_headlines_are_not():
    said = row()["registration"]
    rows = [
        row("a", p=0.01), row("b", p=0.03), row("c", p=0.02, registration={**said, "headline": True}),
        row("d", p=0.02, registration={**said, "family": "other"}),
    ]  # fmt: skip
    found = {one["id"]: one["holm"] for one in record.concluded(rows, record.Past((), Lock()))}
    assert found == {"a": pytest.approx(0.02), "b": pytest.approx(0.03), "c": None, "d": pytest.approx(0.02)}


def test_one_claim_over_models_says_in_how_many_it_holds(tmp_path):
    rows = [row(model="mediated"), row(model="inert", verdict="REFUTED"), row("b")]
    past = record.Past((), Lock())
    run = record.Run({"keyword": "", "marker": "", "deselected": 0}, [], "cpu", tmp_path / "claims.lock")
    (over,) = record.document(record.concluded(rows, past), past, run)["over_models"]
    assert (over["models"], over["holds"], over["scope"]) == (["mediated", "inert"], 1, "these 2 models only")
    assert over["low"] <= over["effect"] <= over["high"]


def test_the_anchor_says_no_more_than_version_control_does(tmp_path):
    path = tmp_path / "claims.lock"
    path.write_text("x")

    def git(*arguments):
        about = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
        subprocess.run(["git", "-C", str(tmp_path), *about, *arguments], check=True, capture_output=True)

    assert record.anchor(path) == "none"
    git("init", "-q")
    assert record.anchor(path) == "none"
    git("add", "claims.lock")
    git("commit", "-qm", "lock")
    assert record.anchor(path).startswith("local commit ")
    git("update-ref", "refs/remotes/origin/main", "HEAD")
    assert record.anchor(path).startswith("pushed commit ")
    path.write_text("changed")
    assert record.anchor(path) == "none"
