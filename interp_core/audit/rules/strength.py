"""R4, R5 and R16: verbs, scope and mechanisms against what was done."""

import re
from collections.abc import Iterator, Sequence

from interp_core.audit.figures import listed
from interp_core.audit.finding import ERROR, WARNING, Overclaim
from interp_core.audit.ladder import ASSOCIATIONAL, BOTH_WAYS, GRADES, LICENSES, grade
from interp_core.audit.lexicon import Hit
from interp_core.audit.rules.common import Text, at, at_hit, covering, licensed_for, words
from interp_core.audit.statements import Statement
from interp_core.audit.study import Finding, stems
from interp_core.audit.wording import licensed

_VERBS = (
    ("R4.intervention", 1),
    ("R4.makes", 1),
    ("R4.silences", 2),
    ("R4.causal", 2),
    ("R4.mediation", 3),
    ("R4.absolute", 4),
)
_OF_PROMPTS = ("R4.makes", "R4.silences")  # what prompts do, a behavioural claim shows
_SCOPES = ("R5.models", "R5.universal", "R5.attacks", "R5.generic", "R5.named", "R5.several")
_UNTIED = {False: "no claim is linked, and the whole study shows", True: "the claims cited beside it show"}
_BACKGROUND = re.compile(
    r"\b(?:literature|prior|previous|earlier|recent|(?:well[- ]|widely )known|growing|increasingly)\b", re.IGNORECASE
)
_RESTATES = 3  # words that a sentence shares with the claim beside it
_RELIES = ("depend", "rest", "rel", "hing", "turn", "driven", "caused", "explained", "due")
_STORIES = re.compile(r"stor|fiction|tale|wrapper|narrat|disguise", re.IGNORECASE)
_EVER = re.compile(r"(?:always|never|invariably|without fail|every time|each time|unfailingly)\b", re.IGNORECASE)
_GENERICS = ("R5.models", "R5.attacks", "R5.generic")  # what tells of more than the study, if it is the subject
_FEW = 4  # words, as in "all in all"
_LIMIT = re.compile(
    r"\b(?:we|were|was|is|are)?\s*(?:tested|studied|evaluated|tried|run|ran|measured|used)?\s*only\s+(?:on|in"
    r"|with|at|for|one|two|a|these|(?:by|to|about|from) \d|\d)"
)
_BACK = 34
_PARTS = re.compile(r"[,.;:]|\b(?:in|of|for|on|across|from|to|by|with|at|and|or|that|how|why|is|are|lets?|makes?)\b")
_DONE = re.compile(  # "every frame was written by hand": of the study's own, not of all there are
    r"\s*(?:was|were|is|are|has been|have been|had been)\s+(?:\w+ly\s+|also\s+|then\s+|each\s+|always\s+)?"
    r"(?:evaluated|loaded|prompted|written|framed|drawn"
    r"|put|paired|given|sampled|label+ed|judged|graded|scored|read|shown|wrapped|taken|repeated|generated|used"
    r"|run|presented"
    r"|shuffled|translated"
    r"|checked|matched|held|kept|chosen|picked|listed|printed|tested|released|in English)\b"
)
_MODELS = re.compile(r"model|llm|chatbot|assistant|transformer|system|language|architecture", re.IGNORECASE)
_STUDIED = re.compile(
    r"\s+(?:have been|has been|are|were)\s+(?:\w+ly\s+|often\s+)?(?:studied|trained|used|deployed|evaluated|probed"
    r"|audited|released|fine-tuned|built|made|chosen|selected|picked|taken|compared|run|loaded|ranked|listed)\b"
    r"|\s+of (?:this|that|[\w.]+) (?:size|billion|parameters)\b"
)
_WERE = re.compile(r"\s*(?:was|were|had been)\b")
_NUMBERED = re.compile(
    r"\s+(?:(?:of\s+)?(?:the|our|these)\s+)?(?:\d|two\b|three\b|four\b|six\b|ten\b|twelve\b|twenty\b)"
)
_SAYINGS = ("in general", "generally", "as a rule", "always")  # "in general we report intervals"
_SAYING = re.compile(r",?\s+(?:we|i|our|this paper|i'd)\b", re.IGNORECASE)
_TOOL = re.compile(  # "labelled by GPT-4", "with Claude as the judge"
    r"\b(?:judg|grad|label|scor|writ|wrote|check|generat|paraphras|translat|rat|annotat|draft|made|produc|code|filter|rewrit|rewrote)"
    r"\w*\b[^.;]{0,40}\b(?:by|with|from|of|and)\s+[\w.-]+\Z",
    re.IGNORECASE,
)
_IN_THE_TESTED = re.compile(r"\s+(?:in|within|inside|along|through) (?:the|our|this|that|its|[A-Z])")
_DONE_THERE = re.compile(  # "zeroed out at every layer"
    r"\b(?:zero|ablat|remov|appl|add|hook|edit|subtract|project|patch|clamp|steer|interven|captur|cach)\w*\s+(?:\w+\s+)?\Z"
)
_HERE = re.compile(r"\s+in (?:this|the|that|our|[A-Z])")
_PART_OF = re.compile(r"\b(?:half|third|thirds|quarters?|fifth|tenth|most|share|fraction|part|few|none|\d+|%) of \Z")
_ONE_OF_THEM = re.compile(
    r"\s*(?:\(|,\s(?:[A-Z]|such|namely|here|in (?:our|this))"
    r"|judge|grader|scorer|rater|matcher|as\b|that we|we\b|called|named|such as|with\b)"
)
_IS = re.compile(r"\b(?:is|was|are|as|be|being|one|single|like|not)\s+\Z", re.IGNORECASE)
_ANAPHOR = re.compile(
    r"\W*(?:[\w-]+\s*:\s*)?(?:this|these|that|those|thus|hence|so|therefore|which|it|we (?:have|can|may|now)"
    r"|the (?:fall|drop|rise|change|reduction|shift|increase|decrease|effect|gap|result|ablation|edit|finding)"
    r"|in (?:short|sum|brief|other words|conclusion)|altogether|taken together|together)\b",
    re.IGNORECASE,
)
_REFUSES = re.compile(r"\b(?:refus|compl[iy])", re.IGNORECASE)
_WHY_WE_DID = re.compile(
    r"[^.;:]{5,160},\s(?:we|i)\s(?:also\s|then\s)?(?:do|did|use|used|report|reported|left|leave|drop|dropped|kept|keep|ran|run"
    r"|chose|choose|made|make|treat|treated|omit|omitted|exclude|excluded|repeat|repeated|return|returned)\b"
)
_CONNECTIVE = re.compile(
    r"because|thereby|whereby|as a (?:result|consequence)(?: of)?|owing to|thanks to|due to|(?:is|are|was|were) due to"
    r"|on account of|by virtue of|in consequence of",
    re.IGNORECASE,
)
_INSIDE = re.compile(
    r"\A\s*(?:it|they|this|that|its|their)\b|\b(?:projections?|direction|signal|vector|frames?|fiction\w*"
    r"|stor\w+|model\w*|compl\w+|refus\w+"
    r"|answer\w*|qwen\S*|llama\S*)\b",
    re.IGNORECASE,
)
_VERB = re.compile(r"\s+(?:the|it|a|an|this|both|[A-Z][\w.\-]*)")


