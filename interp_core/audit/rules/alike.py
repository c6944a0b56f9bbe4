"""Sentences that read like a rule's mistake, where no phrase tells it and the evidence leaves room for it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from typing import NamedTuple

from interp_core.audit.finding import NOTE, WARNING, Overclaim
from interp_core.audit.ladder import GRADES, NOT_FROM_ONE_TEST
from interp_core.audit.lexicon import Lexicon
from interp_core.audit.likeness import Likeness, features
from interp_core.audit.rules import comparatives, effort, examples, strength, verdicts
from interp_core.audit.rules.common import Text, at, licensed_for
from interp_core.audit.statements import Statement

_LIKELY, _UNLIKELY = 0.35, 0.02  # of a sentence marked as often as not; python -m tests.audit.learn --by-hand
_MOST = 3  # words quoted
_SPEAK_FOR = {  # findings by phrase or verdict that leave no more to say
    "R4": {"R6", "R16"},
    "R6": {f"R{n}" for n in range(1, 21)},
    "R7": {"R6"},
    "R9": {"R6"},
    "R12": {"R6"},
    "R20": {"R6"},
}
_ASSERTED = ("R4", "R5")  # what may be denied; the absence of R9 is itself a denial
_SAID = ("R4", "R5", "R9")
_REFUSES_TO_SAY = re.compile(
    r"\b(?:not|cannot|never|nothing|no|nor|hardly|without)\b[^.;:]{0,40}\b(?:says?|saying|said|claim\w*|conclud\w+|show(?:s|n|ing)?|means?|read"
    r"|tak(?:e|en|ing)|impl(?:y|ies|ied)|evidence|establish\w*|infer\w*|grounds?|proof|proves?|proven|suggest\w*|amount)\b|n't\s+(?:\w+\s+)?"
    r"(?:say|claim|conclude|show|mean|read|take|imply|establish|infer|prove|suggest)\b",
    re.IGNORECASE,
)


class _Mistake(NamedTuple):
    """Whether the evidence leaves room for it, what it is, and what to write instead."""

    asked: Callable[[Statement, Text], bool]
    named: str
    instead: Callable[[Statement, Text], str]


ASKED: Mapping[str, _Mistake] = {
    "R4": _Mistake(strength.may_be_too_strong, "say more than their evidence allows", strength.weaker),
    "R5": _Mistake(strength.may_be_too_wide, "reach further than what was tested", strength.narrower),
    "R6": _Mistake(
        verdicts.may_cite_badly, "state as a finding what did not hold", lambda one, _: f"Write {licensed_for(one)}"
    ),
    "R7": _Mistake(verdicts.may_claim_a_prediction, "take credit for a prediction", verdicts.unclaimed),
    "R8": _Mistake(comparatives.may_owe_a_baseline, "compare without their baseline", comparatives.with_baseline),
    "R9": _Mistake(verdicts.may_claim_an_absence, "claim that there is no effect", verdicts.undecided),
    "R12": _Mistake(examples.may_be_chosen, "show outputs that somebody chose", lambda *_: examples.DRAW),
    "R20": _Mistake(effort.may_be_unequal, "tell of less work on the baseline", lambda *_: effort.SAME_WORK),
}
_WHATEVER_THE_VOICE = ("R7", "R12", "R20")  # "we may have tuned the baseline less" tells of it all the same


def asked(statement: Statement, text: Text) -> list[str]:
    """The rules whose mistake a sentence could make, going by whose it is and by the evidence that it is tied to."""
    if not statement.own or statement.tabular or statement.block.kind == "heading" or statement.voice.question:
        return []
    if statement.offered or statement.voice.opened(len(statement.text)):
        return [rule for rule in _WHATEVER_THE_VOICE if ASKED[rule].asked(statement, text)]
    return [rule for rule, mistake in ASKED.items() if mistake.asked(statement, text)]


def read(statement: Statement, text: Text) -> frozenset[str]:
    """The features of a sentence among those beside it in its paragraph."""
    return features(statement.text, [one.text for one in text.neighbours(statement)], statement.study)


def weighed(text: Text, likeness: Likeness, told: Sequence[Sequence[Overclaim]]) -> list[list[Overclaim]]:
    """What phrases `told` of each sentence, with what it is likely to be marked for beyond that, which can only warn.

    Of sentences side by side in a paragraph that read like one mistake, the likeliest counts. A warning of a phrase, in
    a sentence that reads like none of its kind, becomes a note, unless the phrase is the user's own; so does a verb
    (R4), unless no test at all would license it.
    """
    scores = {statement: _scored(statement, text, likeness) for statement in text.statements}
    known = {
        statement: {**scores[statement], **{finding.rule: 1.0 for finding in found}}
        for statement, found in zip(text.statements, told, strict=True)
    }
    settled: list[list[Overclaim]] = []
    for statement, found in zip(text.statements, told, strict=True):
        beside = [known[other] for other in text.neighbours(statement)]
        said = {finding.rule for finding in found}
        most = {
            rule: score
            for rule, score in scores[statement].items()
            if rule not in said and all(other.get(rule, 0.0) <= score for other in beside)
        }
        doubted = _doubted(statement, found, scores[statement])
        settled.append([*doubted, *_likely(statement, text, likeness, most, said)])
    return settled


def _scored(statement: Statement, text: Text, likeness: Likeness) -> dict[str, float]:
    """How likely each mistake is that the evidence leaves room for."""
    rules = asked(statement, text)
    scores = likeness.scores(read(statement, text)) if rules else {}
    return {rule: scores[rule] for rule in rules}


def _doubted(statement: Statement, found: Sequence[Overclaim], scores: Mapping[str, float]) -> Iterator[Overclaim]:
    for finding in found:
        weak = finding.severity == WARNING or (
            finding.rule == "R4" and GRADES[NOT_FROM_ONE_TEST] not in finding.message
        )
        unlike = weak and scores.get(finding.rule, 1.0) < _UNLIKELY
        if unlike and not _holds(statement, statement.lexicon.added, finding.rule):
            why = " (A note: it reads like sentences in which such words are no mistake.)"
            yield replace(finding, severity=NOTE, message=finding.message + why)
        else:
            yield finding


def _likely(
    statement: Statement, text: Text, likeness: Likeness, scores: Mapping[str, float], said: Set[str]
) -> Iterator[Overclaim]:
    for rule, score in scores.items():
        if score < _LIKELY or said & _SPEAK_FOR.get(rule, set()):
            continue
        mistake = ASKED[rule]
        tells = likeness.tells(statement.text, rule, statement.study)[:_MOST]
        if _holds(statement, statement.lexicon.removed, rule) or _is_denied(statement, rule, tells):
            continue
        yield at(
            statement,
            rule,
            (statement.start, statement.end),
            f"It reads like sentences that {mistake.named}, most of all by {_quoted(tells)}; no phrase of the lexicon "
            "tells it, so look whether it does.",
            mistake.instead(statement, text),
            severity=WARNING,
        )


def _holds(statement: Statement, phrases: Lexicon | None, rule: str) -> bool:
    """Whether one of a user's own phrases for a rule stands in a sentence."""
    return phrases is not None and any(hit.idea.partition(".")[0] == rule for hit in phrases.find(statement.text))


def _is_denied(statement: Statement, rule: str, tells: Sequence[str]) -> bool:
    """Whether the sentence refuses to say it, or the word that tells most of it is somebody else's, or denied."""
    voice = statement.voice
    if rule in _SAID and _REFUSES_TO_SAY.search(statement.text):
        return True
    places = [place.span() for word in tells[:1] for place in re.finditer(rf"\b{re.escape(word)}\b", statement.text)]
    if rule in _ASSERTED:
        return bool(places) and not any(voice.asserted(*place) for place in places)
    return bool(places) and all(voice.others(start) or voice.quoted(start, end) for start, end in places)


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(f"“{word}”" for word in words) or "its words together"
