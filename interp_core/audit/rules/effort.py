"""R20: the work that went into the method against the work that went into its baselines."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from interp_core.audit.finding import ERROR, WARNING, Overclaim
from interp_core.audit.lexicon import Hit
from interp_core.audit.quantities import SMALL_NUMBERS
from interp_core.audit.rules.common import Text, at_hit, covering
from interp_core.audit.rules.values import is_result
from interp_core.audit.statements import Statement

_VALUES = SMALL_NUMBERS | {
    "a single": 1, "the": 1, "a": 1, "an": 1, "a few": 3, "several": 4, "a handful of": 4, "many": 20, "dozens of": 24,
    "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "eighty": 80, "a hundred": 100, "hundreds of": 200,
    "thousands of": 2000,
}  # fmt: skip
_HOURS = {
    "minute": 1 / 60, "hour": 1, "morning": 4, "afternoon": 4, "evening": 4, "night": 8, "day": 8, "weekend": 16,
    "week": 40, "fortnight": 80, "month": 160, "summer": 480, "winter": 480, "semester": 800, "year": 2000,
}  # fmt: skip
_TIME = re.compile(
    r"\b(\d{1,3}|an?|the|one|two|three|four|five|six|seven|eight|ten|several|a few|many)\s+(minute|hour|morning"
    r"|afternoon|evening|night|day|weekend|week|fortnight|month|summer|winter|semester|year)s?\b",
    re.IGNORECASE,
)
_NUMBER = (
    r"\d{1,3}(?:,\d{3})+|\d{1,6}|one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty|forty|fifty|sixty|eighty"
    r"|a single|a hundred|dozens of|hundreds of|thousands of|a handful of|a few|several|many"
)
_WORK = (
    r"configurations?|settings|layers?|coefficients?|positions?|seeds?|hyperparameters?|runs?|trials?|prompts?"
    r"|attempts?"
    r"|combinations|tries|hours|days|weeks|variants|values?|steps?|epochs?|examples|samples|rounds?|candidates"
    r"|templates|retries|shots|restarts"
    r"|repetitions?|evaluations?|gpu-hours?|gpu-days?|sweeps?|levels|demonstrations?"
    r"|pairs|tokens|labels|calls|passes|iterations|rewrites?|restarts?|drafts?|queries"
)
_AMOUNT = re.compile(
    rf"\b({_NUMBER})(?:\s+(?:[a-z-]+\s+){{0,2}}?(?:[a-z]+-)?({_WORK})"
    r"|-(trials?|runs?|seeds?|restarts?|epochs?|configurations?|candidates?|attempts?|drafts?|hours?))\b",
    re.IGNORECASE,
)
_BARE = re.compile(
    rf"(?<!layer )(?<!position )(?<!of )(?<!\.)\b({_NUMBER})\s*"
    r"(?=[.,;)]\s|[.,;)]?$|\s+(?:for|from which|that|which|we|in|of them)\b)",
    re.IGNORECASE,
)
_PARTS = re.compile(
    r"[,;:]\s(?:(?:while|whereas|and|but|though|although)\b)?|\b(?:while|whereas|and|but|though|although)\b"
    r"|\b(?:against|versus|to|where)\s+(?=ours?\b)|\s\((?=ours?\b|my\b|the method\b)"
)
_OF_TEXT = re.compile(r"\s+of (?:the|this|our) (?:paper|section|study|article|work|analysis|experiments|time)\b")
_RATE = re.compile(
    r"(?:'s)?\s+(?:rates?|means?|levels?|compliance|refusals?|accuracy)\s+(?:is|was|of|at|sits|stands|lies|=)"
)
_BASELINE_RATE = re.compile(r"baselines?" + _RATE.pattern, re.IGNORECASE)
_ELLIPSIS = re.compile(r"\b(?:did|was|were|had|has|got|is|are|do|does)(?:\s+not|n't)\s*[.;)]?$")
_NEITHER = re.compile(
    r"\bneither\b[^.;]{0,80}\bnor\b"
    r"|\b(?:our|ours|method|refusal direction|intervention|steering vector)\b[^.;,]{0,60}\band\b[^.;,]{0,60}"
    r"\b(?:each|alike)\b|\band (?:our|ours|mine)\b[^.;,]{0,40}\b(?:each|both|alike)\b",
    re.IGNORECASE,
)
_NO_MORE = re.compile(
    r"\b(?:not|never|no)\b[^.;,]{0,60}\b(?:more|longer|harder|further)\b[^.;,]{0,30}\bthan\s+(?:\w+\s+){0,3}?"
    r"(?:baselines?|controls?|competitors?|alternatives?|rivals?)\b",
    re.IGNORECASE,
)
_WOULD = re.compile(r"\bwould (?:have|be)\b(?! (?:been )?(?:expensive|costly|too|slow|long|hard))", re.IGNORECASE)
_UNCOMPARED = re.compile(r"\bno\s+(?:\w+\s+)?comparisons?\b|\b(?:not|n't|never)\s+compared?\b", re.IGNORECASE)
_OUTCOME = re.compile(
    r"\s+(?:[a-z-]+\s+){0,2}?(?:effects?|impact|influence|differences?|changes?|refusals?|compliance|answers|points)\b"
)
_ANSWERED = re.compile(r"\b(?:complied|refused|answered|failed|succeeded|responded|agreed)\s+(?:\w+\s+)?once\b")
_PRONOUN = re.compile(  # or a clause that goes on without a subject
    r"\s*(?:it|they|these|those|this|where|which|whose|who|at|with|from|without|never|not|only|just|then|left|kept|ran|used|took)\b",
    re.IGNORECASE,
)
_TOPIC = re.compile(  # "as to the sparse autoencoder, a latent was picked"
    r"\W*(?:for|as (?:to|for|regards)|regarding|with|in the case of|concerning|when it comes to|on|to)\b"
    r"[^,;]{3,60},\s\Z",
    re.IGNORECASE,
)
_FIRST_WORD = re.compile(r"\s*\w+")
_OBJECT = re.compile(r"\b(?:of|on|to|for|with|into)\s+(?:it|them|these|those)\b|\b(?:its|their)\b", re.IGNORECASE)
_ITS = re.compile(r"\b(?:its|it|them|they|their|theirs)\b", re.IGNORECASE)
_CONTRASTED = re.compile(r"\b(?:unlike|than|against|compared|beside|versus)\b", re.IGNORECASE)
_BOTH = re.compile(r"both\b", re.IGNORECASE)
_AGAINST_US = re.compile(
    r"\b(?:against us|against (?:our|the) (?:own )?(?:method|direction)|in favou?r of the (?:baselines?"
    r"|controls?|random|competitors?)"
    r"|favou?r(?:s|ed|ing)? the (?:baselines?|controls?|competitors?|rivals?)"
    r"|(?:baselines?|controls?|probes?|competitors?)\b[^.;,]{0,20} (?:the|an?) (?:larger|bigger|greater|longer|wider)"
    r"|(?:more|greater|larger) \w+ than (?:we gave )?(?:our|ours|the method))\b",
    re.IGNORECASE,
)
_KIND = re.compile(  # "the screenplay frames", "each suffix attack"
    r"\b(?:the|each|every|all|both|those|these|an?)\s+(?P<which>[a-z-]+)\s+(?:[a-z-]+\s+)?(?P<head>attack|defen[cs]e|filter"
    r"|detector|classifier|probe|vector|direction|frame|prompt|template|wrapper|edit|intervention|search|optimi[sz]er"
    r"|adapter|suffix|method|approach)(?:e?s)?\b",
    re.IGNORECASE,
)
_NAME = re.compile(  # of a method: "TAP was granted"
    r"\b(?P<which>[A-Z]{3,6}|[A-Z]{1,3}[a-z]+[A-Z]\w*)(?P<head>)\s+(?:was|is|got|had|ran|received|used|saw|could|did|does|has|gets)\b"
)
_NO_KIND = re.compile(
    r"gpus?|llms?|json|api|mmlu|arc|refusal|proposed|same|best|chosen|final|tested|first|second|other|new|present|whole|full"
    r"|harmful|harmless|test|system|validation|framed|bare|held-out|original|following|remaining|kept|next",
    re.IGNORECASE,
)
_HARD_WORK = re.compile(
    r"\b(?:contest|tournament|winner|tuned|swept|optimi[sz]ed|searched|rewritten|rewrote|redrafted|refined|revised|iterated|polished|engineered|grid|sweep"
    r"|scan|(?:selected|chosen|picked|chose|picked|selected)\b[^.;]{0,40}\b(?:from|among|out of|on|by|of)"
    r"|drafts|rounds|weeks|months)\b",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"\b(?:is|are|was|were|has|had|got|gets|used?|took|takes?|kept|came|comes?|relied|rel(?:y|ies)|stayed|ran|run|\w+ed)\b"
)
_IN_ITS_ROLE = re.compile(
    r"\b(?:serv(?:e|es|ed|ing)|act(?:s|ed)?|used?|includ\w+|added|reported)\s+(?:only\s+)?(?:as|for|to)\b"
    r"|\b(?:match\w*|compar\w+|not (?:part|shown|reported|included)|no longer|described|listed"
    r"|do(?:es)? better|did (?:better|worse)|fail\w*|succeed\w*|perform\w*|refus\w+|compl(?:y|ies|ied|iance))\b",
    re.IGNORECASE,
)
_FORMERLY = re.compile(
    r"\b(?:(?:earlier|previous|first|submitted|last)\s+(?:version|draft|submission|round|release)|originally|initially"
    r"|at first)\b",
    re.IGNORECASE,
)
_RAN = re.compile(r"\b(?:ran|run|stopped|got|had|saw|given|trained|received)\s+(?:for|after|with|on)?\s*(?:only\s+)?\Z")
_OUR_BASELINE = re.compile(
    r"(?:our|my)\s+(?:\w+\s+)?(?:reference|baselines?|comparisons?|controls?|competitors?|yardstick|foil|rivals?)\b",
    re.IGNORECASE,
)
_COMPARES = re.compile(
    r"\b(?:compar(?:e|es|ed|ing)|pit|pits|pitted)\b[^.;]{0,60}\b(?:with|to|against)\b", re.IGNORECASE
)
_FEW = 50  # steps, drafts or prompts, where the method was worked on until it did well
_OUR_PROBE = re.compile(r"\b(?:our|my|ours)\s+(?:[\w-]+\s+){0,2}\Z", re.IGNORECASE)
_SET_AGAINST = re.compile(
    r";|\b(?:while|whereas|but|though|than|against|versus|vs|beside|compar\w+|others?|rest|after|unlike|alone|only)\b|\d\D+\d",
    re.IGNORECASE,
)
_NO = re.compile(r"\b(?:no|neither|none of the|not one)\s+\Z", re.IGNORECASE)
SAME_WORK = (
    "Give both the same search, or report the method's result at the baseline's effort, and say how many "
    "configurations each was given."
)


def unequal_effort(statement: Statement, text: Text) -> Iterator[Overclaim]:
    """R20 for one sentence."""
    if not any(hit.idea.startswith("R20.") for hit in statement.hits):
        return
    bases = _bases(statement, text)
    against = bool(bases) or _is_compared(statement, text)
    if not (against or statement.of("R20.poor", asserted=False)):
        return
    if not statement.own or "R17" in statement.sections or statement.block.kind == "heading":
        return
    if statement.voice.question or _is_excused(statement, text):
        return
    slighted = _slighted(statement, text, bases)
    hits = [
        *statement.of("R20.poor", asserted=False),
        *slighted,
        *_unequal_amounts(statement),
        *_less_than_beside(statement, text, bases),
    ]
    hits = hits or (_spared_elsewhere(statement, text) if against else [])
    hits = [hit for hit in hits if not _denied(statement, hit)]
    if hits:
        yield at_hit(
            statement,
            "R20",
            hits[0],
            "The baseline was given less work than the method, so the comparison favours the method.",
            SAME_WORK,
            severity=ERROR if statement.linked else WARNING,
        )


def may_be_unequal(statement: Statement, text: Text) -> bool:
    """Whether a sentence does not say that the work was the same, or excuse itself, or speak of the method alone."""
    ours_alone = statement.of("R20.ours", asserted=False) and not (
        statement.of("R20.baseline", asserted=False) or _SET_AGAINST.search(statement.text)
    )
    excused = ours_alone or _ANSWERED.search(statement.text) or _is_excused(statement, text) or _is_no_less(statement)
    return "R17" not in statement.sections and not excused


def _is_excused(statement: Statement, text: Text) -> bool:
    """Whether the work is said to have been the same, or is by now, or nothing was compared."""
    said = any(excuse.search(statement.text) for excuse in (_AGAINST_US, _NO_MORE, _UNCOMPARED, _WOULD))
    earlier = _FORMERLY.search(statement.text) and _made_up_for(statement, text)
    return bool(said or earlier) or _is_equal(statement)


def _is_no_less(statement: Statement) -> bool:
    """Whether the baseline got as much as the method, of what both got: "300 settings, and ours 50"."""
    base, ours = _by_part(statement, "baseline"), _by_part(statement, "ours")
    amounts = list(_amounts(statement.text))
    theirs = [one for one in amounts if one.part in base and one.part not in ours]
    mine = [one for one in amounts if one.part in ours and one.part not in base]
    pairs = _of_one_kind(theirs, mine)
    return bool(pairs) and all(one.value >= other.value for one, other in pairs)


def _is_equal(statement: Statement) -> bool:
    """Whether the sentence says that the work was the same; "both were searched" of the method's own knobs does not."""
    equal = statement.of("R20.equal", asserted=False)
    if _NEITHER.search(statement.text) and statement.of("R20.ours", asserted=False):
        return True
    base, both = _by_part(statement, "baseline"), _by_part(statement, "equal")
    own_knobs = [hit for hit in equal if _BOTH.match(statement.text, hit.start)]
    return len(own_knobs) < len(equal) or any(part in base for part in both)


