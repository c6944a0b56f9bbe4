"""R2 and R3: numbers that contradict one another, or that no count could give.

GRIM: Brown & Heathers 2017, "The GRIM test", Soc Psychol Personal Sci 8:363.
"""

import re
from collections.abc import Iterator

from interp_core.audit.finding import Overclaim
from interp_core.audit.known import known, sizes
from interp_core.audit.quantities import Quantity, counts_of
from interp_core.audit.rules.common import at
from interp_core.audit.rules.values import TIMES as _TIMES
from interp_core.audit.rules.values import is_result
from interp_core.audit.statements import Statement

_P = re.compile(
    r"\b[pP](?:-?values?)?\s*(?:is\s+|was\s+|of\s+)?(?P<relation>[<=>≤≥]|less than|below"
    r"|above)?\s*(?P<value>0?\.\d{1,10}|1(?:\.0+)?\b|\d(?:\.\d+)?e-?\d+)"
)
_RATIO = re.compile(r"\b(?:odds|ratio|fold|times (?:as|more|higher|likelier|greater)|relative risk|hazard)\b")
_OF_N = re.compile(
    r"\s*(?:\([^()]{0,40}\)\s*)?(?:of|on|out of)\s+(?:the\s+|all\s+"
    r"|our\s+)?(?P<n>\d{1,6})\s+(?:[a-z-]+\s+){0,2}?(?:requests?|prompts?|completions?|items|answers|pairs"
    r"|questions)"
)
_COUNTS = re.compile(
    r"\s*(?:[a-z-]+\s+){0,3}?(?:requests?|prompts?|completions?|items|answers|outputs|responses|pairs"
    r"|questions|cases|times|samples|generations)\b"
)
_ENDS = re.compile(r"\s*(?:[),.;\]]|$|(?:against|versus|vs|after|with|under|behind|when)\b)")
_SHARE_OF = re.compile(
    r"\s*of\s+(?:the\s+|all\s+|our\s+)?(?:[a-z-]+\s+){0,2}?(?:requests|prompts|completions|items|answers|cases"
    r"|outputs|responses|questions|time)\b"
)
_RATE = re.compile(
    r"\b(?:rate|share|proportion|fraction|accuracy|compliance|refusal)\s+(?:rate\s+)?(?:of|is|was|reaches"
    r"|reached|at|to|=)\s+\Z"
)
_EXCLUDES = re.compile(
    r"\b(?:exclud\w+|does not (?:include|contain|cover|cross|span)|clear of|(?:lies"
    r"|stays) (?:wholly )?above)\s+(?:zero|0)\b"
)
_INCLUDES = re.compile(r"(?<!not )\b(?:includ\w+|contain\w+|cover\w+|cross\w+|span\w*|straddl\w+)\s+(?:zero|0)\b")
_CASES = re.compile(
    r"(?<![\w.,/\-])(?P<n>\d{1,3})\s+(?:[a-z-]+\s+){0,2}?(?:requests|prompts|completions|items|answers|pairs|questions"
    r"|layers|heads|samples|outputs|responses|transcripts|runs|seeds|features)\b"
)
_SEVERAL_EACH = re.compile(r"\b(?:two|three|four|five|six|eight|ten|\d+)\s+[a-z]+\s+(?:each|per|apiece)\b")
_OF_THEM = re.compile(r"\s*(?:of|passed|were|was|came|did|complied|agreed)\b")
_MEAN = re.compile(
    r"\b(?:mean|average|rate|share|proportion|fraction|accuracy)\b[^.;]{0,60}\b(?:was|is|of|at|to|came out at|=)\s+\Z"
)
_YEARS = range(1900, 2101)


def incoherent(statement: Statement) -> Iterator[Overclaim]:
    """R2 for one sentence."""
    if not statement.own:
        return
    groups: dict[int, dict[str, Quantity]] = {}
    for quantity in statement.quantities:
        groups.setdefault(quantity.group, {})[quantity.part] = quantity
    for group in groups.values():
        low, high, estimate = group.get("low"), group.get("high"), group.get("estimate")
        if low and high:
            yield from _interval(statement, low, high, estimate)


def _interval(statement: Statement, low: Quantity, high: Quantity, estimate: Quantity | None) -> Iterator[Overclaim]:
    span = (estimate.start if estimate else low.start, high.end)
    if low.value - low.slack > high.value + high.slack:
        yield _r2(
            statement,
            span,
            f"the interval runs from {low.text.strip()} down to {high.text.strip()}",
            "Give the lower bound first",
        )
        return
    if estimate and not any(_inside(value, estimate, low, high) for value in _signs(statement, estimate)):
        yield _r2(
            statement,
            span,
            f"the estimate {estimate.text.strip()} lies outside its own interval",
            "Give the estimate that the interval belongs to",
        )
    yield from _p_value(statement, low, high)
    yield from _about_zero(statement, low, high)