def too_strong(statement: Statement, text: Text) -> Iterator[Overclaim]:
    """R4 for one sentence: the strongest verb of each clause, where it stands above the evidence."""
    if not _has_hits(statement, "R4.") or not may_be_too_strong(statement, text):
        return
    beside = text.beside(statement)
    findings, reached = statement.findings or beside, _reached(statement, text)
    prompted = any(finding.row.get("kind") == "behavioural" for finding in findings)
    ideas = [(idea, needed) for idea, needed in _VERBS if needed > reached and not (prompted and idea in _OF_PROMPTS)]
    if any(_rested_on(statement)):  # R16 tells of what a prompt is said to do inside the model
        ideas = [(idea, needed) for idea, needed in ideas if idea != "R4.silences"]
    found = [(needed, hit) for idea, needed in ideas for hit in statement.of(idea)]
    weak = [(hit.start, hit.end) for hit in statement.of("R4.harmless", asserted=False)]
    for needed, hit in _strongest(statement, [pair for pair in found if not _is_weak(statement, pair[1], weak)]):
        if statement.ties or needed >= BOTH_WAYS or _shares_words(statement, beside):
            shown = "the cited claims show" if statement.ties else _UNTIED[bool(beside)]
            message = f"“{words(statement, hit)}” needs {GRADES[needed]}, and {shown} {GRADES[reached]}."
            yield at_hit(statement, "R4", hit, message, weaker(statement, text))