def _is_compared(statement: Statement, text: Text) -> bool:
    """Whether the paragraph sets out to compare the method with something: "We compare our edit with prompting"."""
    return any(_COMPARES.search(one.text) and one.of("R20.ours", asserted=False) for one in text.paragraph(statement))


def _spared_elsewhere(statement: Statement, text: Text) -> list[Hit]:
    """Work that was plainly spared in a part that names no method, where work on the method is told of beside it."""
    ours, starts = _by_part(statement, "ours"), _starts(statement.text)
    worked = any(part in ours for part in _by_part(statement, "method")) or _worked_nearby(statement, text)
    ideas = ("untuned", "spared", "little")
    told = [hit for idea in ideas for hit in statement.of(f"R20.{idea}", asserted=False)]
    free = [hit for hit in told if ours.get(bisect_right(starts, hit.start) - 1, hit).start >= hit.start]
    return free[:1] if worked else []


def _made_up_for(statement: Statement, text: Text) -> bool:
    """Whether the next sentence says that the work is the same by now."""
    after = text.statements[text.places[statement] + 1 :][:1]
    return any(one.number == statement.number and one.of("R20.equal", asserted=False) for one in after)


def _denied(statement: Statement, hit: Hit) -> bool:
    rate = (
        _BASELINE_RATE.match(statement.text, hit.start)
        or _OUTCOME.match(statement.text, hit.end)
        or _ANSWERED.search(statement.text, hit.start, hit.end)
    )
    if _is_our_probe(statement, hit):
        return True
    theirs = statement.voice.others(hit.start) and not statement.of("R20.ours", asserted=False)
    return bool(rate) or theirs or _is_open(statement, hit)


