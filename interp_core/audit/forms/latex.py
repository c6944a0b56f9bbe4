"""LaTeX: a scanner for what a paper's prose is made of. It expands nothing; what it does not know, it reads as text."""

import re
from collections.abc import Iterator

from interp_core.audit.writeup import Block, Layout, Trouble, blank, enclosed

_COMMENT = re.compile(r"(?<!\\)%[^\n]*")
_CODE = (
    "verbatim|Verbatim|lstlisting|minted|tikzpicture|thebibliography|filecontents|comment|equation|align|"
    "algorithm|algorithmic"
)
_BEGIN_CODE = re.compile(rf"\\begin\{{((?:{_CODE})\*?)\}}")
_HEADING = re.compile(
    r"\\(title|chapter|section|subsection|subsubsection|paragraph|begin)\*?(?:\[[^\]\n]{0,200}\])?\{([^{}\n]{1,300})\}"
)
_LEVELS = {"title": 1, "chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4, "paragraph": 5}
_CAPTION = re.compile(r"\\caption(?:\[[^\]\n]{0,200}\])?\{")
_BREAK = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_QUOTE = re.compile(r"\\begin\{(quote|quotation)\}")
_TABLE = re.compile(r"\\begin\{(tabular\*?|tabularx|longtable)\}")
_ROW = re.compile(r"\\\\(?:\[[^\]\n]{0,20}\])?")
_SILENT = (
    "label|ref|eqref|cref|Cref|autoref|includegraphics|usepackage|documentclass|bibliography|bibliographystyle|input|"
    "include|url|vspace|hspace|begin|end|newcommand|renewcommand|author|date|affiliation|email|pagestyle|setlength|"
    "graphicspath|thanks|href"
)
INLINE = re.compile(
    rf"\\(?:{_SILENT})\b\*?(?:\[[^\]\n]{{0,300}}\]|\{{[^{{}}\n]{{0,500}}\}}){{0,4}}"
    r"|\\(?=%)"  # \% keeps its sign
    r"|\\(?!cite|textcite|parencite|citep|citet|claim)[A-Za-z]{1,40}\*?(?:\[[^\]\n]{0,200}\])?|\\[&_#$]|\\[,;:! ]|\\\\"
    r"|[{}$~]"
)


def layout(text: str) -> Layout:
    """The blocks of a LaTeX text, its code, and environments that are never closed."""
    comments = [match.span() for match in _COMMENT.finditer(text)]
    bare = blank(text, comments)
    code, troubles = _code(bare)
    preamble = bare.find(r"\begin{document}")
    hidden = [*code, *([(0, preamble)] if preamble > 0 else []), *_mentions(bare)]
    bare = blank(bare, hidden)
    return Layout(tuple(_blocks(bare)), tuple(hidden), tuple(troubles))


def _mentions(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(r"\\verb\*?([^\w\s])[^\n]{0,300}?\1", text)]


def _code(text: str) -> tuple[list[tuple[int, int]], list[Trouble]]:
    spans: list[tuple[int, int]] = []
    for match, end in enclosed(text, _BEGIN_CODE, _ending):
        spans.append((match.start(), len(text) if end is None else end))
        if end is None:
            return spans, [_unclosed(match)]
    return spans, []


def _ending(match: re.Match[str]) -> str:
    return rf"\end{{{match[1]}}}"


def _unclosed(match: re.Match[str]) -> Trouble:
    return Trouble(
        match.start(),
        match.end(),
        f"{match[0]} is never closed, so everything after it is read as code and is not audited.",
        f"Write \\end{{{match[1]}}} where it ends.",
    )


def _blocks(text: str) -> Iterator[Block]:
    """Headings, captions, quotations, table rows, and the paragraphs between them, in order."""
    special = sorted([*_headings(text), *_captions(text), *_quotes(text), *_rows(text)], key=lambda b: (b.start, b.end))
    at = 0
    for block in special:
        if block.start < at:
            continue
        yield from _paragraphs(text, at, block.start)
        yield block
        at = block.end
    yield from _paragraphs(text, at, len(text))


def _headings(text: str) -> Iterator[Block]:
    for match in _HEADING.finditer(text):
        if match[1] != "begin":
            yield Block("heading", match.start(2), match.end(2), _LEVELS[match[1]])
        elif match[2] == "abstract":
            yield Block("heading", match.start(2), match.end(2), 2)


def _captions(text: str) -> Iterator[Block]:
    for match in _CAPTION.finditer(text):
        yield Block("caption", match.end(), _closing(text, match.end()))


def _closing(text: str, start: int) -> int:
    """Where the brace that was opened before `start` is closed: within the paragraph, or its end."""
    depth = 1
    for match in re.compile(r"[{}]|\n[ \t]*\n").finditer(text, start):
        if match[0][0] == "\n":
            return match.start()
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return match.start()
    return len(text)


def _quotes(text: str) -> Iterator[Block]:
    for match, end in enclosed(text, _QUOTE, _ending):
        if end is not None:
            yield Block("quote", match.start(), end)


def _rows(text: str) -> Iterator[Block]:
    for match, stop in enclosed(text, _TABLE, _ending):
        at = match.start()
        ends = [row.end() for row in _ROW.finditer(text, at, stop or at)]
        for number, end in enumerate([*ends, stop] if stop else []):
            yield Block("row" if number else "header", at, end)
            at = end


def _paragraphs(text: str, start: int, end: int) -> Iterator[Block]:
    at = start
    for stop in [*(match.start() for match in _BREAK.finditer(text, start, end)), end]:
        body = text[at:stop]
        if body.strip():
            yield Block("paragraph", at + len(body) - len(body.lstrip()), stop)
        at = stop