def may_be_too_strong(statement: Statement, text: Text) -> bool:
    """Whether a sentence is about what the study shows."""
    beside = text.beside(statement)
    return statement.own and bool(statement.ties or _takes_up(statement, beside) or _speaks_of_study(statement, text))


def _reached(statement: Statement, text: Text) -> int:
    """The grade that what a sentence speaks of has reached."""
    beside = text.beside(statement)
    return grade(statement.findings or beside if statement.ties or beside else text.study.findings)


def _has_hits(statement: Statement, rule: str) -> bool:
    return any(hit.idea.startswith(rule) for hit in statement.hits)


def _takes_up(statement: Statement, beside: Sequence[Finding]) -> bool:
    """Whether a sentence without a tie goes on about the finding beside it: "This proves that ..."."""
    named = statement.study.mentioned_models(statement.text) and _REFUSES.search(statement.text)
    return bool(beside and (named or _ANAPHOR.match(statement.text))) or _shares_words(statement, beside)


def _shares_words(statement: Statement, beside: Sequence[Finding], least: int = 2) -> bool:
    found = stems(statement.text)
    return any(len(found & statement.study.words.get(row.claim, frozenset())) >= least for row in beside)


def _strongest(statement: Statement, found: list[tuple[int, Hit]]) -> Iterator[tuple[int, Hit]]:
    """One finding for a clause: the words that need most, from the first of them to the last."""
    taken: dict[tuple[int, int], list[tuple[int, Hit]]] = {}
    for needed, hit in found:
        taken.setdefault(statement.voice.clause(hit.start), []).append((needed, hit))
    for pairs in taken.values():
        most = max(needed for needed, _ in pairs)
        yield most, covering([hit for needed, hit in pairs if needed == most])


def _is_weak(statement: Statement, hit: Hit, weak: list[tuple[int, int]]) -> bool:
    harmless = any(start < hit.end and hit.start < end for start, end in weak)
    return harmless or _only_a_limit(statement, hit) or _joins_something_else(statement, hit)


def _joins_something_else(statement: Statement, hit: Hit) -> bool:
    """Whether "because" and its like give a reason that has nothing to do with the claim's quantities."""
    if not _CONNECTIVE.fullmatch(words(statement, hit)):
        return False
    owned = statement.of("R6.owned", asserted=False)
    if any(own.end <= hit.start for own in owned) or _WHY_WE_DID.match(statement.text, hit.end):
        return True  # "is invalid, because ..." gives the reason of the verdict, "Because ..., we left it out" another
    _, stop = statement.voice.clause(hit.end)
    about = frozenset[str]().union(*(statement.study.words.get(tie.claim, frozenset()) for tie in statement.ties))
    return not (_INSIDE.search(statement.text[hit.end : stop]) or stems(statement.text[hit.end : stop]) & about)


def weaker(statement: Statement, text: Text) -> str:
    """What to write instead of too strong a verb."""
    reached = _reached(statement, text)
    if not statement.findings:
        return f"Link the claims that show it, or say no more than {LICENSES[ASSOCIATIONAL]}."
    return f"Say no more than {LICENSES[reached]}. For instance, {licensed_for(statement)}"


def _only_a_limit(statement: Statement, hit: Hit) -> bool:
    """ "Tested only on Qwen3-8B" limits a claim; it makes none."""
    said = words(statement, hit).lower()
    return (
        "only" in said
        and not said.startswith(_RELIES)
        and bool(_LIMIT.search(statement.text[max(hit.start - 20, 0) : hit.end + 12]))
    )


def _speaks_of_study(statement: Statement, text: Text) -> bool:
    """Whether an unlinked sentence shares words with the study, so that its strong words are about it."""
    if "related" in statement.sections or statement.tabular:
        return False
    found = stems(statement.text)
    return any(len(found & claim) >= 2 for claim in text.study.words.values())


def too_wide(statement: Statement, text: Text) -> Iterator[Overclaim]:
    """R5 for one sentence."""
    if not _has_hits(statement, "R5.") or not may_be_too_wide(statement, text):
        return
    findings, tested = statement.findings or text.beside(statement), _tested(statement, text)
    wide = [hit for hit in _scopes(statement, findings) if _is_wider(statement, hit, tested)]
    if wide:
        clause = statement.voice.clause(wide[0].start)
        hit = covering([hit for hit in wide if statement.voice.clause(hit.start) == clause])
        yield at_hit(
            statement,
            "R5",
            hit,
            f"“{words(statement, hit)}” is wider than what was tested: {_extent(findings, tested)}.",
            narrower(statement, text),
        )


