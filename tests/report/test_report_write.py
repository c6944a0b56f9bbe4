"""Three files, each whole or untouched; and what a reader is told about a file that is no report."""

import json
import stat
from pathlib import Path

import pytest

from interp_core import report
from interp_core.errors import InterpClaimsError
from interp_core.report import write as writing
from tests.report.sample import document


def test_four_files_are_written(tmp_path):
    paths = report.write_reports(document(), tmp_path / "new" / "reports")
    assert {kind: path.name for kind, path in paths.items()} == {
        "json": "report.json", "html": "report.html", "md": "report.md", "context": "context.md",
    }  # fmt: skip
    assert sorted(path.name for path in (tmp_path / "new" / "reports").iterdir()) == [
        "context.md", "report.html", "report.json", "report.md",
    ]  # fmt: skip
    assert paths["html"].read_text(encoding="utf-8") == report.render_html(document())
    assert paths["md"].read_text(encoding="utf-8") == report.render_markdown(document())
    assert paths["context"].read_text(encoding="utf-8") == report.context(document())


def test_what_is_written_reads_back(tmp_path):
    path = report.write_reports(document(), tmp_path)["json"]
    assert report.read_report(path) == document()


def test_json_is_canonical(tmp_path):
    text = report.write_reports(document(), tmp_path)["json"].read_bytes()
    assert text == (json.dumps(document(), sort_keys=True, indent=1) + "\n").encode()


def test_pages_can_be_made_again_from_the_json(tmp_path):
    paths = report.write_reports(document(), tmp_path)
    assert report.render_html(report.read_report(paths["json"])) == paths["html"].read_text(encoding="utf-8")


def test_reports_are_readable_by_others(tmp_path):
    for path in report.write_reports(document(1), tmp_path).values():
        assert stat.S_IMODE(path.stat().st_mode) == 0o644


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_nan_is_refused_and_the_old_report_stays(tmp_path, value):
    paths = report.write_reports(document(1), tmp_path)
    before = {kind: path.read_bytes() for kind, path in paths.items()}
    broken = document(2)
    broken["passes"]["seconds"] = value
    with pytest.raises(ValueError, match="not JSON compliant"):
        report.write_reports(broken, tmp_path)
    assert {kind: path.read_bytes() for kind, path in paths.items()} == before


def test_a_failure_leaves_no_half_written_file(tmp_path, monkeypatch):
    paths = report.write_reports(document(1), tmp_path)
    before = paths["json"].read_bytes()
    monkeypatch.setattr(Path, "replace", _full)
    with pytest.raises(InterpClaimsError, match="cannot be written into"):
        report.write_reports(document(2), tmp_path)
    assert paths["json"].read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 4


def _full(self, target):
    raise OSError(28, "No space left on device")


def test_a_folder_that_is_a_file(tmp_path):
    (tmp_path / "reports").write_text("", encoding="utf-8")
    with pytest.raises(InterpClaimsError, match="Name a folder that can be written"):
        report.write_reports(document(1), tmp_path / "reports")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not a report: .*Give the report.json of a run"),
        ('{"schema": NaN}', "holds NaN, which is no number"),
        ("[1]", "no schema number"),
        ("{}", "no schema number"),
        ('{"schema": 2}', "has report schema 2, and this version of interp-claims reads 1. Run the claims again"),
    ],
)
def test_a_file_that_is_no_report_says_what_to_do(tmp_path, text, message):
    path = tmp_path / "report.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InterpClaimsError, match=message):
        report.read_report(path)


def test_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "report.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InterpClaimsError, match="is not a report"):
        report.read_report(path)


def test_a_missing_file(tmp_path):
    with pytest.raises(InterpClaimsError, match=r"cannot be read .*Run the claims first: pytest claims/"):
        report.read_report(tmp_path / "report.json")


def test_the_schema_travels_with_the_package():
    folder = Path(writing.__file__).parent
    assert {"schema.json", "style.css", "template.html.jinja"} <= {path.name for path in folder.iterdir()}
    assert report.schema()["properties"]["schema"]["const"] == report.SCHEMA
