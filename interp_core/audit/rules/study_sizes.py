"""R3: sizes that are not the study's; R1 for a count of the study's that is not the report's."""

import re
from collections.abc import Iterable, Iterator, Sequence

from interp_core.audit.finding import Overclaim
from interp_core.audit.known import known, sizes, triples
from interp_core.audit.quantities import Quantity, counts_of
from interp_core.audit.rules.common import Text, at
from interp_core.audit.statements import Statement
from interp_core.audit.study import Finding, stems

_THREAD = re.compile(r"\s*\(?\d{1,2}/\d{1,2}\)?\s")
_SOME_OF_THEM = ("answer", "response", "replie", "output", "case")
_A_SIDE = re.compile(
    r"\s+(?:[a-z-]+\s+){0,2}?[a-z]+s\s+(?:(?:an?|per|to\s(?:an?|the)|(?:in|on|for)\s(?:each|either|every|both))\s+(?:side|arm"
    r"|group|condition|cell)s?\b|each\b|in all\b|in total\b)"
)
_ARM_HOLDS = re.compile(
    r"\b(?:arms?|sample|(?:test|request|prompt|data)\s?set|conditions?)\s+(?:[a-z]+\s+)?(?:contain(?:s|ed)?|compris(?:es?|ed)"
    r"|holds?|held|has|have|had|consist(?:s|ed)?\s+of|of|numbers?|counts?|counted)\s+\Z"
)
_SCORED_ON = re.compile(
    r"\b(?:scored|measured|computed|estimated|averaged|based|evaluated)\s+(?:on|over|across|from)\s+\Z"
)
_MADE = re.compile(  # "crossed with the requests to make 1,280 pairs"
    r"\b(?:makes?|made|making|gives?|gave|giving|yields?|yielded|yielding"
    r"|for a total of|in total|thus|hence|altogether|comes? to|came to)\s+(?:for\s+)?\Z"
)
_IN_TOTAL = re.compile(r"\b(?:(?:makes?|made|making)\s+for|a\s+total\s+of)\s+\Z")
_WANTED = re.compile(
    r"\b(?:needs?|requires?|plan(?:s|ned)?|takes?|want|next|until|unless|if|(?:had|were|should) (?:we|i|one))\b"
    r"[^.;]{0,40}\Z",
    re.IGNORECASE,
)
_WOULD = re.compile(r"[^.;]{0,40}\b(?:might|would|could|may|will|should|'d)\b")
_WHOLE_SAMPLE = re.compile(
    r"\b(?:of|over|across|on|among|using|from|with)\s+(?:(?:the|all|our|these)\s+)?\Z", re.IGNORECASE
)
_PART = re.compile(r"\s*(?:that|which|who|left|for which|it|(?:was|were|are|is)\b|\w+ed\b)")
_OTHER_SAMPLE = re.compile(
    r"\b(?:judge|labels?|label+ed|annotat\w+|raters?|human|hand|pilot|reviewers?|readers?|calibrat\w+|train\w*|validation"
    r"|held-out|tokens?|seeds?|(?:et al)|prior|earlier|previous|future|next|larger|planned|they|their)\b",
    re.IGNORECASE,
)


def wrong_count(statement: Statement, count: Quantity, whole: Quantity) -> Iterator[Overclaim]:
    """A count whose whole is the study's is held against the report's counts (R1); another whole is R3."""
    ns = {n for group in sizes(statement.findings).values() for n in group}
    if ns and int(whole.value) not in ns:
        yield other_n(statement, whole, ns)
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


def printed_in_full(statement: Statement, text: Text) -> tuple[Finding, ...]:
    """The findings cited elsewhere in the paragraph whose effect and interval a sentence without a link prints."""
    if not any(q.part == "low" for q in statement.quantities):
        return ()
    cited = {row: None for one in text.paragraph(statement) if one.linked for row in one.findings}
    return tuple(row for row in cited if any(_prints(statement, triple) for triple in triples([row])))


def _prints(statement: Statement, values: tuple[float, ...]) -> bool:
    return all(any(q.holds(value) for q in statement.quantities) for value in values)


