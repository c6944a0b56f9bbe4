"""The console command: what it prints, where it writes, and its exit codes: 0 clean, 1 findings, 2 usage."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from interp_core.cli import main
from interp_core.ledger import Lock, append, write_lock
from interp_core.spec.identity import digest

REPORT = Path(__file__).parents[1] / "audit" / "report.json"
CLEAN = "Some words about refusal.\n\nWe tested 12 claims.\n\n## Limits\n\nOne judge, two models, 128 prompts.\n"
STRONG = (
    "LLMs comply after ablation, and their capabilities stay [@claim:ablating_refusal_restores_compliance[zero]].\n"
)


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder with an empty report's suite, a clean draft and one with an overclaim."""
    monkeypatch.chdir(tmp_path)
    document = json.loads(REPORT.read_text(encoding="utf-8"))
    quiet = [row for row in document["rows"] if row["id"].startswith("ablating_refusal_restores_compliance[affine]")]
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "report.json").write_text(json.dumps(document | {"rows": quiet}))
    (tmp_path / "clean.md").write_text(CLEAN)
    (tmp_path / "strong.md").write_text(CLEAN + "\n## Words\n\n" + STRONG)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["audit", "clean.md"], 0),
        (["audit", "clean.md", "--fail-on", "warning"], 0),
        (["audit", "strong.md", "--report", str(REPORT)], 1),
        (["audit", "nowhere.md"], 2),
        (["audit", "clean.md", "--report", "nowhere.json"], 2),
        (["audit", "clean.md", "--report", "nowhere.jsonl"], 2),
        (["audit", "clean.md", "--lock", "nowhere.lock"], 2),
        (["audit", "clean.md", "--lexicon", "nowhere.toml"], 2),
        (["audit", "clean.md", "--output", "no/such/folder"], 2),
        (["audit", "reports"], 2),
        (["render", "nowhere.md"], 2),
    ],
)
def test_exit_codes(desk, capsys, arguments, code):
    assert main(arguments) == code
    error = capsys.readouterr().err
    assert bool(error) == (code == 2)
    assert "Traceback" not in error


def test_warnings_fail_only_where_they_are_asked_to(desk):
    (desk / "warn.md").write_text("Some words about refusal.\n")
    assert main(["audit", "warn.md"]) == 0
    assert main(["audit", "warn.md", "--fail-on", "warning"]) == 1


@pytest.mark.parametrize("arguments", [[], ["audit"], ["audit", "a.md", "--format", "pdf"], ["nosuch"]])
def test_a_wrong_command_line_is_a_usage_error(arguments, capsys):
    with pytest.raises(SystemExit) as exit_code:
        main(arguments)
    assert exit_code.value.code == 2
    assert "usage: claims" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["terminal", "sarif", "github", "html", "json"])
def test_every_format_can_be_printed_and_written(desk, capsys, form):
    main(["audit", "strong.md", "--report", str(REPORT), "--format", form])
    printed = capsys.readouterr().out
    main(["audit", "strong.md", "--report", str(REPORT), "--format", form, "--output", f"out.{form}"])
    assert (desk / f"out.{form}").read_text(encoding="utf-8") == printed
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("1 statement tied to 1 claim: 0 licensed, 1 too strong")
    assert said[1] == f"{form}: out.{form}"


def test_two_versions(desk, capsys):
    assert main(["audit", "strong.md", "clean.md"]) == 0
    assert "mended, 0 came in" in capsys.readouterr().out
    assert main(["audit", "strong.md", "clean.md", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["old"] == "strong.md"


def test_standard_input(desk, capsys, monkeypatch):
    import io

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(STRONG.encode())))
    assert main(["audit", "-", "--report", str(REPORT), "--format", "github"]) == 1
    assert "::error file=-,line=1" in capsys.readouterr().out


def test_the_lock_makes_findings_of_another_design_stale(desk, capsys):
    name, design, data = "ablating_refusal_restores_compliance[affine]", {"margin": 0.4}, {"prompts": "p"}
    row = {
        "claim": name,
        "model": {"name": "Qwen3-8B"},
        "design": digest(design),
        "design_fields": design,
        "data": digest(data),
        "data_fields": data,
    }
    write_lock(desk / "claims" / "claims.lock", Lock({(name, "Qwen3-8B"): row}))
    (desk / "a.md").write_text(
        "Affine ablation changes compliance [@claim:ablating_refusal_restores_compliance[affine]]."
    )
    assert main(["audit", "a.md"]) == 1
    assert "is stale: its design is no longer" in " ".join(capsys.readouterr().out.split())


def test_a_ledger_in_place_of_a_report(desk, capsys):
    line = {
        "claim": "frames_work",
        "model": "m",
        "verdict": "REFUTED",
        "effect": 0.0,
        "low": -0.1,
        "high": 0.1,
        "margin": 0.2,
        "n": 8,
        "unit": "",
        "status": "exploratory",
        "reason": "r",
        "digests": {},
    }
    append(desk / "ledger.jsonl", [line])
    (desk / "a.md").write_text("Frames work [@claim:frames_work].")
    assert main(["audit", "a.md", "--report", "ledger.jsonl"]) == 1
    assert "1 refuted claim cited" in " ".join(capsys.readouterr().out.split())  # at any width


def test_render_fills_in_and_never_overwrites_the_draft(desk, capsys):
    draft = desk / "draft.md"
    draft.write_text('It is {{ claim("ablating_refusal_restores_compliance[affine]").effect }}.')
    assert main(["render", "draft.md"]) == 0
    assert capsys.readouterr().out == "It is 0.76."
    assert main(["render", "draft.md", "--output", "final.md"]) == 0
    assert (desk / "final.md").read_text() == "It is 0.76."
    assert main(["render", "draft.md", "--output", "draft.md"]) == 2
    assert "its injections would be lost" in capsys.readouterr().err
    draft.write_text('It is {{ claim("ablating_refusal").effect }}.')
    assert main(["render", "draft.md"]) == 2
    assert "draft.md:1: the claim 'ablating_refusal' is not in the report" in capsys.readouterr().err


def test_the_command_imports_nothing_heavy():
    heavy = "{'torch', 'scipy', 'numpy', 'transformers'}"
    code = f"import sys; from interp_core.cli import main; print(sorted({heavy} & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
