"""From a file's bytes to a write-up: encoding, form, and prose of the same length as the text."""

import re
from collections.abc import Callable
from pathlib import PurePath

from interp_core.audit.forms import latex, markdown, notebook, plain
from interp_core.audit.links import Ignore, Link, find_ignores, find_links
from interp_core.audit.writeup import Layout, Trouble, Writeup, blank
from interp_core.errors import InterpClaimsError

FORMS = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".qmd": "markdown",
    ".rmd": "markdown",
    ".tex": "latex",
    ".ltx": "latex",
    ".ipynb": "notebook",
    ".txt": "plain",
    ".text": "plain",
    ".rst": "plain",
    "": "plain",
}
_TEX_COMMENT = re.compile(r"(?<!\\)%[^\n]*")
_INLINE: dict[str, re.Pattern[str]] = {"markdown": markdown.INLINE, "latex": latex.INLINE, "plain": plain.INLINE}
_LAYOUT: dict[str, Callable[[str], Layout]] = {
    "markdown": markdown.layout,
    "latex": latex.layout,
    "plain": plain.layout,
}
_CURLY = str.maketrans({"’": "'", "‘": "'", "\r": " ", "\t": " ", "\u00a0": " ", "\u202f": " ", "\u2009": " "})
_BOM = "\ufeff"


def form_of(name: str) -> str:
    """The form that a file's name tells; raises InterpClaimsError for a name that tells none."""
    suffix = PurePath(name).suffix.lower()
    if suffix not in FORMS:
        raise InterpClaimsError(
            f"{name}: the audit reads Markdown (.md), LaTeX (.tex), notebooks (.ipynb) and plain text (.txt), and not "
            f"{suffix!r}. Export the text as one of these, or name the form: --form markdown."
        )
    return FORMS[suffix]


def decode(data: bytes, name: str) -> str:
    """The text of a file; raises InterpClaimsError where its bytes are no text."""
    if b"\0" in data[:65536] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InterpClaimsError(f"{name} is a binary file: it holds zero bytes. Give the text that it was made from.")
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InterpClaimsError(
            f"{name} is not UTF-8: line {line} holds the byte 0x{data[error.start]:02x}. Save it as UTF-8, as with "
            f"iconv -f latin1 -t utf-8 {name} > new; mv new {name}"
        ) from None


def read_writeup(data: bytes, name: str, *, form: str | None = None) -> Writeup:
    """A write-up out of a file's bytes.

    Raises
    ------
    InterpClaimsError : no text, another encoding than UTF-8, a form that the audit does not read, a broken notebook.
    """
    chosen = form or form_of(name)
    raw = decode(data, name)
    if chosen == "notebook":
        cells = notebook.read_cells(raw.removeprefix(_BOM), name)
        made = _writeup(cells.text, name, "markdown")
        return Writeup(name, "notebook", made.text, made.prose, made.linked, made.blocks, made.troubles,
                       raw.removeprefix(_BOM), cells.origin, cells.starts)  # fmt: skip
    return _writeup(raw.removeprefix(_BOM), name, chosen)


def _writeup(text: str, name: str, form: str) -> Writeup:
    even = text.translate(_CURLY)
    layout = _LAYOUT[form](even)
    linked = blank(even, layout.hidden)
    marks: list[Link | Ignore] = [*find_links(linked), *find_ignores(linked)]
    spans = [(mark.start, mark.end) for mark in marks]
    prose = blank(linked, spans)
    prose = blank(prose, _comments(prose, form))
    prose = blank(prose, [match.span() for match in _INLINE[form].finditer(prose)])
    troubles = (*layout.troubles, *_empty(text))
    return Writeup(name, form, text, prose, linked, layout.blocks, troubles)


def _comments(text: str, form: str) -> list[tuple[int, int]]:
    if form == "latex":
        return [match.span() for match in _TEX_COMMENT.finditer(text)]
    spans: list[tuple[int, int]] = []
    at = text.find("<!--") if form == "markdown" else -1
    while at >= 0:
        end = text.find("-->", at + 4)
        spans.append((at, end + 3 if end >= 0 else len(text)))
        at = text.find("<!--", end + 3) if end >= 0 else -1
    return spans


def _empty(text: str) -> tuple[Trouble, ...]:
    if text.strip():
        return ()
    return (Trouble(0, 0, "the file is empty, so nothing was audited.", "Give the write-up that is to go out."),)
