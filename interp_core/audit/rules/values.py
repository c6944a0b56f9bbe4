"""R1: a number tied to a claim against what the report holds, by interval arithmetic on the printed string."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from interp_core.audit.figures import number
from interp_core.audit.finding import Overclaim
from interp_core.audit.known import Known, Triple, known, triples
from interp_core.audit.quantities import P_BEFORE, Quantity
from interp_core.audit.rules.common import at
from interp_core.audit.statements import Statement

_BEFORE = 40
_BOTH = re.compile(r"\b(?:both|two|each|either|all)\s+(?:of\s+)?(?:the\s+|our\s+)?(?:\w+\s+)?models?\b", re.IGNORECASE)
_FAR = 600  # characters in which a paragraph names its models
TIMES = re.compile(r"[\s-]?(?:times|fold|x\b|×|-fold)")
_MORE = re.compile(r"\s*(?:more|less|higher|lower|increase|decrease|reduction|rise|drop|fewer|relative)")
_MARGIN = re.compile(
    r"\b(?:at least|margins?|within|inside|outside|by at most|smallest effect|threshold|bound|registered|beyond"
    r"|short of|claimed|predicted|tolerances?|equivalence|(?:un)?decided at|(?:in)?conclusive at|verdict at)\b"
)
_NONE_BEYOND = re.compile(r"\b[Nn]o \w+ (?:larger|greater|bigger|smaller|more|less|beyond)(?: than)?\s+\Z")
_MARGIN_AFTER = re.compile(
    r"\s+(?:margin|threshold|bar|bound|limit|or (?:more|less|fewer|above|over|beyond|better)"
    r"|(?:that )?(?:we|i|the registration|the claim|the lock)(?: had| have)? (?:registered|claimed|required?s?"
    r"|predicted|promised|bet|asks?|claims?|demands?|needs?|wants?|needed|wanted"
    r"|asked|demanded|set|expected|hoped))\b"
)
_LABELLED = re.compile(r"\bmargins?\s+(?:(?:of|was|were|is|are|at|=)\s+)?\Z", re.IGNORECASE)
_LEVEL = re.compile(
    r"(?:\balpha|α|\b(?:error|level)s?\b|\bone-sided|\bsignifican\w+ (?:at|with))[^.;\d]{0,25}\Z", re.IGNORECASE
)
_LARGEST_LEVEL = 0.1
_P = re.compile(rf"{P_BEFORE.pattern}|\bP\s*\Z")
_WIDE = re.compile(r"\s*(?:wide|across|in width)\b")
_MOVED = re.compile(
    r"\b(?:moved|amended|changed|raised|lowered|widened|narrowed|relaxed|tightened|loosened|shifted|originally|initially"
    r"|at first|later|before|until|earlier|old|former|previous)\b"
)
_OPPOSITE = re.compile(
    r"\brefus(?:ed|es|e|als?(?!\s+(?:direction|projection|gap)))\b|\b(?:remaining|the rest|declin\w+|did not comply)\b"
)
_SHARE = ("effect", "low", "high", "mean")
_PERCENT = 100


def wrong_values(statement: Statement) -> Iterator[Overclaim]:
    """R1 for one sentence."""
    if not statement.linked or not statement.own or not any(f.predictions for f in statement.findings):
        return
    values = known(statement.findings)
    groups = triples(statement.findings)
    for quantity, right in _mismatches(statement, values, groups):
        if not (_elsewhere(statement, quantity) or _in_percent(quantity, values)):
            cure = _instead(quantity, right, _address(statement))
            yield at(statement, "R1", (quantity.start, quantity.end), _message(quantity, right), cure)


def _in_percent(quantity: Quantity, values: Sequence[Known]) -> bool:
    """Whether a number without a unit is right in percent, which a table's heading or the reader knows: "71.3"."""
    bare = not quantity.unit and not quantity.whole and 1 < abs(quantity.value) <= _PERCENT
    targets = [value.value * _PERCENT for value in values if value.kind in _SHARE]
    return bare and any(_signed(quantity, target) for target in targets)


def _mismatches(
    statement: Statement, values: Sequence[Known], groups: Sequence[Triple]
) -> Iterator[tuple[Quantity, Known]]:
    members: dict[int, list[Quantity]] = {}
    for quantity in statement.quantities:
        if quantity.part in ("estimate", "low", "high"):
            members.setdefault(quantity.group, []).append(quantity)
        elif quantity.part == "confidence":
            yield from _confidence(statement, quantity)
        elif is_result(statement, quantity) and not _allowed(statement, quantity, values):
            elsewhere = _allowed(statement, quantity, _of_paragraph(statement, quantity))
            if not (elsewhere or _is_old_margin(statement, quantity)):
                yield quantity, _nearest(quantity, values)
    for group in members.values():
        yield from _against(group, groups, values)


