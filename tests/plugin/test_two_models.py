"""Whole sessions with --base: who is skipped and why, what the rows and the ledger call the pair, and its history."""

import json
from pathlib import Path

import jsonschema
import pytest

from interp_core import report
from interp_core.report.said import licensed

from .conftest import Recording, report_of

TEXT = '''
import pytest

@pytest.mark.claim(kind="behavioural"{marks})
def test_training_lowers_it(claim, model, base):
    """Training lowers the share.

    Baseline: the base.
    """
    claim.expect(model.recorded("poem").lower_than(base.recorded("poem"), by=0.3))

@pytest.mark.claim(kind="behavioural")
def test_poems_do_less_to_it(claim, model, base):
    """Poems lower the share more than before training.

    Baseline: what they do in the base.
    """
    own, before = (one.recorded("poem") - one.recorded("plain") for one in (model, base))
    claim.expect(own.lower_than(before, by=0.3))

@pytest.mark.claim(kind="behavioural")
def test_it_is_low(claim, model):
    """Poems lower the share.

    Baseline: none.
    """
    claim.expect(model.recorded("poem").lower_than(model.recorded("plain"), by=0.3))
'''
LOW = {"poem": [0] * 40, "plain": [1] * 40}
HIGH = {"poem": [1] * 40, "plain": [1] * 40}


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(test_two=TEXT.format(marks=""))
    return pytester


@pytest.fixture
def both(recording: Recording) -> tuple[str, str]:
    return f"--model=run=recorded:{recording('run', **LOW)}", f"--base=start=recorded:{recording('old', **HIGH)}"


def rows(pytester: pytest.Pytester) -> dict[str, dict[str, object]]:
    return {row["id"]: row for row in report_of(pytester)["rows"]}  # type: ignore[attr-defined]


def ledger(pytester: pytest.Pytester) -> list[dict[str, object]]:
    return [json.loads(line) for line in (pytester.path / "reports" / "ledger.jsonl").read_text().splitlines()]


def test_the_pair_is_judged_and_every_surface_names_both(
    suite: pytest.Pytester, both: tuple[str, str], workers: tuple[str, ...]
) -> None:
    result = suite.runpytest_inprocess(*workers, *both)
    assert result.ret == 0
    found = rows(suite)
    assert {id_: row["verdict"] for id_, row in found.items()} == dict.fromkeys(found, "SUPPORTED")
    pair, alone = found["training_lowers_it"], found["it_is_low"]
    assert pair["model"]["name"] == "run against start"  # type: ignore[index]
    assert pair["model"]["base"]["name"] == "start"  # type: ignore[index]
    assert pair["model"]["base"]["source"].endswith("old")  # type: ignore[index]
    assert set(pair["model"]["files"]) == {"recording", "base recording"}  # type: ignore[index,call-overload]
    assert (alone["model"]["name"], alone["model"]["base"]) == ("run", None)  # type: ignore[index]
    assert [arm["label"] for arm in pair["predictions"][0]["arms"]] == ["poem", "poem, in start"]  # type: ignore[index]
    assert pair["scope"]["fixed"] == ["model pair"]  # type: ignore[index]
    assert licensed(pair).startswith("In run against start, float32")
    assert "run against start" in (suite.path / "reports" / "report.html").read_text()
    assert report_of(suite)["not_evaluated"] == []
    assert {line["model"] for line in ledger(suite) if line["kind"] == "finding"} == {"run", "run against start"}
    result.stdout.fnmatch_lines(["*run against start*"])
    jsonschema.validate(report_of(suite), report.schema())


def test_effects_that_are_alike_in_both_are_refuted(suite: pytest.Pytester, recording: Recording) -> None:
    """The same effect in the base refutes the difference of effects, however large it is in the model."""
    arms = {"poem": [0, 0, 1] * 13 + [0], "plain": [1] * 40}
    old = recording("old", **arms, more=[1])
    both = (f"--model=run=recorded:{recording('run', **arms)}", f"--base=start=recorded:{old}")
    assert suite.runpytest_inprocess(*both).ret == 1
    verdicts = {id_: row["verdict"] for id_, row in rows(suite).items()}
    assert verdicts == {"training_lowers_it": "REFUTED", "poems_do_less_to_it": "REFUTED", "it_is_low": "SUPPORTED"}


