"""R3: shares above 1, and shares and means that no count of the cases gives.

GRIM: Brown & Heathers 2017, "The GRIM test", Soc Psychol Personal Sci 8:363.
"""

import re
from collections.abc import Iterator, Sequence

from interp_core.audit.finding import Overclaim
from interp_core.audit.known import known, sizes
from interp_core.audit.quantities import Count, Quantity, counted, whole_number
from interp_core.audit.rules.common import Text, at
from interp_core.audit.rules.study_sizes import other_n
from interp_core.audit.rules.values import TIMES, is_result
from interp_core.audit.rules.wholes import (
    _DETERMINED,
    _SEVERAL,
    OF,
    UNITS,
    counted_after,
    is_a_whole,
    numbers,
    opened,
    wholes_of,
    with_products,
)
from interp_core.audit.statements import Statement

SHARE_NAME = (
    r"(?:rates?|shares?|proportions?|fractions?|accurac(?:y|ies)|precision|recall|agreement|compliance|refusals?)"
)
ON = re.compile(
    rf"\s*(?:\([^()]{{0,40}}\)\s*)?(?:(?:be|as)\s+the\s+{SHARE_NAME}\s+of|on|over|across|in|among)\s+{_DETERMINED}"
)
_SPLIT_EVENLY = re.compile(r"\b(?:split|divided|halved|assigned|shared\s+out|distributed)\b")
_TO_EACH = re.compile(r"\s+(?:to|per|in|for)\s+(?:an?|each|every|the)\s|\s+(?:each|apiece)\b")
_FRACTION = re.compile(
    r"\b(?P<exact>(?:exactly|precisely)\s+)?(?:(?P<half>half)(?!\s+an?\b)|(?P<top>an?|one|two|three|four|five|seven)[\s-]"
    r"(?P<bottom>half|thirds?|quarters?|fourths?|fifths?|sixths?|sevenths?|eighths?|ninths?|tenths?))(?![\w-])",
    re.IGNORECASE,
)
_HEDGED = re.compile(  # "about half", "the first half"
    r"\b(?:about|around|roughly|nearly|almost|approximately|some|over|under|than|least|most|to|first|second|other|latter|lower"
    r"|upper|and|another)\s+(?:an?\s+|the\s+)?\Z",
    re.IGNORECASE,
)
_BOTTOMS = {"half": 2, "quarter": 4} | {
    name: n for n, name in enumerate(["third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"], 3)
}
_LOOSELY = 0.05  # "half of the seven" is said of four, and of no count of three
_RATE_IS = re.compile(
    rf"(?<!learning\s)(?<!growth\s)(?<!exchange\s)(?<!dropout\s)\b{SHARE_NAME}(?:\s+(?:rate|score|figure))?"
    r"(?:,?\s+(?:of|on|in|for|among|between|with|over|across)\b[^.;:]{0,60}?)?"
    r"(?:\s+(?:stood|stands|came|comes|went|amounts|amounted|rose|climbed|ended(?:\s+up)?|settled|turned\s+out|worked\s+out"
    r"|as\s+high))?\s+(?:of|is|was|be|at|to|as|out\s+at|reach(?:es|ed)|hit|=)\s+\Z",
    re.IGNORECASE,
)
_A_SHARE_OF = re.compile(r"\b(?:an?|the)\s+(?:fraction|share|proportion)\s+of\s+\Z")
_MEAN_IS = re.compile(r"\b(?:mean|average)\b[^.;]{0,60}\b(?:was|is|of|at|to|=)\s+\Z", re.IGNORECASE)
_RATIO = re.compile(r"\b(?:odds|ratio|times|fold)\b", re.IGNORECASE)
_FEWEST = 12  # "in the two arms" names no whole of a share
_YES_OR_NO = re.compile(r"\b(?:binary|yes[/-](?:or-)?no|0/1|accuracy|compliance|rate|share)\b")
_WHOLE_POINTS = re.compile(
    r"\b(?:whole|integers?|whole-(?:number|point)|integer-valued|round|discrete|Likert)[\s-]+(?:[a-z]+\s+)?"
    r"(?:points?|marks?|numbers?|scores?|ratings?|grades?|values?|scale|stars?|items?)\b"
)
_PART_DID = re.compile(
    r"\s*\)?\s*(?:of\b|[a-z]+ed\b|[a-z]+ly\s+[a-z]+ed\b|were|was|came|did|said|thought|found|had|gave|made|chose|got|went|saw)"
)
_FEW_PER = re.compile(r"\s+(?:per|an?|requests?|tokens?|bits?)\b")
_SHARE_OF_MANY = re.compile(
    r"\s*of\s+(?:the\s+|all\s+|our\s+)?(?:[a-z-]+\s+){0,2}?(?:requests|prompts|completions|items|answers|cases"
    r"|outputs|responses|questions|refusals|replies|transcripts|labels|samples|generations|seeds|layers)\b"
    r"|\s*of the time\b"
)
_CHANGED_TO = re.compile(r"\b(?:to|by|us(?:es?|ed|ing)|takes?|took|costs?|needs?|needed|than)\s+(?:about\s+)?\Z")
_NOT_CASES = re.compile(  # what a share is averaged over, or no sample at all
    rf"{UNITS.pattern}|(?:layer|head|model|fold|split|seed|run|dataset|benchmark|task|language|method|baseline|neuron"
    r"|feature|option|choice|classe|categorie|level|setting|configuration|condition|arm|frame|author|figure|section|paper"
    r"|factor|variable)s"
)
_OF_MANY = re.compile(
    rf"\s*of\s+(?:the|all|our|these|those)\s+(?:[a-z-]+\s+){{0,2}}?(?!{UNITS.pattern}|flops|costs|lengths)[a-z]+(?<![sui])s\b"
)
_FITTED = re.compile(
    r"\b(?:train|fine-?tun|fit|calibrat|steer|extract|estimat|learn|built?|optimi[sz]|comput|select|regress)\w*\b"
)
_SEVERAL_EACH = re.compile(r"\b(?:two|three|four|five|six|eight|ten|\d+)\s+[a-z]+\s+(?:each|per|apiece)\b")


