"""R3: counts and rates that no count could give, and sizes that are not the study's.

GRIM: Brown & Heathers 2017, "The GRIM test", Soc Psychol Personal Sci 8:363.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from interp_core.audit.finding import Overclaim
from interp_core.audit.known import known, sizes, triples
from interp_core.audit.quantities import SMALL_NUMBERS, Quantity, counts_of
from interp_core.audit.rules.common import Text, at
from interp_core.audit.rules.values import TIMES, is_result
from interp_core.audit.statements import Statement
from interp_core.audit.study import Finding, stems

_OF_N = re.compile(
    r"\s*(?:\([^()]{0,40}\)\s*)?(?:of|on|out of|over|across|in|among)\s+(?:the\s+(?:[a-z]+\s+){0,2}?[a-z]+'s\s+|the\s+"
    r"|all\s+|our\s+)?(?P<n>\d{1,6})\s+(?:[a-z-]+\s+){0,2}?(?:requests?|prompts?|completions?|items|answers|pairs"
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
    r"\b(?:\s+(?:that|which|we|i)\s[^,.;\d]{0,40})?"
    r",?\s+(?:(?:[^\s,;.]{1,30}\s+){1,4}?(?:refused|answered|declined|granted|obeyed|complied with|failed"
    r"|passed|flagged|misjudged|accepted|rejected|missed|solved)\s+(?:only\s+|just\s+|all\s+)?)?(?P<k>\d{1,6})"
    r"(?![\d.,]*\s?(?:%|per|points))\b(?![.,]\d)"
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
    r"|members|students|authors|templates|checkpoints|users|volunteers|coders|experts|labellers|replies|refusals|frames"
    r"|sentences)\b"
)
_SEVERAL_EACH = re.compile(r"\b(?:two|three|four|five|six|eight|ten|\d+)\s+[a-z]+\s+(?:each|per|apiece)\b")
_OF_THEM = re.compile(
    r"\s*\)?\s*(?:of|guessed|recogni[sz]ed|named|reported|believed|spotted|missed|mentioned?|contained?|passed|were|was|came|did|complied|agreed|said|flagged|voted|thought|found|failed|diverged"
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
_WORD_OR_DIGITS = rf"\d{{1,4}}|{'|'.join(SMALL_NUMBERS)}"
_IN_WORDS = re.compile(  # "twelve of the nine"
    rf"(?<![\w.,/-])(?P<k>{_WORD_OR_DIGITS})\s+(?:[a-z-]+\s+)?(?:out\s+of\s+(?:the|all|our|these|those|my)?"
    rf"|of\s+(?:the|all|our|these|those|my)|of(?=\s+[\w-]+(?:[.,;:)]|\s+(?:were|was|had|did|said|[a-z]+ed)\b)))\s*\b(?P<n>{_WORD_OR_DIGITS})\b(?!\s(?:hundred|thousand|million|dozen)|[.,%]\d)",
    re.IGNORECASE,
)
_WHOLE_IN_WORDS = re.compile(  # "of our eight raters, nine found it funny"
    rf"\b[Oo]f\s+(?:the\s+|our\s+|these\s+|all\s+|my\s+)?(?P<n>{_WORD_OR_DIGITS})\s+(?:[a-z-]+\s+){{0,2}}?[a-z]+s\b,?\s+"
    rf"(?P<k>{_WORD_OR_DIGITS})\s+(?:were|was|are|had|found|said|thought|gave|made|came|got|did|chose|could|saw|[a-z]+ed)\b"
)
_THEM = re.compile(r"\bof (?:whom|which|them)\b")
_OF_WHOM = re.compile(  # "twelve colleagues, fourteen of whom replied"
    rf"(?<![\w.,/-])(?P<n>{_WORD_OR_DIGITS})\s+(?:[a-z-]+\s+){{0,2}}?[a-z]+s\b,?\s+(?:and\s+)?(?P<k>{_WORD_OR_DIGITS})\s+of\s+(?:whom|which|them)\b",
    re.IGNORECASE,
)
_ALSO_AS = re.compile(
    r"(?:[^.;\d]{0,40},)?\s*(?:\(|,?\s*(?:or|i\.e\.|that is|which is|=|making)\s)\s*(?:about\s+|some\s+)?\Z"
)
_OF_ANTECEDENT = re.compile(r"\s+of\s+(?:them|these|those|the\s+(?:lot|total|sample|set|batch))\b(?!\s+\d)")
_WOULD = re.compile(r"[^.;]{0,40}\b(?:might|would|could|may|will|should|'d)\b")
_SCORED_ON = re.compile(
    r"\b(?:scored|measured|computed|estimated|averaged|based|evaluated)\s+(?:on|over|across|from)\s+\Z"
)
_MADE = re.compile(  # "crossed with the requests to make 1,280 pairs"
    r"\b(?:makes?|made|making|gives?|gave|giving|yields?|yielded|yielding"
    r"|for a total of|in total|thus|hence|altogether|comes? to|came to)\s+\Z"
)
_WANTED = re.compile(
    r"\b(?:needs?|requires?|plan(?:s|ned)?|takes?|want|next|until|unless|if|(?:had|were|should) (?:we|i|one))\b"
    r"[^.;]{0,40}\Z",
    re.IGNORECASE,
)
_WHOLE_SAMPLE = re.compile(
    r"\b(?:of|over|across|on|among|using|from|with)\s+(?:(?:the|all|our|these)\s+)?\Z", re.IGNORECASE
)
_PART = re.compile(r"\s*(?:that|which|who|left|for which|it|(?:was|were|are|is)\b|\w+ed\b)")
_OTHER_SAMPLE = re.compile(
    r"\b(?:judge|labels?|label+ed|annotat\w+|raters?|human|hand|pilot|reviewers?|readers?|calibrat\w+|train\w*|validation"
    r"|held-out|tokens?|seeds?|(?:et al)|prior|earlier|previous|future|next|larger|planned|they|their)\b",
    re.IGNORECASE,
)


def impossible(statement: Statement, text: Text) -> Iterator[Overclaim]:
    """R3 for one sentence."""
    if not statement.own:
        return
    yield from _impossible_counts(statement)
    yield from _whole_first(statement)
    yield from _impossible_rates(statement)
    rows = statement.findings if statement.linked else _printed_in_full(statement, text)
    if rows:
        yield from _of_factors(statement, list(_other_sizes(statement, rows)))
    else:
        yield from _unlinked_n(statement, text)
        yield from _unlinked_counts(statement, text)


def _of_factors(statement: Statement, found: Sequence[Overclaim]) -> Sequence[Overclaim]:
    """Of "128 requests by eight frames, thus 1,024 prompts", the total alone: the factor is the same mistake."""
    stated = {count.start: int(count.value) for count, _ in counts_of(statement.text, statement.start)}
    total = max((stated.get(one.start, 0) for one in found), default=0)
    products = {a * b for a in stated.values() for b in stated.values()}
    return [one for one in found if total not in products or stated.get(one.start, total) == total]


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
        elif not statement.linked:
            yield from _other_share(statement, count, whole)


def _other_share(statement: Statement, count: Quantity, whole: Quantity) -> Iterator[Overclaim]:
    """ "9 of the 60 answers, or 12 %": the share that is printed right behind a count is another."""
    share = next((q for q in statement.quantities if q.start >= whole.end), None)
    beside = share and share.unit == "%" and share.part == "number" and not share.bound
    if not (share and beside and _ALSO_AS.fullmatch(statement.writeup.prose, whole.end, share.start)):
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


def _whole_first(statement: Statement) -> Iterator[Overclaim]:
    """ "Of the 20 prompts, 23 were refused", "twelve of the nine"."""
    spelled = (
        *_IN_WORDS.finditer(statement.text),
        *_WHOLE_IN_WORDS.finditer(statement.text),
        *(_OF_WHOM.finditer(statement.text) if _THEM.search(statement.text) else ()),
    )
    in_words = [match for match in spelled if not (match["k"] + match["n"]).isdigit()]
    for match in (*_WHOLE_FIRST.finditer(statement.text), *in_words):
        k, n = _whole_number(match["k"]), _whole_number(match["n"])
        if k > n and n not in _YEARS and k not in _YEARS:
            yield at(
                statement,
                "R3",
                (statement.start + match.start(), statement.start + match.end()),
                f"{k} is more than all {n}, so one of the two is wrong.",
                "Give the count and the whole as the report has them.",
            )


def _whole_number(text: str) -> int:
    return int(SMALL_NUMBERS.get(text.lower(), 0) or text)


def _wrong_count(statement: Statement, count: Quantity, whole: Quantity) -> Iterator[Overclaim]:
    """A count whose whole is the study's is held against the report's counts (R1); another whole is R3."""
    ns = {n for group in sizes(statement.findings).values() for n in group}
    if ns and int(whole.value) not in ns:
        yield _other_n(statement, whole, ns)
        return
    rightful = [value.value for value in known(statement.findings) if value.kind == "count"]
    if rightful and int(whole.value) in sizes(statement.findings)["n"] and count.value not in rightful:
        yield _not_held(statement, count, whole, rightful)


def _not_held(statement: Statement, count: Quantity, whole: Quantity, rightful: Iterable[float]) -> Overclaim:
    near = min(rightful, key=lambda value: abs(value - count.value))
    return at(
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
        elif whole is None and (n := _of_them(statement, quantity) or _sole_count(statement, quantity)):
            yield from _grim(statement, quantity, n)
        elif whole and (quantity.unit == "%" or (is_result(statement, quantity) and 0 < quantity.value < 1)):
            yield from _grim(statement, quantity, int(whole["n"]))


def _stands_first(statement: Statement, quantity: Quantity) -> re.Match[str] | None:
    """ "Of the 7 templates, 60 % passed": the whole before its share."""
    before = statement.text[: quantity.start - statement.start]
    return (_OF_FIRST.search(before) if quantity.unit == "%" else None) or _OF_SOME.search(before)


def _of_them(statement: Statement, quantity: Quantity) -> int:
    """How many "they" are in "we read 32 answers; 0.80 of them complied": what is counted last before the share."""
    share = quantity.unit == "%" or (0 < quantity.value < 1 and not quantity.whole and quantity.unit == "")
    place = quantity.start - statement.start
    if not share or statement.linked or not _OF_ANTECEDENT.match(statement.text, place + len(quantity.text)):
        return 0
    counted = [match["n"] for match in _CASES.finditer(statement.text, 0, place)]
    return _whole_number(counted[-1]) if counted else 0


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
    mean = _MEAN.search(before) and is_result(statement, quantity)
    return _whole_number(counted[0]["n"]) if named or mean else 0


def _rates(statement: Statement) -> bool:
    return not statement.findings or all(finding.row.get("unit") == "" for finding in statement.findings)


def _grim(statement: Statement, quantity: Quantity, n: int) -> Iterator[Overclaim]:
    """No whole number of n cases gives the printed share."""
    near = round(quantity.value * n)
    own = statement.linked and any(
        value.kind == "mean" and quantity.holds(value.value) for value in known(statement.findings)
    )
    if (
        n
        and not own
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
        whole = _A_SIDE.match(statement.writeup.prose, count.end) or _SCORED_ON.search(
            statement.writeup.prose, statement.start, count.start
        )
        if noun in _SOME_OF_THEM and not whole:
            continue  # "17 answers" may be any of them; "768 answers a side" are all
        excused = _is_a_count(rows, count) and not _is_whole_sample(statement, count, noun)
        if int(count.value) not in allowed and not excused and not _of_another_claim(statement, count, noun):
            yield _other_n(statement, count, allowed)


def _unlinked_counts(statement: Statement, text: Text) -> Iterator[Overclaim]:
    """R1 of "24 of 128 with it, 32 of 128 without" beside the sentence that cites, where one count is the claim's."""
    if sum(quantity.part == "of" for quantity in statement.quantities) != 2:
        return
    pairs = list(_pairs(statement))
    rows = text.beside(statement) if len(pairs) == 2 and not _OTHER_SAMPLE.search(statement.text) else ()
    held = {round(value.value) for value in known(rows) if value.kind == "count"}
    wrong = [(count, whole) for count, whole in pairs if held and count.value not in held]
    if len(wrong) == 1 and {int(whole.value) for _, whole in pairs} <= sizes(rows)["n"]:
        yield _not_held(statement, *wrong[0], held)


