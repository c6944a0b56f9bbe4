"""The whole that a count or a share is said to be a part of: "of the 40 prompts", "of them", "Of 40 prompts, ..."."""

import re
from collections.abc import Sequence
from itertools import combinations

from interp_core.audit.quantities import PLURAL, Count, counted
from interp_core.audit.rules.common import Text
from interp_core.audit.statements import Statement

_DETERMINED = (
    r"(?:(?:the|all|our|these|those|my|their|its|that)\s+(?:(?:[a-z-]+\s+){0,2}?[a-z]+'s\s+|[a-z]+\s+)?)?(?:n\s*=\s*)?"
)
OF = re.compile(rf"\s*(?:\([^()]{{0,40}}\)\s*)?(?:[a-z]+ed\s+)?(?:out\s+)?of\s+{_DETERMINED}")
_OF_THEM = re.compile(
    rf"\s*(?:of|for|in)\s+(?:(?:them|whom|which|these|those)\b(?!{PLURAL})|the\s+(?:lot|total|sample|set|batch)\b)"
)
_OF_WHICH = re.compile(r"\bof\s+(?:whom|which|these|those|them)\s+(?:only\s+|some\s+)?\Z")
_OF_NOUN = re.compile(
    r"\s*of\s+(?:(?:the|these|those|our|all|my|such)\s+){1,2}(?:[a-z-]+\s+){0,2}?(?P<noun>[a-z-]+s|people)\b"
)
_OTHERS = re.compile(r"\b(?:other|more|further|another|additional|first|last|remaining|new|of the)\s*\Z")
_MORE = re.compile(r"\b(?:more|another|new|second|later|next|main|full|larger)\b")
_NEW_ONES = re.compile(  # what "of them" may mean behind "ten frames gave the outputs"
    r"\b(?:the|these|those|all|their|our|more|gave|giv\w+|produc\w+|yield\w+|generat\w+|collect\w+|wrote|drew|sampl\w+)"
    r"\s+(?:[a-z-]+\s+){0,2}?[a-z]+(?<![sui])s\b"
)
_SETS = r"(?:pool|set|list|batch|sample|collection|panel|group|subset|total|corpus|bank|lot)"
_OPENS = re.compile(
    rf"(?:\A\W*|[.;:,(]\s*|\b(?:and|but|that)\s+)(?:of|out\s+of|from|among|amongst|within)\s+{_DETERMINED}"
    rf"(?:(?:an?\s+)?(?:[a-z-]+\s+){{0,2}}?{_SETS}\s+of\s+{_DETERMINED})?\Z",
    re.IGNORECASE,
)
A_SET_OF = re.compile(rf"\b{_SETS}\s+of\s+{_DETERMINED}\Z")
_BEFORE_PART = re.compile(  # "we threw out 43", "..., 43"
    r"(?:\A|[,:;(]|\b(?:and|but|only|just|all|some|for|in|on|that|than|as\s+many\s+as|at\s+least|found|kept|threw\s+out|left\s+out|saw|took|got|lost|had"
    r"|(?!scored|averaged|reached|lasted|measured|needed|used|cost)[a-z]+ed(?:\s+(?:with|to|out|up|at))?))\s*\Z"
)
_AFTER_PART = re.compile(r"(?!\s*(?:of|per|each|a|to\s+\d)\b|\s*[-–/=×])")
_EXTREME = re.compile(
    r"\b(?:best|worst|longest|shortest|largest|smallest|mean|median|average|sum|each|every|per|maximum)\b"
)
_JOINT = re.compile(r"[,;]|\b(?:and|but|yet|while)\b")
_IN_CLAUSE = re.compile(r"\b(?:in|on|for|with)\s+\Z")
_CLAUSE_ENDS = re.compile(r"\s*(?:[.,;)]|\Z)")
_SEVERAL = 4
_REACH = 120  # characters
_NEAREST = 12  # counts before a part in which its whole is looked for
UNITS = re.compile(
    r"(?:time|hour|minute|second|day|week|month|year|token|word|character|point|bit|parameter|dimension|gpu|size|step|epoch"
    r"|iteration|shot)s"
)
_EACH = re.compile(r"\b(?:each|per|apiece|every|in\s+all|in\s+total|altogether)\b")


