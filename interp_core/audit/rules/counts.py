"""R3: counts above their whole, parts that add up to more than it, and with them the rest of the rule."""

import re
from collections.abc import Iterator, Sequence

from interp_core.audit.finding import Overclaim
from interp_core.audit.quantities import Count, counted
from interp_core.audit.rules.common import Text, at
from interp_core.audit.rules.shares import above_one, no_count_gives
from interp_core.audit.rules.study_sizes import (
    count_pairs,
    of_factors,
    other_sizes,
    printed_in_full,
    unlinked_counts,
    unlinked_n,
    wrong_count,
)
from interp_core.audit.rules.wholes import A_SET_OF, behind, in_first_clause, is_part, numbers, opened, wholes_of
from interp_core.audit.statements import Statement

YEARS = range(1900, 2101)
_PRODUCT = re.compile(r"\s*(?:×|\\times|\*)\s*\d")
_DISOWNED = re.compile(
    r"\b(?:typos?|mistyped|misprint\w*|(?:was|were|is|be) (?:an?|the|our) slip|errat(?:um|a)|miscount(?:ed)?|transposed"
    r"|should (?:have )?read|no count (?:gives|could|can)|cannot be (?:an?|right|true|correct))\b"
)
_BACK = re.compile(r"\W*(?:That|This|It|Which|These|Those|Both)\b")
_FROM = re.compile(r"\b(?:from|out\s+of)\s+(?:(?!from\b)[a-z]+\s+){1,5}\Z")
_REMOVED = re.compile(r"\b(?:removed|dropped|discarded|excluded|deleted|struck|thrown\s+out|left\s+out)\s")
_DRAWN_AGAIN = re.compile(r"\b(?:replacement|bootstrap\w*|resampl\w+|twice|repeated\w*|several times)\b")
_SORTED = re.compile(
    r"\b(?:br(?:eak|oke|eaks)\s+(?:down|up)|split|fall|fell|divided?|sort(?:s|ed)|class(?:ed|ified)|categor\w+|grouped|labell?ed"
    r"|distributed|consist(?:s|ed)?|compris\w+|made\s+up|namely|into)\b|\b(?:are|were)\s*:"
)
_GRADED = re.compile(r"[a-z]+(?:ed|read):\s+(?:[a-z]+\s+)?\Z")
_INTO = re.compile(r"\bin(?:to)?\s+\Z")
_NO_PART = re.compile(r"\s*(?:%|(?:of|per|each)\b)")
_OVERLAP = re.compile(
    r"\b(?:more\s+than\s+one|both|multiple|several|overlap\w*|multi-?\w+|not\s+exclusive|each\s+(?:may|can|could)|also)\b"
)
_OPPOSITES = tuple(
    (re.compile(rf"\b(?:{one})\b"), re.compile(rf"\b(?:{other})\b"))
    for one, other in (
        (r"right(?:ly)?|correct(?:ly)?", r"wrong(?:ly)?|incorrect(?:ly)?"),
        (r"yes|for", r"no|against"),
        (r"passed|succeeded|solved", r"failed|missed|unsolved"),
        (r"answered|complied|granted|accepted|obeyed", r"refused|declined|rejected|turned\s+down"),
        (r"true|positive", r"false|negative"),
        (r"agreed|matched|concurred", r"disagreed|differed|diverged"),
        (r"kept|retained", r"dropped|discarded|removed|excluded"),
        (r"\w+", r"(?:were|was|did|had|are|is|could)(?:\s+not|n't)|the\s+(?:rest|others?)"),
    )
)
_ALSO_AS = re.compile(
    r"(?:[^.;\d]{0,40},)?\s*(?:\(|,?\s*(?:or|so|i\.e\.|that is|which is|=|making)\s)\s*(?:about\s+|some\s+)?\Z"
)
_COUNTS = re.compile(
    r"\s*(?:[a-z-]+\s+){0,3}?(?:requests?|prompts?|completions?|items|answers|outputs|responses|pairs"
    r"|questions|cases|times|samples|generations)\b"
)
_ENDS = re.compile(r"\s*(?:[(),.;\]]|$|(?:against|versus|vs|after|with|under|behind|when|in|for)\b)")
_CELL = re.compile(r"[^|&]+")
_ALL_OF_ROW = re.compile(
    r"n|total|of|all|out of|asked|shown|read|tried|put|sent|drawn|seen|sample size|items|prompts|requests",
    re.IGNORECASE,
)
_PART_OF_ROW = re.compile(r"k|count|hits?|yes|correct|right|success(?:es)?|[a-z]+ed", re.IGNORECASE)


