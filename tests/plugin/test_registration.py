"""The story of a registration: registered, run, peeked, amended, rerun, tampered with; nothing goes unlabelled."""

import json
import re
from pathlib import Path

import pytest

from interp_core.cli import main

from .conftest import Recording, report_of

CLEAN = {"ablated": [1] * 40, "untouched": [0] * 40, "poem": [1] * 40}
REGISTER = "--claims-register"


def claims_main(pytester: pytest.Pytester, *arguments: str) -> int:
    places = ["--reports", str(pytester.path / "reports"), "--lock", str(lock_of(pytester))]
    return main([*arguments, *places])


def lock_of(pytester: pytest.Pytester) -> Path:
    return pytester.path / "claims.lock"


def statuses(pytester: pytest.Pytester) -> dict[str, str]:
    return {row["id"]: row["status"] for row in report_of(pytester)["rows"]}


def why(pytester: pytest.Pytester, claim: str = "ablation_raises_compliance") -> str:
    (found,) = [row["status_why"] for row in report_of(pytester)["rows"] if row["id"] == claim]
    return str(found)


def edit(pytester: pytest.Pytester, old: str, new: str) -> None:
    source = pytester.path / "test_claims.py"
    assert old in source.read_text()
    source.write_text(source.read_text().replace(old, new))


def test_the_story(suite: pytest.Pytester, recording: Recording, capsys: pytest.CaptureFixture[str]) -> None:
    run = f"--model=recorded:{recording(**CLEAN)}"

    # registered before anything was run: nothing is evaluated, and the lock tells what was said
    done = suite.runpytest_inprocess(REGISTER, run)
    assert done.ret == 0
    done.stdout.fnmatch_lines(["*2 registered*"])
    assert "warning: no reason for the margin" in done.stdout.str()
    assert not (suite.path / "reports" / "report.json").exists()
    lines = lock_of(suite).read_text().splitlines()
    assert [json.loads(line)["claim"] for line in lines[1:]] == ["ablation_raises_compliance", "poems_lower_compliance"]

    # run as registered
    suite.runpytest_inprocess(run)
    assert set(statuses(suite).values()) == {"confirmatory"}
    assert claims_main(suite, "verify") == 0

    # run again: identical inputs are no second look
    suite.runpytest_inprocess(run)
    assert {row["looks"] for row in report_of(suite)["rows"]} == {1}

    # a threshold edited after the result, without a word
    edit(suite, "by=0.3))", "by=0.2))")
    suite.runpytest_inprocess(run)
    assert set(statuses(suite).values()) == {"exploratory"}
    assert "predictions.0.margin (0.3, now 0.2)" in why(suite)

    # registered anew without a reason: refused, and the lock is as it was
    before = lock_of(suite).read_bytes()
    done = suite.runpytest_inprocess(REGISTER, run)
    assert done.ret == 12
    assert "is amended, never overwritten" in done.stdout.str()
    assert lock_of(suite).read_bytes() == before

    # amended with a reason: labelled for good, the old row kept
    suite.runpytest_inprocess(REGISTER, "--claims-reason", "the pilot was misread", run)
    suite.runpytest_inprocess(run)
    assert set(statuses(suite).values()) == {"amended"}
    assert why(suite).startswith("after the data had been seen, because the pilot was misread")
    row = json.loads(lock_of(suite).read_text().splitlines()[1])
    assert row["amended"][0]["was"]["design_fields"]["predictions"][0]["margin"] == 0.3
    assert claims_main(suite, "verify") == 0

    # new data under the same design: a second look
    recording(**{**CLEAN, "poem": [1] * 39 + [0]})
    suite.runpytest_inprocess(run)
    assert {row["looks"] for row in report_of(suite)["rows"]} == {2}

    # a deviation, logged beside the registration
    told = ("--cause", "unforeseen event", "--what", "one prompt was lost", "--severity", "none", "--validity", "none")
    assert claims_main(suite, "deviate", "poems_lower_compliance", *told) == 0
    suite.runpytest_inprocess(run)
    (poems,) = [row for row in report_of(suite)["rows"] if row["id"] == "poems_lower_compliance"]
    assert poems["deviations"][0]["what"] == "one prompt was lost"
    assert "one prompt was lost" in (suite.path / "reports" / "report.html").read_text()
    assert claims_main(suite, "verify") == 0

    # the end of the ledger cut off after the report was written
    book = suite.path / "reports" / "ledger.jsonl"
    whole = book.read_bytes()
    book.write_bytes(b"".join(whole.splitlines(keepends=True)[:-1]))
    capsys.readouterr()
    assert claims_main(suite, "verify") == 1
    assert "report.json remember lines that the ledger no longer has" in capsys.readouterr().out
    book.write_bytes(whole)

    # the lock edited by hand: the run says so, and records nothing behind it
    lock_of(suite).write_text(lock_of(suite).read_text().replace('"alpha":0.025', '"alpha":0.05', 1))
    done = suite.runpytest_inprocess(run)
    assert done.ret == 12
    assert "was changed by hand" in done.stdout.str()
    assert book.read_bytes() == whole
    assert claims_main(suite, "verify") == 1


