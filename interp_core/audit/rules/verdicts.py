"""R6, R7 and R9: what a sentence makes of a verdict and of a registration."""

import re
from collections.abc import Iterator, Sequence

from interp_core.audit.figures import listed
from interp_core.audit.finding import ERROR, NOTE, WARNING, Overclaim
from interp_core.audit.known import sizes
from interp_core.audit.lexicon import Hit
from interp_core.audit.quantities import counts_of
from interp_core.audit.rules.common import Text, at, at_hit, covering, licensed_for, words
from interp_core.audit.rules.values import is_margin
from interp_core.audit.statements import Statement, Tie
from interp_core.audit.study import Finding, stem, stems
from interp_core.audit.wording import licensed

_DENIAL = re.compile(
    r"(?:(?:do|does|did|not|no (?:more|less|better|worse|higher|lower|rise|increase|gain|advantage|benefit))\b"
    r"|(?:is|are|was|were)\s+(?:not|no|never|nothing)\b|\w+n't\b)"
    r"(?!.*\b(?:matter|affect|influence|impact)\b)",
    re.IGNORECASE,
)
_WHICH = re.compile(
    r"\s+(?:no matter\s+|on\s+)?(?:who\b|(?:which|what|whose)\s+(?:model|language|llm|one\b|chatbot|family|judge))"
)  # a scope, and no absence
_BY_DESIGN = re.compile(
    r"\bby (?:construction|design|definition)\b|\b(?:round|renam|refactor|reformat|typeset)ing\b"
    r"|\b(?:flag|hook|option|function|argument|command)\b"
    r"|\b(?:differences?|changes?) (?:in|to|of) (?:the |their )?(?:hardware|software|licen[cs]|code|versions?|wording"
    r"|lengths?|format|template|tokeni[sz]|batch|seeds?|price|schedule|spelling|set-?up)"
    r"|\bchanged in the (?:code|set-?up|pipeline|prompts)\b|\bre-?(?:runs?|ran|running)\b|\bsame seed\b|\bdetermin",
    re.IGNORECASE,
)
_STATUS = re.compile(
    r"\bamend(?:ed|ment|ments|ing)?\b|\b(?:test|claim|analysis|comparison|question)\s+(?:was|is|were)\s+(?:\w+\s+)?"
    r"(?:exploratory|confirmatory|(?:pre-?)?registered|post[- ]hoc)\b",
    re.IGNORECASE,
)
_ASSERTS = re.compile(
    r"\b(?:h[eo]lds?|support|confirm|show|pass|f[io]u?nd|demonstrat|establish|succe|true|work|prove|bears?\b|borne|better|best)",
    re.IGNORECASE,
)
_EXPLORATORY = re.compile(
    r"\b(?:is|was|were|remains)\s+(?:\w+\s+){0,2}(?:exploratory|post[- ]hoc|unregistered|amended)\b|\bamended claim\b",
    re.IGNORECASE,
)
_TELLING = ("R4.", "R6.large", "R8.comparative", "R8.change", "R9.none", "voice.raising", "voice.lowering")
_OPENING = re.compile(r"\A\W*(?:where|while|whereas|although|though|if)\b[^,;]*,", re.IGNORECASE)
_WORD = re.compile(r"[a-z]+")
_SIZE = re.compile(
    r"by (?:at least|no less than|not less than|upwards of)|(?:\d\W?|quarter|third|half|tenth|fifth) (?:or|and) more\b"
    r"|at (?:the least|a minimum)",
    re.IGNORECASE,
)
_INTERVAL_AND_ZERO = re.compile(r"\binterval\b.*\b(?:zero|0)\b|\b(?:zero|0)\b.*\binterval\b", re.IGNORECASE | re.DOTALL)
_RESTATES = 3  # words that a sentence shares with a claim
_BY_NOBODY = re.compile(r"\s+(?:by|in) (?:nobody|no one|none|nothing|neither|no)\b", re.IGNORECASE)
_NEAR = 30  # characters
_CONDITION = re.compile(  # "the intact model", "when left alone": the baseline by another name
    r"\b(?:an?|the|with|when|if|what|which)\s+(?:is\s+|are\s+)?(?:left (?:alone|intact|untouched|as)|intact|untouched"
    r"|unaltered|unchanged|harmless)\Z",
    re.IGNORECASE,
)
_DOES_SO_TOO = re.compile(r"(?:do|does|did) the same\b", re.IGNORECASE)
_TURNS = re.compile(r",\s+(?:(?:and|so|hence|therefore)\s+)?(?:we|i)\s", re.IGNORECASE)
_IT_WAS_NOT = re.compile(r"\W*(?:it|this|that|they)\s+(?:(?:was|is|did|does|were|are)\s+not|\w+n't):\s", re.IGNORECASE)
_EVALUATES = re.compile(
    r"\b(?:protect|guard|safe|steer|made|makes?\b|help|work|effective|succe|confirm|shows?\b|improv|strong|weak|prefer|matter)",
    re.IGNORECASE,
)
_PRESUPPOSES = re.compile(  # "Since the claim held, we used ..." asserts it, whatever is planned in the rest
    r"\W*(?:we|i)\s(?:also\s|have\s|further\s)*(?:verified|confirmed|established|demonstrated|proved)\b"
    r"|\W*(?:having|since|as|given that|because|now that|building on|relying on|based on|with|encouraged by)\b"
    r"[^.;,]{0,60}\b(?:confirm|establish|shown\b|prov(?:ed|en)|h[eo]ld|supported|validated|demonstrated|verified)",
    re.IGNORECASE,
)
_DIFFERS = re.compile(r"\b(?:differs?|differed|different|apart|unequal)\b", re.IGNORECASE)
_CONTROL = re.compile(r"\b(?:random|sham|control)")
_PRONOUN = re.compile(r"\b(?:them|they|these|those|it|that|this)\b")
_OUTCOME = re.compile(
    r"\b(?:complian|refus|side effects?\b"
    r"|rates?\b|results?\b|effects?\b|projection|accura|capabilit|fluen|perplexit|performance"
    r"|abilit|skill|quality\b|helpful|recall\b|knowledge\b|reasoning\b|intervention\b|ablation\b"
    r"|(?:either|both|any) models?\b)",
    re.IGNORECASE,
)
_DEFINES = re.compile(r"\bcounts? as\b|\bwe (?:call|say)\b|\b(?:was|were) (?:not )?(?:tested|looked|asked) for\b")
_ASIDE = re.compile(r",\s+(?:where|which|who|whose|as)\b[^,;]*\Z")  # what is said of something else