def _confidence(statement: Statement, quantity: Quantity) -> Iterator[tuple[Quantity, Known]]:
    levels = {1 - 2 * finding.row["alpha"] for finding in statement.findings}
    if quantity.value >= 0.5 and not any(quantity.holds(level) for level in levels):
        yield quantity, Known("alpha", "the interval's confidence", min(levels))


def _against(
    group: Sequence[Quantity], groups: Sequence[Triple], values: Sequence[Known]
) -> Iterator[tuple[Quantity, Known]]:
    """An interval, with its estimate, against the effect and interval that it fits best."""
    if len(group) == 1 or any(quantity.part == "half-width" for quantity in group):
        return
    best = max(groups, key=lambda triple: sum(_signed(q, getattr(triple, _FIELD[q.part])) for q in group), default=None)
    if best is None:
        return
    means = all(_is_mean(quantity, values) for quantity in group if quantity.part != "estimate")
    for quantity in group:
        value = getattr(best, _FIELD[quantity.part])
        if not _signed(quantity, value) and not _is_otherwise(quantity, value, means, values):
            yield quantity, Known(_FIELD[quantity.part], _NAMES[quantity.part], value)


def _is_otherwise(quantity: Quantity, value: float, means: bool, values: Sequence[Known]) -> bool:
    """Whether a pair gives the arms' means, or an estimate an arm's mean or the size of the effect without its sign."""
    if quantity.part == "estimate":
        return _is_mean(quantity, values) or quantity.holds(value)
    return means


_FIELD = {"estimate": "effect", "low": "low", "high": "high"}
_NAMES = {"estimate": "the effect", "low": "the lower bound", "high": "the upper bound"}


def _signed(quantity: Quantity, value: float) -> bool:
    """Whether a bound is printed with its own sign: of [-0.03, 0.04], 0.03 would be another bound."""
    return abs(quantity.value - value) <= quantity.slack + 1e-9


def _is_mean(quantity: Quantity, values: Sequence[Known]) -> bool:
    return any(value.kind == "mean" and quantity.holds(value.value) for value in values)


def is_result(statement: Statement, quantity: Quantity) -> bool:
    """Whether a number is a result and not a setting, a label or a count of something else."""
    text = statement.writeup.prose
    before = text[max(quantity.start - _BEFORE, statement.start) : quantity.start]
    if quantity.part in ("confidence", "half-width", "count", "of", "p", "setting") or _P.search(before):
        return False
    if quantity.whole or _NONE_BEYOND.search(before) or _WIDE.match(text, quantity.end):  # a bound, or a width
        return False
    return not (_is_parameter(statement, quantity) or _is_level(statement, quantity))


def _is_level(statement: Statement, quantity: Quantity) -> bool:
    """ "Significant at our alpha of 0.025": the error rate, which LaTeX may write as a symbol."""
    source = statement.writeup.text[max(quantity.start - _BEFORE, statement.start) : quantity.start]
    return not quantity.unit and 0 < quantity.value <= _LARGEST_LEVEL and _LEVEL.search(source) is not None


def is_margin(statement: Statement, quantity: Quantity) -> bool:
    """Whether a number is the size that was registered, and no result."""
    text = statement.writeup.prose
    before = text[max(quantity.start - _BEFORE, statement.start) : quantity.start].lower()
    named = (
        _LABELLED.search(before) or before.rstrip().endswith("registered") or _MARGIN_AFTER.match(text, quantity.end)
    )
    return bool(named) and any(quantity.holds(abs(finding.row["margin"])) for finding in statement.findings)


def _is_old_margin(statement: Statement, quantity: Quantity) -> bool:
    """ "We had registered a margin of 0.1 and moved it to 0.2": of an amended claim, the report holds the new one."""
    before = statement.writeup.prose[max(quantity.start - _BEFORE, statement.start) : quantity.start].lower()
    amended = any(finding.status == "amended" for finding in statement.findings)
    return amended and bool(_MARGIN.search(before) and _MOVED.search(statement.text))