def test_a_claim_registered_after_its_finding_is_post_hoc(suite: pytest.Pytester, recording: Recording) -> None:
    run = f"--model=recorded:{recording(**CLEAN)}"
    suite.runpytest_inprocess(run)
    suite.runpytest_inprocess(REGISTER, run)
    suite.runpytest_inprocess(run)
    assert set(statuses(suite).values()) == {"post hoc"}


def test_a_claim_under_another_name_keeps_its_history_by_its_id_and_is_no_prediction_without(
    suite: pytest.Pytester, recording: Recording
) -> None:
    run = f"--model=recorded:{recording(**CLEAN)}"
    suite.runpytest_inprocess(REGISTER, run)
    suite.runpytest_inprocess(run)
    edit(suite, "def test_ablation_raises_compliance", "def test_ablation_works")
    edit(suite, "def test_poems_lower_compliance", "def test_poems_work")
    edit(suite, 'claim(kind="behavioural"', 'claim(id="poems_lower_compliance", kind="behavioural"')
    edit(suite, '"""Ablation raises compliance.', '"""Ablation works.')
    edit(suite, "by=0.3))\n\n@", "by=0.1))\n\n@")
    suite.runpytest_inprocess(REGISTER, run)
    suite.runpytest_inprocess(run)
    assert statuses(suite) == {"ablation_works": "post hoc", "poems_lower_compliance": "confirmatory"}


def test_a_forecast_that_was_changed_with_the_result_in_sight_is_told_and_not_scored(
    suite: pytest.Pytester, recording: Recording
) -> None:
    edit(suite, 'claim(kind="causal"', 'claim(expected=0.2, kind="causal"')
    run = f"--model=recorded:{recording(**CLEAN)}"
    suite.runpytest_inprocess(REGISTER, run)
    edit(suite, "expected=0.2", "expected=0.99")
    suite.runpytest_inprocess(run)
    assert "registered: expected (0.2, now 0.99)" in why(suite)
    assert report_of(suite)["calibration"] == {"forecasts": 1, "n": 0, "brier": None, "bins": []}
    edit(suite, "expected=0.99", "expected=0.2")
    suite.runpytest_inprocess(run)
    assert statuses(suite)["ablation_raises_compliance"] == "confirmatory"
    assert report_of(suite)["calibration"]["n"] == 0  # the first decided verdict was not the registered forecast's


def test_looking_before_predicting_makes_a_registered_claim_exploratory(
    suite: pytest.Pytester, recording: Recording
) -> None:
    run = f"--model=recorded:{recording(**CLEAN)}"
    suite.runpytest_inprocess(REGISTER, run)
    edit(
        suite,
        '    claim.expect(model.recorded("ablated")',
        '    model.recorded("ablated").values()\n    claim.expect(model.recorded("ablated")',
    )
    suite.runpytest_inprocess(run)
    assert statuses(suite) == {"ablation_raises_compliance": "exploratory", "poems_lower_compliance": "confirmatory"}
    assert why(suite) == "its values were looked at before it was predicted"


def test_claim_look_shows_an_effect_and_makes_the_claim_exploratory(
    suite: pytest.Pytester, recording: Recording
) -> None:
    run = f"--model=recorded:{recording(**CLEAN)}"
    suite.runpytest_inprocess(REGISTER, run)
    looked = '    claim.look(model.recorded("ablated"), model.recorded("untouched"))\n'
    edit(suite, '    claim.expect(model.recorded("ablated")', looked + '    claim.expect(model.recorded("ablated")')
    done = suite.runpytest_inprocess(run, "-s")
    done.stdout.fnmatch_lines(["*of ablated, less untouched: 1 *exploration: no margin, no verdict*"])
    assert statuses(suite)["ablation_raises_compliance"] == "exploratory"


