"""Plain text: paragraphs between blank lines; a short line that ends without a stop is a heading."""

import re
from collections.abc import Iterator

from interp_core.audit.writeup import Block, Layout

INLINE = re.compile(r"https?://[^\s<>)\]]{1,1000}")
_BREAK = re.compile(r"\n[ \t\r]*(?:\n[ \t\r]*)+")
_UNDERLINE = re.compile(r"\n[=\-~]{3,200}\s*\Z")


def layout(text: str) -> Layout:
    """The paragraphs and headings of a plain text."""
    return Layout(tuple(_blocks(text)))


def _blocks(text: str) -> Iterator[Block]:
    at = 0
    for stop in [*(match.start() for match in _BREAK.finditer(text)), len(text)]:
        body = text[at:stop]
        start = at + len(body) - len(body.lstrip())
        if body.strip():
            heading = _is_heading(body.strip())
            yield Block("heading" if heading else "paragraph", start, stop, 2 if heading else 0)
        at = stop


def _is_heading(body: str) -> bool:
    if _UNDERLINE.search(body):
        return True
    return "\n" not in body and len(body.split()) <= 8 and body[-1] not in '.!?:;,"”)]' and not body[0].islower()