def test_without_a_base_the_claims_are_skipped_with_what_to_write(
    suite: pytest.Pytester, both: tuple[str, str], workers: tuple[str, ...]
) -> None:
    result = suite.runpytest_inprocess(*workers, "-rs", both[0])
    assert result.ret == 0
    assert set(rows(suite)) == {"it_is_low"}
    skipped = report_of(suite)["not_evaluated"]
    assert {(entry["id"], entry["model"], entry["outcome"]) for entry in skipped} == {  # type: ignore[attr-defined]
        ("training_lowers_it", "run", "skipped"), ("poems_do_less_to_it", "run", "skipped"),
    }  # fmt: skip
    assert all("compares two models: name the other one, --base=SOURCE" in e["reason"] for e in skipped)  # type: ignore[attr-defined]
    result.assert_outcomes(passed=1, skipped=2)


def test_the_same_files_are_no_pair(suite: pytest.Pytester, recording: Recording) -> None:
    run = recording("run", **LOW)
    suite.runpytest_inprocess(f"--model=run=recorded:{run}", f"--base=twin=recorded:{run}")
    assert set(rows(suite)) == {"it_is_low"}
    reasons = {entry["reason"] for entry in report_of(suite)["not_evaluated"]}  # type: ignore[attr-defined]
    assert len(reasons) == 1
    assert "run and twin are the same files" in reasons.pop()


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("--base=another=recorded:old", "--base is given 2 times: start=recorded:*another=recorded:old*one model"),
        ("--model=start=recorded:other", "--base and --model both give the name 'start'*--base NAME=recorded:*"),
    ],
)
def test_a_base_is_one_and_has_a_name_of_its_own(
    suite: pytest.Pytester, both: tuple[str, str], more: str, told: str
) -> None:
    result = suite.runpytest_inprocess(*both, more)
    assert result.ret == 4
    result.stderr.fnmatch_lines([f"*{told}*"])


def test_a_base_that_names_no_model_is_refused(suite: pytest.Pytester, both: tuple[str, str]) -> None:
    result = suite.runpytest_inprocess(both[0], "--base=")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*--base '' names no model*"])


def test_the_history_of_a_pair_is_not_that_of_the_model(
    suite: pytest.Pytester, both: tuple[str, str], recording: Recording
) -> None:
    """Another base is another subject; the same one with other files is a new look at the same pair."""
    suite.runpytest_inprocess(*both)
    half = {"poem": [0, 1] * 20, "plain": [1] * 40}
    suite.runpytest_inprocess(both[0], f"--base=third=recorded:{recording('third', **half)}")
    row = rows(suite)["training_lowers_it"]
    assert (row["verdict"], row["moved_from"], row["looks"]) == ("INCONCLUSIVE", None, 1)
    recording("old", **half)
    assert suite.runpytest_inprocess(*both, "-k", "training").ret == 13
    row = rows(suite)["training_lowers_it"]
    assert (row["verdict"], row["moved_from"], row["moved_why"]) == ("INCONCLUSIVE", "SUPPORTED", ["base recording"])
    assert row["looks"] == 2


def test_a_refutation_on_record_goes_by_the_name_of_the_pair(suite: pytest.Pytester, recording: Recording) -> None:
    suite.makepyfile(test_two=TEXT.format(marks=', known={"run against start": "refuted"}'))
    run, old = recording("run", **HIGH), recording("old", **LOW)
    result = suite.runpytest_inprocess(f"--model=run=recorded:{run}", f"--base=start=recorded:{old}", "-k", "training")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*1 known refuted*"])


