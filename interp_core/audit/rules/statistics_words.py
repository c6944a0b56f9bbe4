"""R8, R10, R11, R12 and R15: statistics in words, examples and unlinked numbers."""

import re
from collections.abc import Iterator

from interp_core.audit.finding import ERROR, WARNING, Overclaim
from interp_core.audit.known import baseline_means, raw_means, treatment_means
from interp_core.audit.lexicon import Hit
from interp_core.audit.quantities import Quantity
from interp_core.audit.rules.common import Text, at, at_hit, licensed_for, words
from interp_core.audit.rules.values import is_margin, is_result
from interp_core.audit.statements import Statement

_FRACTIONS = {
    "a quarter": 0.25,
    "one in four": 0.25,
    "a third": 1 / 3,
    "one in three": 1 / 3,
    "half": 0.5,
    "two thirds": 2 / 3,
    "three quarters": 0.75,
    "a fifth": 0.2,
    "one in five": 0.2,
    "a tenth": 0.1,
    "one in ten": 0.1,
    "none": 0.0,
    "never": 0.0,
    "almost nothing": 0.0,
}
_SAYS = re.compile(
    r"(?<!that )(?<!which )(?<!judge )"
    r"\b(?:answers?|answered|says?|said|replies|replied|writes|wrote|responds|responded|opens|begins|began|starts"
    r"|reads?|runs?|goes|went|told us)\b"
    r"(?:\s+(?:with|that|by saying))?\s*[,:]?\s*(?:“|\"|``|«)"
)
_SAID = re.compile(  # words of the model's, and no single quoted word
    r"(?:“|\"|``|«)\w(?:[^”\"»]{3,200}[.!?,…]|[^\s”\"»]{0,30}\s[^\s”\"»]{1,30}\s[^”\"»]{2,200})\s*(?:”|\"|''|»)"
)
_QUOTE_OPENS = r"[^.;“\"«]{0,20}(?:“|\"|``|«)"
_INTRODUCED = re.compile(
    r"\b(?:for (?:example|instance)|e\.g\.)(?:[^.;“\"«]|\.(?=\d)){0,100}"
    r"\b(?:repl(?:y|ied|ies)|answer(?:s|ed)?|said|says|wrote|writes|respond(?:s|ed)?|gave|gives)"
    + _QUOTE_OPENS
    + r"|\b(?:look|sound|read|run)(?:s|ed)? (?:(?:something|much) )?(?:like|as) (?:this|these|follows)\b"
    + _QUOTE_OPENS,
    re.IGNORECASE,
)
_EXHIBITED = re.compile(  # "Table 3 lists the ... refusals", with a word of taste in between
    r"\b(?:lists?|shows?|holds?|prints?|quotes?|presents?|contains?|reproduces?|collects?|displays?)\b[^.;]{0,60}"
    r"\b(?:completions?|answers|repl(?:y|ies)|refusals?|outputs?|responses?|transcripts?|dialogues?|exchanges?)\b",
    re.IGNORECASE,
)
_COLON_QUOTE = re.compile(r":\s*(?:“|\"|``|«)[A-Z]")
_DEGREE = re.compile(
    r"\b(?:somewhat|way|much|far|vastly|slightly|hugely|considerably|markedly|noticeably|substantially"
    r"|dramatically|\w+ (?:lot|bit|touch|little))\s",
    re.IGNORECASE,
)
_PAST_MARGIN = re.compile(
    r"surpass|exceed|above|below|beyond|well|far|clear|comfort|more than|greater|larger", re.IGNORECASE
)
_OF_INPUTS = re.compile(r"\bof\s+(?:(?:an?|the|such|our|one)\s+)?(?:\w+\s+)?(?:frames?|prompts?|requests?|inputs?)\b")
_AGAINST = re.compile(
    r"\b(?:against|versus|vs\.?|up from|down from|compared (?:with|to))\s+(?:only\s+|about\s+|just\s+)?[.\d]"
)
_EACH = re.compile(
    r"\s+(?:each|apiece|(?:per|for each|from each|in all|in total|out of"
    r"|in (?:\d+|two|three|four|five|six|eight|ten|twenty|a hundred))\b)"
)
_FEW = re.compile(r"(?:few|two|three|four|five|some|sample|set|batch|series|pair|couple)\b", re.IGNORECASE)
_FIELD = (
    r"(?:field|literature|community|industry|discipline|market|area|vendors?|labs?|developers|authors|journals|society|years|past"
    r"|science)"
)
_OF_OTHERS = re.compile(rf"\b{_FIELD}(?:'s|s')?\s+(?:[a-z-]+\s+){{0,3}}\Z", re.IGNORECASE)
_IN_THE_FIELD = re.compile(
    rf"\s+(?:in|within|across|of|among)\s+(?:the\s+|our\s+|this\s+|recent\s+)?(?:\w+\s+)?{_FIELD}\b", re.IGNORECASE
)
_OF_A_TEST = re.compile(  # without one of these, "nearly there" and "a trend" are plain English
    r"signific|\b[pP](?:-value)?\b\s*(?:[<=>≤≥]|of\b|value)"
    r"|\b(?:the margin|effects?|intervals?|inconclusive|drop|fall|rise|difference|compliance|refusals?|projection"
    r"|supported)\b",
    re.IGNORECASE,
)
_POINTS_OF = re.compile(r"\d\s+points (?:to|at|toward)")  # "adds 46 points to the rate"
_ASIDE = 40
_OF_OTHER_THINGS = (
    re.compile(  # "see the example in", "the following output": of a program or a manual, where no link stands
        r"^(?:see|is|are|was|were|an? example|examples?\b|following|here|below|to illustrate|for (?:example"
        r"|instance)|one reads|a read)\b"
        r"(?!.*\b(?:completions?|repl(?:y|ies)|transcripts?|dialogues?|conversations?|generations?|rollouts?"
        r"|answers?|exchanges?|model|wrote|writes|said|says|replied|answered)\b)",
        re.IGNORECASE | re.DOTALL,
    )
)
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
_IN_N = re.compile(r"\s+(?:in|out of)\s+\d{1,3}\s+(?:[a-z-]+\s+){0,2}?[a-z]+s\b")
_MEAN = re.compile(r"\b(?:mean|average|median|total)\b[^.;]{0,30}\b(?:of|was|is|at)\s+\Z")
_BEFORE = 60
_GAP = 120  # characters between two sentences, their links included