def bad_citations(statement: Statement, _: Text) -> Iterator[Overclaim]:
    """R6 for one sentence."""
    if not statement.own or statement.block.kind == "heading":
        return
    for tie in {tie.claim: tie for tie in statement.ties}.values():
        rows = statement.study.of(tie.claim, tie.model)
        if not rows:
            yield from _without_finding(statement, tie)
        elif statement.block.kind != "header" or statement.quantities:  # rows say what became of a header's claim
            yield from _by_verdict(statement, tie, rows)


def may_cite_badly(statement: Statement, _: Text) -> bool:
    """Whether a sentence cites a claim that did not hold, and does not say so."""
    voice = statement.voice
    if not statement.ties or _owned(statement) or voice.opened(len(statement.text)) or statement.offered:
        return False
    cited = (statement.study.of(tie.claim, tie.model) for tie in statement.ties)
    meant = ([row for row in rows if row in statement.findings] or rows for rows in cited if rows)
    return any(not any(row.supported or (row.reversed and _said(statement, row)) for row in rows) for rows in meant)


def _without_finding(statement: Statement, tie: Tie) -> Iterator[Overclaim]:
    study, span = statement.study, _tie_span(statement, tie)
    if not study.known(tie.claim):
        close = study.close_to(tie.claim)
        hint = (
            f"Did you mean {listed(close, last='or')}?"
            if close
            else "Name a claim of the suite, as pytest --collect-only lists them."
        )
        yield at(
            statement,
            "R6",
            span,
            f"There is no claim {tie.claim!r} in the report, so nothing supports the sentence.",
            hint,
            claim=tie.claim,
        )
    elif tie.claim in study.by_claim:
        tested = listed([row.model for row in study.by_claim[tie.claim]])
        yield at(
            statement,
            "R6",
            span,
            f"{tie.claim} was not run on {tie.model!r}.",
            f"Name a model that it was run on ({tested}), or run it there.",
            claim=tie.claim,
        )
    elif all(
        _ASIDE.search(statement.text[: hit.start]) or hit.start >= _plan(statement)
        for hit in statement.of("R6.unrun", asserted=False)
    ):
        yield at(
            statement,
            "R6",
            (statement.start, statement.end),
            f"{tie.claim} was not evaluated: {study.not_evaluated[tie.claim]}.",
            "Say that it was not run, or run it first.",
            claim=tie.claim,
        )


