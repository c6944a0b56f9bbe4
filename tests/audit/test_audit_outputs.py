"""Terminal, HTML, JSON, SARIF and GitHub annotations: all of one audit, with places, and safe with hostile text."""

import json
import re

import pytest

from interp_core.audit import (
    SEVERITIES,
    compare,
    render_comparison,
    render_comparison_json,
    render_github,
    render_html,
    render_json,
    render_sarif,
    render_terminal,
)

TEXT = """# Results & <b>more</b>

LLMs comply after ablation [@claim:ablating_refusal_restores_compliance[zero]].
<!-- claims: ignore R10 reason="the workshop's <name>" -->
This is a significant step.

Fiction raises compliance from 0.25 to 0.99 <script>alert(1)</script> \x1b[31m\u202e
[@claim:fiction_raises_compliance@Qwen3-8B].
"""


@pytest.fixture
def made(audited):
    return audited(TEXT, "notes/my draft.md", passage=False)


def test_the_terminal_quotes_the_line_and_underlines_the_words(made):
    lines = render_terminal(made, width=100).split("\n")
    at = next(i for i, line in enumerate(lines) if "error R5" in line)
    assert lines[at].startswith("notes/my draft.md:3:1 error R5 The scope is wider")
    quoted, under = lines[at + 1], lines[at + 2]
    start = under.index("‾")
    assert quoted[start : start + under.count("‾")] == "LLMs"
    assert "instead:" in "".join(lines[at : at + 12])
    assert re.search(r"claims\s+unmentioned", "\n".join(lines[-3:]))


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_terminal_keeps_its_width_and_prints_nothing_unseen(made, width):
    text = render_terminal(made, width=width)
    assert max(len(line) for line in text.split("\n")) <= width
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\x1b[" in render_terminal(made, width=width, color=True)


def test_a_long_line_is_cut_around_the_words(audited):
    made = audited("word " * 300 + "LLMs comply [@claim:ablating_refusal_restores_compliance[zero]].")
    text = render_terminal(made, width=80)
    quoted = next(line for line in text.split("\n") if "│ …" in line)
    assert "LLMs" in quoted


def test_the_page_holds_the_text_and_the_notes_and_no_script(made):
    page = render_html(made)
    assert "default-src 'none'" in page
    assert not re.search(r"<script|javascript:|\bon\w+=|https?://", page)
    assert "&lt;script&gt;alert(1)" in page
    assert "\u202e" not in page
    assert "⟨U+202E⟩" in page
    assert page.count('class="remark') == len(made.findings)
    assert "the workshop&#39;s &lt;name&gt;" in page
    assert render_html(made) == page


def test_every_note_has_its_mark_and_ids_are_unique(made):
    page = render_html(made)
    ids = re.findall(r'id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    local = [n for n, f in enumerate(made.findings, 1) if f.rule not in ("R13", "R14", "R17")]
    assert all(f"mark-{n}" in ids and f"note-{n}" in ids for n in local)


def test_a_long_text_shows_only_what_was_found(audited):
    paragraph = "Plain words stand here, and more of them beside, " * 25 + "and so on.\n\n"
    made = audited(paragraph * 300 + TEXT)
    assert len(render_html(made)) < 60_000


def test_json_holds_every_finding_with_its_place(made):
    document = json.loads(render_json(made))
    assert document["schema"] == 1
    assert len(document["findings"]) == len(made.findings)
    assert document["counts"] == {s: sum(f.severity == s for f in made.findings) for s in SEVERITIES}
    scope = next(f for f in document["findings"] if f["rule"] == "R5")
    assert (scope["line"], scope["column"], scope["end_column"], scope["text"]) == (3, 1, 5, "LLMs")
    assert document["ignored"][0]["reason"] == "the workshop's <name>"
    assert [s["fate"] for s in document["statements"]] == ["strong", "number"]


def test_sarif_is_shaped_as_the_standard_says(made):
    log = json.loads(render_sarif([made]))
    assert log["version"] == "2.1.0"
    [run] = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert run["columnKind"] == "unicodeCodePoints"
    assert len(run["results"]) == len(made.findings) + len(made.ignored)
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        location = result["locations"][0]["physicalLocation"]
        assert location["artifactLocation"]["uri"] == "notes/my%20draft.md"
        region = location["region"]
        assert (region["startLine"], region["startColumn"]) <= (region["endLine"], region["endColumn"])
        assert min(region.values()) >= 1
    [ignored] = [result for result in run["results"] if "suppressions" in result]
    assert ignored["suppressions"] == [{"kind": "inSource", "justification": "the workshop's <name>"}]


def test_github_commands_are_one_line_each_and_escaped(made):
    lines = render_github([made]).splitlines()
    assert len(lines) == len(made.findings)
    assert all(
        re.match(
            r"::(error|warning"
            r"|notice) file=notes/my draft\.md,line=\d+,endLine=\d+,col=\d+,endColumn=\d+,title=[^:]+::",
            line,
        )
        for line in lines
    )
    percent = made.findings[0].__class__("R1", "error", 0, 1, "a % b\nc", "", "Write x.")
    text = render_github([type(made)(made.writeup, made.study, (percent,), (), ())])
    assert "a %25 b%0Ac" in text


def test_a_comparison_is_printed_in_both_forms(audited, made):
    newer = audited(TEXT.replace("LLMs comply", "Qwen3-8B complies"), "new.md", passage=False)
    comparison = compare(made, newer)
    text = render_comparison(comparison, width=100)
    assert "Mended: " in text
    assert "notes/my draft.md:3:1 R5 “LLMs”" in text
    document = json.loads(render_comparison_json(comparison))
    assert "R5" in {f["rule"] for f in document["mended"]}
    assert {f["rule"] for f in document["remain"]} >= {"R1"}
