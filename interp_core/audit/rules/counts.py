"""R3: counts and rates that no count could give, and sizes that are not the study's.

GRIM: Brown & Heathers 2017, "The GRIM test", Soc Psychol Personal Sci 8:363.
"""

import re
from collections.abc import Iterator, Sequence

from interp_core.audit.finding import Overclaim
from interp_core.audit.known import known, sizes, triples
from interp_core.audit.quantities import SMALL_NUMBERS, Quantity, counts_of
from interp_core.audit.rules.common import Text, at
from interp_core.audit.rules.values import TIMES, is_result
from interp_core.audit.statements import Statement
from interp_core.audit.study import Finding

_OF_N = re.compile(
    r"\s*(?:\([^()]{0,40}\)\s*)?(?:of|on|out of|over|across|in|among)\s+(?:the\s+|all\s+"
    r"|our\s+)?(?P<n>\d{1,6})\s+(?:[a-z-]+\s+){0,2}?(?:requests?|prompts?|completions?|items|answers|pairs"
    r"|questions|replies|samples|labels|transcripts|outputs|responses|cases|trials|images|generations)"
)
_OF_ANY = re.compile(r"\s*of\s+(?:the\s+|all\s+|our\s+|these\s+)?(?P<n>\d{1,3})\s+(?:[a-z-]+\s+){0,2}?[a-z]+s\b")
_OF_THE = re.compile(r"\s*of\s+(?:the|all|our|these)\s+(?P<n>\d{1,3})(?=\s*[.,;:)]|\s*\Z)")
_OF_FIRST = re.compile(
    r"\b[Oo]f\s+(?:the\s+|all\s+|our\s+|these\s+)?(?P<n>\d{1,3})\s+(?:[a-z-]+\s+){0,2}?[a-z]+s"
    r"\b,?\s+(?:about\s+|only\s+|just\s+)?\Z"
)
_OF_SOME = re.compile(
    r"\b[Oo]f\s+(?:the\s+|all\s+|our\s+|these\s+)?(?P<n>\d{1,3})\s+(?:[a-z-]+\s+){0,2}?[a-z]+s\b[^.;:\d]{0,60},\s+"
    r"(?:an?|the)\s+(?:fraction|share|proportion)\s+of\s+\Z"
)
_THREAD = re.compile(r"\s*\(?\d{1,2}/\d{1,2}\)?\s")
_COUNTS = re.compile(
    r"\s*(?:[a-z-]+\s+){0,3}?(?:requests?|prompts?|completions?|items|answers|outputs|responses|pairs"
    r"|questions|cases|times|samples|generations)\b"
)
_ENDS = re.compile(r"\s*(?:[(),.;\]]|$|(?:against|versus|vs|after|with|under|behind|when|in|for)\b)")
_SHARE_OF = re.compile(
    r"\s*of\s+(?:the\s+|all\s+|our\s+)?(?:[a-z-]+\s+){0,2}?(?:requests|prompts|completions|items|answers|cases"
    r"|outputs|responses|questions|refusals|replies|transcripts|labels|samples|generations|seeds|layers)\b"
    r"|\s*of the time\b"
)
_WHOLE_FIRST = re.compile(
    r"\b[Oo]f\s+(?:the\s+|our\s+|these\s+|all\s+)?(?P<n>\d{1,6})\s+(?:[a-z-]+\s+){0,2}?[a-z]+s"
    r"\b,?\s+(?P<k>\d{1,6})(?![\d.,]*\s?(?:%|per|points))\b(?![.,]\d)"
)
_RATE = re.compile(
    r"\b(?:rate|share|proportion|fraction|accuracy|precision|recall|agreement|compliance"
    r"|refusal)\s+(?:rate\s+)?(?:of|is|was|reaches"
    r"|reached|at|to|=)\s+\Z"
)
_CASES = re.compile(
    rf"(?<![\w.,/\-])(?P<n>\d{{1,3}}|{'|'.join(SMALL_NUMBERS)})\s+(?:[a-z/-]+\s+){{0,2}}?(?:requests|prompts"
    rf"|completions|items|answers|pairs"
    r"|questions|layers|heads|samples|outputs|responses|transcripts|runs|seeds|features|labels|ratings|votes"
    r"|trials|judgements"
    r"|judgments|verdicts|decisions|cases|people|persons|raters|annotators|readers|reviewers|participants"
    r"|respondents|colleagues"
    r"|members|students|authors|templates|checkpoints|users|volunteers|coders|experts|labellers|replies|frames"
    r"|sentences)\b"
)
_SEVERAL_EACH = re.compile(r"\b(?:two|three|four|five|six|eight|ten|\d+)\s+[a-z]+\s+(?:each|per|apiece)\b")
_OF_THEM = re.compile(
    r"\s*(?:of|passed|were|was|came|did|complied|agreed|said|flagged|voted|thought|found|failed|diverged"
    r"|converged|had|gave|made"
    r"|chose|picked|answered|refused|got|went|noticed|rated|judged|saw|preferred)\b"
)
_SOME_OF_THEM = ("answer", "response", "replie", "output", "case")
_A_SIDE = re.compile(
    r"\s+(?:[a-z-]+\s+){0,2}?[a-z]+s\s+(?:(?:a|per|to a|in each|on each|on either|in either)\s+(?:side|arm"
    r"|group|condition)|each\b|in all\b|in total\b)"
)
_MEAN = re.compile(
    r"\b(?:mean|average|rate|share|proportion|fraction|accuracy)\b[^.;]{0,60}\b(?:was|is|of|at|to|came out at|=)\s+\Z"
)
_YEARS = range(1900, 2101)