def _tie_span(statement: Statement, tie: Tie) -> tuple[int, int]:
    return (tie.link.start, tie.link.end) if tie.link else (statement.start, statement.end)


def _by_verdict(statement: Statement, tie: Tie, rows: Sequence[Finding]) -> Iterator[Overclaim]:
    meant = [row for row in rows if row in statement.findings] or list(rows)
    bad = [row for row in meant if not row.supported and not _said(statement, row)]
    bad = [row for row in bad if not _is_open(row) or _states_absence(statement)]
    if not bad:
        return
    if len(bad) < len(meant):
        yield _mixed(statement, tie, meant, bad)
    elif _PRESUPPOSES.match(statement.text) and not statement.voice.question:
        yield _refused(statement, tie, bad[0])
    elif statement.voice.question or statement.voice.opened(len(statement.text)) or statement.offered:
        return
    else:
        yield _refused(statement, tie, bad[0])


def _mixed(statement: Statement, tie: Tie, meant: Sequence[Finding], bad: Sequence[Finding]) -> Overclaim:
    holds = listed([row.model for row in meant if row not in bad])
    fails = listed([f"{row.verdict} on {row.model}" for row in bad])
    return at(
        statement,
        "R6",
        _tie_span(statement, tie),
        f"{tie.claim} holds on {holds} and is {fails}; the sentence names no model.",
        f"Name the model: “{licensed(next(row for row in meant if row not in bad))}”",
        severity=NOTE,
        claim=tie.claim,
    )


def _refused(statement: Statement, tie: Tie, row: Finding) -> Overclaim:
    found = (
        "stale: its design is no longer the registered one"
        if row.stale
        else f"{row.verdict} on {row.model}, {row.row['reason']}"
    )
    return at(
        statement,
        "R9" if _is_open(row) else "R6",
        (statement.start, statement.end),
        f"{tie.claim} is {found}; the sentence states it as a finding.",
        f"Write “{licensed(row)}”",
        claim=tie.claim,
    )


def _is_open(row: Finding) -> bool:
    """Whether it asks for an equivalence and is undecided."""
    return row.within and row.verdict == "INCONCLUSIVE" and not row.stale


def _states_absence(statement: Statement) -> bool:
    """Whether the sentence says of an equivalence that it holds, and does more than name it."""
    return bool(
        statement.of("R9.none", asserted=False)
        or statement.of("R9.plain", asserted=False)
        or (_ASSERTS.search(statement.text) and not statement.of("R11.marginal", asserted=False))
    )


def _said(statement: Statement, row: Finding) -> bool:
    """Whether the sentence says itself what became of the claim, or says no more than the interval shows."""
    names = statement.block.kind == "caption" and not _tells(statement)
    if names or _owned(statement) or _states_status_only(statement) or _gives_sizes_only(statement, row):
        return True
    if row.row.get("relation") != "equivalent" and statement.of("R9.none", asserted=False):
        return True  # it does not state the claim; R9 says what is wrong with it
    if any(neutral(statement, row) for neutral in (_gives_the_difference, _prints_the_verdict, _reports_both_means)):
        return True
    if row.reversed and not row.stale:
        if _DIFFERS.search(statement.text):
            return True
        way = _direction(statement) * _subject(statement, row)
        printed = _means_printed(statement, row)
        return way == row.beyond_zero or (way == 0 and (all(printed) or (statement.tabular and any(printed))))
    return row.smaller and not row.stale and not _at_size(statement, row)