def _of_paragraph(statement: Statement, quantity: Quantity) -> list[Known]:
    """The values on the paragraph's models, of a clause that names none: "random gave 0.02; on Llama it failed".

    On all of them, where the sentence speaks of both models.
    """
    start, stop = statement.voice.clause(quantity.start - statement.start)
    study, block = statement.study, statement.block
    if _BOTH.search(statement.text):
        return known(row for tie in statement.ties if tie.model is None for row in study.of(tie.claim, None))
    own = study.mentioned_models(statement.text)
    if not own or study.mentioned_models(statement.text[start:stop]):
        return []
    before = study.mentioned_models(statement.writeup.prose[max(block.start, statement.start - _FAR) : statement.start])
    rows = (row for tie in statement.ties if tie.model is None for row in study.of(tie.claim, None))
    return known(row for row in rows if row.model in before)


def _is_parameter(statement: Statement, quantity: Quantity) -> bool:
    offset = quantity.start - statement.start
    gap = statement.text
    return any(
        hit.idea == "results.parameter"
        and hit.end <= offset
        and not re.search(r"[^\s=:()]", gap[hit.end : offset].replace("of", ""))
        for hit in statement.hits
    )


def _allowed(statement: Statement, quantity: Quantity, values: Sequence[Known]) -> bool:
    read = [quantity, *_with_unit(statement, quantity), *_without_unit(quantity)]
    return any(one.holds(value.value) for value in values if _fits(statement, quantity, value) for one in read)


def _with_unit(statement: Statement, quantity: Quantity) -> list[Quantity]:
    """ "46.2 points on the one, 33.4 on the other": a number above 1 may mean the unit that another one carries."""
    unit = next((other.unit for other in statement.quantities if other.unit and other.part != "confidence"), "")
    if quantity.unit or quantity.value <= 1 or not unit:
        return []
    return [replace(quantity, unit=unit, value=quantity.value / 100, slack=quantity.slack / 100)]


def _without_unit(quantity: Quantity) -> list[Quantity]:
    """ "41 % of the gap (from 28.2 to 16.6)": a number that was given its neighbour's unit may have none."""
    if not quantity.unit or quantity.text[-1:] not in "0123456789":
        return []
    return [replace(quantity, unit="", value=quantity.value * 100, slack=quantity.slack * 100)]


def _fits(statement: Statement, quantity: Quantity, value: Known) -> bool:
    """Whether the words around a number let it stand for a kind of value."""
    text = statement.writeup.prose
    before = text[max(quantity.start - _BEFORE, statement.start) : quantity.start].lower()
    if _LABELLED.search(before):
        return value.kind == "margin"
    if value.kind in _SHARE:
        return not (quantity.whole or TIMES.match(text, quantity.end))
    if value.kind == "ratio":
        return bool(TIMES.match(text, quantity.end) or _MORE.match(text, quantity.end))
    if value.kind == "margin":
        return bool(
            _MARGIN.search(before)
            or _MARGIN_AFTER.match(text, quantity.end)
            or quantity.bound
            or before.rstrip().endswith(("±", "+/-", "\\pm"))
        )
    if value.kind == "complement":
        return bool(_OPPOSITE.search(statement.text))
    return value.kind == "n" and not quantity.unit


def _nearest(quantity: Quantity, values: Sequence[Known]) -> Known:
    shares = [value for value in values if value.kind in _SHARE]
    return min(shares, key=lambda value: min(abs(quantity.value - value.value), abs(quantity.value + value.value)))


def _elsewhere(statement: Statement, quantity: Quantity) -> bool:
    """Whether somebody else's result or a question holds the number."""
    start, end = quantity.start - statement.start, quantity.end - statement.start
    voice = statement.voice
    return voice.quoted(start, end) or voice.others(start)


def _message(quantity: Quantity, right: Known) -> str:
    value = number(right.value, 4).rstrip("0").rstrip(".")
    return (
        f"{quantity.text.strip()} is not what the report holds: the nearest of its values is {right.name}, {value}, "
        "more than half a unit of the last decimal away."
    )


def _address(statement: Statement) -> str:
    """The claim as an injection names it: with its model, where the sentence means one of several."""
    claim, models = statement.ties[0].claim, {finding.model for finding in statement.findings}
    several = len(statement.study.of(claim, None)) > 1
    return f"{claim}@{models.pop()}" if several and len(models) == 1 else claim


def _instead(quantity: Quantity, right: Known, claim: str) -> str:
    value = abs(right.value) if quantity.text[0] not in "-−–+" and right.kind == "effect" else right.value
    field = "baseline_mean" if "baseline" in right.name else _FIELDS.get(right.kind, "effect")
    return f'Write {quantity.printed(value)}, or {{{{ claim("{claim}").{field} }}}}, which cannot drift.'


_FIELDS = {"low": "low", "high": "high", "mean": "treatment_mean", "margin": "margin"}
