"""R10, R11 and R15: significance, near misses and unlinked numbers."""

import re
from collections.abc import Iterator

from interp_core.audit.finding import ERROR, WARNING, Overclaim
from interp_core.audit.lexicon import Hit
from interp_core.audit.quantities import Quantity
from interp_core.audit.rules.common import Text, at, at_hit, licensed_for, words
from interp_core.audit.rules.values import is_result
from interp_core.audit.statements import Statement

_FIELD = (
    r"(?:field|literature|community|industry|discipline|market|area|vendors?|labs?|developers|authors|journals|society|years|past"
    r"|science)"
)
_OF_OTHERS = re.compile(rf"\b{_FIELD}(?:'s|s')?\s+(?:[a-z-]+\s+){{0,3}}\Z", re.IGNORECASE)
_IN_THE_FIELD = re.compile(
    rf"\s+(?:in|within|across|of|among)\s+(?:the\s+|our\s+|this\s+|recent\s+)?(?:\w+\s+)?{_FIELD}\b", re.IGNORECASE
)
_OF_A_TEST = re.compile(  # without one of these, "nearly there" and "a trend" are plain English
    r"signific|\b[pP][- ]values?\b|evidence|cut-?off|critical value|\bsupport|confirm"
    r"|\b[pP](?:-value)?\b\s*(?:[<=>≤≥]|of\b|value)"
    r"|\b(?:the margin|effects?|interactions?|contrasts?"
    r"|correlations?|slopes?|estimates?|intervals?|inconclusive|drop|fall|rise|difference|compliance|refusals?|projection"
    r"|supported)\b",
    re.IGNORECASE,
)
_POINTS_OF = re.compile(r"\d\s+points (?:to|at|toward)")  # "adds 46 points to the rate"
_ASIDE = 40
_OUTCOMES = re.compile(
    r"\s+(?:[a-z-]+\s+){0,2}?(?:answers|replies|responses|completions|outputs|refusals|cases|errors|requests|prompts)\b"
)
_SET = re.compile(r"\b(?:margin|threshold|bound|alpha|level)s?\s+(?:(?:of|is|was|at|=)\s+)?\Z", re.IGNORECASE)
_GAVE = re.compile(
    r"(?:\b|dis)(?:flagged|refused|answered|marked|judged|labelled|labeled|misread|misjudged|found|counted|gave|yielded"
    r"|produced|complied with"
    r"|declined|garbled|passed|failed|agreed? (?:\w+ ){0,4}on)\s+(?:only\s+|about\s+|some\s+)?\Z"
)
_CAME_OUT = re.compile(
    r"\s+(?:[a-z-]+\s+){0,2}?(?:answers|replies|responses|completions|outputs|requests|prompts)\s+(?:were"
    r"|was)\s+(?:\w+ly\s+)?"
    r"(?:refused|answered|garbled|flagged|misread|misjudged|complied|degenerate|empty|truncated|judged|labelled"
    r"|marked)\b"
)
_MEASURED = re.compile(r"\s+(?:seconds?|minutes|hours|words|tokens|characters|sentences|points|nats|bits)\b")
_SET_TO = re.compile(
    r"\b(?:set|limit\w*|cap\w*|cut|at most|up to|maximum|max|budget|first|last|every|each|within|per|fixed|truncat\w+"
    r"|generat\w+|allow\w*|sampl\w+|decod\w+)\b[^.;]{0,30}\Z",
    re.IGNORECASE,
)
_IN_N = re.compile(r"\s+(?:in|out of)\s+\d{1,3}\s+(?:[a-z-]+\s+){0,2}?[a-z]+s\b")
_MEAN = re.compile(r"\b(?:(?:mean|average|median|total)\b[^.;]{0,30}\b(?:of|was|is|at)|averag(?:ed|es))\s+\Z")
_MOVED = re.compile(
    r"\b(?:fell|falls?|dropp?(?:ed|s)?|rose|rises?|grew|grows?|shrank|shrinks?|went|goes|increased?s?|decreased?s?|climb(?:ed|s)?"
    r"|declined?s?|moved?s?|changed?s?|jump(?:ed|s)?|sank|sinks?|down|up)\s+from\s+(?:about\s+)?\Z"
)
_BEFORE = 60
_GAP = 120  # characters between two sentences, their links included


def bare_significance(statement: Statement, text: Text) -> Iterator[Overclaim]:
    """R10 for one sentence."""
    if not statement.own or statement.block.kind == "header":
        return
    important = statement.of("R10.importance")
    harmless = [(hit.start, hit.end) for hit in statement.of("R10.harmless", asserted=False)]
    for hit in important[:1]:
        yield at_hit(
            statement,
            "R10",
            hit,
            f"“{words(statement, hit)}” uses a statistical word for importance.",
            "Say what matters about it, and to whom; keep “significant” out.",
            severity=ERROR,
        )
    if important:
        return
    for hit in statement.of("R10.significant", asserted=False)[:1]:
        voice = statement.voice
        other = voice.question or voice.others(hit.start) or voice.opened(hit.start) or voice.quoted(hit.start, hit.end)
        if (
            not other
            and not any(a < hit.end and hit.start < b for a, b in harmless)
            and not _effect_given(statement, text)
        ):
            yield at_hit(
                statement,
                "R10",
                hit,
                f"“{words(statement, hit)}” stands without effect and interval, so a reader cannot tell how "
                f"large it is.",
                f"Give them: {licensed_for(statement)}"
                if statement.findings
                else "Give effect and interval in the sentence, or leave the word out.",
                severity=ERROR,
            )