def impossible(statement: Statement, text: Text) -> Iterator[Overclaim]:
    """R3 for one sentence."""
    if not statement.own:
        return
    yield from _impossible_counts(statement)
    yield from _whole_first(statement)
    yield from _impossible_rates(statement)
    rows = statement.findings if statement.linked else _printed_in_full(statement, text)
    if rows:
        yield from _other_sizes(statement, rows)


def _impossible_counts(statement: Statement) -> Iterator[Overclaim]:
    for count, whole in _pairs(statement):
        if count.value > whole.value and whole.value not in _YEARS and count.value not in _YEARS and whole.value > 0:
            yield at(
                statement,
                "R3",
                (count.start, whole.end),
                f"{count.text} of {whole.text} is more than all of them, so one of the two is wrong.",
                "Give the count and the whole as the report has them.",
            )
        elif (
            statement.linked
            and statement.findings
            and (_COUNTS.match(statement.writeup.prose, whole.end) or _ENDS.match(statement.writeup.prose, whole.end))
        ):
            yield from _wrong_count(statement, count, whole)


def _whole_first(statement: Statement) -> Iterator[Overclaim]:
    """ "Of the 20 prompts, 23 were refused"."""
    for match in _WHOLE_FIRST.finditer(statement.text):
        k, n = int(match["k"]), int(match["n"])
        if k > n and n not in _YEARS and k not in _YEARS:
            yield at(
                statement,
                "R3",
                (statement.start + match.start(), statement.start + match.end()),
                f"{k} is more than all {n}, so one of the two is wrong.",
                "Give the count and the whole as the report has them.",
            )


def _wrong_count(statement: Statement, count: Quantity, whole: Quantity) -> Iterator[Overclaim]:
    """A count whose whole is the study's is held against the report's counts (R1); another whole is R3."""
    ns = {n for group in sizes(statement.findings).values() for n in group}
    if ns and int(whole.value) not in ns:
        yield _other_n(statement, whole, ns)
        return
    rightful = [value.value for value in known(statement.findings) if value.kind == "count"]
    if rightful and int(whole.value) in sizes(statement.findings)["n"] and count.value not in rightful:
        near = min(rightful, key=lambda value: abs(value - count.value))
        yield at(
            statement,
            "R1",
            (count.start, whole.end),
            f"{count.text} of {whole.text} is not what the report holds: the nearest of its counts is {near:.0f}.",
            f"Write {near:.0f} of {whole.text}.",
        )


def _printed_in_full(statement: Statement, text: Text) -> tuple[Finding, ...]:
    """The findings cited elsewhere in the paragraph whose effect and interval a sentence without a link prints."""
    if not any(q.part == "low" for q in statement.quantities):
        return ()
    cited = {row: None for one in text.paragraph(statement) if one.linked for row in one.findings}
    return tuple(row for row in cited if any(_prints(statement, triple) for triple in triples([row])))


def _prints(statement: Statement, values: tuple[float, ...]) -> bool:
    return all(any(q.holds(value) for q in statement.quantities) for value in values)


def _pairs(statement: Statement) -> Iterator[tuple[Quantity, Quantity]]:
    numbered = _THREAD.match(statement.text)  # "(3/6)" before a post counts posts
    first = statement.start + numbered.end() if numbered else statement.start
    counts = {q.group: q for q in statement.quantities if q.part == "count" and q.start >= first}
    return ((counts[q.group], q) for q in statement.quantities if q.part == "of" and q.group in counts)


def _impossible_rates(statement: Statement) -> Iterator[Overclaim]:
    text = statement.writeup.prose
    for quantity in statement.quantities:
        if quantity.part in ("count", "of", "confidence"):
            continue
        whole = _OF_N.match(text, quantity.end) or (quantity.unit == "%" and _OF_ANY.match(text, quantity.end)) or None
        whole = whole or _OF_THE.match(text, quantity.end) or _stands_first(statement, quantity)
        if quantity.unit == "%" and quantity.value > 1 and (whole or _SHARE_OF.match(text, quantity.end)):
            yield at(
                statement,
                "R3",
                (quantity.start, quantity.end),
                f"{quantity.text.strip()} of them is more than all, which no count gives.",
                "Give the count and the whole: k of n.",
            )
        elif (
            not quantity.unit
            and not quantity.whole
            and quantity.value > 1
            and not TIMES.match(text, quantity.end)
            and _RATE.search(text[max(quantity.start - 30, statement.start) : quantity.start].lower())
            and _rates(statement)
        ):
            yield at(
                statement,
                "R3",
                (quantity.start, quantity.end),
                f"A rate of {quantity.text.strip()} is above 1, which no rate is.",
                "Give the rate between 0 and 1, or as a percentage.",
            )
        elif whole is None and (n := _sole_count(statement, quantity)):
            yield from _grim(statement, quantity, n)
        elif whole and (quantity.unit == "%" or (is_result(statement, quantity) and 0 < quantity.value < 1)):
            yield from _grim(statement, quantity, int(whole["n"]))


