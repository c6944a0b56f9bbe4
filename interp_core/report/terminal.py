"""The verdict table of the terminal summary, at any width, every word of it.

On a wide terminal the effect, n and model stand in columns of their own; on a narrow one they follow the sentence.
"""

import io
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from interp_core.report.document import (
    SYMBOLS,
    Document,
    Row,
    arm_means,
    levels,
    moved,
    partial,
    passes_line,
    remarks,
    selection,
    summary_sentence,
)
from interp_core.report.grounds import ungrounded
from interp_core.report.numbers import bare_interval, interval, plural
from interp_core.report.plot import strip
from interp_core.report.text import one_line

if TYPE_CHECKING:
    import rich.console
    import rich.table
    import rich.text

_WIDE = 110
_STRIP = 24
_STYLES = {"SUPPORTED": "bold green", "REFUTED": "bold red", "INCONCLUSIVE": "bold yellow", "INVALID": "bold magenta"}


def render_terminal(document: Document, *, width: int, color: bool) -> list[str]:
    """The report as lines of at most `width` cells.

    Parameters
    ----------
    document : a report document.
    width : columns of the terminal; below 40 words begin to break.
    color : whether lines carry ANSI colours. The verdict is in words either way.
    """
    console = _console(width, color)
    if document["rows"]:
        console.print(_wide(document) if width >= _WIDE else _narrow(document))
    for note in _notes(document):
        console.print(note)
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().rstrip("\n").split("\n")]


def _console(width: int, color: bool) -> "rich.console.Console":
    from rich.console import Console

    # An empty environment: the lines depend on the arguments alone, not on NO_COLOR, TERM or COLUMNS.
    return Console(
        file=io.StringIO(),
        width=width,
        color_system="standard" if color else None,
        force_terminal=color,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        _environ={},
    )


def _wide(document: Document) -> "rich.table.Table":
    table = _table(header=True)
    table.add_column("effect [interval]", max_width=30, overflow="fold")
    table.add_column("n", justify="right", no_wrap=True)
    table.add_column("model", max_width=20, overflow="fold")
    for row in document["rows"]:
        table.add_row(_verdict(row), _claim(row), _effect(row), _text(levels(row)), _text(row["model"]["name"]))
    return table


def _narrow(document: Document) -> "rich.table.Table":
    table = _table(header=False)
    for row in document["rows"]:
        facts = ", ".join(filter(None, [interval(row), arm_means(row), f"n {levels(row)}", row["model"]["name"]]))
        table.add_row(_verdict(row), _claim(row, _text(facts)))
    return table


def _table(*, header: bool) -> "rich.table.Table":
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, expand=True, pad_edge=False, show_header=header, header_style="dim")
    table.add_column("verdict", no_wrap=True)
    table.add_column("claim", ratio=1, overflow="fold")
    return table


def _verdict(row: Row) -> "rich.text.Text":
    verdict = row["verdict"]
    return _text(f"{SYMBOLS[verdict]} {verdict}", _STYLES[verdict])


def _claim(row: Row, *facts: "rich.text.Text") -> "rich.console.RenderableType":
    from rich.console import Group

    marks = [_text(remark, "bold") for remark in remarks(row)]
    facts = (*facts, _text(_standing(row), "dim"))
    place = [] if row["verdict"] == "SUPPORTED" else [_text(f"{row['where']}  {row['id']}", "dim")]
    baseline = _text(f"baseline: {row['baseline']}", "dim")
    return Group(_text(row["sentence"]), *facts, baseline, _text(f"→ {row['reason']}"), *marks, *place, "")


def _standing(row: Row) -> str:
    """The status, with what keeps it from being stronger where something is registered."""
    nothing = row["status_why"] == "nothing is registered"
    return row["status"] if nothing or not row["status_why"] else f"{row['status']}: {row['status_why']}"


def _effect(row: Row) -> "rich.console.RenderableType":
    from rich.console import Group

    lines = [_text(bare_interval(row))]
    if arm_means(row):
        lines.append(_text(arm_means(row), "dim"))
    if row["effect"] is not None:
        lines += [_text(row["unit"])] * bool(row["unit"]) + [_text(strip(row, _STRIP), "cyan")]
    return Group(*lines)


def _notes(document: Document) -> "Iterable[rich.text.Text]":
    for sentence in moved(document):
        yield _text(f"moved: {sentence}", "bold")
    for row in document["rows"]:
        for ground in ungrounded(row, document):
            yield _text(f"ungrounded: {row['id']} on {row['model']['name']} rests on {ground}", "bold")
    for note, count in Counter(note for row in document["rows"] for note in row["scope"]["notes"]).items():
        yield _text(f"note ({plural(count, 'row')}): {note}", "dim")
    for one in document["over_models"]:
        yield _text(f"{one['id']}: holds in {one['holds']} of {plural(len(one['models']), 'model')}")
    for one in document["not_run"]:
        yield _text(f"registered, without a finding: {one['id']} on {one['model']} ({one['why']})")
    for (outcome, reason), names in _without_finding(document).items():
        yield _text(f"{outcome}: {', '.join(names)}: {reason}")
    yield _text(f"passes: {passes_line(document['passes'])}", "dim")
    if partial(document) and selection(document):
        yield _text(f"selected with {selection(document)}", "dim")
    yield _text(summary_sentence(document), "bold")


def _without_finding(document: Document) -> dict[tuple[str, str], list[str]]:
    """The claims that were not evaluated, by outcome and reason: one reason is told once."""
    found: dict[tuple[str, str], list[str]] = {}
    for item in document["not_evaluated"]:
        found.setdefault((item["outcome"], item["reason"]), []).append(f"{item['id']} on {item['model']}")
    return found


def _text(text: str, style: str = "") -> "rich.text.Text":
    from rich.text import Text

    return Text(one_line(text), style=style, overflow="fold")
