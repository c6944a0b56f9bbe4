"""The comment's table stays a table, and nothing in it is rendered that was not meant to be."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interp_core.report import interval, render_markdown
from interp_core.report.markdown import inline
from tests.report.sample import HOSTILE, LONG, document, draws


def table(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("|")]


def cells(line: str) -> int:
    return len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) - 1


def test_the_table_has_a_line_for_each_row_and_equal_columns():
    many = document(25)
    for row in many["rows"]:
        row["reason"] = HOSTILE
        row["baseline"] = HOSTILE + "\\|"
    lines = table(render_markdown(many))
    assert len(lines) == 25 + 2
    assert {cells(line) for line in lines} == {7}


@given(st.text())
def test_no_text_leaves_its_cell(text):
    safe = inline(text)
    assert cells(f"| {safe} |") == 1
    assert "\n" not in safe
    assert not re.search(r"<(?!!-- -->)", safe)


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("by at least 0.25 of the gap.", "by at least 0.25 of the gap."),
        ("−0.41 [−0.49, −0.33]", "−0.41 [−0.49, −0.33]"),
        ("names_with_underscores stay", "names_with_underscores stay"),
        ("_emphasis_ **strong** ~~gone~~", r"\_emphasis\_ \*\*strong\*\* \~\~gone\~\~"),
        ("`code` $x$ a|b a\\b", r"\`code\` \$x\$ a\|b a\\b"),
        ("[link](javascript:x) ![i](http://e.x/y)", r"\[link]\(javascript:x) ![i]\(http:\//e.x/y)"),
        ("[a][b] [c]: d", r"\[a]\[b] [c]\: d"),
        ("www.evil.example", r"www\.evil.example"),
        ("<img src=x> &amp;", "&lt;img src=x&gt; &amp;amp;"),
        ("@everyone #1 me@x.y", "@<!-- -->everyone #<!-- -->1 me@<!-- -->x.y"),
        ("# heading", r"\# heading"),
        ("#1 first", r"\#<!-- -->1 first"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("[ ] task", r"\[ ] task"),
        ("two\nlines", "two ⏎ lines"),
    ],
)
def test_inline(text, safe):
    assert inline(text) == safe


def test_models_words_stand_in_pre_and_are_escaped():
    text = render_markdown(document())
    inside = "".join(re.findall(r"<pre>\n(.*?)\n</pre>", text, re.DOTALL))
    assert "&lt;script&gt;" in inside
    outside = re.sub(r"<pre>\n.*?\n</pre>", "", text, flags=re.DOTALL)
    assert not re.findall(r"<(?!/?details>|/?summary>|!-- -->)", outside)
    assert "<" not in inside
    assert text.count("<pre>") == text.count("</pre>")
    assert text.count("<details>") == text.count("</details>") == 10


def test_the_table_says_it_all():
    text = render_markdown(document())
    for row, line in zip(document()["rows"][:9], table(text)[2:], strict=False):
        for words in (row["sentence"], row["model"]["name"], interval(row), row["baseline"], row["verdict"]):
            assert words in line
        assert row["reason"] in line
    assert "moved: screenplays_beat_stories on mediated was SUPPORTED, is REFUTED" in text
    assert "skipped: thinking_hides_refusal on mediated: the template has no thinking mode" in text
    assert text.startswith("**10 claims on 2 models: 4 supported, 2 refuted")


def test_one_seeded_draw_of_examples_is_named():
    text = render_markdown(document(1))
    assert f"Examples drawn at random, seed {document(1)['rows'][0]['seed']}:" in text


def many(rows: int):
    made = document(rows)
    for row in made["rows"]:
        row["examples"] = [{**arm, "draws": draws(LONG, LONG)} for arm in row["examples"]]
    return made


@pytest.mark.parametrize(
    ("rows", "left_out"),
    [(10, ""), (40, "Examples left out for length: see report.html."), (90, "Details left out for length")],
)
def test_a_long_report_fits_a_comment_and_says_what_it_lost(rows, left_out):
    text = render_markdown(many(rows))
    assert len(text) <= 65_536
    assert left_out in text
    assert ("left out for length" in text) == bool(left_out)
    assert len(table(text)) == rows + 2


def test_identical_documents_give_identical_text():
    assert render_markdown(document()) == render_markdown(document())


def test_an_empty_report_is_a_sentence():
    assert render_markdown(document(0, not_evaluated=[])).startswith("**0 claims on 0 models")