def _effect_given(statement: Statement, text: Text) -> bool:
    near = [one for one in text.paragraph(statement) if _goes_with(one, statement)]
    injected = {field for one in near for field in one.injected}
    interval = any(q.part in ("low", "half-width") for one in near for q in one.quantities) or bool(
        injected & {"interval", "low"}
    )
    effect = any(q.part in ("estimate", "number", "from") and is_result(one, q) for one in near for q in one.quantities)
    return interval and (effect or bool(injected & {"interval", "effect"}))


def _goes_with(one: Statement, statement: Statement) -> bool:
    """Whether a sentence is the statement itself, speaks of its claims, or stands before one that names none."""
    shared = {tie.claim for tie in one.ties} & {tie.claim for tie in statement.ties}
    before = not statement.ties and one.end <= statement.start and statement.start - one.end < _GAP
    return one is statement or bool(shared) or before


def near_misses(statement: Statement, _: Text) -> Iterator[Overclaim]:
    """R11 for one sentence."""
    if not statement.own:
        return
    harmless = [(hit.start, hit.end) for hit in statement.of("R11.harmless", asserted=False)]
    said = statement.of("R11.marginal", asserted=False)
    near = [hit for hit in said if _is_a_near_miss(statement, hit, harmless)]
    if near:  # "just failed to reach" denies nothing that stands behind it
        hit = Hit(near[0].idea, near[0].start, max(hit.end for hit in said))
        yield at_hit(
            statement,
            "R11",
            hit,
            f"“{words(statement, hit)}” presents a near miss as a hit: the verdict is read off the "
            f"interval and the margin, and there is no almost.",
            f"Give the verdict: {licensed_for(statement)}"
            if statement.findings
            else "Give the verdict and the interval.",
            severity=ERROR,
        )


def _is_a_near_miss(statement: Statement, hit: Hit, harmless: list[tuple[int, int]]) -> bool:
    voice = statement.voice
    other = voice.question or voice.quoted(hit.start, hit.end) or voice.others(hit.start) or voice.negated(hit.start)
    before = statement.text[max(hit.start - _ASIDE, 0) : hit.start]
    of_others = (
        _POINTS_OF.search(before + words(statement, hit))
        or _OF_OTHERS.search(before)
        or (_IN_THE_FIELD.match(statement.text, hit.end))
    )
    loose = len(statement.text.split()) > 1 and not (statement.ties or _OF_A_TEST.search(statement.text))
    return not (other or of_others or loose or any(a < hit.end and hit.start < b for a, b in harmless))


def unlinked_numbers(statement: Statement, text: Text) -> Iterator[Overclaim]:
    """R15 for one sentence or table row."""
    if statement.linked or not statement.own or not _among_results(statement):
        return
    results = [q for q in statement.quantities if _stands_for_result(statement, q)]
    for quantity in results[:1]:
        last = max(q.end for q in statement.quantities if q is quantity or q.group == quantity.group >= 0)
        start, end = quantity.start - statement.start, last - statement.start
        if not (statement.voice.others(start) or statement.voice.question or statement.voice.quoted(start, end)):
            near = statement.ties[0].claim if statement.ties else _holder(quantity.value, text)
            cure = (
                f"Add [@claim:{near}], if that is what it reports"
                if near
                else "Add [@claim:ID], or take the number out"
            )
            yield at(
                statement,
                "R15",
                (quantity.start, last),
                f"{quantity.text.strip()} stands among the results and is tied to no claim, so nothing checks it.",
                f'{cure}; {{{{ claim("{near or "ID"}").effect }}}} would keep it right.',
                severity=WARNING,
            )


def _among_results(statement: Statement) -> bool:
    return (
        "results" in statement.sections
        and not statement.sections & {"related", "future", "R17"}
        and statement.block.kind not in ("heading", "header")
    )


def _stands_for_result(statement: Statement, quantity: Quantity) -> bool:
    text = statement.writeup.prose
    before = text[max(quantity.start - _BEFORE, statement.start) : quantity.start]
    counted = quantity.part == "count" or (
        quantity.whole
        and (
            _IN_N.match(text, quantity.end)
            or _MEAN.search(before)
            or _CAME_OUT.match(text, quantity.end)
            or (_MEASURED.match(text, quantity.end) and not _SET_TO.search(before))
            or (quantity.part == "from" and _MOVED.search(before))
            or (_GAVE.search(before) and _OUTCOMES.match(text, quantity.end))
        )
    )
    if _SET.search(before):
        return False
    return bool(counted) or (is_result(statement, quantity) and quantity.part not in ("of", "confidence"))


def _holder(value: float, text: Text) -> str:
    rows = (f for f in text.study.findings if f.row.get("effect") is not None)
    return next((f.claim for f in rows if abs(abs(f.row["effect"]) - abs(value)) < 0.006), "")
