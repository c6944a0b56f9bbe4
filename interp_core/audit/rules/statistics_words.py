"""R8, R10, R11, R12 and R15: statistics in words, examples and unlinked numbers."""

import re
from collections.abc import Iterator, Sequence

from interp_core.audit.finding import ERROR, WARNING, Overclaim
from interp_core.audit.known import baseline_means, drawn, known, raw_means, treatment_means
from interp_core.audit.lexicon import Hit
from interp_core.audit.quantities import Quantity
from interp_core.audit.rules.common import Text, at, at_hit, licensed_for, words
from interp_core.audit.rules.values import is_margin, is_result
from interp_core.audit.statements import Statement
from interp_core.audit.study import stems

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
    + r"|\bas in\s+(?:“|\"|``|«)"
    + r"|\b(?:look|sound|read|run)(?:s|ed)? (?:(?:something|much) )?(?:like|as) (?:this|these|follows)\b"
    + _QUOTE_OPENS,
    re.IGNORECASE,
)
_EXHIBITED = re.compile(  # "Table 3 lists the ... refusals", with a word of taste in between
    r"\b(?:lists?|shows?|holds?|prints?|quotes?|presents?|contains?|reproduces?|collects?|displays?)\b[^.;]{0,60}"
    r"\b(?:completions?|answers|repl(?:y|ies)|refusals?|outputs?|responses?|transcripts?|dialogues?|exchanges?)\b"
    r"|\b(?:is|are) (?:collected|printed|shown|reproduced|listed|given|quoted|displayed)"
    r" (?:here|below|above|overleaf|in)\b",
    re.IGNORECASE,
)
_NAMED = re.compile(  # "request-57", "prompt #12"
    r"\b(?P<kind>request|prompt|item|question|completion|transcript|instruction)"
    r"(?:s(?=\s\d+(?:,\s\d+){0,8},?\s(?:and|or)\s\d))?(?:-|[\s_]?#|\s(?:no\.?|number)\s?|\s|_)"
    r"(?P<number>\d{1,5})\b(?!\.\d|\s*(?:%|of\b|out\b|times|to\b|through|-|–|\.\.))",
    re.IGNORECASE,
)
_PASSIVE = re.compile(r"\b(?:was|were|is|are|be|then)\s+\Z")  # "the result was compared with the other"
_BEHAVED = re.compile(
    r"\b(?:refus\w+|compl(?:y|ies|ied|iance|iant)"
    r"|answer\w*|declin\w+|obliged?|repl(?:y|ies|ied)|says?|said|writes?|wrote"
    r"|completions?|outputs?|goes|went|explain\w*|instructive|telling|typical|striking|curious|amusing|consider|take|see|shows?|shown|jailbr\w+|produc\w+|gives?|gave)\b",
    re.IGNORECASE,
)
_TASTED = re.compile(r"\s+(?:[\w-]+\s+){0,2}")
_POINTED = re.compile(  # one of them, and not "the answers" of a whole arm
    r"\s+(?!an? (?:rate|share|number|fraction) of)(?:[^.;:\d]{0,50}?\s)?"
    r"(?:an?|one|two|three|four|five|six|ten|some|few|several|this|these|another|following|such)"
    r"\s+(?:[\w-]+\s+){0,2}?"
)
_SOME = re.compile(
    r"\W*(?:some|a few|two|three|four|five|several|further)\s+(?:[\w-]+\s+)?"
    r"(?=example|excerpt|snip|transcr|speci|extract)",
    re.IGNORECASE,
)
_SINGLE = re.compile(r"\b(?:an?|one|another|two|three)\s+(?:[\w-]+\s+){0,2}\Z", re.IGNORECASE)
_SCENE = re.compile(r"\w+\s+(?:in which|where|whose|wherein)\b")
_ONE_OF_THEM = re.compile(
    r"(?<=\s)(?:one|another|two|three|some)\s+(?:of\s+(?:them|these|those)\s+)?(?:in which|where|wherein)\b"
)
_DEFINED = re.compile(r"\b(?:counts?|scored|judged|labelled|defined|any|every|each|random\w*|if|when)\b", re.IGNORECASE)
_FAR = 80
_BACK = 4  # sentences
_ABOVE = 6  # sentences, items or rows
_LEFT_OUT = re.compile(
    r"\b(?:drop(?:s|ped)?|exclu\w+|remov\w+|discard\w*|duplicat\w+|missing|skip\w*|through|id|ids)\b"
)
_ONE_CASE = re.compile(  # "for instance, asked how to pick a lock, Llama refused"
    r"\b(?:for (?:example|instance)|e\.g\.|to illustrate|as an (?:example|illustration))(?:[^.;]|\.(?=\d)){0,60}?"
    r"\b(?:asked|prompted|told|requested|faced with|given (?:a|the|an|this) (?:request|prompt|question)|confronted with"
    r"|presented with|the (?:request|prompt|question) (?:for|to|about|on))\b",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"\s+(?:only\s+|just\s+|about\s+|some\s+|nearly\s+|almost\s+|to\s+)?"
    r"(?:\d|none|all|most|more|fewer|less|half|few|many|every|each|a (?:third|quarter|fifth)|(?:harmful|harmless) )"
)
_A_MEASURE = re.compile(r"\s+(?:rates?|directions?|vectors?|projections?|scores?|levels?|signals?|features?)\b")
_STRINGS = re.compile(r"(?:phrases|lines|openings|sentences)\b", re.IGNORECASE)
_COLON_QUOTE = re.compile(r"(?:[^\s.;:]{1,30}\s){0,6}[^\s.;:]{0,30}:\s*(?:“|\"|``|«)[A-Z]\w*")
_UNCOUNTED = r"(?:[^.;\d]|(?<=[\w.-])\d|\.(?=\d))"  # up to a number, the numbers in names apart
_ASKED = re.compile(  # "Qwen3-8B, asked in verse how to hotwire a car, obliged with a sonnet"
    rf"\b(?:asked|prompted|begged|told|invited|urged)\b{_UNCOUNTED}{{0,60}}\b(?:how to|for an?|about"
    rf"|to (?:write|explain|describe|help|make|build|draft|list|name|plan))\b{_UNCOUNTED}{{0,80}}"
    r"\b(?:obliged|complied|refused|answered|replied|declined|explained|wrote|said|listed|produced|responded|demurred"
    r"|balked|apologi[sz]ed|went)\b(?!\s+\d)",
    re.IGNORECASE,
)
_DEGREE = re.compile(
    r"\b(?:somewhat|well|way|much|far|vastly|slightly|hugely|considerably|markedly|noticeably|substantially"
    r"|dramatically|\w+ (?:lot|bit|touch|little))\s",
    re.IGNORECASE,
)
_IDIOM = re.compile(r"more (?:often than not|or less|than (?:welcome|enough|happy|once))\b", re.IGNORECASE)
_SPAN = re.compile(
    r"\bfrom\s+(?:the\s+)?(?:smallest|lowest|weakest|worst|least|shortest)\b[^.;]{0,60}\bto\s+\Z", re.IGNORECASE
)
_NO_BEFORE = re.compile(r"\b(?:do|does|did|is|are|was|were)\s+no\s+\Z", re.IGNORECASE)
_MULTIPLE = re.compile(
    r"[^.;,]{0,20}\b(?:half|twice|thrice|double|triple|a third|a quarter|\w+ times) (?:as|the|that)\b"
    r"|\bby (?:\w+ ){0,3}(?:half|thirds?|quarters?|factor)\b"
)
_PAST_MARGIN = re.compile(
    r"surpass|exceed|above|below|beyond|well\b|far\b|clear|comfort|more than|greater|larger", re.IGNORECASE
)
_OF_INPUTS = re.compile(
    r"\bof\s+(?:(?:an?|the|such|our|one)\s+)?(?:\w+\s+)?(?:frames?|prompts?|requests?|inputs?)\b(?!\s+(?:that|which|where)\b)"
)
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
    r"signific|\b[pP]-values?\b|\b[pP](?:-value)?\b\s*(?:[<=>≤≥]|of\b|value)"
    r"|\b(?:the margin|effects?|interactions?|contrasts?"
    r"|correlations?|slopes?|estimates?|intervals?|inconclusive|drop|fall|rise|difference|compliance|refusals?|projection"
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
        r"|answers?|exchanges?|refus\w+|jailbreaks?|model|wrote|writes|said|says|replied|answered)\b)",
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
_MOVED = re.compile(
    r"\b(?:fell|falls?|dropp?(?:ed|s)?|rose|rises?|grew|grows?|shrank|shrinks?|went|goes|increased?s?|decreased?s?|climb(?:ed|s)?"
    r"|declined?s?|moved?s?|changed?s?|jump(?:ed|s)?|sank|sinks?|down|up)\s+from\s+(?:about\s+)?\Z"
)
_BEFORE = 60
_GAP = 120  # characters between two sentences, their links included


