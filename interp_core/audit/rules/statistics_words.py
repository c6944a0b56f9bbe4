"""R8, R10, R11, R12, R15 and R20: statistics in words, examples, unlinked numbers and unequal effort."""

import re
from collections.abc import Iterator

from interp_core.audit.finding import ERROR, WARNING, Overclaim
from interp_core.audit.known import baseline_means, treatment_means
from interp_core.audit.lexicon import Hit
from interp_core.audit.quantities import Quantity
from interp_core.audit.rules.common import Text, at, at_hit, licensed_for, words
from interp_core.audit.rules.values import is_result
from interp_core.audit.statements import Statement

_CONFIGURATIONS = re.compile(
    r"\b(\d{1,6}|one|two|three|four|five|six|ten|twelve|twenty|a single|dozens of"
    r"|hundreds of)\s+(?:[a-z-]+\s+){0,2}?(?:configurations?|settings|layers?|coefficients?|positions?|seeds?"
    r"|hyperparameters?|runs?|trials?|prompts?|attempts?|combinations|tries|hours|variants)\b",
    re.IGNORECASE,
)
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
_GAP = 120  # characters between two sentences, their links included
_BASELINE = re.compile(r"\bbaselines?\b|\bcompetitors?\b|\bcontrols?\b|\brandom directions?\b", re.IGNORECASE)


def bare_comparatives(statement: Statement, text: Text) -> Iterator[Overclaim]:
    """R8 for one sentence."""
    if not statement.own or not statement.linked or statement.tabular or _gives_baseline(statement, text):
        return
    for hit in statement.of("R8.comparative")[:1]:
        if _compares(statement, hit):
            means = sorted(set(baseline_means(statement.findings)))
            yield at_hit(
                statement,
                "R8",
                hit,
                f"“{words(statement, hit)}” compares, and the baseline's number is not there; a reader cannot "
                f"tell what it rose or fell from.",
                f"Add it: the baseline is at {means[0]:.2f}. For instance, {licensed_for(statement)}",
                severity=ERROR,
            )


def _compares(statement: Statement, hit: Hit) -> bool:
    """ "rises to" compares where the number that follows is the treatment's."""
    means = treatment_means(statement.findings)
    if not words(statement, hit).endswith(" to") or words(statement, hit).startswith(("compared", "relative")):
        return bool(baseline_means(statement.findings))
    after = [q for q in statement.quantities if q.start >= statement.start + hit.end]
    return bool(after) and any(after[0].holds(mean) for mean in means)


def _gives_baseline(statement: Statement, text: Text) -> bool:
    means = baseline_means(statement.findings)
    if not means or statement.injected & {"baseline_mean", "means", "interval", "sentence"}:
        return True
    near = text.paragraph(statement)
    counts = [q.value for one in near for q in one.quantities if q.part == "count"]
    rates = any(
        q.holds(mean) for one in near for q in one.quantities for mean in means if q.part not in ("of", "count")
    )
    in_words = any(abs(value - mean) < 0.05 for value in _fractions(statement) for mean in means)
    return rates or in_words or _as_count(counts, statement) or _has_interval(statement)


def _fractions(statement: Statement) -> list[float]:
    """Shares in words: "a quarter", "one in four"."""
    return [value for words_of, value in _FRACTIONS.items() if words_of in statement.text.lower()]


def _as_count(counts: list[float], statement: Statement) -> bool:
    arms = [a for f in statement.findings for e in f.predictions for a in e.get("arms", ()) if a["role"] == "baseline"]
    return any(arm["mean"] is not None and round(arm["mean"] * arm["n"]) in counts for arm in arms)


def _has_interval(statement: Statement) -> bool:
    """Effect and interval: the difference is all there, and the baseline with it."""
    return any(q.part == "low" for q in statement.quantities)


def bare_significance(statement: Statement, text: Text) -> Iterator[Overclaim]:
    """R10 for one sentence."""
    if not statement.own:
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
    for hit in statement.of("R11.marginal", asserted=False)[:1]:
        voice = statement.voice
        other = (
            voice.question or voice.quoted(hit.start, hit.end) or voice.others(hit.start) or voice.negated(hit.start)
        )
        if not other and not any(a < hit.end and hit.start < b for a, b in harmless):
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


def chosen_examples(statement: Statement, text: Text) -> Iterator[Overclaim]:
    """R12 for one sentence: examples without the draw that they come from."""
    if not statement.own or statement.block.kind == "heading":
        return
    hits = statement.of("R12.example", asserted=False)[:1]
    if not hits or any(one.of("R12.drawn", asserted=False) for one in text.paragraph(statement)):
        return
    for hit in hits:
        voice = statement.voice
        if not (voice.question or voice.negated(hit.start) or voice.others(hit.start) or voice.opened(hit.start)):
            yield at_hit(
                statement,
                "R12",
                hit,
                f"“{words(statement, hit)}” shows outputs, and the text does not say how they were chosen.",
                "Show the report's seeded draw and say so: “drawn at random, seed …; the report holds the whole draw”.",
                severity=ERROR,
            )


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
    return quantity.part == "count" or (is_result(statement, quantity) and quantity.part not in ("of", "confidence"))


def _holder(value: float, text: Text) -> str:
    rows = (f for f in text.study.findings if f.row.get("effect") is not None)
    return next((f.claim for f in rows if abs(abs(f.row["effect"]) - abs(value)) < 0.006), "")


def unequal_effort(statement: Statement, _: Text) -> Iterator[Overclaim]:
    """R20 for one sentence."""
    if not statement.own or "R17" in statement.sections or statement.block.kind == "heading":
        return
    if statement.of("R20.equal", asserted=False):
        return
    poor = [hit for hit in statement.of("R20.poor", asserted=False) if not statement.voice.question]
    poor = [hit for hit in poor if not _denied_effort(statement, hit)]
    counts = _unequal_counts(statement)
    if poor or counts:
        hit = poor[0] if poor else counts
        assert hit is not None
        yield at_hit(
            statement,
            "R20",
            hit,
            "The baseline was given less work than the method, so the comparison favours the method.",
            "Give both the same search, or report the method's result at the baseline's effort, and say how "
            "many configurations each was given.",
            severity=ERROR if statement.linked else WARNING,
        )


def _denied_effort(statement: Statement, hit: Hit) -> bool:
    voice = statement.voice
    return voice.others(hit.start) or voice.opened(hit.start)


def _unequal_counts(statement: Statement) -> Hit | None:
    """ "24 configurations for ours, 3 for the baseline"."""
    base = _BASELINE.search(statement.text)
    counts = {match[1].lower(): match for match in _CONFIGURATIONS.finditer(statement.text)}
    if base and len(counts) > 1 and statement.of("R20.method", asserted=False):
        return Hit("R20.poor", base.start(), base.end())
    return None