def _is_open(statement: Statement, hit: Hit) -> bool:
    """Whether the part that names the baseline, or the finding itself, asks, plans or supposes."""
    begin = max(start for start in _starts(statement.text) if start <= hit.start)
    return any(begin <= cue.start < hit.end for cue in statement.of("voice.open", asserted=False))


def _is_our_probe(statement: Statement, hit: Hit) -> bool:
    """A probe is a baseline, and what a study trains itself may be its method."""
    probe = statement.text[hit.start : hit.end].lower().startswith("probe")
    return probe and bool(_OUR_PROBE.search(statement.text[: hit.start]))


def _bases(statement: Statement, text: Text) -> dict[int, Hit]:
    """Where each part names a baseline, or a pronoun takes up one from the part or the sentence before."""
    base, ours, starts = _by_part(statement, "baseline"), _by_part(statement, "ours"), _starts(statement.text)
    for part, (start, stop) in enumerate(zip(starts, [*starts[1:], len(statement.text)], strict=True)):
        if part in base or part in ours or part - 1 not in base:
            continue
        said = _PRONOUN.match(statement.text, start) or _OBJECT.search(statement.text, start, stop)
        said = said or (
            _TOPIC.match(statement.text, starts[part - 1], start) and _FIRST_WORD.match(statement.text, start)
        )
        if said and not _CONTRASTED.search(statement.text, starts[part - 1], base[part - 1].start):
            base[part] = Hit("R20.baseline", *said.span())
    if not base and (its := _ITS.search(statement.text)) and _is_introduced(statement, text):
        base[bisect_right(starts, its.start()) - 1] = Hit("R20.baseline", *its.span())
    return base or _other_kinds(statement, text)