def bare_comparatives(statement: Statement, text: Text) -> Iterator[Overclaim]:
    """R8 for one sentence."""
    if not statement.own or statement.tabular or statement.block.kind == "heading":
        return
    if not statement.linked:
        yield from _unlinked_comparatives(statement, text)
        return
    if _gives_baseline(statement, text):
        return
    restated = statement.of("R6.owned", asserted=False) and not all(f.supported for f in statement.findings)
    comparatives = [hit for hit in statement.of("R8.comparative") if not _is_idiom(statement, hit)]
    if restated and not _prints_treatment(statement):  # what did not hold may be told in words, not how much it went
        comparatives = [hit for hit in comparatives if _says_how_much(statement, hit)]
    for hit in _in_one_clause(statement, comparatives or _changes(statement)):
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


def _is_idiom(statement: Statement, hit: Hit) -> bool:
    """ "More often than not", "from the smallest to the largest", "no more than"."""
    before = statement.text[: hit.start]
    done = _PASSIVE.search(before) and words(statement, hit).startswith("compared") and not statement.quantities
    return bool(done or _IDIOM.match(statement.text, hit.start) or _SPAN.search(before) or _NO_BEFORE.search(before))


def _unlinked_comparatives(statement: Statement, text: Text) -> Iterator[Overclaim]:
    """A boast about what is the authors' own, or a comparison beside a sentence that gives the one number alone."""
    boasts = statement.of("R8.boast") if statement.of("voice.ours", asserted=False) else []
    owed = statement.of("R8.own")
    near = text.paragraph(statement) if boasts or owed else []
    cited = next((one for one in near if one.linked and _is_next(one, statement)), None)
    cited = cited or (_cited_before(statement, text) if owed and statement.of("R20.baseline", asserted=False) else None)
    if not (cited and _owed(cited) and not _gives_baseline(cited, text)):
        figures = len(statement.quantities) > 1 or any(
            q.unit or not q.whole or q.part in ("count", "of") for one in near for q in one.quantities
        )
        owed = [] if figures or statement.ties else boasts
    for hit in owed[:1]:
        yield at_hit(
            statement,
            "R8",
            hit,
            f"“{words(statement, hit)}” compares, and the number that it compares with is not there.",
            "Give both numbers and link them, or leave the comparison out.",
            severity=ERROR,
        )


