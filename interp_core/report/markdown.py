"""A pull-request comment: a table, then each claim folded away.

GitHub renders Markdown and HTML, links ``@names`` and ``#numbers``, and takes 65,536 characters. So researchers' words
are escaped for both languages, models' words stand in ``<pre>`` (where GitHub links nothing), and a long report loses
its examples, then its cards, and says so.
"""

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from interp_core.report import heat, response, space
from interp_core.report.calibration import calibration_lines
from interp_core.report.document import (
    SYMBOLS,
    Document,
    Row,
    arm_means,
    environment_line,
    levels,
    model_line,
    moved,
    passes_line,
    remarks,
    sample_size,
    scope_lines,
    summary_sentence,
)
from interp_core.report.grounds import Node, grounds, ungrounded
from interp_core.report.numbers import confidence, interval, means, short
from interp_core.report.said import licensed
from interp_core.report.text import cut, one_line, visible

_LONGEST = 65_000
_SHOWN = 320
_DRAWS = 2
# What would be Markdown on a line, and no more: a comment is also read, and searched for numbers, as plain text.
_MARKUP = re.compile(
    r"""[\\`*~|$]            # code, emphasis, strikethrough, cells, mathematics
      | (?<!\w)_ | _(?!\w)   # emphasis; names_with_underscores stay as they are
      | (?<=\])[(\[:]        # links, images, references and their definitions
      | (?<=:)/(?=/) | (?<=\bwww)\.  # bare addresses
      | ^([-+=\[#]|\d+[.)](?=\s|$))  # lists, tasks, headings
    """,
    re.VERBOSE,
)
_REFERENCE = re.compile(r"([@#])(?=\w)")


def render_markdown(document: Document) -> str:
    """The report as GitHub Markdown of at most 65,000 characters, or the bare table where even that is longer."""
    short = f"{_answer(document)}\n"
    cards = "".join(_card(row, examples=False) for row in document["rows"])
    full = "".join(_card(row, examples=True) for row in document["rows"])
    for details in (full, f"Examples left out for length: see report.html.\n\n{cards}"):
        if len(short) + len(details) <= _LONGEST:
            return f"{short}\n{details}".rstrip("\n") + "\n"
    return f"{short}\nDetails left out for length: see report.html.\n"


def _answer(document: Document) -> str:
    lines = [f"**{inline(summary_sentence(document))}**", ""]
    lines += [f"- moved: {inline(sentence)}" for sentence in moved(document)]
    lines += [f"- {inline(_missing(item))}" for item in document["not_evaluated"]]
    lines += ["", *_table(document), ""] if document["rows"] else [""]
    lines += _trees(document)
    lines += calibration_lines(document)
    lines.append(
        f"Passes: {inline(passes_line(document['passes']))}. {inline(environment_line(document['environment']))}."
    )
    return "\n".join(lines)


def _missing(item: Mapping[str, Any]) -> str:
    return f"{item['outcome']}: {item['id']} on {item['model']}: {item['reason']}"


def _trees(document: Document) -> list[str]:
    """What rests on what, as a nested list for each model."""
    lines = []
    for model, nodes in grounds(document).items():
        lines += [f"What rests on what, on {inline(model)}:", "", *(line for node in nodes for line in _node(node)), ""]
    return lines


def _node(node: Node, depth: int = 0) -> Iterable[str]:
    verdict = f"{SYMBOLS[node.verdict]} **{node.verdict}**" if node.row else f"**{node.verdict}**"
    loose = f" **ungrounded**: rests on {inline('; '.join(node.loose))}" if node.loose else ""
    again = " (what rests on it stands above)" if node.again else ""
    yield f"{'  ' * depth}- {verdict} {inline(node.id)}{loose}{again}"
    for one in node.above:
        yield from _node(one, depth + 1)


def _table(document: Document) -> Iterable[str]:
    yield "| verdict | claim | model | effect [interval] | n | baseline | reason |"
    yield "|---|---|---|---|--:|---|---|"
    for row in document["rows"]:
        reason = "; ".join([row["reason"], *remarks(row)])
        found = "; ".join(filter(None, [interval(row), arm_means(row)]))
        words = [row["sentence"], row["model"]["name"], found, levels(row), row["baseline"], reason]
        loose = ", ungrounded" if ungrounded(row, document) else ""
        yield f"| {_verdict(row)}{loose} | {' | '.join(map(inline, words))} |"


