"""Whole pytest sessions over recorded runs: verdicts, categories, exit codes, reports and the ledger."""

import json
import subprocess
import sys
from xml.etree import ElementTree

import jsonschema
import pytest

from interp_core import report

from .conftest import Recording, report_of

CLEAN = {"ablated": [1] * 40, "untouched": [0] * 40, "poem": [1] * 40}


def verdicts(pytester: pytest.Pytester) -> dict[str, str]:
    return {row["id"]: row["verdict"] for row in report_of(pytester)["rows"]}


def test_a_clean_sweep_is_supported_and_no_effect_is_refuted(
    suite: pytest.Pytester, recording: Recording, workers: tuple[str, ...]
) -> None:
    result = suite.runpytest_inprocess(*workers, "--model", f"recorded:{recording(**CLEAN)}")
    assert verdicts(suite) == {"ablation_raises_compliance": "SUPPORTED", "poems_lower_compliance": "REFUTED"}
    result.assert_outcomes(passed=1, failed=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*SUPPORTED*", "*report: *report.html*"])


def test_each_verdict_has_its_exit_code(suite: pytest.Pytester, recording: Recording) -> None:
    half = [1, 0] * 20
    run = recording(ablated=half, untouched=[0] * 40, poem=[0] * 40)
    model = ("--model", f"recorded:{run}")
    assert suite.runpytest_inprocess("-k", "ablation", *model).ret == 14  # nothing was decided
    assert verdicts(suite) == {"ablation_raises_compliance": "INCONCLUSIVE"}
    run = recording(ablated=[1] * 40, untouched=[0] * 40, poem=half)
    assert suite.runpytest_inprocess("-k", "ablation", *model).ret == 0
    run = recording(ablated=half, untouched=[0] * 40, poem=[0] * 40)
    assert suite.runpytest_inprocess("-k", "ablation", *model).ret == 13  # weaker than on record
    assert report_of(suite)["rows"][0]["moved_from"] == "SUPPORTED"


def test_strict_fails_an_inconclusive_run_and_changes_no_verdict(suite: pytest.Pytester, recording: Recording) -> None:
    run = recording(ablated=[1, 0] * 20, untouched=[0] * 40, poem=[0.0] * 40)
    suite.makepyfile(
        test_more='''
        import pytest
        @pytest.mark.claim(kind="causal")
        def test_small_margin(claim, model):
            """Ablation raises compliance a little.

            Baseline: untouched.
            """
            claim.expect(model.recorded("ablated").higher_than(model.recorded("untouched"), by=0.05))
        '''
    )
    chosen = ("-k", "ablation_raises or small", "--model", f"recorded:{run}")
    assert suite.runpytest_inprocess(*chosen).ret == 0
    before = verdicts(suite)
    assert suite.runpytest_inprocess(*chosen, "--claims-strict").ret == 10
    assert verdicts(suite) == before == {"ablation_raises_compliance": "INCONCLUSIVE", "small_margin": "SUPPORTED"}


def test_inconclusive_is_a_category_of_its_own_and_never_passed(
    suite: pytest.Pytester, recording: Recording, workers: tuple[str, ...]
) -> None:
    run = recording(ablated=[1, 0] * 20, untouched=[0] * 40, poem=[0] * 40)
    result = suite.runpytest_inprocess(*workers, "-k", "ablation", "--model", f"recorded:{run}", "--junitxml=j.xml")
    result.stdout.fnmatch_lines(["*1 inconclusive*"])
    case = ElementTree.parse(suite.path / "j.xml").find(".//testcase")
    assert case is not None
    assert case.find("skipped") is not None


def test_degenerate_answers_make_a_claim_invalid(
    pytester: pytest.Pytester, recording: Recording, workers: tuple[str, ...]
) -> None:
    pytester.makepyfile(
        '''
        import pytest
        from interp_core import PromptSet, refusal_phrases
        REQUESTS = PromptSet.from_texts("r", [f"request {i}" for i in range(40)])
        HERE = refusal_phrases(["no"], name="no")

        @pytest.mark.claim(kind="behavioural")
        def test_poem(claim, model):
            """A system prompt raises compliance.

            Baseline: none.
            """
            told = model.judged(REQUESTS.with_system("Please."), by=HERE)
            claim.expect(told.higher_than(model.judged(REQUESTS, by=HERE), by=0.1))
        '''
    )
    run = recording(**{"r with a system prompt": ["la la la la " * 9] * 40, "r": ["No."] * 40})
    rows = (run / "rows.jsonl").read_text().replace('"id": "r', '"id": "r-')
    (run / "rows.jsonl").write_text(rows)
    result = pytester.runpytest_inprocess(*workers, "--model", f"recorded:{run}", "--junitxml=j.xml")
    assert verdicts(pytester) == {"poem": "INVALID"}
    assert result.ret == 11
    result.stdout.fnmatch_lines(["*ClaimInvalid:*", "*degenerate*"])
    failure = ElementTree.parse(pytester.path / "j.xml").find(".//testcase/failure")
    assert failure is not None
    assert failure.attrib["message"].startswith("ClaimInvalid")


def test_a_known_refutation_stays_green_until_it_changes(suite: pytest.Pytester, recording: Recording) -> None:
    text = (suite.path / "test_claims.py").read_text()
    marked = text.replace('claim(kind="behavioural")', 'claim(kind="behavioural", known={"mine": "refuted"})')
    suite.makepyfile(test_claims=marked)
    model = ("--model", f"mine=recorded:{recording(**CLEAN)}")
    result = suite.runpytest_inprocess(*model)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*1 passed, 1 known refuted*"])
    recording(ablated=[1] * 40, untouched=[1] * 40, poem=[0] * 40)
    suite.runpytest_inprocess("-k", "poems", *model)
    row = report_of(suite)["rows"][0]
    assert (row["verdict"], row["moved_from"]) == ("SUPPORTED", "REFUTED")


def test_missing_scores_are_bounded_and_never_zero(suite: pytest.Pytester, recording: Recording) -> None:
    run = recording(ablated=[1] * 30 + [None] * 10, untouched=[0] * 40, poem=[0] * 40)
    suite.runpytest_inprocess("-k", "ablation", "--model", f"recorded:{run}")
    evidence = report_of(suite)["rows"][0]["predictions"][0]
    assert evidence["arms"][0]["missing"] == 10
    assert evidence["effect"] == 1.0
    assert evidence["low"] < 0.75 < evidence["high"]  # ten of forty could each be 0 or 1
    assert any("worst and best case" in note for note in evidence["notes"])


def test_claims_that_need_a_model_are_skipped_on_a_recording_with_the_reason(
    pytester: pytest.Pytester, recording: Recording
) -> None:
    pytester.makepyfile(
        '''
        import pytest
        from interp_core import PromptSet, Site, measure
        REQUESTS = PromptSet.from_texts("r", ["a", "b"])

        @measure(of=Site(layer=1), unit="norm")
        def size(residual):
            return float((residual**2).sum() ** 0.5)

        @pytest.mark.claim(kind="correlational")
        def test_size(claim, model):
            """A system prompt raises the norm.

            Baseline: none.
            """
            told = model.measured(REQUESTS.with_system("x"), by=size)
            claim.expect(told.higher_than(model.measured(REQUESTS, by=size), by=1))
        '''
    )
    result = pytester.runpytest_inprocess("-rs", "--model", f"recorded:{recording(**CLEAN)}")
    result.assert_outcomes(skipped=1)
    assert result.ret == 14
    assert "needs activations" in report_of(pytester)["not_evaluated"][0]["reason"]


def test_a_crash_is_an_error_and_never_a_refutation(suite: pytest.Pytester, recording: Recording) -> None:
    suite.makepyfile(
        test_crash='''
        import pytest
        @pytest.mark.claim(kind="causal")
        def test_broken(claim, model):
            """It works.

            Baseline: nothing.
            """
            raise KeyError("oops")
        '''
    )
    result = suite.runpytest_inprocess("-k", "broken", "--model", f"recorded:{recording(**CLEAN)}")
    result.stdout.fnmatch_lines(["*1 error*"])
    assert result.ret == 1
    document = report_of(suite)
    assert document["rows"] == []
    assert "oops" in document["not_evaluated"][0]["reason"]


def test_the_ledger_grows_and_a_forged_line_is_told(suite: pytest.Pytester, recording: Recording) -> None:
    model = ("--model", f"recorded:{recording(**CLEAN)}")
    suite.runpytest_inprocess(*model)
    suite.runpytest_inprocess(*model)
    path = suite.path / "reports" / "ledger.jsonl"
    lines = path.read_text().splitlines()
    assert [json.loads(line)["kind"] for line in lines] == ["run", "finding", "finding"] * 2
    path.write_text("\n".join([lines[0], lines[1].replace("SUPPORTED", "REFUTED"), *lines[2:]]) + "\n")
    forged = path.read_bytes()
    result = suite.runpytest_inprocess(*model)
    assert result.ret == 12
    result.stdout.fnmatch_lines(["*LedgerError:*ledger.jsonl:2*"])
    assert path.read_bytes() == forged  # nothing is lost, nothing is added behind a broken chain


def test_the_report_of_a_run_follows_the_published_schema(suite: pytest.Pytester, recording: Recording) -> None:
    run = recording(ablated=[1] * 39 + [None], untouched=[0] * 40, poem=["la " * 40] * 40)
    again = recording("again", ablated=[0, 1] * 20, untouched=[0] * 40, poem=[0] * 40)
    suite.runpytest_inprocess("--model", f"recorded:{run}", "--model", f"recorded:{again}")
    document = report_of(suite)
    jsonschema.validate(document, report.schema())
    assert {row["verdict"] for row in document["rows"]} >= {"SUPPORTED"}


def test_deselected_claims_are_counted_as_partial(
    suite: pytest.Pytester, recording: Recording, workers: tuple[str, ...]
) -> None:
    result = suite.runpytest_inprocess(*workers, "-k", "poems", "--model", f"recorded:{recording(**CLEAN)}")
    assert report_of(suite)["selection"] == {"keyword": "poems", "marker": "", "deselected": 1}
    result.stdout.fnmatch_lines(["*PARTIAL*"])


def test_importing_the_plugin_is_light() -> None:
    heavy = "{'torch', 'scipy', 'statsmodels', 'transformers', 'numpy'}"
    code = f"import interp_core.pytest_plugin, sys; print(sorted({heavy} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert found.strip() == "[]"


def test_planning_evaluates_nothing_and_passes_nothing(
    suite: pytest.Pytester, recording: Recording, workers: tuple[str, ...]
) -> None:
    result = suite.runpytest_inprocess(*workers, "--claims-plan", "--model", f"recorded:{recording(**CLEAN)}")
    result.stdout.fnmatch_lines(["*ablation_raises_compliance on *chance * of SUPPORTED*", "*2 planned*"])
    assert result.ret == 0
    assert not (suite.path / "reports").exists()


def test_the_report_document_is_canonical_json(suite: pytest.Pytester, recording: Recording) -> None:
    suite.runpytest_inprocess("--model", f"recorded:{recording(**CLEAN)}")
    text = (suite.path / "reports" / "report.json").read_text()
    assert text == json.dumps(json.loads(text), sort_keys=True, indent=1, ensure_ascii=False) + "\n"


def test_an_unwritable_reports_folder_still_shows_the_verdicts(suite: pytest.Pytester, recording: Recording) -> None:
    (suite.path / "taken").write_text("a file, not a folder")
    model = ("--model", f"recorded:{recording(**CLEAN)}")
    result = suite.runpytest_inprocess(*model, "--claims-reports", str(suite.path / "taken"))
    assert result.ret == 12
    result.stdout.fnmatch_lines(["*SUPPORTED*", "*--claims-reports DIR*"])
    assert (suite.path / "taken").read_text() == "a file, not a folder"


def marked(pytester: pytest.Pytester, marks: str, known: str = "") -> None:
    pytester.makepyfile(
        f'''
import pytest

{marks}
@pytest.mark.claim(kind="behavioural"{known})
def test_poems(claim, model):
    """Poems lower compliance.

    Baseline: untouched.
    """
    claim.expect(model.recorded("poem").lower_than(model.recorded("untouched"), by=0.3))
'''
    )


def test_xfail_cannot_hide_a_verdict(pytester: pytest.Pytester, recording: Recording) -> None:
    marked(pytester, "@pytest.mark.xfail")
    result = pytester.runpytest_inprocess("--model", f"recorded:{recording(**CLEAN)}")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*xfail would hide any verdict of a claim*"])


def test_only_refutations_are_on_record(pytester: pytest.Pytester, recording: Recording) -> None:
    marked(pytester, "", ", known={'run': 'suported'}")
    result = pytester.runpytest_inprocess("--model", f"recorded:{recording(**CLEAN)}")
    assert result.ret == 1
    assert "known={'run': 'suported'} names refutations on record" in " ".join(result.stdout.str().split())
    assert report_of(pytester)["rows"] == []


def test_a_skip_in_the_body_is_listed_with_its_reason(pytester: pytest.Pytester, recording: Recording) -> None:
    pytester.makepyfile(
        '''
        import pytest
        @pytest.mark.claim(kind="behavioural")
        def test_later(claim, model):
            """Poems lower compliance.

            Baseline: untouched.
            """
            pytest.skip("not today")
        '''
    )
    result = pytester.runpytest_inprocess("--model", f"recorded:{recording(**CLEAN)}")
    assert result.ret == 14
    assert report_of(pytester)["not_evaluated"][0]["reason"].endswith("not today")


def test_claims_that_a_stopped_run_never_came_to_are_named(
    suite: pytest.Pytester, recording: Recording, workers: tuple[str, ...]
) -> None:
    suite.makepyfile(
        test_aaa='''
        import pytest
        @pytest.mark.claim(kind="causal")
        def test_broken(claim, model):
            """It works.

            Baseline: nothing.
            """
            raise KeyError("oops")
        '''
    )
    result = suite.runpytest_inprocess(*workers, "-x", "--model", f"recorded:{recording(**CLEAN)}")
    document = report_of(suite)
    named = {entry["id"]: entry["outcome"] for entry in document["not_evaluated"]}
    assert named.pop("broken") == "error"
    assert set(named.values()) <= {"not reached"}
    assert len(document["rows"]) + len(named) == 2  # workers may have come to them before the crash was told
    if "-n2" not in workers:
        assert len(named) == 2
        result.stdout.fnmatch_lines(["not reached:*poems_lower_compliance on run:*", "*the run stopped before it*"])


def test_an_option_that_moves_the_root_is_refused(pytester: pytest.Pytester) -> None:
    """pytest takes `--model FOLDER` for a test path: the ledger would land in the model's project."""
    inside = pytester.mkdir("study")
    (inside / "test_it.py").write_text("def test_it(): pass")
    other = pytester.mkdir("other")
    (other / "pytest.ini").write_text("[pytest]")
    run = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]

    def started(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*run, *arguments], cwd=inside, capture_output=True, text=True, check=False)

    moved = started("--model", "../other")
    assert moved.returncode == 4
    assert "Write --model=../other, with an equals sign" in moved.stderr
    assert not (other / "reports").exists()
    assert started("--model=../other").returncode == 0