def _stands_first(statement: Statement, quantity: Quantity) -> re.Match[str] | None:
    """ "Of the 7 templates, 60 % passed": the whole before its share."""
    before = statement.text[: quantity.start - statement.start]
    return (_OF_FIRST.search(before) if quantity.unit == "%" else None) or _OF_SOME.search(before)


def _sole_count(statement: Statement, quantity: Quantity) -> int:
    """How many cases an unlinked sentence speaks of, where it names one number of them and one share; else 0."""
    share = quantity.unit == "%" or (0 < quantity.value < 1 and not quantity.whole and quantity.unit == "")
    if not share or statement.linked:
        return 0
    others = any(q is not quantity and not q.whole for q in statement.quantities)  # the first one is enough
    counted = [] if others else list(_CASES.finditer(statement.text))
    if len(counted) != 1 or _SEVERAL_EACH.search(statement.text):
        return 0
    before = statement.text[: quantity.start - statement.start].lower()
    named = quantity.unit == "%" and (
        _OF_THEM.match(statement.text, quantity.end - statement.start) or "of the " in before
    )
    n = counted[0]["n"].lower()
    return (
        int(SMALL_NUMBERS.get(n, 0) or n) if named or (_MEAN.search(before) and is_result(statement, quantity)) else 0
    )


def _rates(statement: Statement) -> bool:
    return not statement.findings or all(finding.row.get("unit") == "" for finding in statement.findings)


def _grim(statement: Statement, quantity: Quantity, n: int) -> Iterator[Overclaim]:
    """No whole number of n cases gives the printed share."""
    near = round(quantity.value * n)
    if (
        n
        and quantity.bound == 0
        and not any(abs(quantity.value - k / n) <= quantity.slack + 1e-9 for k in (near - 1, near, near + 1))
    ):
        yield at(
            statement,
            "R3",
            (quantity.start, quantity.end),
            f"No whole number of {n} cases is {quantity.text.strip()}: {near} of {n} is "
            f"{quantity.printed(near / n)} (GRIM).",
            f"Write {near} of {n}, if that is the count.",
        )


def _other_sizes(statement: Statement, rows: Sequence[Finding]) -> Iterator[Overclaim]:
    known_sizes = sizes(rows)
    arms = known_sizes["n"] | {2 * n for n in known_sizes["n"]}
    for one in statement.quantities:
        if one.part == "n" and one.whole and arms and int(one.value) not in arms | known_sizes.get("request", set()):
            yield _other_n(statement, one, known_sizes["n"])
    wholes = {whole.start for _, whole in _pairs(statement)} | {count.start for count, _ in _pairs(statement)}
    for count, noun in counts_of(statement.text, statement.start):
        kind = {"request": "request", "frame": "frame", "n": "n"}.get(noun, "n")
        allowed = (
            known_sizes["n"]
            | known_sizes.get(kind, set())
            | (known_sizes.get("request", set()) if kind == "n" else set())
        )
        if noun == "model" or not allowed or count.start in wholes or _smaller_part(statement, count, noun):
            continue
        if noun == "frame" and "frame" not in known_sizes:
            continue
        if noun in _SOME_OF_THEM and not _A_SIDE.match(statement.writeup.prose, count.end):
            continue  # "17 answers" may be any of them; "768 answers a side" are all
        if int(count.value) not in allowed and not _is_a_count(rows, count):
            yield _other_n(statement, count, allowed)


def _smaller_part(statement: Statement, count: Quantity, noun: str) -> bool:
    """Whether the count is of some of them, or a small number in words that need not be the study's size."""
    before = statement.writeup.prose[max(count.start - 25, statement.start) : count.start].lower()
    return bool(
        re.search(
            r"\b(?:the first|another|further|only|other|remaining|about|per|each of|exclude\w*|excluding"
            r"|discard\w*|random|layer|near)\s*\Z",
            before,
        )
    ) or (noun in ("pair", "item", "question", "instruction", "completion") and count.value < 10)


def _is_a_count(rows: Sequence[Finding], count: Quantity) -> bool:
    return any(value.kind in ("count", "n") and round(value.value) == count.value for value in known(rows))


def _other_n(statement: Statement, count: Quantity, allowed: set[int]) -> Overclaim:
    right = min(allowed, key=lambda n: abs(n - count.value))
    return at(
        statement,
        "R3",
        (count.start, count.end),
        f"{count.text} is not the study's number: the report has {', '.join(f'{n:,}' for n in sorted(allowed))}.",
        f"Write {right:,}.",
    )