def _verdict(row: Row) -> str:
    return f"{SYMBOLS[row['verdict']]} **{row['verdict']}**"


def _card(row: Row, *, examples: bool) -> str:
    # Inside <summary> GitHub reads HTML, not Markdown.
    title = f"{SYMBOLS[row['verdict']]} {row['verdict']}: {_unlinked(escape(one_line(row['sentence'])))}"
    more = [f"what may be said: {licensed(row)}", *_drawn(row)] if examples else []
    body = "\n".join(f"- {inline(line)}" for line in (*more, *_facts(row)))
    shown = "".join(_arm(arm) for arm in row["examples"]) if examples else ""
    seed = f"\nExamples drawn at random, seed {row['seed']}:\n\n{shown}" if shown else ""
    return f"<details><summary>{title}</summary>\n\n{body}\n{seed}\n</details>\n\n"


def _drawn(row: Row) -> Iterable[str]:
    """What the page draws besides intervals, in words."""
    drawn = row["drawings"]
    yield from map(heat.in_words, drawn["selections"])
    yield from map(space.in_words, drawn["components"])
    yield from map(response.in_words, drawn["doses"])


def _facts(row: Row) -> Iterable[str]:
    yield f"{row['reason']}"
    yield from remarks(row)
    for evidence in row["predictions"]:
        yield from _measured(evidence)
    for control in row["controls"]:
        measured = f"{control['noun']} of {control['treatment']}: {interval(control)}"
        yield f"control {control['verdict']}: {measured}; {control['reason']}"
    yield f"baseline: {row['baseline']}"
    yield from scope_lines(row)
    yield f"{row['kind']}, {row['status']}; {model_line(row['model'])}"
    digests = row["digests"]
    yield f"claim {row['id']}, {row['where']}; design {digests['design'][:12]}, data {digests['data'][:12]}"
    yield f"passes: {passes_line(row['cost'])}"


def _measured(evidence: Mapping[str, Any]) -> Iterable[str]:
    predicted = f"{confidence(evidence['alpha'])} interval; predicted {evidence['relation']}, {evidence['phrase']}"
    found = f"{evidence['noun']}, treatment minus baseline: {interval(evidence)} ({predicted})"
    yield f"{found}; n {sample_size(evidence)}; {evidence['method']}"
    for arm, mean in zip(evidence["arms"], means(evidence), strict=True):
        yield f"{arm['role']}, {arm['label']}: mean {mean}, n {arm['n']:,}, missing {arm['missing']:,}"
    yield from evidence["notes"]


def _arm(arm: Mapping[str, Any]) -> str:
    draws = "".join(_draw(one) for one in arm["draws"][:_DRAWS])
    return f"{arm['role']}: {inline(arm['label'])}\n\n{draws}"


def _draw(one: Mapping[str, Any]) -> str:
    value = "" if one["value"] is None else f"  ({short(one['value'])})"
    texts = [f"{one['id']}{value}", f"prompt: {_short(one['prompt'])}"]
    if one["output"] is not None:
        texts.append(f"output: {_short(one['output'])}")
    return f"<pre>\n{escape(visible(chr(10).join(texts)))}\n</pre>\n\n"


def _short(text: str) -> str:
    shown, rest = cut(visible(text), _SHOWN)
    return f"{shown}… ({len(rest):,} more characters)" if rest else shown


def inline(text: str) -> str:
    """Text for a line or a table cell: on one line, and plain to Markdown, HTML and GitHub's linking."""
    return _unlinked(_MARKUP.sub(_with_backslash, escape(one_line(text).strip(), quote=False)))


def _with_backslash(found: re.Match[str]) -> str:
    return f"{found[0][:-1]}\\{found[0][-1]}"


def _unlinked(text: str) -> str:
    return _REFERENCE.sub(r"\1<!-- -->", text)