def test_what_is_registered_and_not_run_is_named(suite: pytest.Pytester, recording: Recording) -> None:
    run = f"--model=recorded:{recording(**CLEAN)}"
    suite.runpytest_inprocess(REGISTER, run)
    suite.runpytest_inprocess(run, "-k", "poems")
    (missing,) = report_of(suite)["not_run"]
    assert (missing["id"], missing["why"]) == ("ablation_raises_compliance", "not selected")


def test_headlines_share_alpha_and_keep_their_share_whatever_runs_beside_them(
    suite: pytest.Pytester, recording: Recording
) -> None:
    edit(suite, 'claim(kind="causal"', 'claim(headline=True, kind="causal"')
    edit(suite, 'claim(kind="behavioural"', 'claim(headline=True, kind="behavioural"')
    run = f"--model=recorded:{recording(**CLEAN)}"
    suite.runpytest_inprocess(run, "-k", "poems")
    assert report_of(suite)["rows"][0]["alpha"] == pytest.approx(0.025 / 3)  # not locked: as if there were three
    suite.runpytest_inprocess(REGISTER, run)
    suite.runpytest_inprocess(run, "-k", "poems")
    row = report_of(suite)["rows"][0]
    assert (row["alpha"], row["holm"]) == (pytest.approx(0.0125), None)


def test_looks_share_alpha_too(suite: pytest.Pytester, recording: Recording) -> None:
    edit(suite, 'claim(kind="causal"', 'claim(looks=5, kind="causal"')
    suite.runpytest_inprocess(f"--model=recorded:{recording(**CLEAN)}", "-k", "ablation")
    assert report_of(suite)["rows"][0]["alpha"] == pytest.approx(0.005)


def test_a_module_says_for_all_its_claims_what_they_share(suite: pytest.Pytester, recording: Recording) -> None:
    edit(suite, "import pytest\n", 'import pytest\npytestmark = pytest.mark.claim(seen="a pilot", family="poems")\n')
    edit(suite, 'claim(kind="causal"', 'claim(family="own", kind="causal"')
    suite.runpytest_inprocess(f"--model=recorded:{recording(**CLEAN)}")
    said = {row["id"]: row["registration"] for row in report_of(suite)["rows"]}
    assert {id_: (one["seen"], one["family"]) for id_, one in said.items()} == {
        "ablation_raises_compliance": ("a pilot", "own"), "poems_lower_compliance": ("a pilot", "poems"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("keyword", "told"),
    [
        ("headline=1", "headline=1): write headline=True"),
        ("expected=80", "expected=80): write your forecast as a probability: expected=0.8"),
        ("alternatives='length'", "write a list: alternatives=["),
        ("rests_on='x'", "write a list of claim ids"),
        ("planning_effect=-1", "write the effect that n was chosen for"),
        ("looks=0", "write a count: looks=1"),
        ("margin_reason=''", "write a sentence: margin_reason="),
        ("alpha=0.2", "alpha=0.2 is no one-sided error of a verdict"),
        ("random='request'", "random='request': write the factors in a tuple"),
        ("headlin=True", "@pytest.mark.claim got headlin"),
    ],
)
def test_a_keyword_of_the_wrong_kind_says_what_to_write(
    suite: pytest.Pytester, recording: Recording, keyword: str, told: str
) -> None:
    edit(suite, 'claim(kind="causal"', f'claim({keyword}, kind="causal"')
    done = suite.runpytest_inprocess(f"--model=recorded:{recording(**CLEAN)}", "-k", "ablation")
    assert done.ret == 1
    assert told in re.sub(r"\s+", " ", done.stdout.str())


def test_registration_works_over_workers(
    suite: pytest.Pytester, recording: Recording, workers: tuple[str, ...]
) -> None:
    run = f"--model=recorded:{recording(**CLEAN)}"
    assert suite.runpytest_inprocess(*workers, REGISTER, run).ret == 0
    assert suite.runpytest_inprocess(*workers, run).ret == 1  # the poems are refuted
    assert set(statuses(suite).values()) == {"confirmatory"}