def _other_kinds(statement: Statement, text: Text) -> dict[int, Hit]:
    """Where a part names another of the kind that work went into: "the screenplay frames" after "the story frames"."""
    ours, method, starts = _by_part(statement, "ours"), _by_part(statement, "method"), _starts(statement.text)
    scant = any(statement.of(f"R20.{idea}", asserted=False) for idea in ("little", "spared", "untuned"))
    if not (scant or (ours and method)):
        return {}
    kinds = {
        bisect_right(starts, match.start()) - 1: match
        for match in (*_KIND.finditer(statement.text), *_NAME.finditer(statement.text))
        if not _NO_KIND.fullmatch(match["which"])
    }
    worked = set(ours) & set(method)
    beside = [match for one in text.neighbours(statement) for match in _KIND.finditer(one.text) if _tells_of_work(one)]
    return {
        part: Hit("R20.baseline", *match.span())
        for part, match in kinds.items()
        if part not in ours
        and (
            worked
            or _worked_nearby(statement, text)
            or any(_is_another(match, kinds[other]) for other in set(method) & set(kinds) - {part})
            or any(_is_another(match, other) for other in beside)
        )
    }


def _is_another(one: re.Match[str], other: re.Match[str]) -> bool:
    return one["head"].lower() == other["head"].lower() and one["which"].lower() != other["which"].lower()