def bare_comparatives(statement: Statement, text: Text) -> Iterator[Overclaim]:
    """R8 for one sentence."""
    if not statement.own or not statement.linked or statement.tabular or _gives_baseline(statement, text):
        return
    restated = statement.of("R6.owned", asserted=False) and not all(f.supported for f in statement.findings)
    comparatives = statement.of("R8.comparative")
    if restated:  # what did not hold may be told in words, and not how much the other way it went
        comparatives = [hit for hit in comparatives if _DEGREE.search(words(statement, hit))]
    for hit in (comparatives or _changes(statement))[:1]:
        if _compares(statement, hit):
            means = sorted(set(_owed(statement)))
            yield at_hit(
                statement,
                "R8",
                hit,
                f"“{words(statement, hit)}” compares, and the baseline's number is not there; a reader cannot "
                f"tell what it rose or fell from.",
                f"Add it: the baseline is at {means[0]:.2f}. For instance, {licensed_for(statement)}",
                severity=ERROR,
            )


def _changes(statement: Statement) -> list[Hit]:
    """Words for a change, where the sentence prints what it came to: "compliance climbs under fiction (0.713)"."""
    rates = treatment_means(statement.findings)
    means = [*rates, *(1 - rate for rate in rates), *(arms["treatment"] for arms in raw_means(statement.findings))]
    printed = any(q.holds(mean) for q in statement.quantities for mean in means if q.part not in ("of", "count"))
    counts = [q.value for q in statement.quantities if q.part == "count"]
    return statement.of("R8.change") if printed or _as_count(counts, statement, "treatment") else []


def _compares(statement: Statement, hit: Hit) -> bool:
    """ "rises to" compares where the number that follows is the treatment's."""
    means = treatment_means(statement.findings) + [arms["treatment"] for arms in raw_means(statement.findings)]
    if _PAST_MARGIN.match(words(statement, hit)) and statement.of("R8.margin", asserted=False):
        return False  # "exceeds the margin" compares with the registration
    if not words(statement, hit).endswith(" to") or words(statement, hit).startswith(("compared", "relative")):
        return bool(_owed(statement))
    after = [q for q in statement.quantities if q.start >= statement.start + hit.end]
    means += [1 - mean for mean in means]
    counted = bool(after) and after[0].part == "count" and _as_count([after[0].value], statement, "treatment")
    return counted or (bool(after) and any(after[0].holds(mean) for mean in means))


def _gives_baseline(statement: Statement, text: Text) -> bool:
    means = _owed(statement)
    if not means or statement.injected & {"baseline_mean", "means", "interval", "sentence"}:
        return True
    effects = {f.row["effect"] for f in statement.findings if f.row.get("effect") is not None}
    if len(effects) > 1 and all(any(q.holds(effect) for q in statement.quantities) for effect in effects):
        return True  # it compares one finding's effect with another's
    if any(q.part == "from" for q in statement.quantities) or _AGAINST.search(statement.text):
        return True  # whether the number is right, R1 tells
    near = text.paragraph(statement)
    counts = [q.value for one in near for q in one.quantities if q.part == "count"]
    printed = [q for one in near for q in one.quantities if q.part not in ("of", "count") and not is_margin(one, q)]
    rest = [1 - mean for mean in means if 0 <= mean <= 1]
    rates = any(q.holds(mean) for q in printed for mean in means) or any(
        q.holds(mean) for q in printed for mean in rest if not q.bound
    )
    in_words = any(abs(value - mean) < 0.05 for value in _fractions(statement) for mean in means)
    return rates or in_words or _as_count(counts, statement, "baseline") or _has_interval(statement)


