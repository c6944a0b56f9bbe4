"""Markdown: blocks from markdown-it's block parser, whose line numbers are exact; inline markup by bounded patterns."""

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from interp_core.audit.writeup import Block, Layout, enclosed

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_FRONT = re.compile(r"\A---[ \t]*\n(?:(?!---[ \t]*$).*\n){0,200}---[ \t]*(?:\n|\Z)", re.MULTILINE)
_MARKER = re.compile(r"[ \t]*(?:[>#]+[ \t]*|(?:[-*+]|\d{1,9}[.)])[ \t]+)*")
_CODE_SPAN = re.compile(r"(`{1,3})(?!`)((?:(?!\n[ \t]*\n)[^`]){1,500})\1(?!`)")
_HTML_CODE = re.compile(r"<(script|style|pre|code)\b[^<>]{0,200}>", re.IGNORECASE)
_CAPTION = re.compile(r"[*_]{0,2}(?:figure|table|fig\.|listing|box)\s*\w{0,4}\s*[:.]", re.IGNORECASE)
INLINE = re.compile(
    r"!\[[^\]\n]{0,500}\]\([^)\s]{0,500}[^)\n]{0,200}\)"  # pictures, with their alternative text
    r"|\]\([^)\s]{1,1000}(?:\s\"[^\"\n]{0,200}\")?\)"  # the address of a link
    r"|\[\^[^\]\s]{1,80}\]:?"  # footnotes
    r"|</?[A-Za-z][^<>\n]{0,500}>"  # HTML tags
    r"|<https?://[^\s<>]{1,1000}>|https?://[^\s<>)\]]{1,1000}"
    r"|\[(?=[^\]\n]{1,500}\]\()"
    r"|(?<!\w)[*_]{1,3}(?=\S)|(?<=\S)[*_]{1,3}(?!\w)"  # emphasis
    r"|\$+|~~"
)


def layout(text: str) -> Layout:
    """The blocks of a Markdown text, and its code."""
    front = _FRONT.match(text)
    body = " " * 0 if front is None else re.sub(r"[^\n]", " ", front[0])
    lines = _line_starts(text)
    blocks, hidden = [], [(0, front.end())] if front else []
    for kind, first, last, level in _parts(body + text[len(body) :]):
        start, end = lines[first], lines[min(last, len(lines) - 1)]
        if kind == "code":
            hidden.append((start, end))
        else:
            blocks.append(_block(kind, text, start, end, level))
    hidden += [match.span() for match in _CODE_SPAN.finditer(text)]
    closed = enclosed(text, _HTML_CODE, lambda match: f"</{match[1]}>")
    hidden += [(match.start(), end) for match, end in closed if end is not None]
    return Layout(tuple(blocks), tuple(hidden))


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    # Inline parsing is left out: it keeps no offsets. Link definitions stay paragraphs, so that footnotes are read.
    return MarkdownIt("commonmark").enable("table").disable(["inline", "reference", "text_join"])


def _parts(text: str) -> Iterator[tuple[str, int, int, int]]:
    """Kind, first line, line after the last, and level of each block."""
    quotes = lists = 0
    tokens = _parser().parse(text)
    for place, token in enumerate(tokens):
        quotes += _step(token, "blockquote")
        lists += _step(token, "list_item")
        if token.map is None:
            continue
        first, last = token.map
        if token.type in ("fence", "code_block"):
            yield "code", first, last, 0
        elif token.type == "html_block":
            yield "html", first, last, 0
        elif token.type == "heading_open":
            yield "heading", first, last, int(token.tag[1:])
        elif token.type == "tr_open":
            yield ("header" if tokens[place - 1].type == "thead_open" else "row"), first, last, 0
        elif token.type == "paragraph_open":
            yield ("quote" if quotes else "item" if lists else "paragraph"), first, last, 0


def _step(token: "Token", name: str) -> int:
    return {f"{name}_open": 1, f"{name}_close": -1}.get(token.type, 0)


def _block(kind: str, text: str, start: int, end: int, level: int) -> Block:
    if kind == "html":
        return Block("paragraph", start, end)
    marker = _MARKER.match(text, start, end)
    begin = marker.end() if marker else start
    if kind == "paragraph" and text.startswith("[^", begin):
        kind = "footnote"
    elif kind == "paragraph" and _CAPTION.match(text, begin):
        kind = "caption"
    return Block(kind, begin, end, level)


def _line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer("\n", text)), len(text)]