def count_pairs(statement: Statement) -> Iterator[tuple[Quantity, Quantity]]:
    """Each "k of n" in digits."""
    numbered = _THREAD.match(statement.text)  # "(3/6)" before a post counts posts
    first = statement.start + numbered.end() if numbered else statement.start
    counts = {q.group: q for q in statement.quantities if q.part == "count" and q.start >= first}
    return ((counts[q.group], q) for q in statement.quantities if q.part == "of" and q.group in counts)


def of_factors(statement: Statement, found: Sequence[Overclaim]) -> Sequence[Overclaim]:
    """Of "128 requests by eight frames, thus 1,024 prompts", the total alone: the factor is the same mistake."""
    stated = {count.start: int(count.value) for count, _ in counts_of(statement.text, statement.start)}
    total = max((stated.get(one.start, 0) for one in found), default=0)
    products = {a * b for a in stated.values() for b in stated.values()}
    return [one for one in found if total not in products or stated.get(one.start, total) == total]


def other_sizes(statement: Statement, rows: Sequence[Finding]) -> Iterator[Overclaim]:
    """Sizes in a sentence about these findings that none of them has."""
    known_sizes = sizes(rows)
    arms = known_sizes["n"] | {2 * n for n in known_sizes["n"]}
    for one in statement.quantities:
        if one.part == "n" and one.whole and arms and int(one.value) not in arms | known_sizes.get("request", set()):
            yield other_n(statement, one, known_sizes["n"])
    wholes = {whole.start for _, whole in count_pairs(statement)} | {count.start for count, _ in count_pairs(statement)}
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
        before = statement.text[: count.start - statement.start]
        whole = _A_SIDE.match(statement.writeup.prose, count.end) or any(
            pattern.search(before) for pattern in (_SCORED_ON, _ARM_HOLDS, _IN_TOTAL)
        )
        if noun in _SOME_OF_THEM and not whole:
            continue  # "17 answers" may be any of them; "768 answers a side" are all
        excused = _is_a_count(rows, count) and not (whole or _is_whole_sample(statement, count, noun))
        if int(count.value) not in allowed and not excused and not _of_another_claim(statement, count, noun):
            yield other_n(statement, count, allowed)


def unlinked_counts(statement: Statement, text: Text) -> Iterator[Overclaim]:
    """R1 of "24 of 128 with it, 32 of 128 without" beside the sentence that cites, where one count is the claim's."""
    if sum(quantity.part == "of" for quantity in statement.quantities) != 2:
        return
    pairs = list(count_pairs(statement))
    rows = text.beside(statement) if len(pairs) == 2 and not _OTHER_SAMPLE.search(statement.text) else ()
    held = {round(value.value) for value in known(rows) if value.kind == "count"}
    wrong = [(count, whole) for count, whole in pairs if held and count.value not in held]
    if len(wrong) == 1 and {int(whole.value) for _, whole in pairs} <= sizes(rows)["n"]:
        yield _not_held(statement, *wrong[0], held)


def unlinked_n(statement: Statement, text: Text) -> Iterator[Overclaim]:
    """ "n = 2180" in a sentence beside one that cites a claim, where no size of the whole study is that."""
    counts = list(counts_of(statement.text, statement.start))
    said = statement.text
    stated = [
        count
        for count, noun in counts
        if noun == "n"
        or _ARM_HOLDS.search(said, 0, count.start - statement.start)
        or _A_SIDE.match(said, count.end - statement.start)
    ]
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
            yield other_n(statement, count, cited)
    for count in totals:
        if cited and int(count.value) not in cited | {2 * n for n in cited}:
            yield other_n(statement, count, cited)


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
            r"\b(?:the first|another|further|only|other|remaining|about|per|exclude\w*|excluding"
            r"|discard\w*|random|layer|near)\s*\Z",
            before,
        )
    ) or (noun in ("pair", "item", "question", "instruction", "completion") and count.value < 10)


def _is_a_count(rows: Sequence[Finding], count: Quantity) -> bool:
    return any(value.kind in ("count", "n") and round(value.value) == count.value for value in known(rows))


def other_n(statement: Statement, count: Quantity, allowed: set[int]) -> Overclaim:
    """A finding at a size that is none of those that the report has."""
    right = min(allowed, key=lambda n: abs(n - count.value))
    return at(
        statement,
        "R3",
        (count.start, count.end),
        f"{count.text} is not the study's number: the report has {', '.join(f'{n:,}' for n in sorted(allowed))}.",
        f"Write {right:,}.",
    )