def _unlinked_n(statement: Statement, text: Text) -> Iterator[Overclaim]:
    """ "n = 2180" in a sentence beside one that cites a claim, where no size of the whole study is that."""
    counts = list(counts_of(statement.text, statement.start))
    stated = [count for count, noun in counts if noun == "n"]
    totals = [
        count
        for count, noun in counts
        if noun != "n" and _MADE.search(statement.text, 0, count.start - statement.start)
    ]
    cited = (
        sizes(text.beside(statement))["n"] if (stated or totals) and not _OTHER_SAMPLE.search(statement.text) else set()
    )
    every = {n for group in sizes(statement.study.findings).values() for n in group} if cited else set()
    for count in stated:
        if cited and int(count.value) not in every | {2 * n for n in every}:
            yield _other_n(statement, count, cited)
    for count in totals:
        if cited and int(count.value) not in cited | {2 * n for n in cited}:
            yield _other_n(statement, count, cited)


def _is_whole_sample(statement: Statement, count: Quantity, noun: str) -> bool:
    """ "Of 96 requests, the share ...": all of them, even where 96 is also a count of the report's."""
    said = statement.text[count.end - statement.start :]
    named = re.match(rf"\s+(?P<kind>(?:[a-z-]+\s+){{0,3}}?){noun}\w*", said)
    before = _WHOLE_SAMPLE.search(statement.text[: count.start - statement.start])
    return bool(named and before and not re.search(r"ed\b|ing\b", named["kind"]) and not _PART.match(said, named.end()))


def _of_another_claim(statement: Statement, count: Quantity, noun: str) -> bool:
    """Whether the words before the noun name another claim, of that size: "as for the ten fiction frames"."""
    named = re.match(rf"\s+(?P<kind>(?:[a-z-]+\s+){{1,3}}?){noun}", statement.text[count.end - statement.start :])
    words = stems(named["kind"]) if named else frozenset()
    cited = {finding.claim for finding in statement.findings}
    own = frozenset[str]().union(*(stems(claim.replace("_", " ")) for claim in cited))
    return any(
        words & stems(finding.claim.replace("_", " ")) - own and int(count.value) in sizes([finding]).get(noun, set())
        for finding in statement.study.findings
        if finding.claim not in cited
    )


def _smaller_part(statement: Statement, count: Quantity, noun: str) -> bool:
    """Whether the count is of some of them, or a small number in words that need not be the study's size."""
    before = statement.writeup.prose[max(count.start - 25, statement.start) : count.start].lower()
    wanted = _WANTED.search(statement.text[: count.start - statement.start])
    if wanted or _WOULD.match(statement.text, count.end - statement.start):
        return True  # "310 requests might settle it"
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