def test_a_model_given_twice_is_refused(suite: pytest.Pytester, recording: Recording) -> None:
    run = recording(**CLEAN)
    result = suite.runpytest_inprocess("--model", f"a=recorded:{run}", "--model", f"b=recorded:{run}")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*--model gives the model*twice*"])


def test_a_claim_in_a_unittest_class_is_refused(pytester: pytest.Pytester, recording: Recording) -> None:
    pytester.makepyfile(
        '''
        import unittest, pytest
        class TestStudy(unittest.TestCase):
            @pytest.mark.claim(kind="behavioural")
            def test_it(self):
                """It holds.

                Baseline: none.
                """
        '''
    )
    result = pytester.runpytest_inprocess("--model", f"recorded:{recording(**CLEAN)}")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*would never be judged*"])


def test_the_order_of_the_rows_changes_nothing(suite: pytest.Pytester, recording: Recording) -> None:
    run = recording(ablated=[1] * 30 + [0] * 10, untouched=[0, 1, 0, 0] * 10, poem=[0] * 40)
    model = ("-k", "ablation", "--model", f"recorded:{run}")
    suite.runpytest_inprocess(*model)
    before = report_of(suite)["rows"][0]
    rows = (run / "rows.jsonl").read_text().splitlines()
    (run / "rows.jsonl").write_text("\n".join(reversed(rows)) + "\n")
    suite.runpytest_inprocess(*model)
    after = report_of(suite)["rows"][0]
    assert [after[key] for key in ("low", "effect", "high")] == [before[key] for key in ("low", "effect", "high")]
