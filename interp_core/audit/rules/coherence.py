"""R2: estimates, intervals and p values that contradict one another."""

import re
from collections.abc import Iterator
from statistics import NormalDist

from interp_core.audit.finding import Overclaim
from interp_core.audit.known import known
from interp_core.audit.quantities import Quantity
from interp_core.audit.rules.common import at
from interp_core.audit.statements import Statement

_P = re.compile(
    r"\b[pP](?:-?values?)?\s*(?:is\s+|was\s+|of\s+)?(?P<relation>[<=>≤≥]|less than|below"
    r"|above)?\s*(?P<value>0?\.\d{1,10}|1(?:\.0+)?\b|\d(?:\.\d+)?e-?\d+)"
)
_RATIO = re.compile(r"\b(?:odds|ratio|fold|times (?:as|more|higher|likelier|greater)|relative risk|hazard)\b")
_EXCLUDES = re.compile(
    r"(?<!not )(?<!n't )(?<!cannot )\b(?:exclud\w+|does not (?:include|contain|cover|cross|span|hold)|clear of|clears"
    r"|rul\w+ out|away from|(?:lies|stays|is|sits|falls) (?:\w+ )?(?:above|below))\s+(?:zero|0)\b(?!\.\d)"
)
_INCLUDES = re.compile(
    r"(?<!not )\b(?:includ\w+|contain\w+|cover\w+|cross\w+|span\w*|straddl\w+)\s+(?:zero|0)\b(?!\.\d)"
)

_FAR = 30.0  # how far two right ways to a p may be apart where intervals are not quite symmetric
_TAIL = 0.005
_WITHIN = re.compile(r"\b(?:within|inside|margin of)\s+\Z")


def incoherent(statement: Statement) -> Iterator[Overclaim]:
    """R2 for one sentence."""
    if not statement.own:
        return
    groups: dict[int, dict[str, Quantity]] = {}
    for quantity in statement.quantities:
        groups.setdefault(quantity.group, {})[quantity.part] = quantity
    for group in groups.values():
        low, high, estimate = group.get("low"), group.get("high"), group.get("estimate")
        if low and high and estimate and _is_of_a_pair(statement, low, high, estimate):
            estimate = None
        if low and high and not _are_means(statement, low, high):
            yield from _interval(statement, low, high, estimate)
    if statement.quantities and not any("low" in group for group in groups.values()):
        yield from _zero_against_p(statement)


def _zero_against_p(statement: Statement) -> Iterator[Overclaim]:
    """ "The interval includes zero (p = .003)": no bound is printed, and the words and the p cannot both be right."""
    stated = _stated_p(statement)
    if stated is None:
        return
    p, relation, span = stated
    without, within = _EXCLUDES.search(statement.text), _INCLUDES.search(statement.text)
    excluded = bool(without) and relation != "<" and p > 0.06
    included = bool(within) and relation != ">" and p < 0.04
    if excluded or included:
        yield _r2(
            statement,
            span,
            f"{statement.writeup.prose[slice(*span)].strip()} against an interval that "
            f"{'excludes' if excluded else 'includes'} zero",
            "Recompute one from the other, or leave the p out",
        )


def _are_means(statement: Statement, *quantities: Quantity) -> bool:
    """Whether two numbers that stand like an interval are the arms' means, as in "by 0.22 (0.41 to 0.63)"."""
    means = [value.value for value in known(statement.findings) if value.kind == "mean"] if statement.linked else []
    return all(any(quantity.holds(mean) for mean in means) for quantity in quantities)


def _is_of_a_pair(statement: Statement, low: Quantity, high: Quantity, estimate: Quantity) -> bool:
    """ "0.984 with it, 0.980 without, the interval [-0.031, 0.040]": the interval is the difference's."""
    before = [q for q in statement.quantities if q.end <= estimate.start and q.part == "number" and not q.whole]
    gap = before[-1].value - estimate.value if before else 0.0
    alike = bool(before) and before[-1].unit == estimate.unit
    return alike and any(_inside(value, estimate, low, high) for value in (gap, -gap))


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
    before = statement.writeup.prose[statement.start : estimate.start] if estimate else ""
    if _WITHIN.search(before):
        estimate = None  # "within 0.2 (interval -0.03 to 0.05)" gives the margin
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
    stated = _stated_p(statement)
    if stated is None:
        return
    if low.value > 0 and _RATIO.search(statement.text):
        yield from _p_of_a_ratio(statement, low, high, stated)
        return
    p, relation, span = stated
    printed = statement.writeup.prose[slice(*span)].strip()
    implied = _largest_p(low, high)
    if implied is not None and relation != ">" and p < implied / _FAR:
        yield _r2(
            statement,
            span,
            f"{printed} is far below the p of about {implied:.2g} that the interval [{low.text.strip()}, "
            f"{high.text.strip()}] goes with",
            "Recompute one from the other, or leave the p out",
        )
        return
    clear = low.value > 0 or high.value < 0
    above, below = relation == ">", relation in ("<", "=")
    if not clear and below and p <= 0.05 and low.value < 0 < high.value:
        yield _r2(
            statement,
            span,
            f"{printed} says that zero is excluded, and the interval [{low.text.strip()}, "
            f"{high.text.strip()}] holds zero",
            "Recompute one from the other, or leave the p out",
        )
    elif clear and ((above and p >= 0.05) or (relation == "=" and p > 0.06)):
        yield _r2(
            statement,
            span,
            f"{printed} says that zero is not excluded, and the interval [{low.text.strip()}, "
            f"{high.text.strip()}] excludes it",
            "Recompute one from the other, or leave the p out",
        )


def _p_of_a_ratio(
    statement: Statement, low: Quantity, high: Quantity, stated: tuple[float, str, tuple[int, int]]
) -> Iterator[Overclaim]:
    """A ratio's interval is about one."""
    p, relation, span = stated
    holds = low.value - low.slack < 1 < high.value + high.slack
    if (holds and relation != ">" and p < 0.04) or (not holds and relation != "<" and p > 0.06):
        yield _r2(
            statement,
            span,
            f"{statement.writeup.prose[slice(*span)].strip()} against an interval of a ratio, [{low.text.strip()}, "
            f"{high.text.strip()}], that {'holds' if holds else 'excludes'} one",
            "Recompute one from the other, or leave the p out",
        )


def _largest_p(low: Quantity, high: Quantity) -> float | None:
    """The p that an interval of 95% about its middle goes with, at least; None far out, where shapes differ."""
    width = high.value - low.value - low.slack - high.slack
    if width <= 0:
        return None
    middle = abs(high.value + low.value) / 2 + max(low.slack, high.slack)
    p = float(2 * NormalDist().cdf(-middle / (width / (2 * 1.96))))
    return p if p > _TAIL else None


def _stated_p(statement: Statement) -> tuple[float, str, tuple[int, int]] | None:
    """The sentence's p value, how it is bounded ("<", ">" or "="), and where it stands."""
    column = next((q for q in statement.quantities if q.part == "p"), None)
    if column:
        return column.value, {-1: "<", 0: "=", 1: ">"}[column.bound], (column.start, column.end)
    match = _P.search(statement.text)
    if not match:
        return None
    relation = {"≥": ">", "above": ">", ">": ">", "=": "=", None: "="}.get(match["relation"], "<")
    return float(match["value"]), relation, (statement.start + match.start(), statement.start + match.end())


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
