"""Every form of write-up is read with exact places; broken files give a clear word, and never a traceback."""

import json
import random

import pytest

from interp_core.audit import read_writeup
from interp_core.audit.sentences import sentences
from interp_core.errors import InterpClaimsError

CLAIM = "[@claim:ablating_refusal_restores_compliance[zero]]"
PROVES = "Zero ablation proves mediation"


def spans(audit, rule):
    return [
        (audit.writeup.place(f.start, f.end), audit.writeup.text[f.start : f.end])
        for f in audit.findings
        if f.rule == rule
    ]


def split(text):
    return [text[start:end] for start, end in sentences(text, 0, len(text))]


@pytest.mark.parametrize(
    "text",
    [
        "As Arditi et al. (2024) show, it holds.",
        "See Fig. 3 and Sec. 4.2 for 0.93 [0.87, 0.97].",
        "It holds, e.g. in Qwen3-8B, i.e. where we looked.",
        "Smith et al. found it, cf. J. Doe vs. the rest.",
        "The rate is 0.71. of course.",
        "Figs. 2 and 3 show approx. 12 of no. 7.",
    ],
)
def test_abbreviations_and_decimals_do_not_end_a_sentence(text):
    assert split(text) == [text]


def test_sentences_end_where_readers_end_them():
    assert split("One holds. Two does not! Does three? “Four.” Five (see Fig. 1). Six etc. Seven.") == [
        "One holds.",
        "Two does not!",
        "Does three?",
        "“Four.”",
        "Five (see Fig. 1).",
        "Six etc.",
        "Seven.",
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.md", f"# Title\n\nSome words.\n\n- **{PROVES}** {CLAIM}.\n"),
        ("a.md", f"\ufeff# Title\r\n\r\n{PROVES}.\r\n{CLAIM}\r\n"),
        ("a.md", f"<!-- claim: ablating_refusal_restores_compliance[zero] -->\n{PROVES}.\n"),
        ("a.md", f"> quoted\n\n{PROVES} <!-- claim: ablating_refusal_restores_compliance[zero] -->.\n"),
        ("a.md", f"Words[^1].\n\n[^1]: {PROVES} {CLAIM}.\n"),
        ("a.md", f"---\ntitle: x\n---\n\n{PROVES} {CLAIM}.\n"),
        (
            "a.tex",
            "\\documentclass{article}\n\\begin{document}\n\\section{Results}\n"
            + PROVES
            + " \\claim{ablating\\_refusal\\_restores\\_compliance[zero]}. % proves\n\\end{document}\n",
        ),
        (
            "a.tex",
            "\\begin{figure}\\caption{"
            + PROVES
            + " \\claim{ablating_refusal_restores_compliance[zero]}.}\\end{figure}\n",
        ),
        ("a.txt", f"Title\n\nSome words.\n\n{PROVES} {CLAIM}.\n"),
    ],
)
def test_an_overclaim_is_found_at_its_place(audited, name, text):
    [place, *_], words = zip(*spans(audited(text, name), "R4"), strict=True)
    assert "proves" in words
    line = text.removeprefix("\ufeff").split("\n")[place.line - 1]
    assert line[place.column - 1 : place.end_column - 1] in words


def test_a_notebooks_overclaim_is_found_in_the_file_itself(audited):
    cells = [
        {"cell_type": "code", "source": ["proves = 1\n"], "outputs": [], "metadata": {}},
        {"cell_type": "markdown", "metadata": {}, "source": ["# “Results”\n", "\n", f"{PROVES} \u00e9 {CLAIM}.\n"]},
        {
            "cell_type": "markdown",
            "metadata": {},
            "source": "It fully explains refusal [@claim:adding_refusal_induces_refusal].",
        },
    ]
    raw = json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}, indent=1)
    found = spans(audited(raw, "a.ipynb"), "R4")
    assert [place.cell for place, _ in found][:1] == [2]
    for place, words in found:
        assert raw.split("\n")[place.line - 1][place.column - 1 : place.end_column - 1] == words