def _is_introduced(statement: Statement, text: Text) -> bool:
    """Whether the sentence before this one, or the one that its paragraph begins with, is about a baseline."""
    place = text.places[statement]
    before = text.statements[max(place - 1, 0) : place]
    return any(_introduces(one) for one in (*before, *text.paragraph(statement)[:1]) if one is not statement)


def _introduces(statement: Statement) -> bool:
    """Whether a sentence asks about a baseline, or names nothing else: "For comparison we ran clamping"."""
    ours = [
        hit for hit in statement.of("R20.ours", asserted=False) if not _OUR_BASELINE.match(statement.text, hit.start)
    ]
    return (statement.voice.question or not ours) and bool(statement.of("R20.baseline", asserted=False))


def _starts(text: str) -> list[int]:
    """Where the parts of a sentence begin."""
    return [0, *(border.end() for border in _PARTS.finditer(text))]


def _slighted(statement: Statement, text: Text, base: Mapping[int, Hit]) -> list[Hit]:
    """The parts that name a baseline and say that work was spared on it, or little done where the method got more."""
    little, worked = (_by_part(statement, idea) for idea in ("little", "method"))
    spared = {**_by_part(statement, "spared"), **_by_part(statement, "untuned"), **_ellipses(statement)}
    poor = [part for part in base if part in spared and not _is_ours(statement, base[part], spared[part])]
    if not poor and any(part in base for part in little):
        ours = _by_part(statement, "ours")
        contrast = bool((set(worked) | set(ours)) - set(base)) or _worked_nearby(statement, text)
        poor = [part for part in base if part in little and contrast]
    unmatched = {} if poor else _unmatched(statement, base)
    poor = poor or list(unmatched)
    said = {**little, **spared, **unmatched}
    for idea in ("little", "spared", "untuned"):
        for part, hit in _by_part(statement, idea, last=True).items():
            if not _OUTCOME.match(statement.text, said[part].end):
                said[part] = covering([said[part], hit])
    kept = [part for part in poor if _stands_for_work(statement, base[part])]
    return [
        covering([base[_first(said, part, base)], _last(said, part, {**base, **_by_part(statement, "ours")})])
        for part in kept
    ]