def above_one(statement: Statement) -> Iterator[Overclaim]:
    """Shares above 1, and a half of what is counted."""
    text = statement.writeup.prose
    for quantity in statement.quantities:
        if quantity.part in ("count", "of", "confidence") or quantity.value <= 1:
            continue
        before = text[statement.start : quantity.start]
        if quantity.unit == "%":
            above = (
                _SHARE_OF_MANY.match(text, quantity.end)
                or counted_after(statement.text, quantity.end - statement.start, OF)
                or (_OF_MANY.match(text, quantity.end) and not _CHANGED_TO.search(before))
                or (_RATE_IS.search(before) and not re.match(r"\s*of\b", text[quantity.end :]))
            )
        else:
            above = (
                not quantity.unit
                and not quantity.whole
                and not TIMES.match(text, quantity.end)
                and not _FEW_PER.match(text, quantity.end)
                and _RATE_IS.search(before)
                and not _RATIO.search(before)
                and _rates(statement)
            )
        if above:
            yield at(
                statement,
                "R3",
                (quantity.start, quantity.end),
                f"A share of {quantity.text.strip()} is more than all, which no count gives.",
                "Give the count and the whole: k of n.",
            )
        elif (
            not quantity.unit
            and not quantity.whole
            and _TO_EACH.match(text, quantity.end)
            and _SPLIT_EVENLY.search(before)
        ):
            yield at(
                statement,
                "R3",
                (quantity.start, quantity.end),
                f"{quantity.text.strip()} is no number of whole cases.",
                "Give how many each got.",
            )


def _rates(statement: Statement) -> bool:
    return not statement.findings or all(finding.row.get("unit") == "" for finding in statement.findings)