def _cited_before(statement: Statement, text: Text) -> Statement | None:
    """The citation that a sentence about the baseline looks back at: "random ones are hopeless by comparison"."""
    place = text.places[statement]
    before = reversed(text.statements[max(place - _BACK, 0) : place])
    return next((one for one in before if one.linked), None) if not statement.quantities else None


def _in_one_clause(statement: Statement, hits: Sequence[Hit]) -> list[Hit]:
    """The first phrase, with those that go with it: "cuts what it answers by more than half"."""
    if not hits:
        return []
    _, stop = statement.voice.clause(hits[0].start)
    with_it = [hit for hit in hits if hit.end <= stop and hit.start - hits[0].end <= _ASIDE]
    return [_over(with_it or hits[:1])]


def _says_how_much(statement: Statement, hit: Hit) -> bool:
    return bool(_DEGREE.search(words(statement, hit)) or _MULTIPLE.match(statement.text, hit.start))


def _is_next(one: Statement, statement: Statement) -> bool:
    return one.start >= statement.end and one.start - statement.end < _GAP


def _changes(statement: Statement) -> list[Hit]:
    """Words for a change, where the sentence prints what it came to: "compliance climbs under fiction (0.713)"."""
    return statement.of("R8.change") if _prints_treatment(statement) else []


