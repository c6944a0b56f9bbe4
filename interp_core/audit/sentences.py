"""Sentences with exact offsets. A stop ends one where a new one plausibly begins; abbreviations and decimals do not."""

import re
from collections.abc import Iterator

_STOP = re.compile(r"[.!?]+[\"”')\]]{0,3}(?=\s|$)")
_SHORT = re.compile(
    r"(?:\b(?:et al|e\.g|i\.e|cf|vs|viz|ca|approx|resp|etc|fig|figs|tab|eq|eqs|sec|secs|ch|app|appx|no|nos|p"
    r"|pp|vol|ed|eds|dr|prof|mr|mrs|ms|st|al|"
    r"incl|excl|max|min|avg|std|dev|jr|inc|ltd|dept|est|def|thm|lem|prop|ref|refs|s\.t|w\.r\.t|a\.k\.a|u\.s"
    r"|u\.k)|(?<![A-Za-z])[A-Za-z])\.$",
    re.IGNORECASE,
)
_BACK = 12
_QUOTATION = 300  # characters that a quotation may run before a stop
_LONGEST = 3_000  # characters; keeps every rule linear in the text, whatever the text
_ALWAYS_INSIDE = re.compile(
    r"\b(?:e\.g|i\.e|cf|vs|fig|figs|eq|eqs|sec|secs|tab|no|nos|p|pp|dr|prof|mr|mrs|ms|viz)\.$", re.IGNORECASE
)
_LOWER = re.compile(r"[\s(\[“\"']*[a-z,;:]")
_NUMBERED = re.compile(r"(?:^|\s)\d{1,2}\.$")


def sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The spans of the sentences in ``text[start:end]``, without the white space around them."""
    at = start
    for stop in _STOP.finditer(text, start, end):
        if _ends(text, at, stop.start(), stop.end(), end):
            yield from _trimmed(text, at, stop.end())
            at = stop.end()
    yield from _trimmed(text, at, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The span without its white space; what is far too long for a sentence is cut between words."""
    while end - start > _LONGEST:
        space = text.rfind(" ", start, start + _LONGEST)
        cut = space if space > start else start + _LONGEST
        yield from _stripped(text, start, cut)
        start = cut
    yield from _stripped(text, start, end)


def _ends(text: str, begin: int, dot: int, after: int, end: int) -> bool:
    tail = text[after : min(after + 200, end)]
    following = tail.lstrip()
    if not following:
        return True
    if text[dot] in "!?" and not _in_quotation(text, begin, after, tail):
        return not _LOWER.match(following)
    if _in_quotation(text, begin, after, tail):
        return False
    before = text[max(begin, dot - _BACK) : dot + 1]
    if _ALWAYS_INSIDE.search(before) or (text[dot:after].startswith("...") and following[0].islower()):
        return False
    if _SHORT.search(before):
        return following[0].isupper() and _long_enough(before) and not _initial(before)
    return not (_LOWER.match(following) or (_NUMBERED.search(before) and dot - begin < 3))


def _in_quotation(text: str, begin: int, after: int, tail: str) -> bool:
    """Whether a quotation that was opened in the sentence is closed after the stop."""
    said = text[max(begin, after - _QUOTATION) : after]
    straight = said.count('"') % 2 == 1 and '"' in tail
    pairs = (("“", "”"), ("``", "''"))
    return straight or any(said.count(opens) > said.count(closes) and closes in tail for opens, closes in pairs)


def _long_enough(before: str) -> bool:
    """ "et al." and "etc." end a sentence before a capital; a single letter may be an initial."""
    return before.lower().endswith(("etc.", "st.", "resp."))


def _initial(before: str) -> bool:
    return len(before) >= 2 and not before[-3:-2].isalnum() and before[-2].isupper()


def _stripped(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    body = text[start:end]
    left = len(body) - len(body.lstrip())
    if any(map(str.isalnum, body)):
        yield start + left, start + len(body.rstrip())