def impossible(statement: Statement, text: Text) -> Iterator[Overclaim]:
    """R3 for one sentence."""
    if not statement.own or not (statement.quantities or counted(statement.text)) or _disowned(statement, text):
        return
    seen: list[Overclaim] = []
    for one in _found(statement, text):
        if not any(one.start < other.end and other.start < one.end for other in seen) and not _of_others(
            statement, one
        ):
            seen.append(one)
            yield one


def _found(statement: Statement, text: Text) -> Iterator[Overclaim]:
    yield from _impossible_pairs(statement)
    yield from _too_many(statement, text)
    yield from _too_many_parts(statement)
    yield from _too_many_in_row(statement)
    yield from above_one(statement)
    yield from no_count_gives(statement, text)
    rows = statement.findings if statement.linked else printed_in_full(statement, text)
    if rows:
        yield from of_factors(statement, list(other_sizes(statement, rows)))
    else:
        yield from unlinked_n(statement, text)
        yield from unlinked_counts(statement, text)


def _disowned(statement: Statement, text: Text) -> bool:
    """Whether the author himself calls it wrong, there or in the sentence behind that points back at it."""
    place = text.places[statement] + 1
    after = text.statements[place] if place < len(text.statements) else None
    said_after = after and after.number == statement.number and _BACK.match(after.text) and _DISOWNED.search(after.text)
    return bool(said_after or _DISOWNED.search(statement.text))


def _of_others(statement: Statement, found: Overclaim) -> bool:
    """Whether the words are quoted."""
    return statement.voice.quoted(found.start - statement.start, found.end - statement.start)


def _impossible(statement: Statement, start: int, end: int, message: str) -> Overclaim:
    """A finding at offsets of the sentence about a count and its whole."""
    span = (statement.start + start, statement.start + end)
    return at(statement, "R3", span, message, "Give the count and the whole as the report has them.")


def _impossible_pairs(statement: Statement) -> Iterator[Overclaim]:
    """ "131 of 128" in digits; a linked one is held against the report's counts, too."""
    for count, whole in count_pairs(statement):
        if _PRODUCT.match(statement.writeup.prose, whole.end):
            continue
        if count.value > whole.value > 0 and whole.value not in YEARS and count.value not in YEARS:
            yield _impossible(
                statement,
                count.start - statement.start,
                whole.end - statement.start,
                f"{count.text} of {whole.text} is more than all of them, so one of the two is wrong.",
            )
        elif (
            statement.linked
            and statement.findings
            and (_COUNTS.match(statement.writeup.prose, whole.end) or _ENDS.match(statement.writeup.prose, whole.end))
        ):
            yield from wrong_count(statement, count, whole)


def _other_share(statement: Statement, count: Count, whole: Count) -> Iterator[Overclaim]:
    """ "9 of the 60 answers, or 12 %": the share that is printed right behind a count is another."""
    end = statement.start + whole.end
    share = next((q for q in statement.quantities if q.start >= end), None)
    beside = share and share.unit == "%" and share.part == "number" and not share.bound
    if not (share and beside and _ALSO_AS.fullmatch(statement.writeup.prose, end, share.start)):
        return
    if abs(count.value / whole.value - share.value) > share.slack + 1e-9:
        right = share.printed(count.value / whole.value)
        yield at(
            statement,
            "R3",
            (share.start, share.end),
            f"{count.text} of {whole.text} is {right} and not {share.text.strip()}.",
            f"Write {right}, or correct the count.",
        )