def narrower(statement: Statement, text: Text) -> str:
    """What to write instead of too wide a scope."""
    tested = listed(_tested(statement, text)) or "the models tested"
    return f"Name what was tested: write “{tested}” in its place, or narrow it to “the tested …”."


def _tested(statement: Statement, text: Text) -> list[str]:
    """The models that what a sentence speaks of was tested on."""
    return list(dict.fromkeys(finding.model for finding in statement.findings or text.beside(statement)))


def may_be_too_wide(statement: Statement, text: Text) -> bool:
    """Whether a sentence speaks of findings; of a claim without any, R6 says enough."""
    cites = bool(statement.findings or text.beside(statement))
    return statement.own and cites and "R17" not in statement.sections


def _scopes(statement: Statement, findings: Sequence[Finding]) -> list[Hit]:
    """Words for a scope: all of them in a sentence about a claim, and beside one those that cannot be about less."""
    if statement.ties or _shares_words(statement, findings, _RESTATES):
        return [hit for idea in _SCOPES for hit in statement.of(idea)]
    if _BACKGROUND.search(statement.text):
        return []
    again = _shares_words(statement, findings)
    generic = [hit for idea in _GENERICS for hit in statement.of(idea) if _opens(statement, hit)]
    return generic + [hit for hit in statement.of("R5.universal") if _says_ever(statement, hit, restated=again)]


def _is_wider(statement: Statement, hit: Hit, tested: list[str]) -> bool:
    if hit.idea == "R5.several":  # "in both models" of a claim that was tested on one
        return all(len({row.model for row in statement.study.of(tie.claim, None)}) == 1 for tie in statement.ties)
    if hit.idea == "R5.named":
        return _reaches(statement, hit)
    return not _narrowed(statement, hit, hit.idea) and not _covered(statement, hit, tested)


def _reaches(statement: Statement, hit: Hit) -> bool:
    """Whether a finding is said to hold of a model that the study never ran: "carries over to GPT-4"."""
    family = re.split(r"[\s\d.-]", words(statement, hit).lower().split()[-1])[0]
    used = _TOOL.search(statement.text[: hit.end]) or _ONE_OF_THEM.match(statement.text, hit.end)
    ran = [row for tie in statement.ties for row in statement.study.of(tie.claim, None)] or statement.study.findings
    return not used and not any(family in finding.model.lower() for finding in ran)


def _says_ever(statement: Statement, hit: Hit, *, restated: bool) -> bool:
    """Whether a universal is about models or stories, or an "always" of what the finding beside it says."""
    said = words(statement, hit)
    whose = _MODELS.search(said) or (_STORIES.search(said) and _opens(statement, hit))
    return bool(whose or (restated and _EVER.match(said)))


def _opens(statement: Statement, hit: Hit) -> bool:
    """Whether a phrase stands where a subject does: at the beginning of its clause, or of what is said in it."""
    start, _ = statement.voice.clause(hit.start)
    return len(statement.text[start : hit.start].rpartition(" that ")[2].split()) < _FEW


def _extent(findings: Sequence[Finding], tested: list[str]) -> str:
    first = next((f for f in findings if f.predictions), None)
    levels = (first.predictions[0].get("levels") or {}) if first else {}
    parts = [
        *(f"{number:,} {factor}s" for factor, number in levels.items()),
        *(["one judge"] if first and first.judged else []),
    ]
    return f"{listed(tested) or 'no model'}" + (f", with {listed(parts)}" if parts else "")