def no_count_gives(statement: Statement, text: Text) -> Iterator[Overclaim]:
    """Shares, fractions in words and means of whole points that no count of the cases gives (GRIM)."""
    for share in (*_shares(statement), *_fractions(statement)):
        start, end = share.start - statement.start, share.end - statement.start
        wholes = wholes_of(statement, text, start, end)
        if (
            wholes is None
            and (on := counted_after(statement.text, end, ON))
            and on.noun
            and not _NOT_CASES.fullmatch(on.noun)
        ):
            wholes = [on]
        if wholes is None and _is_share_of_opened(statement.text, start, end):
            wholes = opened(statement.text, start) or None
        loose = with_products(_loosely(statement, share)) if wholes is None else []
        yield from _grim(statement, share, loose or numbers(statement.text, start, wholes or []), wholes)
    if not statement.linked and _WHOLE_POINTS.search(statement.text):
        ns = with_products([count for count in counted(statement.text) if count.noun])
        for mean in statement.quantities:
            if mean.places and not mean.unit and _MEAN_IS.search(statement.text, 0, mean.start - statement.start):
                yield from _grim(statement, mean, ns, None)


def _is_share_of_opened(said: str, start: int, end: int) -> bool:
    """ "Of the 7 templates, 60 % passed", "..., a share of 0.6": said of them, and not beside them."""
    return bool(_A_SHARE_OF.search(said, 0, start) or (said[end - 1] in "%t" and _PART_DID.match(said, end)))


def _shares(statement: Statement) -> Iterator[Quantity]:
    for one in statement.quantities:
        share = one.unit == "%" and one.value <= 1
        if one.part == "number" and (share or (0 < one.value < 1 and not one.unit and is_result(statement, one))):
            yield one


def _fractions(statement: Statement) -> Iterator[Quantity]:
    """Fractions in words, "exactly a third"."""
    for match in _FRACTION.finditer(statement.text):
        if _HEDGED.search(statement.text, 0, match.start()):
            continue
        bottom = 2 if match["half"] else _BOTTOMS[match["bottom"].lower().rstrip("s")]
        top = 1 if match["half"] or match["top"].lower() in ("a", "an") else whole_number(match["top"])
        start, end = statement.start + match.start(), statement.start + match.end()
        yield Quantity(start, end, match[0], top / bottom, 2, "", 0.0 if match["exact"] else _LOOSELY)


def _loosely(statement: Statement, share: Quantity) -> list[Count]:
    """The cases of an unlinked sentence with one share, where the words say that it is theirs."""
    said, place = statement.text, share.start - statement.start
    others = any(q is not share and not q.whole for q in statement.quantities)
    if statement.linked or others or _SEVERAL_EACH.search(said):
        return []
    counts = [
        count
        for count in counted(said)
        if count.value >= _SEVERAL and (count.noun or count.start < place) and is_a_whole(statement, count)
    ]
    mean = _MEAN_IS.search(said, 0, place) and _YES_OR_NO.search(said)
    did = share.unit == "%" and _PART_DID.match(said, place + len(share.text))
    named = _RATE_IS.search(said, 0, place) or mean
    if not (did or named) or any(_NOT_CASES.fullmatch(count.noun) for count in counts):
        return []
    return [] if named and _FITTED.search(said) else counts


def _grim(
    statement: Statement, share: Quantity, ns: Sequence[int], wholes: Sequence[Count] | None
) -> Iterator[Overclaim]:
    """No whole number of any of the `ns`, or of one for each of two, gives the printed share."""
    if not ns or share.bound or any(_gives(n, share) for n in ns):
        return
    n = ns[0]
    if statement.linked and any(v.kind == "mean" and share.holds(v.value) for v in known(statement.findings)):
        if wholes and n >= _FEWEST and n not in sizes(statement.findings)["n"]:
            start, end = statement.start + wholes[0].start, statement.start + wholes[0].end
            count = Quantity(start, end, wholes[0].text, float(n), 0, "", 0.5)
            yield other_n(statement, count, sizes(statement.findings)["n"])
        return
    near = round(share.value * n)
    yield at(
        statement,
        "R3",
        (share.start, share.end),
        f"No whole number of {n} cases is {share.text.strip()}: {near} of {n} is {share.printed(near / n)} (GRIM).",
        f"Write {near} of {n}, if that is the count.",
    )


def _gives(n: int, share: Quantity) -> bool:
    near = round(share.value * n)
    return any(abs(share.value - k / n) <= share.slack + 1e-9 for k in (near - 1, near, near + 1))