@pytest.mark.parametrize(
    "text",
    [
        f"```\n{PROVES} {CLAIM}\n```\n",
        f"    {PROVES} {CLAIM}\n",
        f"`{PROVES}` {CLAIM}",
        f"<pre>{PROVES} {CLAIM}</pre>",
        f"> {PROVES} {CLAIM}.",
        f"<!-- {PROVES} -->\n\nA sentence {CLAIM}.",
        f"“{PROVES}” is what the reviewer wanted {CLAIM}.",
        f"Arditi et al. prove mediation {CLAIM}.",
        f"Future work should ask whether zero ablation proves mediation {CLAIM}.",
        f"Zero ablation does not prove mediation {CLAIM}.",
        f"Does zero ablation prove mediation {CLAIM}?",
    ],
)
def test_code_quotations_denials_and_others_words_are_not_ours(rules, text):
    assert "R4" not in rules(text)


def test_negation_that_is_none_is_no_excuse(rules):
    assert "R4" in rules(f"Zero ablation not only restores compliance, it proves mediation {CLAIM}.")
    assert "R4" in rules(f"There is no doubt that zero ablation proves mediation {CLAIM}.")


def test_a_tables_rows_are_tied_by_its_header(rules):
    table = "| arm [@claim:adding_refusal_induces_refusal] | rate |\n|---|---|\n| added | {} |\n"
    assert rules(table.format("0.88")) == []
    assert "R1" in rules(table.format("0.48"))


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"\x89PNG\0\0\1\2", "a.md", "binary"),
        ("Größe".encode("latin-1"), "a.md", "is not UTF-8: line 1 holds the byte 0xf6"),
        (b"{", "a.ipynb", "is no Jupyter notebook"),
        (b'{"cells": [{"source": 1}]}', "a.ipynb", "is no Jupyter notebook"),
        (b"[" * 100_000, "a.ipynb", "is no Jupyter notebook"),
        (b"x", "a.pdf", "and not '.pdf'"),
    ],
)
def test_what_cannot_be_read_is_said(data, name, says):
    with pytest.raises(InterpClaimsError, match=says.replace(".", r"\.")):
        read_writeup(data, name)


def test_an_empty_file_is_a_finding(audited):
    assert [f.rule for f in audited("\n \n", passage=True).findings] == ["text"]


def test_unclosed_tex_is_a_finding_and_the_rest_is_audited(audited):
    text = f"{PROVES} \\claim{{ablating_refusal_restores_compliance[zero]}}.\n\\begin{{verbatim}}\nproves"
    found = audited(text, "a.tex").findings
    assert {"text", "R4"} <= {f.rule for f in found}
    assert next(f for f in found if f.rule == "text").message.startswith("\\begin{verbatim} is never closed")


@pytest.mark.parametrize("name", ["a.md", "a.tex", "a.txt"])
def test_no_text_whatever_breaks_it(audited, name):
    rng = random.Random(7)
    pieces = [
        "[@claim:",
        "x]",
        "{{ claim(",
        "<!--",
        "-->",
        "`",
        "$",
        "\\begin{tabular}",
        "\\caption{",
        "}",
        "|",
        "\n\n",
        "# ",
        "> ",
        "0.46 [",
        "5 of 3",
        "±",
        " to ",
        "et al.",
        "“",
        "% claims: ignore R5",
        "proves ",
        "all models ",
        "\u202e",
        "é",
        "\r\n",
        "[^1]:",
    ]
    for _ in range(150):
        text = "".join(rng.choices(pieces, k=60))
        audit = audited(text, name, passage=False)
        assert len(audit.writeup.prose) == len(audit.writeup.text) == len(audit.writeup.linked)
        for finding in audit.findings:
            assert 0 <= finding.start <= finding.end <= len(text)
            audit.writeup.place(finding.start, finding.end)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 50_000,
        "`" * 50_001,
        "<!--" * 30_000,
        "<code>" * 20_000,
        "\\begin{quote}" * 20_000,
        "(" * 50_000,
        "0.1, " * 20_000,
        "[@claim:" * 20_000,
        "word " * 50_000,
        ". " * 50_000,
        "> " * 20_000,
        "{{ claim(" * 20_000,
        "from 1 to " * 10_000,
        "|" * 50_000,
    ],
    ids=lambda text: text[:8],
)
@pytest.mark.parametrize("name", ["a.md", "a.tex"])
def test_hostile_texts_take_linear_time(audited, text, name):
    """A quadratic step would take minutes here."""
    audited(text, name, passage=False)
