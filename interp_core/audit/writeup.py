"""A write-up as the rules see it: prose of the source's own length, cut into blocks, with every offset kept.

Markup, code and links are replaced by spaces, never removed: an offset into the prose is an offset into the text.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

SPOKEN = ("paragraph", "item", "caption", "footnote")
_WRAP = re.compile(r"[^\n]")


@dataclass(frozen=True)
class Block:
    """A stretch of text of one kind: paragraph, item, heading, caption, footnote, quote or row (of a table)."""

    kind: str
    start: int
    end: int
    level: int = 0


@dataclass(frozen=True)
class Trouble:
    """Something about the file that keeps part of it from being audited."""

    start: int
    end: int
    message: str
    instead: str


@dataclass(frozen=True)
class Place:
    """A span in the file as editors count it: lines and columns from 1, the end column exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
    cell: int | None = None


@dataclass(frozen=True)
class Layout:
    """What a reader of one form found: blocks, what is code, and what is markup inside the text."""

    blocks: tuple[Block, ...]
    hidden: tuple[tuple[int, int], ...] = ()
    troubles: tuple[Trouble, ...] = ()


@dataclass(frozen=True)
class Writeup:
    """One text to audit.

    Attributes
    ----------
    name : the file's name, as the user gave it.
    form : ``markdown``, ``latex``, ``notebook`` or ``plain``.
    text : what the author wrote; for a notebook, its Markdown cells one after another.
    prose : `text` with everything blanked that is not prose, links included.
    linked : `text` with code blanked and links kept.
    blocks : in the order of the text.
    raw : the file's whole text; the same as `text` but for notebooks.
    origin : for a notebook, where each character of `text` stands in `raw`.
    cells : for a notebook, the offset in `text` at which each Markdown cell begins, with its number.
    """

    name: str
    form: str
    text: str
    prose: str
    linked: str
    blocks: tuple[Block, ...]
    troubles: tuple[Trouble, ...] = ()
    raw: str = ""
    origin: Sequence[int] | None = None
    cells: tuple[tuple[int, int], ...] = ()

    def place(self, start: int, end: int) -> Place:
        """Where a span of `text` stands in the file."""
        first, last = self._raw_offset(start), self._raw_offset(max(end - 1, start)) + 1
        line, column = self._line_column(first)
        end_line, end_column = self._line_column(max(last, first))
        return Place(
            line, column, end_line, max(end_column, column) if end_line == line else end_column, self._cell(start)
        )

    def line_at(self, offset: int) -> tuple[str, int]:
        """The line of `text` that holds `offset`, without its ending, and the offset at which it begins."""
        start = self.text.rfind("\n", 0, offset) + 1
        end = self.text.find("\n", offset)
        return self.text[start : len(self.text) if end < 0 else end].rstrip("\r"), start

    @cached_property
    def _lines(self) -> list[int]:
        whole = self.raw or self.text
        return [0, *(match.end() for match in re.finditer("\n", whole))]

    def _raw_offset(self, offset: int) -> int:
        if self.origin is None:
            return offset
        if not self.origin:
            return 0
        return self.origin[min(offset, len(self.origin) - 1)]

    def _line_column(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1

    def _cell(self, offset: int) -> int | None:
        if not self.cells:
            return None
        place = bisect_right([start for start, _ in self.cells], offset)
        return self.cells[max(place - 1, 0)][1]


def blank(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """`text` with the spans replaced by spaces, line ends kept; spans may overlap and come in any order."""
    parts: list[str] = []
    reached = 0
    for start, end in sorted(spans):
        if end <= reached:
            continue
        begin = max(start, reached)
        parts += [text[reached:begin], _WRAP.sub(" ", text[begin:end])]
        reached = end
    return "".join([*parts, text[reached:]])


def enclosed(
    text: str, opening: re.Pattern[str], closing: Callable[[re.Match[str]], str]
) -> Iterator[tuple[re.Match[str], int | None]]:
    """What opens and where it is closed, or None; nothing is looked for inside. Linear in the text, closed or not."""
    absent: set[str] = set()
    at = 0
    while match := opening.search(text, at):
        wanted = closing(match)
        found = -1 if wanted in absent else text.find(wanted, match.end())
        at = match.end()
        if found < 0:
            absent.add(wanted)
            yield match, None
        else:
            at = found + len(wanted)
            yield match, at
