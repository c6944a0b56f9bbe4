"""What every rule needs: a finding at a place, with a severity that fits how the sentence is tied."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from interp_core.audit.finding import ERROR, WARNING, Overclaim
from interp_core.audit.lexicon import Hit, Lexicon
from interp_core.audit.statements import Statement
from interp_core.audit.study import Finding, Study
from interp_core.audit.wording import held, licensed
from interp_core.audit.writeup import Writeup

_MOST = 3  # findings quoted as evidence
_NEAR = 12  # sentences to either side
_BEFORE, _AFTER = 3, 2  # sentences in which a citation is looked for


@dataclass(frozen=True)
class Text:
    """The whole write-up as rules see it."""

    writeup: Writeup
    study: Study
    lexicon: Lexicon
    statements: Sequence[Statement]

    @cached_property
    def places(self) -> Mapping[Statement, int]:
        """Where each statement stands among them."""
        return {statement: place for place, statement in enumerate(self.statements)}

    def paragraph(self, statement: Statement) -> list[Statement]:
        """The statements of the same block, of a long one the nearest."""
        place = self.places[statement]
        near = self.statements[max(place - _NEAR, 0) : place + _NEAR + 1]
        return [other for other in near if other.number == statement.number]

    def neighbours(self, statement: Statement) -> list[Statement]:
        """The statements of the same block to either side."""
        place = self.places[statement]
        sides = (*self.statements[max(place - 1, 0) : place], *self.statements[place + 1 : place + 2])
        return [other for other in sides if other.number == statement.number]

    def beside(self, statement: Statement) -> Sequence[Finding]:
        """What the nearest linked sentence of the paragraph cites, where a sentence is tied to nothing itself.

        "This proves that ..." after a cited number speaks of what was cited. Items of one list are one paragraph here.
        """
        if statement.ties or statement.tabular or statement.block.kind == "heading":
            return ()
        place = self.places[statement]
        before = reversed(self.statements[max(place - _BEFORE, 0) : place])
        after = self.statements[place + 1 : place + 1 + _AFTER]
        cited = (one for one in (*before, *after) if one.linked and _together(one, statement))
        return next((one.findings for one in cited), ()) or self._named.get(statement.number, ())

    @cached_property
    def _named(self) -> Mapping[int, Sequence[Finding]]:
        """Of each paragraph that cites nothing, and names models that were tested, the findings on them."""
        cited = {one.number for one in self.statements if one.ties}
        free = {one.number: one.block for one in self.statements if one.number not in cited}
        named = {n: self.study.mentioned_models(self.writeup.text[b.start : b.end]) for n, b in free.items()}
        tested = [finding for finding in self.study.findings if finding.predictions]
        return {n: [finding for finding in tested if finding.model in models] for n, models in named.items() if models}


def _together(one: Statement, other: Statement) -> bool:
    same_list = one.block.kind == other.block.kind == "item" and abs(one.number - other.number) < _BEFORE
    return one.number == other.number or same_list


def at(
    statement: Statement,
    rule: str,
    span: tuple[int, int],
    message: str,
    instead: str,
    *,
    severity: str = ERROR,
    claim: str = "",
) -> Overclaim:
    """A finding in a sentence; where no link ties the sentence, it warns at most and says why it looked there."""
    if not statement.linked and severity == ERROR:
        severity = WARNING
    tie = next((tie for tie in statement.ties), None)
    about = claim or (tie.claim if tie else "")
    if tie and not tie.link:
        message += f" (The sentence has no link; its words match {tie.claim}.)"
    return Overclaim(rule, severity, *span, message, held(statement.findings[:_MOST]), instead, about)


def at_hit(
    statement: Statement, rule: str, hit: Hit, message: str, instead: str, *, severity: str = ERROR
) -> Overclaim:
    """A finding at a phrase."""
    return at(statement, rule, statement.span(hit), message, instead, severity=severity)


def covering(hits: Sequence[Hit]) -> Hit:
    """One phrase from the beginning of the first to the end of the last."""
    return Hit(hits[0].idea, min(hit.start for hit in hits), max(hit.end for hit in hits))


def words(statement: Statement, hit: Hit) -> str:
    """A phrase as the author wrote it, on one line."""
    return " ".join(statement.text[hit.start : hit.end].split())


def licensed_for(statement: Statement) -> str:
    """The sentence that the first of the cited findings licenses, quoted; "" without any."""
    return f"“{licensed(statement.findings[0])}”" if statement.findings else ""