def _narrowed(statement: Statement, hit: Hit, idea: str) -> bool:
    """Whether a determiner or a name before a scope word makes it a part: "both models", "the tested frames"."""
    before = statement.text[max(hit.start - _BACK, 0) : hit.start]
    after = statement.text[hit.end : hit.end + 40]
    if re.search(r"[A-Za-z]-\Z", before) or re.match(r"[-'](?:s\b)?[a-z]", after):
        return True
    if any(topic.start <= hit.start < topic.end for topic in statement.of("R5.topic", asserted=False)):
        return True
    if idea == "R5.universal":
        if _NUMBERED.match(after):
            return True
        named = " to" in words(statement, hit).lower() and re.match(r"\s+[A-Z]", after)
        ours = (_WERE.match(after) or _DONE.match(after)) and not _MODELS.search(words(statement, hit))
        own = (
            named
            or (words(statement, hit).lower() == "everywhere" and _IN_THE_TESTED.match(after))
            or _PART_OF.search(before)
            or _DONE_THERE.search(before)
            or ours
            or _of_the_tested(after)
            or (_SAYING.match(after) and words(statement, hit).lower() in _SAYINGS)
        )
        return bool(own or re.search(r"\b(?:not|hardly|nearly|almost|once and)\s+\Z", before.lower()))
    if idea == "R5.generic":
        return bool(_ONE_OF_THEM.match(after) or _IS.search(before))
    last = [h for h in statement.of("R5.narrowed", asserted=False) if h.end <= hit.start]
    between = statement.text[last[-1].end : hit.start] if last else "  of  "
    close = len(between.split()) <= (1 if idea == "R5.attacks" else 2) and not _PARTS.search(between)
    close = close or (idea == "R5.attacks" and _of_the_study(statement, before))
    here = idea == "R5.attacks" and _HERE.match(after)
    return (
        close
        or bool(here)
        or _of_the_tested(after)
        or bool(_STUDIED.match(after))
        or bool(_VERB.match(after) and words(statement, hit) in ("jailbreaks", "Jailbreaks"))
    )


def _of_the_study(statement: Statement, before: str) -> bool:
    """Whether the word before is one of the claim's own, as in "pirate jailbreaks"."""
    last = before.split()[-1:] if before[-1:].isspace() else []
    return (
        any(stems(last[0]) & statement.study.words.get(tie.claim, frozenset()) for tie in statement.ties)
        if last
        else False
    )


def _of_the_tested(after: str) -> bool:
    return bool(
        re.match(
            r"\s*(?:that |which )?(?:we |of )?(?:were |was |are |in our |in this |in the )?(?:tested|studied"
            r"|evaluated|study|set|suite|sample|tried|ran|looked)\b",
            after,
        )
    )


def _covered(statement: Statement, hit: Hit, tested: list[str]) -> bool:
    """ "Across models" with two models tested and named is what was tested."""
    word = words(statement, hit).lower()
    named = statement.study.mentioned_models(statement.writeup.text[statement.start : statement.end])
    return (word == "models" or word.startswith("across")) and len(tested) > 1 and len(named) >= len(tested)


def ungrounded(statement: Statement, text: Text) -> Iterator[Overclaim]:
    """R16 for one sentence: a mechanism is told for a behaviour that was not shown."""
    if not statement.own or statement.block.kind == "heading" or statement.of("R6.owned", asserted=False):
        return
    rested = [f for f in _rested_on(statement) if not _disclosed(f, statement, text)]
    beside = [f for f in statement.findings if f.row.get("kind") == "behavioural" and not f.supported]
    hits = statement.of("R16.mechanism")
    if hits and (rested or beside):
        yield _ungrounded(statement, statement.span(hits[0]), [*rested, *beside][0])
    elif rested and not statement.tabular and _asserts(statement):
        yield _ungrounded(statement, (statement.start, statement.end), rested[0])


def _ungrounded(statement: Statement, span: tuple[int, int], ground: Finding) -> Overclaim:
    return at(
        statement,
        "R16",
        span,
        f"The sentence explains a behaviour that is not shown: {ground.claim} is {ground.verdict} on {ground.model}.",
        f"Say in the same paragraph what became of its ground, and offer no mechanism: {licensed_for_one(ground)}",
        severity=ERROR if statement.linked else WARNING,
    )


def _rested_on(statement: Statement) -> Iterator[Finding]:
    """Findings, not supported, that the cited claims were registered to rest on."""
    for finding in statement.findings:
        for claim in finding.registration.get("rests_on") or ():
            yield from (f for f in statement.study.of(str(claim), finding.model) if not f.supported)


def _disclosed(ground: Finding, statement: Statement, text: Text) -> bool:
    """Whether the paragraph says what became of the ground."""
    near = text.paragraph(statement)
    return any(ground.claim in {tie.claim for tie in one.ties} and one.of("R6.owned", asserted=False) for one in near)


def _asserts(statement: Statement) -> bool:
    """Whether the sentence states a finding: it asks, plans and hedges nothing, and is more than a list of links."""
    voice, found = statement.voice, stems(statement.text)
    if not statement.quantities and not any(
        found & statement.study.words.get(tie.claim, frozenset()) for tie in statement.ties
    ):
        return False
    return not (voice.question or voice.opened(len(statement.text)) or statement.offered)


def licensed_for_one(finding: Finding) -> str:
    """The sentence that one finding licenses, quoted."""
    return f"“{licensed(finding)}”"