def _prints_the_verdict(statement: Statement, row: Finding) -> bool:
    """Whether interval and margin stand side by side, so that a reader sees that the one is not beyond the other."""
    low, high = row.row.get("low"), row.row.get("high")
    if low is None or high is None or row.stale:
        return False
    margin = any(is_margin(statement, q) and not q.bound for q in statement.quantities)
    margin = margin or bool(statement.of("R8.margin", asserted=False))
    return margin and all(any(q.holds(bound) for q in statement.quantities) for bound in (low, high))


def _tells(statement: Statement) -> bool:
    """Whether a word of it says what came of something."""
    return any(hit.idea.startswith(_TELLING) for hit in statement.hits)


def _gives_the_difference(statement: Statement, row: Finding) -> bool:
    """Whether it prints how far the two of an equivalence lie apart, and says nothing of what that means."""
    values = [row.row.get(name) for name in ("effect", "low", "high")]
    printed = any(q.holds(value) for q in statement.quantities for value in values if value is not None)
    printed = printed or bool(_INTERVAL_AND_ZERO.search(statement.text))
    told = _tells(statement) or _EVALUATES.search(statement.text)
    return row.within and printed and not told


def _reports_both_means(statement: Statement, row: Finding) -> bool:
    """Whether the sentence gives what both arms came to, and says nothing of which is more."""
    told = _tells(statement) or _EVALUATES.search(statement.text)
    printed = _means_printed(statement, row)
    return not (told or row.stale) and len(printed) > 1 and all(printed)


def _means_printed(statement: Statement, row: Finding) -> list[bool]:
    """Of each arm whether it is printed what it came to, from which a reader sees which way it went."""
    arms = [a for e in row.predictions for a in e.get("arms", ()) if a["mean"] is not None]
    return [
        any(
            q.holds(arm["mean"]) or (q.whole and q.value == round(arm["mean"] * arm["n"])) for q in statement.quantities
        )
        for arm in arms
    ]


def _states_status_only(statement: Statement) -> bool:
    """ "This test was exploratory", "the margin was amended": about the registration, and nothing is said to hold."""
    return bool(_STATUS.search(statement.text)) and not (_tells(statement) or _ASSERTS.search(statement.text))


def _gives_sizes_only(statement: Statement, row: Finding) -> bool:
    """ "The arms hold 768 prompts each": about the design, and nothing is said to hold."""
    known_sizes = {n for group in sizes([row]).values() for n in group}
    numbers = [q.value for q in statement.quantities]
    counted = [count.value for count, _ in counts_of(statement.text, statement.start)]
    return bool(counted) and not _tells(statement) and set(numbers) <= known_sizes


def _owned(statement: Statement) -> bool:
    """Whether it says what became of the claim; "It was not: the layer ..." denies something else before its colon."""
    other, plan = _IT_WAS_NOT.match(statement.text), _plan(statement)
    hits = statement.of("R6.owned", asserted=False)
    return any((other.end() if other else 0) <= hit.start < plan for hit in hits)


def _plan(statement: Statement) -> int:
    """Where a sentence turns from a claim to what the authors did about it: "..., and we did not look further"."""
    linked = max((tie.link.start - statement.start for tie in statement.ties if tie.link), default=-1)
    turn = next((m for m in _TURNS.finditer(statement.text) if 0 <= linked < m.start()), None)
    return turn.start() if turn else len(statement.text)


def _at_size(statement: Statement, row: Finding) -> bool:
    quoted = statement.voice.quoted
    sized = [match.span() for match in _SIZE.finditer(statement.text)]
    beyond = [
        q for q in statement.quantities if q.bound > 0 and q.value > max(map(abs, (row.row["low"], row.row["high"])))
    ]
    sized += [(q.start - statement.start, q.end - statement.start) for q in beyond]
    sized += [(hit.start, hit.end) for hit in statement.of("R6.large", asserted=False)]
    return any(not quoted(start, end) for start, end in sized)


