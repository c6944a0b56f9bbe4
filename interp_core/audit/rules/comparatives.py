"""R8: comparatives and changes without their baseline's number."""

import re
from collections.abc import Iterator, Sequence

from interp_core.audit.finding import ERROR, Overclaim
from interp_core.audit.known import baseline_means, known, raw_means, treatment_means
from interp_core.audit.lexicon import Hit
from interp_core.audit.rules.common import Text, at_hit, covering, licensed_for, words
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
_PASSIVE = re.compile(r"\b(?:was|were|is|are|be|then)\s+\Z")  # "the result was compared with the other"
_BACK = 4  # sentences
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
_BY_HOW_MUCH = re.compile(
    r"\b(?:\w+ times|twice|half|double|triple) (?:as|the) \w+(?: \w+)? (?:as|of)\b"
    r"|\bby (?:about |roughly |some |more than |nearly |almost |over )?(?:an? )?(?:half|thirds?|quarters?"
    r"|orders? of magnitude|factor of \w+|wide margin|large margin)\b|\borders? of magnitude\b"
    r"|\b(?:considerably|markedly|substantially|vastly|far|dramatically|noticeably|appreciably|much)\s"
    r"(?:more|less|fewer|better|worse|[a-z]{2,}er)\b(?! and)",
    re.IGNORECASE,
)
_PAST_MARGIN = re.compile(
    r"surpass|exceed|above|below|beyond|well\b|far\b|clear|comfort|more than|greater|larger", re.IGNORECASE
)
_AGAINST = re.compile(
    r"\b(?:against|versus|vs\.?|up from|down from|compared (?:with|to))\s+(?:only\s+|about\s+|just\s+)?[.\d]"
)
_ASIDE = 40
BOTH_NUMBERS = "Give both numbers and link them, or leave the comparison out."
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
            yield at_hit(
                statement,
                "R8",
                hit,
                f"“{words(statement, hit)}” compares, and the baseline's number is not there; a reader cannot "
                f"tell what it rose or fell from.",
                with_baseline(statement, text),
                severity=ERROR,
            )


def with_baseline(statement: Statement, _: Text) -> str:
    """What to write instead of a bare comparative."""
    if not _owed(statement):
        return BOTH_NUMBERS
    return f"Add it: the baseline is at {min(_owed(statement)):.2f}. For instance, {licensed_for(statement)}"


def may_owe_a_baseline(statement: Statement, text: Text) -> bool:
    """Whether a baseline's number is missing from the paragraph of a sentence about a claim."""
    owned = statement.of("R6.owned", asserted=False) and not all(one.supported for one in statement.findings)
    if owned:
        return False
    if statement.linked:
        return not _gives_baseline(statement, text)
    numbers = [q for one in text.paragraph(statement) for q in one.quantities]
    return not (statement.ties or len(numbers) > 1 or any(one.linked for one in text.paragraph(statement)))


def _is_idiom(statement: Statement, hit: Hit) -> bool:
    """ "More often than not", "from the smallest to the largest", "no more than"."""
    before = statement.text[: hit.start]
    done = _PASSIVE.search(before) and words(statement, hit).startswith("compared") and not statement.quantities
    return bool(done or _IDIOM.match(statement.text, hit.start) or _SPAN.search(before) or _NO_BEFORE.search(before))


def _unlinked_comparatives(statement: Statement, text: Text) -> Iterator[Overclaim]:
    """A boast about what is the authors' own, or a comparison beside a sentence that gives the one number alone."""
    boasts = statement.of("R8.boast") if statement.of("voice.ours", asserted=False) else []
    owed = statement.of("R8.own")
    near = text.paragraph(statement)
    cited = next((one for one in near if one.linked and _is_next(one, statement)), None)
    cited = cited or (_cited_before(statement, text) if owed and statement.of("R20.baseline", asserted=False) else None)
    if not (cited and _owed(cited) and not _gives_baseline(cited, text)):
        figures = len(statement.quantities) > 1 or any(
            q.unit or not q.whole or q.part in ("count", "of") for one in near for q in one.quantities
        )
        owed = [] if figures or statement.ties else boasts or _measured(statement, near)
    for hit in owed[:1]:
        yield at_hit(
            statement,
            "R8",
            hit,
            f"“{words(statement, hit)}” compares, and the number that it compares with is not there.",
            BOTH_NUMBERS,
            severity=ERROR,
        )


def _measured(statement: Statement, near: Sequence[Statement]) -> list[Hit]:
    """Words for how much more it is, which somebody must have measured: "three times as fast", "considerably more"."""
    if "related" in statement.sections or sum(len(one.quantities) for one in near) > 1:
        return []
    found = (Hit("R8.comparative", *match.span()) for match in _BY_HOW_MUCH.finditer(statement.text))
    return [hit for hit in found if statement.voice.asserted(hit.start, hit.end)]


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
    return [covering(with_it or hits[:1])]


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
