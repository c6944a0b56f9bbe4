"""R12: outputs that are shown, without the seeded draw that they come from."""

import re
from collections.abc import Iterator, Sequence

from interp_core.audit.finding import ERROR, Overclaim
from interp_core.audit.known import drawn
from interp_core.audit.lexicon import Hit
from interp_core.audit.rules.common import Text, at_hit, covering, words
from interp_core.audit.statements import Statement

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
_BEHAVED = re.compile(
    r"\b(?:refus\w+|compl(?:y|ies|ied|iance|iant)"
    r"|answer\w*|declin\w+|obliged?|repl(?:y|ies|ied)|says?|said|writes?|wrote"
    r"|completions?|outputs?|goes|went|explain\w*|instructive|telling|typical|striking|curious|amusing|consider|take|see|shows?|shown|jailbr\w+|produc\w+|gives?|gave)\b",
    re.IGNORECASE,
)
_TASTED = re.compile(r"\s+(?:[\w-]+\s+){0,2}")
_POINTED = re.compile(  # one of them, and not "the answers" of a whole arm
    r"\s+(?!an? (?:rate|share|number|fraction) of)(?![^.;:]{0,40}\b(?:trend|fewer|less|more|towards?)\b)"
    r"(?:[^.;:\d]{0,50}?\s)?"
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
_A_MEASURE = re.compile(
    r"\s+(?:rates?|directions?|vectors?|projections?|scores?|levels?|signals?|features?|tokens?|positions?)\b"
)
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
_OF_INPUTS = re.compile(
    r"\bof\s+(?:(?:an?|the|such|our|one)\s+)?(?:\w+\s+)?(?:frames?|prompts?|requests?|inputs?)\b(?!\s+(?:that|which|where)\b)"
)
_EACH = re.compile(
    r"\s+(?:each|apiece|(?:per|for each|from each|in all|in total|out of"
    r"|in (?:\d+|two|three|four|five|six|eight|ten|twenty|a hundred))\b)"
)
_FEW = re.compile(r"(?:few|two|three|four|five|some|sample|set|batch|series|pair|couple)\b", re.IGNORECASE)
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
DRAW = "Show the report's seeded draw and say so: “drawn at random, seed …; the report holds the whole draw”."


def chosen_examples(statement: Statement, text: Text) -> Iterator[Overclaim]:
    """R12 for one sentence: examples without the draw that they come from."""
    if not statement.own or statement.block.kind == "heading":
        return
    taste = statement.of("R12.chosen", asserted=False)
    named = _named_inputs(statement)
    shown = [*_announced(statement, taste, text), *named]
    if shown and not may_be_chosen(statement, text):
        shown = _beyond_draw(statement, named)
    hits = shown and [taste[0] if taste else covering(shown)]
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
                DRAW,
                severity=ERROR,
            )


def may_be_chosen(statement: Statement, text: Text) -> bool:
    """Whether no seeded draw is named near a sentence."""
    return not any(one.of("R12.drawn", asserted=False) for one in _around(statement, text))


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
        covering([cue, one])
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