def _unmatched(statement: Statement, base: Mapping[int, Hit]) -> dict[int, Hit]:
    """The parts that set a baseline against work on the method and tell of no work on it, whatever else they say."""
    ours, worked = _by_part(statement, "ours"), _by_part(statement, "method")
    told = set(ours) | {part + 1 for part in ours if part + 1 not in base}  # "our frames were edited and were swept"
    hard = [part for part in told & set(worked) if _has(statement, part, _HARD_WORK)]
    if not hard or statement.ties or any(is_result(statement, q) for q in statement.quantities):
        return {}
    spoken = set(worked) | set(_by_part(statement, "equal"))
    ends = [*_starts(statement.text)[1:], len(statement.text)]
    return {
        part: Hit("R20.little", hit.start, ends[part])
        for part, hit in base.items()
        if part not in spoken and _has(statement, part, _VERB) and not _has(statement, part, _IN_ITS_ROLE)
    }


def _has(statement: Statement, part: int, pattern: re.Pattern[str]) -> bool:
    starts = [*_starts(statement.text), len(statement.text)]
    return bool(pattern.search(statement.text, starts[part], starts[part + 1]))


def _first(said: Mapping[int, Hit], part: int, base: Mapping[int, Hit]) -> int:
    """The part where the tale of a baseline begins: "was run once, straight from its repo"."""
    while part - 1 in said and part - 1 in base:
        part -= 1
    return part


def _last(said: Mapping[int, Hit], part: int, named: Mapping[int, Hit]) -> Hit:
    """What was spared in a part, or in the parts after it that go on about the same baseline."""
    while part + 1 in said and part + 1 not in named:
        part += 1
    return said[part]


def _stands_for_work(statement: Statement, base: Hit) -> bool:
    """Not so in "no baseline ..." and "the baseline rate ..."."""
    other = _RATE.match(statement.text, base.end) or _OF_TEXT.match(statement.text, base.end)
    return not (other or _NO.search(statement.text[: base.start]))


def _is_ours(statement: Statement, base: Hit, spared: Hit) -> bool:
    """Whether the part says of the method that it was spared: "unlike the baselines, ours was not tuned"."""
    between = statement.text[base.end : spared.start]
    return bool(re.search(r"\b(?:ours|our method|our direction|the method)\b", between))


def _ellipses(statement: Statement) -> dict[int, Hit]:
    """ "... the alternatives did not." denies what the text before it says was done."""
    borders = [border.end() for border in _PARTS.finditer(statement.text)]
    return {bisect_right(borders, m.start()): Hit("R20.spared", *m.span()) for m in _ELLIPSIS.finditer(statement.text)}


def _worked_nearby(statement: Statement, text: Text) -> bool:
    """Whether a sentence next to this one tells of work on the method."""
    return any(_tells_of_work(one) and one.of("R20.ours", asserted=False) for one in text.neighbours(statement))


def _tells_of_work(statement: Statement) -> bool:
    return bool(statement.of("R20.method", asserted=False)) and not statement.of("R20.equal", asserted=False)


