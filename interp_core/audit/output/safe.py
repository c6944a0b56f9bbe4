"""Text of a write-up made safe to print: nothing invisible, nothing that moves the cursor or reorders a line."""

import unicodedata

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def safe(text: str, *, keep: str = "") -> str:
    """The text with every control, format, private or unassigned character spelled out, but those in `keep`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c in keep or unicodedata.category(c) not in _UNSEEN else f"⟨U+{ord(c):04X}⟩" for c in text)


def one_line(text: str) -> str:
    """Safe text on one line, white space single."""
    return safe(" ".join(text.split()))
