"""The audit on a terminal: each line quoted, the words underlined, what is wrong, and what to write."""

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

from interp_core.audit.compare import Comparison, comparison_sentence
from interp_core.audit.figures import plural
from interp_core.audit.finding import RULES, Overclaim
from interp_core.audit.output.safe import one_line, safe
from interp_core.audit.run import Audit
from interp_core.audit.summary import summary_sentence

if TYPE_CHECKING:
    import rich.console

_STYLES = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}
_MARGIN = 10
_WHOLE = ("R13", "R14", "R17")  # about the whole text: no line to quote


def render_terminal(audit: Audit, *, width: int = 100, color: bool = False) -> str:
    """The findings, what was ignored, and the summary as the last line."""
    from rich.console import Console

    console = Console(
        file=io.StringIO(), width=width, force_terminal=color, no_color=not color, highlight=False, emoji=False
    )
    _print_all(console, audit, audit.findings)
    if audit.ignored:
        _say(console, f"{plural(len(audit.ignored), 'finding')} ignored:", "bold")
        for finding in audit.ignored:
            _say(console, f"  {_where(audit, finding)} {finding.rule}: {one_line(finding.reason)}", "")
        _say(console, "", "")
    _say(console, summary_sentence(audit), "bold")
    return _written(console)


def render_comparison(comparison: Comparison, *, width: int = 100, color: bool = False) -> str:
    """What was mended, what came in and what remains, then the summaries of both versions."""
    from rich.console import Console

    console = Console(
        file=io.StringIO(), width=width, force_terminal=color, no_color=not color, highlight=False, emoji=False
    )
    for title, audit, findings in (
        ("Mended", comparison.old, comparison.mended),
        ("Came in", comparison.new, comparison.came_in),
        ("Remain", comparison.new, comparison.remain),
    ):
        _say(console, f"{title}: {len(findings)}", "bold underline")
        if title == "Mended":
            for finding in findings:
                _say(console, f"  {_where(audit, finding)} {finding.rule} {_quoted(audit, finding)}", "green")
            _say(console, "", "")
        else:
            _print_all(console, audit, findings)
    _say(console, f"{comparison.old.writeup.name}: {summary_sentence(comparison.old)}", "")
    _say(console, f"{comparison.new.writeup.name}: {summary_sentence(comparison.new)}", "")
    _say(console, comparison_sentence(comparison), "bold")
    return _written(console)


def _written(console: "rich.console.Console") -> str:

    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().split("\n"))


def _say(console: "rich.console.Console", text: str, style: str) -> None:
    from rich.text import Text

    console.print(Text(text, style=style))


def _print_all(console: "rich.console.Console", audit: Audit, findings: Iterable[Overclaim]) -> None:
    for finding in findings:
        _print(console, audit, finding)


def _print(console: "rich.console.Console", audit: Audit, finding: Overclaim) -> None:
    from rich.padding import Padding
    from rich.text import Text

    style = _STYLES[finding.severity]
    console.print(
        Text.assemble(
            (_where(audit, finding), "bold"),
            " ",
            (f"{finding.severity} {finding.rule}", style),
            " ",
            RULES[finding.rule],
        )
    )
    if finding.rule not in _WHOLE:
        line, start, end = _line(audit, finding, console.width - 6)
        console.print(Text(f"  │ {line}"), no_wrap=True, overflow="crop")
        console.print(
            Text("  │ " + " " * start + "‾" * max(end - start, 1), style=style), no_wrap=True, overflow="crop"
        )
    for label, text in (("", finding.message), ("evidence: ", finding.evidence), ("instead: ", finding.instead)):
        if text:
            console.print(Padding(Text.assemble((label, "dim"), safe(text)), (0, 0, 0, 4)))
    console.print()


def _where(audit: Audit, finding: Overclaim) -> str:
    place = audit.writeup.place(finding.start, finding.end)
    cell = f" (cell {place.cell})" if place.cell else ""
    return f"{audit.writeup.name}:{place.line}:{place.column}{cell}"


def _quoted(audit: Audit, finding: Overclaim) -> str:
    words = one_line(audit.writeup.text[finding.start : finding.end])
    return f"“{words[:70]}{'…' if len(words) > 70 else ''}”"


def _line(audit: Audit, finding: Overclaim, room: int) -> tuple[str, int, int]:
    """The line that a finding begins in, cut to `room` around it, and where its words stand in what is left."""
    line, begin = audit.writeup.line_at(finding.start)
    start, end = finding.start - begin, min(finding.end - begin, len(line))
    left = 0 if len(line) <= room else max(min(start - _MARGIN, len(line) - room + 1), 0)
    shown = line[left : left + room - 1]
    head = "…" if left else ""
    before = safe(head + shown[: start - left])
    middle = safe(shown[start - left : end - left])
    return before + middle + safe(shown[end - left :]), len(before), len(before) + len(middle)