def _by_part(statement: Statement, idea: str, *, last: bool = False) -> dict[int, Hit]:
    """The first phrase of an idea in each part of the sentence, or the last, by the part's number."""
    borders = [border.end() for border in _PARTS.finditer(statement.text)]
    hits = [hit for hit in statement.of(f"R20.{idea}", asserted=False) if not _is_our_probe(statement, hit)]
    return {bisect_right(borders, hit.end - 1): hit for hit in (hits if last else reversed(hits))}


def _unequal_amounts(statement: Statement) -> list[Hit]:
    """ "24 configurations for ours, 3 for the baseline", and not the other way round."""
    base = statement.of("R20.baseline", asserted=False)
    ours = statement.of("R20.method", asserted=False) or statement.of("R20.ours", asserted=False)
    if not (base and ours) or statement.ties:
        return []
    amounts = list(_amounts(statement.text))
    theirs, mine = _by_part(statement, "baseline"), {**_by_part(statement, "method"), **_by_part(statement, "ours")}
    theirs = {
        **theirs,
        **{one.part: theirs[one.part - 1] for one in amounts if one.part - 1 in theirs and one.part not in mine},
    }
    spent = [one for one in amounts if one.part in theirs]
    invested = [one for one in amounts if one.part in mine and one.part not in theirs]
    pairs = [(one.value, other.value) for one, other in _of_one_kind(spent, invested)]
    if pairs:
        less = all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)
        return [covering([theirs[one.part], one.hit]) for one in spent] if less else []
    said = [one for one in spent if one.value <= _FEW and _RAN.search(statement.text, 0, one.hit.start)]
    if said and set(_by_part(statement, "method")) - set(theirs):
        return [covering([theirs[one.part], one.hit]) for one in said]
    kinds = {one.kind for one in amounts}
    return base if any(len({one.value for one in amounts if one.kind == kind}) > 1 for kind in kinds) else []


def _less_than_beside(statement: Statement, text: Text, base: Mapping[int, Hit]) -> list[Hit]:
    """The amounts of work on a baseline that are smaller than those of the same kind in a sentence beside it."""
    spent = [one for one in _amounts(statement.text) if one.part in base] if base and not statement.ties else []
    beside = [
        one
        for one in text.neighbours(statement)
        if not (one.of("R20.baseline", asserted=False) or one.of("R20.equal", asserted=False))
    ]
    invested = [other for one in beside if spent and not one.ties for other in _amounts(one.text)]
    pairs = _of_one_kind(spent, invested)
    less = bool(pairs) and all(one.value < other.value for one, other in pairs)
    return [covering([base[one.part], one.hit]) for one, _ in pairs] if less else []


class _Amount(NamedTuple):
    """How much of what: hours, or a number of layers, seeds, prompts; `part` is the sentence's part that says so."""

    part: int
    kind: str
    value: float
    hit: Hit


def _amounts(text: str) -> Iterator[_Amount]:
    """The amounts of work that a sentence names; a bare number is of the kind named first."""
    borders = [border.end() for border in _PARTS.finditer(text)]
    found = [
        *(
            (m, (m[2] or m[3]).lower().rstrip("s"), _value(m[1]))
            for m in _AMOUNT.finditer(text)
            if not _TIME.match(m[0])
        ),
        *((m, "hour", _value(m[1]) * _HOURS[m[2].lower()]) for m in _TIME.finditer(text)),
    ]
    bare = [(m, found[0][1], _value(m[1])) for m in _BARE.finditer(text)] if found else []
    return (
        _Amount(bisect_right(borders, m.start()), kind, value, Hit("R20.amount", *m.span()))
        for m, kind, value in [*found, *bare]
    )


def _of_one_kind(some: Iterable[_Amount], others: Sequence[_Amount]) -> list[tuple[_Amount, _Amount]]:
    """Every amount of the first with every one of the second that it can be held against."""
    return [(one, other) for one in some for other in others if one.kind == other.kind]


def _value(number: str) -> float:
    return float(_VALUES.get(number.lower(), 0) or number.replace(",", ""))
