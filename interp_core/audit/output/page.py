"""One self-contained page: the text on the left, the findings as notes in the margin. No script, nothing loaded."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interp_core.audit.finding import RULES, SEVERITIES, Overclaim
from interp_core.audit.output.safe import safe
from interp_core.audit.run import Audit
from interp_core.audit.summary import summary_sentence
from interp_core.audit.writeup import Block

if TYPE_CHECKING:
    import jinja2

_WHOLE = ("R13", "R14", "R17")
_MARKERS = " \t\r\n#>*-+|"  # what stands before a block in Markdown, and is no text
_MOST = 300_000  # characters of the write-up on a page; beyond it only blocks with findings are shown


@dataclass(frozen=True)
class _Part:
    """A stretch of text, and the findings that mark it."""

    text: str
    marks: tuple[int, ...]
    severity: str


def render_html(audit: Audit) -> str:
    """The audit as one HTML page: identical audits give identical bytes."""
    numbered = list(enumerate(audit.findings, 1))
    return (
        _environment()
        .get_template("page.html.jinja")
        .render(
            name=audit.writeup.name,
            summary=summary_sentence(audit),
            rules=RULES,
            severities=[(s, sum(f.severity == s for f in audit.findings)) for s in SEVERITIES],
            whole=[pair for pair in numbered if pair[1].rule in _WHOLE],
            blocks=list(_blocks(audit, [pair for pair in numbered if pair[1].rule not in _WHOLE])),
            ignored=[(finding, audit.writeup.place(finding.start, finding.end).line) for finding in audit.ignored],
        )
    )


def _blocks(audit: Audit, numbered: Sequence[tuple[int, Overclaim]]) -> Iterator[dict[str, Any]]:
    writeup = audit.writeup
    short = len(writeup.text) <= _MOST
    by_block: dict[int, list[tuple[int, Overclaim]]] = {}
    bounds = _bounds(writeup.blocks, len(writeup.text))
    place = 0
    for number, finding in sorted(numbered, key=lambda pair: pair[1].start):
        while place + 1 < len(bounds) and bounds[place + 1][0] <= finding.start:
            place += 1
        by_block.setdefault(place, []).append((number, finding))
    for index, (start, end, kind) in enumerate(bounds):
        notes = by_block.get(index, [])
        if notes or (short and writeup.text[start:end].strip(_MARKERS)):
            yield {
                "kind": kind,
                "line": writeup.place(start, end).line,
                "parts": _parts(writeup.text, start, end, notes),
                "notes": notes,
            }


def _bounds(blocks: Sequence[Block], length: int) -> list[tuple[int, int, str]]:
    """The whole text in order: blocks, and what lies between them (code, comments, markup)."""
    found: list[tuple[int, int, str]] = []
    at = 0
    for block in blocks:
        if block.start < at:
            continue
        if block.start > at:
            found.append((at, block.start, "between"))
        found.append((block.start, block.end, block.kind))
        at = block.end
    return [*found, (at, length, "between")]


def _parts(text: str, start: int, end: int, notes: Sequence[tuple[int, Overclaim]]) -> list[_Part]:
    """The block cut wherever a finding begins or ends."""
    spans = [(n, max(f.start, start), min(max(f.end, f.start + 1), end), f.severity) for n, f in notes]
    cuts = sorted({start, end, *(s for _, s, _, _ in spans), *(e for _, _, e, _ in spans)})
    parts: list[_Part] = []
    for left, right in itertools.pairwise(cuts):
        over = [(n, severity) for n, s, e, severity in spans if s <= left and right <= e]
        worst = min((severity for _, severity in over), key=SEVERITIES.index, default="")
        parts.append(_Part(safe(text[left:right], keep="\n\t"), tuple(n for n, _ in over), worst))
    return parts


@cache
def _environment() -> "jinja2.Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: safe(value, keep="\n\t") if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