def _signs(statement: Statement, estimate: Quantity) -> tuple[float, ...]:
    """The estimate as printed; where a verb says that it is a fall and no sign is printed, the fall, too."""
    falls = estimate.text[0] not in "-−–+" and statement.of("voice.lowering", asserted=False)
    return (estimate.value, -estimate.value) if falls else (estimate.value,)


def _inside(value: float, estimate: Quantity, low: Quantity, high: Quantity) -> bool:
    return low.value - low.slack - estimate.slack <= value <= high.value + high.slack + estimate.slack


def _p_value(statement: Statement, low: Quantity, high: Quantity) -> Iterator[Overclaim]:
    match = _P.search(statement.text)
    if not match or _RATIO.search(statement.text):
        return
    p, relation = float(match["value"]), match["relation"] or "="
    clear = low.value > 0 or high.value < 0
    above, below = relation in (">", "≥", "above"), relation in ("<", "≤", "=", "less than", "below")
    span = (statement.start + match.start(), statement.start + match.end())
    if not clear and below and p <= 0.05 and low.value < 0 < high.value:
        yield _r2(
            statement,
            span,
            f"{match[0]} says that zero is excluded, and the interval [{low.text.strip()}, "
            f"{high.text.strip()}] holds zero",
            "Recompute one from the other, or leave the p out",
        )
    elif clear and ((above and p >= 0.05) or (relation == "=" and p > 0.06)):
        yield _r2(
            statement,
            span,
            f"{match[0]} says that zero is not excluded, and the interval [{low.text.strip()}, "
            f"{high.text.strip()}] excludes it",
            "Recompute one from the other, or leave the p out",
        )


def _about_zero(statement: Statement, low: Quantity, high: Quantity) -> Iterator[Overclaim]:
    holds = low.value <= 0 <= high.value
    match = _EXCLUDES.search(statement.text) if holds else _INCLUDES.search(statement.text)
    if match:
        span = (statement.start + match.start(), statement.start + match.end())
        yield _r2(
            statement,
            span,
            f"the interval [{low.text.strip()}, {high.text.strip()}] {'holds' if holds else 'excludes'} zero, "
            f"and the sentence says otherwise",
            "Say what the interval says",
        )


def _r2(statement: Statement, span: tuple[int, int], what: str, cure: str) -> Overclaim:
    return at(statement, "R2", span, f"The numbers contradict one another: {what}.", f"{cure}.")


def impossible(statement: Statement) -> Iterator[Overclaim]:
    """R3 for one sentence."""
    if not statement.own:
        return
    yield from _impossible_counts(statement)
    yield from _impossible_rates(statement)
    if statement.linked and statement.findings:
        yield from _other_sizes(statement)


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


def _pairs(statement: Statement) -> Iterator[tuple[Quantity, Quantity]]:
    counts = {q.group: q for q in statement.quantities if q.part == "count"}
    return ((counts[q.group], q) for q in statement.quantities if q.part == "of" and q.group in counts)


def _impossible_rates(statement: Statement) -> Iterator[Overclaim]:
    text = statement.writeup.prose
    for quantity in statement.quantities:
        if quantity.part in ("count", "of", "confidence"):
            continue
        whole = _OF_N.match(text, quantity.end)
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
            and not _TIMES.match(text, quantity.end)
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
    return int(counted[0]["n"]) if named or (_MEAN.search(before) and is_result(statement, quantity)) else 0


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


def _other_sizes(statement: Statement) -> Iterator[Overclaim]:
    known_sizes = sizes(statement.findings)
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
        if int(count.value) not in allowed and not _is_a_count(statement, count):
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


def _is_a_count(statement: Statement, count: Quantity) -> bool:
    return any(
        value.kind in ("count", "n") and round(value.value) == count.value for value in known(statement.findings)
    )


def _other_n(statement: Statement, count: Quantity, allowed: set[int]) -> Overclaim:
    right = min(allowed, key=lambda n: abs(n - count.value))
    return at(
        statement,
        "R3",
        (count.start, count.end),
        f"{count.text} is not the study's number: the report has {', '.join(f'{n:,}' for n in sorted(allowed))}.",
        f"Write {right:,}.",
    )