def test_a_pair_is_registered_and_then_confirmatory(
    suite: pytest.Pytester, both: tuple[str, str], recording: Recording
) -> None:
    assert suite.runpytest_inprocess(*both, "--claims-register").ret == 0
    locked = [json.loads(line) for line in (suite.path / "claims.lock").read_text().splitlines()[1:]]
    models = {row["claim"]: row["model"] for row in locked}
    assert models["training_lowers_it"]["name"] == "run against start"
    assert models["training_lowers_it"]["base"]["name"] == "start"
    assert models["it_is_low"]["base"] is None
    suite.runpytest_inprocess(*both)
    assert {row["status"] for row in rows(suite).values()} == {"confirmatory"}
    recording("old", **HIGH, more=[1])
    suite.runpytest_inprocess(*both)
    status = {id_: row["status"] for id_, row in rows(suite).items()}
    assert status == {
        "training_lowers_it": "replication", "poems_do_less_to_it": "replication", "it_is_low": "confirmatory",
    }  # fmt: skip
    suite.runpytest_inprocess(both[0], f"--base=third=recorded:{recording('third', **HIGH)}", "-k", "training")
    assert rows(suite)["training_lowers_it"]["status"] == "exploratory"  # that pair is not locked


def test_a_plan_of_two_models_evaluates_nothing(suite: pytest.Pytester, both: tuple[str, str]) -> None:
    result = suite.runpytest_inprocess(*both, "--claims-plan")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*training_lowers_it on run against start: *", "*3 planned*"])


def test_a_claim_that_asks_for_the_base_uses_it(pytester: pytest.Pytester, both: tuple[str, str]) -> None:
    pytester.makepyfile(TEXT.format(marks="").replace('base.recorded("poem")', 'model.recorded("plain")'))
    result = pytester.runpytest_inprocess(*both, "-k", "training")
    assert result.ret == 1
    reason = report_of(pytester)["not_evaluated"][0]["reason"]  # type: ignore[index]
    assert "asks for `base` and uses nothing of it" in reason


def test_looking_at_the_base_makes_a_claim_exploratory(pytester: pytest.Pytester, both: tuple[str, str]) -> None:
    text = TEXT.format(marks="").replace(
        "    claim.expect(own", '    base.recorded("poem").values()\n    claim.expect(own'
    )
    pytester.makepyfile(text)
    pytester.runpytest_inprocess(*both, "-k", "poems")
    assert "looked at before it was predicted" in rows(pytester)["poems_do_less_to_it"]["status_why"]


CARRIED = '''
import pytest
from interp_core import *

def requests(verb):
    texts = {s: [f"Explain how to {verb} the {s} shed {i}." for i in range(6)] for s in ("fit", "select", "test")}
    return PromptSet.from_splits(verb, **{s: PromptSet.from_texts(verb + s, told) for s, told in texts.items()})

A, B = requests("steal"), requests("paint")
D = difference_in_means(A, B, at=Site(depth=0.67), name="d")

@pytest.mark.claim(kind="causal")
def test_carried(claim, model, base):
    """The direction of the base does something.

    Baseline: random directions.
    """
    on = D.fitted_in(base)
    moved, sham = (model.under(add(way)).projection(A.test, on=on, raw=True) for way in (on, on.random(draws=3)))
    claim.expect(moved.higher_than(sham, by=0.1))
'''


@pytest.mark.parametrize(("base", "verdict"), [("mediated-twin", True), ("mediated-wide", False)])
def test_a_direction_of_another_width_skips_the_claim(pytester: pytest.Pytester, base: str, verdict: bool) -> None:
    organisms = Path(__file__).parents[2] / "fixtures" / "organisms" / "trained"
    pytester.makepyfile(CARRIED)
    pytester.runpytest_inprocess(f"--model={organisms / 'mediated'}", f"--base={organisms / base}")
    document = report_of(pytester)
    if verdict:
        (row,) = document["rows"]  # type: ignore[misc]
        assert row["low"] <= row["effect"] <= row["high"]
        assert any("fitted in mediated-twin" in fact for fact in row["predictions"][0]["facts"])
        return
    assert document["rows"] == []
    assert "has 256 dimensions" in document["not_evaluated"][0]["reason"]  # type: ignore[index]