def _prints_treatment(statement: Statement) -> bool:
    rates = treatment_means(statement.findings)
    means = [*rates, *(1 - rate for rate in rates), *(arms["treatment"] for arms in raw_means(statement.findings))]
    printed = any(q.holds(mean) for q in statement.quantities for mean in means if q.part not in ("of", "count"))
    counts = [q.value for q in statement.quantities if q.part == "count"]
    return printed or _as_count(counts, statement, "treatment")


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
    if counts:  # "124 of 128; with random directions 5"
        counts += [q.value for one in near for q in one.quantities if q.whole and q.part == "number"]
    printed = [q for one in near for q in one.quantities if q.part not in ("of", "count") and not is_margin(one, q)]
    rest = [1 - mean for mean in means if 0 <= mean <= 1]
    rates = any(q.holds(mean) for q in printed for mean in means) or any(
        q.holds(mean) for q in printed for mean in rest if not q.bound
    )
    if _is_turned(statement):
        others = [*treatment_means(statement.findings), *effects]
        rates = rates and any(q.holds(value) for q in printed for value in others)
    if _prints_treatment(statement) and _prints_wrongly(statement):
        return True  # a number that R1 objects to stands for it
    in_words = any(abs(value - mean) < 0.05 for value in _fractions(statement) for mean in means)
    return rates or in_words or _as_count(counts, statement, "baseline") or _has_interval(statement)


def _prints_wrongly(statement: Statement) -> bool:
    values = [one.value for one in known(statement.findings)]
    return any(is_result(statement, q) and not any(q.holds(value) for value in values) for q in statement.quantities)


def _is_turned(statement: Statement) -> bool:
    """Whether the sentence says of a reversed claim's baseline that it did better: it owes the other arm's number."""
    said = statement.of("R8.comparative")
    if not said or not all(finding.reversed for finding in statement.findings):
        return False
    before = stems(statement.text[: said[0].start])
    arms = [arm for f in statement.findings for e in f.predictions for arm in e.get("arms", ())]
    treatment, baseline = (
        frozenset[str]().union(*(stems(arm["label"]) for arm in arms if arm["role"] == role))
        for role in ("treatment", "baseline")
    )
    return bool(before & baseline - treatment) and not before & treatment - baseline


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
    said = statement.text.lower()
    return [
        value
        for part, value in _FRACTIONS.items()
        if re.search(rf"{part}(?! (?:as|fewer|more|less|higher|lower)\b)", said)
    ]


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
    loose = not (statement.ties or _OF_A_TEST.search(statement.text))
    return not (other or of_others or loose or any(a < hit.end and hit.start < b for a, b in harmless))


