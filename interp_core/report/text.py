"""Text that a model or a stranger wrote, made safe to look at: nothing invisible, nothing that reorders a line.

Escaping for HTML or Markdown is the renderer's job; this comes before it.
"""

import unicodedata
from functools import lru_cache

# Control, format (bidi overrides, zero width, tags), surrogates, private use, unassigned, line and paragraph ends.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_KEPT = frozenset("\n\t")
_ESCAPED = {"&": 5, "<": 4, ">": 4, '"': 5, "'": 5}


def visible(text: str) -> str:
    """The text with every control, format, private or unassigned character spelled out, as in ``⟨U+202E⟩``."""
    if text.isascii() and text.isprintable():
        return text
    return _spelled(text)


@lru_cache(maxsize=1024)  # a page is tried in several lengths, each time with the same texts
def _spelled(text: str) -> str:
    return "".join(map(_seen, text))


def one_line(text: str) -> str:
    """`visible` text on a single line: line breaks are shown as ``⏎``, tabs as spaces."""
    return visible(text.replace("\r\n", "\n")).replace("\n", " ⏎ ").replace("\t", " ")


def cut(text: str, limit: int) -> tuple[str, str]:
    """The text in two: what fits in `limit` bytes of escaped HTML, and the rest ("" where all of it fits)."""
    spent = 0
    for index, character in enumerate(text):
        spent += _ESCAPED.get(character) or len(character.encode())
        if spent > limit:
            return text[:index], text[index:]
    return text, ""


def _seen(character: str) -> str:
    if character in _KEPT or unicodedata.category(character) not in _UNSEEN:
        return character
    return f"⟨U+{ord(character):04X}⟩"