def _direction(statement: Statement) -> int:
    """1 where the sentence says that something goes up, -1 down, 0 where both or neither."""
    up, down = (bool(statement.of(f"voice.{way}", asserted=False)) for way in ("raising", "lowering"))
    return up - down


def _subject(statement: Statement, row: Finding) -> int:
    """-1 where the sentence names the baseline first: "stories beat screenplays" turns the comparison round."""
    said = _OPENING.sub("", statement.text).lower()
    treatment, baseline = (min(map(said.find, arm), default=-1) for arm in _arms(row, statement))
    return -1 if baseline >= 0 and (treatment < 0 or baseline < treatment) else 1


def _arms(row: Finding, statement: Statement) -> tuple[list[str], list[str]]:
    """The words of the sentence that name the treatment alone, and those that name the baseline alone."""
    evidence = next(iter(row.predictions), {})
    arms = [{stem(one) for one in stems(str(evidence.get(name, "")))} for name in ("treatment", "baseline")]
    spoken = [word for word in _WORD.findall(statement.text.lower()) if len(word) > 3]
    mine = [[word for word in spoken if stem(stem(word)) in arm - other] for arm, other in (arms, arms[::-1])]
    return mine[0], mine[1]


def unregistered_predictions(statement: Statement, text: Text) -> Iterator[Overclaim]:
    """R7 for one sentence."""
    claimed = statement.of("R7.predicted", asserted=False) if statement.own else []
    rows = _unpredicted(statement, text) if claimed else []
    credit = [hit for hit in claimed if _takes_credit(statement, hit, rows[0])] if rows else []
    if credit:
        hit = covering(credit)
        yield at_hit(
            statement,
            "R7",
            hit,
            f"“{words(statement, hit)}” claims credit for a prediction, and {rows[0].claim} is "
            f"{rows[0].status}: {_WHY_NOT.get(rows[0].status, _UNSEEN)}.",
            unclaimed(statement, text),
            severity=ERROR,
        )


def may_claim_a_prediction(statement: Statement, text: Text) -> bool:
    """Whether a sentence speaks of what was not predicted."""
    return not _states_status_only(statement) and bool(_unpredicted(statement, text))


def unclaimed(statement: Statement, text: Text) -> str:
    """What to write instead of credit for a prediction."""
    return f"Leave it out, or say “{_unpredicted(statement, text)[0].status}”."


def _takes_credit(statement: Statement, hit: Hit, row: Finding) -> bool:
    voice = statement.voice
    if voice.question or voice.quoted(hit.start, hit.end) or voice.negated(hit.start):
        return False
    if voice.opened(hit.start + 1) or _came_to_nought(statement, hit) or _BY_NOBODY.match(statement.text, hit.end):
        return False
    registered = "regist" in words(statement, hit).lower()
    # "unlike the one that was registered, this one is exploratory"; a replication is registered
    return not (registered and (_EXPLORATORY.search(statement.text) or row.status == "replication"))


_CLOSE = 8  # characters between a size and "we predicted"
_UNSEEN = "it was not registered as it was tested before its data were seen"
_WHY_NOT = {"replication": "it was registered on other data, and a reader has to be told which one this is"}


def _unpredicted(statement: Statement, text: Text) -> list[Finding]:
    """The findings that no prediction was made of: any but confirmatory ones and a replication that is called one."""
    called = any(one.of("R7.replication", asserted=False) for one in text.paragraph(statement))
    credited = ("confirmatory", "replication") if called else ("confirmatory",)
    cited = statement.findings or text.beside(statement)
    rows = [row for row in cited if row.status not in credited]
    mixed = any(row.status in credited for row in cited if rows and row.claim == rows[0].claim)
    return [] if mixed else rows


def _came_to_nought(statement: Statement, hit: Hit) -> bool:
    """ "The 0.25 that we had predicted" is a size, and "contrary to what we expected" no credit."""
    failed = statement.of("R7.failed", asserted=False)
    sizes_before = (q for q in statement.quantities if 0 <= statement.start + hit.start - q.end < _CLOSE)
    size = any(is_margin(statement, q) for q in sizes_before)
    return size or any(other.start < hit.end and hit.start < other.end for other in failed)