def _before(statement: Statement, text: Text, place: int) -> tuple[list[Count], bool]:
    """What is counted in the sentence before a place, else in the sentence before it; and whether in the same one."""
    counts = [count for count in counted(statement.text) if count.stop <= place][-_NEAREST:]
    number = text.places[statement] - 1
    if any(is_a_whole(statement, count) for count in counts):
        return counts, True
    if number < 0 or text.statements[number].number != statement.number:
        return [], True
    previous = text.statements[number]
    return [count for count in counted(previous.text)[-_NEAREST:] if is_a_whole(previous, count)], False


def behind(pattern: re.Pattern[str], said: str, place: int) -> re.Match[str] | None:
    """Where a pattern ends at a place; it looks no further back than such words reach."""
    return pattern.search(said, max(place - _REACH, 0), place)


def is_a_whole(statement: Statement, count: Count) -> bool:
    """Whether it counts something: "12 riddles", "12 of the riddles", "a set of 12"."""
    said = statement.text
    return bool(count.noun or _OF_NOUN.match(said, count.end) or behind(A_SET_OF, said, count.start))


def wholes_of(statement: Statement, text: Text, start: int, end: int) -> list[Count] | None:
    """What the words behind a part at `start` to `end` name as its whole, any of them; None where they name none."""
    said = statement.text
    if direct := counted_after(said, end, OF):
        return [direct]
    before, same_sentence = _before(statement, text, start)
    if _OF_THEM.match(said, end) or behind(_OF_WHICH, said, start):
        nearest = before[-1].stop if before and same_sentence else 0
        many = [count for count in before if count.value >= _SEVERAL] or (before if same_sentence else [])
        return [] if _NEW_ONES.search(said, nearest, start) else many
    named = _OF_NOUN.match(said, end) if same_sentence or not _MORE.search(said, 0, start) else None
    return [n for n in before if named and n.noun == named["noun"] and not _OTHERS.search(n.kind)] or None


def counted_after(said: str, end: int, of: re.Pattern[str]) -> Count | None:
    """The count that stands behind an "of"."""
    following = next((count for count in counted(said) if count.start >= end), None)
    return following if following and of.fullmatch(said, end, following.start) else None


def opened(said: str, place: int) -> list[Count]:
    """ "Of the 20 prompts, ...": the whole before its parts, and what is counted since."""
    counts = [count for count in counted(said) if count.end <= place]
    first = next((n for n, count in enumerate(counts) if behind(_OPENS, said, count.start)), None)
    return [] if first is None or re.search("[;:]", said[counts[first].end : place]) else counts[first:]


def is_part(said: str, count: Count) -> bool:
    """Whether a bare count is said of some of them: "we threw out 43", and not "the best scored 43"."""
    clause = said[max(said.rfind(",", 0, count.start), 0) : count.start]
    return bool(
        behind(_BEFORE_PART, said, count.start) and _AFTER_PART.match(said, count.end) and not _EXTREME.search(clause)
    )


def in_first_clause(said: str, count: Count) -> list[Count]:
    """ "Estimated in two models and positive in three": the sole count before, where the later one ends its clause."""
    counts = counted(said)
    if len(counts) != 2 or count is not counts[1] or counts[0].spelled != count.spelled:
        return []
    if not counts[0].noun or UNITS.fullmatch(counts[0].noun):
        return []
    bare = not count.noun and behind(_IN_CLAUSE, said, count.start) and _CLAUSE_ENDS.match(said, count.end)
    return [counts[0]] if bare and _JOINT.search(said, counts[0].stop, count.start) else []


def numbers(said: str, place: int, wholes: Sequence[Count]) -> list[int]:
    """How many the wholes are; behind "ten answers to each of 25 prompts, 60 in all" any of these, and 250."""
    before = [count for count in counted(said) if count.stop <= place and count not in wholes]
    if wholes and wholes[0].start < place and _EACH.search(said, 0, place):
        return with_products([*wholes, *before])
    return [count.value for count in wholes]


def with_products(counts: Sequence[Count]) -> list[int]:
    """Their numbers and, for one of each with each, the products of two."""
    ns = [count.value for count in counts]
    return [*ns, *(a * b for a, b in combinations(ns, 2))]