def _owed(statement: Statement) -> list[float]:
    """The baselines' means; of a share of the gap, which carries its baseline, only where the raw mean is printed."""
    raw = [
        arms["baseline"]
        for arms in raw_means(statement.findings)
        if any(q.holds(arms["treatment"]) for q in statement.quantities)
    ]
    return [*baseline_means(statement.findings), *raw]


def _fractions(statement: Statement) -> list[float]:
    """Shares in words: "a quarter", "one in four"."""
    return [value for words_of, value in _FRACTIONS.items() if words_of in statement.text.lower()]


def _as_count(counts: list[float], statement: Statement, role: str) -> bool:
    arms = [a for f in statement.findings for e in f.predictions for a in e.get("arms", ()) if a["role"] == role]
    return any(arm["mean"] is not None and round(arm["mean"] * arm["n"]) in counts for arm in arms)


def _has_interval(statement: Statement) -> bool:
    """Effect and interval: the difference is all there, and the baseline with it."""
    effects = [f.row["effect"] for f in statement.findings if f.row.get("effect") is not None]
    given = any(q.part == "estimate" or q.holds(effect) for q in statement.quantities for effect in effects)
    return given and any(q.part in ("low", "half-width") for q in statement.quantities)


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
    near = [hit for hit in statement.of("R11.marginal", asserted=False) if _is_a_near_miss(statement, hit, harmless)]
    if near:
        hit = Hit(near[0].idea, near[0].start, near[-1].end)
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
    loose = not (statement.ties or _OF_A_TEST.search(statement.text))
    return not (other or of_others or loose or any(a < hit.end and hit.start < b for a, b in harmless))


def chosen_examples(statement: Statement, text: Text) -> Iterator[Overclaim]:
    """R12 for one sentence: examples without the draw that they come from."""
    if not statement.own or statement.block.kind == "heading":
        return
    shown = [hit for hit in statement.of("R12.example", asserted=False) if _shows(statement, hit)]
    taste = statement.of("R12.chosen", asserted=False)
    shown = shown or _quoted_answers(statement) or (taste if _EXHIBITED.search(statement.text) else [])
    hits = shown and [taste[0] if taste else Hit(shown[0].idea, shown[0].start, max(hit.end for hit in shown))]
    if not hits or any(one.of("R12.drawn", asserted=False) for one in text.paragraph(statement)):
        return
    for hit in hits:
        voice = statement.voice
        if not (
            _EACH.match(statement.text, hit.end)
            or _OF_INPUTS.search(statement.text, max(hit.end - 2, 0), hit.end + 30)
            or re.search(r"\b(?:no|not)\b", words(statement, hit))
            or voice.question
            or voice.negated(hit.start)
            or voice.others(hit.start)
            or voice.opened(hit.start)
        ):
            yield at_hit(
                statement,
                "R12",
                hit,
                f"“{words(statement, hit)}” shows outputs, and the text does not say how they were chosen.",
                "Show the report's seeded draw and say so: “drawn at random, seed …; the report holds the whole draw”.",
                severity=ERROR,
            )


def _shows(statement: Statement, hit: Hit) -> bool:
    """ "Two answers" and "some outputs" are shown in a sentence about a claim; elsewhere they are counted."""
    said = statement.text[hit.start : hit.end + _ASIDE]
    quotes = _SAID.search(statement.text)
    chosen = statement.of("R12.chosen", asserted=False)
    return bool(statement.linked or quotes or chosen) or not (_FEW.match(said) or _OF_OTHER_THINGS.search(said))


def _quoted_answers(statement: Statement) -> list[Hit]:
    """ "It says “Chapter one”", "a reply: “Gladly”" of a cited claim; "for instance, it said “Gladly”" of any."""
    said = (_SAYS.search(statement.text) or _COLON_QUOTE.search(statement.text)) if statement.linked else None
    said = said or _INTRODUCED.search(statement.text)
    return [Hit("R12.example", *said.span())] if said else []


def unlinked_numbers(statement: Statement, text: Text) -> Iterator[Overclaim]:
    """R15 for one sentence or table row."""
    if statement.linked or not statement.own or not _among_results(statement):
        return
    results = [q for q in statement.quantities if _stands_for_result(statement, q)]
    for quantity in results[:1]:
        start, end = quantity.start - statement.start, quantity.end - statement.start
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
                (quantity.start, quantity.end),
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
            or (_GAVE.search(before) and _OUTCOMES.match(text, quantity.end))
        )
    )
    if _SET.search(before):
        return False
    return bool(counted) or (is_result(statement, quantity) and quantity.part not in ("of", "confidence"))


def _holder(value: float, text: Text) -> str:
    rows = (f for f in text.study.findings if f.row.get("effect") is not None)
    return next((f.claim for f in rows if abs(abs(f.row["effect"]) - abs(value)) < 0.006), "")