def claimed_absences(statement: Statement, text: Text) -> Iterator[Overclaim]:
    """R9 for one sentence."""
    if not statement.own:
        return
    if statement.findings:
        found = statement.of("R9.none", asserted=False)
    else:
        silent = bool(statement.ties or statement.tabular or _is_of_design(statement))
        found = [] if silent else statement.of("R9.plain", asserted=False)
        found += [] if silent else [h for h in statement.of("R9.none", asserted=False) if _of_outcome(statement, h)]
    said = [hit for hit in found if _says_none(statement, hit) and not _of_control(statement, hit, text)]
    if said and not _equivalence_is_shown(statement, text):
        yield at_hit(
            statement,
            "R9",
            covering(said),
            f"“{words(statement, said[0])}” says that there is no effect, and no equivalence was shown: what "
            f"is not found may still be there.",
            undecided(statement, text),
            severity=ERROR if statement.linked else WARNING,
        )


def undecided(statement: Statement, _: Text) -> str:
    """What to write instead of an absence."""
    register = "Register a claim with equivalent_to(..., within=...)"
    return f"{register}, or write {licensed_for(statement)}" if statement.findings else f"{register}."


def may_claim_an_absence(statement: Statement, text: Text) -> bool:
    """Whether no equivalence that held stands behind a sentence, and it is not about the design."""
    design = not statement.findings and _is_of_design(statement)
    neutral = any(_reports_both_means(statement, row) for row in statement.findings)
    return not (design or neutral or _equivalence_is_shown(statement, text))


def _is_of_design(statement: Statement) -> bool:
    """Whether it is about what holds by construction, or what a word means."""
    return bool(_BY_DESIGN.search(statement.text) or _DEFINES.search(statement.text))


def _equivalence_is_shown(statement: Statement, text: Text) -> bool:
    """Whether a claim that is cited, or one cited beside it that it restates, is an equivalence that held."""
    said, words_of = stems(statement.text), statement.study.words
    beside = [row for row in text.beside(statement) if len(said & words_of.get(row.claim, frozenset())) >= _RESTATES]
    return any(row.row.get("relation") == "equivalent" and row.supported for row in statement.findings or beside)


def _of_outcome(statement: Statement, hit: Hit) -> bool:
    """Whether the clause is about something that a study measures; two licences may be the same, too."""
    start, stop = statement.voice.clause(hit.start)
    models = statement.study.mentioned_models(statement.text[start:stop])
    return bool(models or _OUTCOME.search(statement.text, start, stop))


def _says_none(statement: Statement, hit: Hit) -> bool:
    free = not (_WHICH.match(statement.text, hit.end) or _DOES_SO_TOO.match(statement.text, hit.start))
    free = free and not (_CONDITION.search(statement.text, max(hit.start - _NEAR, 0), hit.end))
    return free and not _denied(statement, hit.start, hit.end) and not _names_refuted(statement, hit)


def _of_control(statement: Statement, hit: Hit, text: Text) -> bool:
    """Whether the words are about a control whose equivalence held: "random directions leave ... unchanged"."""
    said, before = statement.text.lower(), re.sub(r"\([^()]*\)", "", statement.text[: hit.start]).lower()
    if _PRONOUN.search(before):
        before += " ".join(one.text.lower() for one in text.paragraph(statement) if one.end <= statement.start)
    return any(
        control["relation"] == "equivalent"
        and control["verdict"] == "SUPPORTED"
        and ((control["noun"] in said and control["noun"] != row.row["noun"]) or _CONTROL.search(before))
        for row in statement.findings
        for control in row.controls
    )


def _denied(statement: Statement, start: int, end: int) -> bool:
    """Whether an outer denial, hedge, question or plan stands before the words."""
    voice = statement.voice
    return (
        voice.question
        or voice.quoted(start, end)
        or voice.opened(start)
        or voice.negated(start)
        or voice.hedged(start, end)
        or voice.others(start)
    )


def _names_refuted(statement: Statement, hit: Hit) -> bool:
    """ "Screenplays do not raise compliance more" restates a refutation by reversal; it claims no absence."""
    return bool(_DENIAL.match(words(statement, hit))) and any(row.reversed for row in statement.findings)
