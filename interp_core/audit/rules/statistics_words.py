"""R8, R10, R11, R12 and R15: statistics in words, examples and unlinked numbers."""

import re
from collections.abc import Iterator

from interp_core.audit.finding import ERROR, WARNING, Overclaim
from interp_core.audit.known import baseline_means, raw_means, treatment_means
from interp_core.audit.lexicon import Hit
from interp_core.audit.quantities import Quantity
from interp_core.audit.rules.common import Text, at, at_hit, licensed_for, words
from interp_core.audit.rules.values import is_result
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
    r"\b(?:answers?|answered|says?|said|replies|replied|writes|wrote|responds|responded|opens|begins|starts)\b"
    r"(?:\s+(?:with|that|by saying))?\s*[,:]?\s*(?:“|\"|``|«)"
)
_EACH = re.compile(r"\s+(?:each|apiece|(?:per|for each|from each|in all|in total|out of|in (?:\w+|\d+))\b)")
_IN_N = re.compile(r"\s+(?:in|out of)\s+\d{1,3}\s+(?:[a-z-]+\s+){0,2}?[a-z]+s\b")
_MEAN = re.compile(r"\b(?:mean|average|median|total)\b[^.;]{0,30}\b(?:of|was|is|at)\s+\Z")
_BEFORE = 60
_GAP = 120  # characters between two sentences, their links included


def bare_comparatives(statement: Statement, text: Text) -> Iterator[Overclaim]:
    """R8 for one sentence."""
    if not statement.own or not statement.linked or statement.tabular or _gives_baseline(statement, text):
        return
    if statement.of("R6.owned", asserted=False) and not all(f.supported for f in statement.findings):
        return  # it restates a claim that did not hold
    for hit in statement.of("R8.comparative")[:1]:
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


def _compares(statement: Statement, hit: Hit) -> bool:
    """ "rises to" compares where the number that follows is the treatment's."""
    means = treatment_means(statement.findings)
    if not words(statement, hit).endswith(" to") or words(statement, hit).startswith(("compared", "relative")):
        return bool(_owed(statement))
    after = [q for q in statement.quantities if q.start >= statement.start + hit.end]
    return bool(after) and any(after[0].holds(mean) for mean in means)


def _gives_baseline(statement: Statement, text: Text) -> bool:
    means = _owed(statement)
    if not means or statement.injected & {"baseline_mean", "means", "interval", "sentence"}:
        return True
    near = text.paragraph(statement)
    counts = [q.value for one in near for q in one.quantities if q.part == "count"]
    rates = any(
        q.holds(mean) for one in near for q in one.quantities for mean in means if q.part not in ("of", "count")
    )
    in_words = any(abs(value - mean) < 0.05 for value in _fractions(statement) for mean in means)
    return rates or in_words or _as_count(counts, statement) or _has_interval(statement)


def _owed(statement: Statement) -> list[float]:
    """The baselines' means; of a share of the gap, which carries its baseline, only where the raw mean is printed."""
    raw = [
        arms["baseline"]
        for arms in raw_means(statement.findings)
        if any(q.holds(arms["treatment"]) for q in statement.quantities)
    ]
    return baseline_means(statement.findings) or raw


def _fractions(statement: Statement) -> list[float]:
    """Shares in words: "a quarter", "one in four"."""
    return [value for words_of, value in _FRACTIONS.items() if words_of in statement.text.lower()]


def _as_count(counts: list[float], statement: Statement) -> bool:
    arms = [a for f in statement.findings for e in f.predictions for a in e.get("arms", ()) if a["role"] == "baseline"]
    return any(arm["mean"] is not None and round(arm["mean"] * arm["n"]) in counts for arm in arms)


def _has_interval(statement: Statement) -> bool:
    """Effect and interval: the difference is all there, and the baseline with it."""
    effects = [f.row["effect"] for f in statement.findings if f.row.get("effect") is not None]
    given = any(q.holds(effect) for q in statement.quantities for effect in effects)
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
    hits = (statement.of("R12.example", asserted=False) or _quoted_answers(statement))[:1]
    if not hits or any(one.of("R12.drawn", asserted=False) for one in text.paragraph(statement)):
        return
    for hit in hits:
        voice = statement.voice
        if not (
            _EACH.match(statement.text, hit.end)
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


def _quoted_answers(statement: Statement) -> list[Hit]:
    """ "It says “Chapter one”": what the model said, in a sentence about a claim."""
    said = _SAYS.search(statement.text) if statement.linked else None
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
    counted = quantity.part == "count" or (quantity.whole and (_IN_N.match(text, quantity.end) or _MEAN.search(before)))
    return bool(counted) or (is_result(statement, quantity) and quantity.part not in ("of", "confidence"))


def _holder(value: float, text: Text) -> str:
    rows = (f for f in text.study.findings if f.row.get("effect") is not None)
    return next((f.claim for f in rows if abs(abs(f.row["effect"]) - abs(value)) < 0.006), "")