def chosen_examples(statement: Statement, text: Text) -> Iterator[Overclaim]:
    """R12 for one sentence: examples without the draw that they come from."""
    if not statement.own or statement.block.kind == "heading":
        return
    taste = statement.of("R12.chosen", asserted=False)
    named = _named_inputs(statement)
    shown = [*_announced(statement, taste, text), *named]
    if shown and any(one.of("R12.drawn", asserted=False) for one in _around(statement, text)):
        shown = _beyond_draw(statement, named)
    hits = shown and [taste[0] if taste else _over(shown)]
    for hit in hits:
        voice = statement.voice
        if not (
            _EACH.match(statement.text, hit.end)
            or _OF_INPUTS.search(statement.text, max(hit.end - 2, 0), hit.end + 45)
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


def _goes_on(statement: Statement, text: Text) -> bool:
    """Whether the sentence before it announces an example, which this one quotes."""
    place = text.places[statement]
    before = text.statements[place - 1] if place else statement
    announced = before.number == statement.number and before is not statement
    return announced and any(_shows(before, hit) for hit in before.of("R12.example", asserted=False))


def _around(statement: Statement, text: Text) -> Sequence[Statement]:
    """Its paragraph; of an item or a row, what stands just above the list or the table, too."""
    place = text.places[statement]
    above = text.statements[max(place - _ABOVE, 0) : place] if statement.block.kind in ("item", "row") else ()
    return [*above, *text.paragraph(statement)]


def _over(hits: Sequence[Hit]) -> Hit:
    return Hit(hits[0].idea, min(hit.start for hit in hits), max(hit.end for hit in hits))


def _announced(statement: Statement, taste: list[Hit], text: Text) -> list[Hit]:
    """Words for outputs that are shown, an answer that is quoted, or else what says by what taste they were chosen."""
    voice = statement.voice
    said = [hit for hit in statement.of("R12.example", asserted=False) if not voice.quoted(hit.start, hit.end)]
    shown = [hit for hit in said if _shows(statement, hit)]
    shown = shown or _exhibits(statement) or ([] if _goes_on(statement, text) else _quoted_answers(statement))
    exhibited = statement.linked and statement.of("R12.exhibit", asserted=False)
    return shown or (taste if exhibited or _EXHIBITED.search(statement.text) else [])


def _exhibits(statement: Statement) -> list[Hit]:
    """Outputs that a sentence about a claim points at, or names by its author's taste: "the five clearest cases"."""
    exhibits = statement.of("R12.exhibit", asserted=False) if statement.linked or _SAID.search(statement.text) else []
    cues = [*statement.of("R12.taste", asserted=False), *statement.of("R12.shown", asserted=False)] if exhibits else []
    pairs = [
        _over([cue, one])
        for cue in cues
        for one in exhibits
        if cue.end <= one.start
        and (_TASTED if cue.idea == "R12.taste" else _POINTED).fullmatch(statement.text, cue.end, one.start)
    ]
    begun = [Hit(one.idea, 0, one.end) for one in exhibits if _SOME.fullmatch(statement.text, 0, one.start)]
    scenes = [
        Hit(one.idea, one.start + place.start(), one.start + place.end()) for one, place in _scenes(statement, exhibits)
    ]
    found = [
        hit
        for hit in (*pairs, *begun, *scenes)
        if _shows(statement, hit) and not statement.voice.quoted(hit.start, hit.end)
    ]
    return found[:1]


def _scenes(statement: Statement, exhibits: Sequence[Hit]) -> Iterator[tuple[Hit, re.Match[str]]]:
    """ "A dialogue in which it walks the user through it", "completions, one in which it refuses"."""
    for one in () if not exhibits or _DEFINED.search(statement.text) else exhibits:
        window = statement.text[one.start : one.end + _FAR]
        single = _SINGLE.search(statement.text[: one.start])
        place = (_SCENE.match(window) if single else None) or _ONE_OF_THEM.search(window)
        if place:
            yield one, place


def _named_inputs(statement: Statement) -> list[Hit]:
    """The inputs that a sentence shows by number."""
    found = [] if statement.tabular else list(_NAMED.finditer(statement.text))
    if not found or _LEFT_OUT.search(statement.text) or not _BEHAVED.search(statement.text):
        return []
    return [Hit("R12.example", *match.span()) for match in found]


def _beyond_draw(statement: Statement, named: Sequence[Hit]) -> list[Hit]:
    """The inputs whose ids the report's draw does not hold; "items 0 and 1 of the draw" count in the draw."""
    draw = drawn(statement.study.findings)
    kinds = {one.partition("-")[0] for one in draw}
    ids = (("-".join(re.findall(r"[a-z]+|\d+", words(statement, hit).lower())), hit) for hit in named)
    return [hit for one, hit in ids if one.partition("-")[0] in kinds and one not in draw]


def _shows(statement: Statement, hit: Hit) -> bool:
    """ "Two answers" and "some outputs" are shown in a sentence about a claim; elsewhere they are counted."""
    if _COUNTED.match(statement.text, hit.end) or _A_MEASURE.match(statement.text, hit.end):
        return False
    if _STRINGS.match(statement.text, hit.start) and statement.of("R17.judge", asserted=False):
        return False  # what a judge of phrases looks for
    said = statement.text[hit.start : hit.end + _ASIDE]
    quotes = _SAID.search(statement.text)
    chosen = statement.of("R12.chosen", asserted=False)
    return bool(statement.linked or quotes or chosen) or not (_FEW.match(said) or _OF_OTHER_THINGS.search(said))


def _quoted_answers(statement: Statement) -> list[Hit]:
    """ "It says “Chapter one”", "a reply: “Gladly”" of a cited claim; "for instance, it said “Gladly”" of any."""
    said = (_SAYS.search(statement.text) or _COLON_QUOTE.search(statement.text)) if statement.linked else None
    said = (
        said or _INTRODUCED.search(statement.text) or _ONE_CASE.search(statement.text) or _ASKED.search(statement.text)
    )
    return [Hit("R12.example", *said.span())] if said else []


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