def _too_many(statement: Statement, text: Text) -> Iterator[Overclaim]:
    """Counts above the whole that the words around them name, in words or in digits."""
    said = statement.text
    for count in counted(said):
        wholes = [] if count.noun else wholes_of(statement, text, count.start, count.end)
        if wholes is None and is_part(said, count):
            wholes = opened(said, count.start)
        wholes = _drawn_from(said, count) or wholes
        whole = max(numbers(said, count.start, wholes or in_first_clause(said, count)), default=count.value)
        if (
            count.value > whole > 1
            and whole not in YEARS
            and count.value not in YEARS
            and not _DRAWN_AGAIN.search(said)
        ):
            end = max(count.end, wholes[0].end if wholes and wholes[0].start > count.end else 0)
            message = f"{count.text} is more than all {whole}, so one of the two is wrong."
            yield _impossible(statement, count.start, end, message)
        elif wholes and not statement.linked and wholes[0].start > count.end:
            yield from _other_share(statement, count, wholes[0])


def _drawn_from(said: str, count: Count) -> list[Count]:
    """ "12 jokes from a collection of ten", "31 duplicates were removed from a pool of 28 texts"."""
    after = next((n for n in counted(said) if n.start >= count.stop), None)
    if after is None or not _FROM.search(said, count.stop, after.start) or not behind(A_SET_OF, said, after.start):
        return []
    return [after] if after.noun in ("", count.noun) or _REMOVED.search(said, count.stop, after.start) else []


def _too_many_parts(statement: Statement) -> Iterator[Overclaim]:
    """ "Right on 38 and wrong on 5" of 40: parts that shut each other out add up to more than the whole."""
    said = statement.text
    counts = [count for count in counted(said) if count.text.lower() != "one"]
    if len(counts) < 3 or statement.tabular or _OVERLAP.search(said):
        return
    whole, parts = counts[0], [part for part in counts[1:] if not _is_number_of_parts(said, part, counts[-1])]
    total = sum(part.value for part in parts)
    if total <= whole.value or any(part.value > whole.value or _NO_PART.match(said, part.stop) for part in parts):
        return
    graded = _GRADED.search(said, 0, parts[0].start) and not any(part.noun for part in parts)
    listed = len(parts) > 2 and (graded or _SORTED.search(said, 0, parts[0].start))
    if listed or (len(parts) == 2 and _opposite(said, whole, parts)):
        first, last = parts[0], parts[-1]
        message = f"The parts add up to {total}, and the whole is {whole.value}."
        yield _impossible(statement, first.start, last.stop, message)


def _is_number_of_parts(said: str, count: Count, last: Count) -> bool:
    """ "Into five folds, 20 to train on", "into three groups: 12 easy ones"."""
    apart = count.spelled != last.spelled or said[count.stop : count.stop + 1] == ":"
    return bool(apart and _INTO.search(said, 0, count.start))


def _opposite(said: str, whole: Count, parts: Sequence[Count]) -> bool:
    middle = re.search(r"\b(?:and|but|while)\b|[,;]", said[parts[0].end : parts[1].start])
    border = parts[0].end + middle.start() if middle else parts[1].start
    one, other = said[whole.stop : border], said[border:]
    return any(
        (yes.search(one) and no.search(other) and not no.search(one)) or (no.search(one) and yes.search(other))
        for yes, no in _OPPOSITES
    )


def _too_many_in_row(statement: Statement) -> Iterator[Overclaim]:
    """A row with more "refused" than "asked"."""
    if not (statement.header and statement.tabular):
        return
    heads = [cell[0].strip(" \t\n*_$\\") for cell in _CELL.finditer(statement.header.strip(" |"))]
    offset = len(statement.text) - len(statement.text.lstrip(" |"))
    cells = list(_CELL.finditer(statement.text, offset))[: len(heads)]
    numbers = {
        head: (int(cell[0].strip()), cell)
        for head, cell in zip(heads, cells, strict=False)
        if cell[0].strip().isdigit()
    }
    wholes = [numbers[head] for head in numbers if _ALL_OF_ROW.fullmatch(head)]
    for head, (value, cell) in numbers.items():
        if len(wholes) == 1 and _PART_OF_ROW.fullmatch(head) and value > wholes[0][0] and cell is not wholes[0][1]:
            message = f"{value} is more than all {wholes[0][0]}, so one of the two is wrong."
            yield _impossible(
                statement, min(cell.start(), wholes[0][1].start()), max(cell.end(), wholes[0][1].end()), message
            )
