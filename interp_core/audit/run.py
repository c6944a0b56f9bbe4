"""The audit: every rule over every sentence, then over the whole text, less what its author asked to ignore."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from interp_core.audit.finding import NOTE, SEVERITIES, WARNING, Overclaim
from interp_core.audit.ladder import BOTH_WAYS, GRADES
from interp_core.audit.lexicon import Lexicon
from interp_core.audit.likeness import Likeness, read_likeness
from interp_core.audit.links import Ignore, find_ignores
from interp_core.audit.rules import (
    alike,
    coherence,
    comparatives,
    counts,
    effort,
    examples,
    statistics_words,
    strength,
    values,
    verdicts,
    whole_text,
)
from interp_core.audit.rules.common import Text
from interp_core.audit.statements import Statement, statements
from interp_core.audit.study import Study
from interp_core.audit.writeup import Block, Writeup

_BY_SENTENCE: tuple[Callable[[Statement, Text], Iterable[Overclaim]], ...] = (
    lambda statement, _: values.wrong_values(statement),
    lambda statement, _: coherence.incoherent(statement),
    counts.impossible,
    strength.too_strong,
    strength.too_wide,
    strength.ungrounded,
    verdicts.bad_citations,
    verdicts.unregistered_predictions,
    verdicts.claimed_absences,
    comparatives.bare_comparatives,
    statistics_words.bare_significance,
    statistics_words.near_misses,
    examples.chosen_examples,
    statistics_words.unlinked_numbers,
    effort.unequal_effort,
)
_BY_TEXT: tuple[Callable[[Text], Iterable[Overclaim]], ...] = (
    whole_text.unmentioned,
    whole_text.silent_on_tries,
    whole_text.without_limits,
    whole_text.costless_ablation,
    whole_text.faultless_judge,
)
_BEYOND = tuple(f"needs {grade}" for grade in GRADES[BOTH_WAYS:])  # too strong whatever became of the claim
_REMARK = "claims: ignore"


@dataclass(frozen=True)
class Audit:
    """What the audit of one write-up found.

    Attributes
    ----------
    writeup, study : what was held against what.
    findings : in the order of the text.
    ignored : findings that the author asked to ignore, with the reason given.
    statements : every sentence that was read.
    """

    writeup: Writeup
    study: Study
    findings: tuple[Overclaim, ...]
    ignored: tuple[Overclaim, ...]
    statements: Sequence[Statement]

    @property
    def tied(self) -> list[Statement]:
        """The statements that their author tied to claims."""
        return [statement for statement in self.statements if statement.linked]

    def at_least(self, severity: str) -> list[Overclaim]:
        """The findings of a severity or a worse one."""
        worst = SEVERITIES[: SEVERITIES.index(severity) + 1]
        return [finding for finding in self.findings if finding.severity in worst]


def audit(
    writeup: Writeup, study: Study, lexicon: Lexicon, *, likeness: Likeness | None = None, passage: bool = False
) -> Audit:
    """Hold a write-up against a study.

    `likeness` are other weights than those of this package. `passage` leaves out the rules about whole texts (R13, R14,
    R17, R18, R19), for a paragraph that is part of one.
    """
    read = statements(writeup, study, lexicon)
    text = Text(writeup, study, lexicon, read)
    told = [[finding for rule in _BY_SENTENCE for finding in rule(statement, text)] for statement in read]
    by_sentence = map(_settled, alike.weighed(text, likeness or read_likeness(), told))
    found = [*_troubles(writeup), *(finding for settled in by_sentence for finding in settled)]
    found += [] if passage else [finding for rule in _BY_TEXT for finding in rule(text)]
    kept, ignored = _sifted(found, find_ignores(writeup.linked), writeup)
    order = sorted(kept, key=lambda f: (f.start, f.number, f.end))
    return Audit(writeup, study, tuple(dict.fromkeys(order)), tuple(ignored), read)


def _settled(found: Sequence[Overclaim]) -> list[Overclaim]:
    """What is found in one sentence, one finding for one mistake: the more particular rule speaks."""
    return [finding for finding in found if not any(_yields(finding, other) for other in found)]


def _yields(finding: Overclaim, other: Overclaim) -> bool:
    """Whether a finding says less than another about one mistake."""
    if finding.rule == "R6":
        same = other.rule in ("R9", "R11", "R12", "R20") and finding.claim in ("", other.claim)
        return same and "is stale:" not in finding.message
    if finding.rule == "R4":
        beyond = any(grade in finding.message for grade in _BEYOND)
        return other.rule == "R6" and other.severity != NOTE and not beyond
    return finding.rule in ("R8", "R10") and other.rule == "R11"


def _troubles(writeup: Writeup) -> Iterator[Overclaim]:
    for trouble in writeup.troubles:
        yield Overclaim("text", WARNING, trouble.start, trouble.end, trouble.message, "", trouble.instead)


def _sifted(
    found: Iterable[Overclaim], marks: Sequence[Ignore], writeup: Writeup
) -> tuple[list[Overclaim], list[Overclaim]]:
    """Findings that stand, with one for each mark without a reason, and findings that a mark silences."""
    kept: list[Overclaim] = [_unreasoned(mark) for mark in marks if not (mark.reason and mark.rules)]
    reach = [(mark, _reach(mark, writeup)) for mark in marks if mark.reason and mark.rules]
    ignored: list[Overclaim] = []
    for finding in found:
        mark = next((m for m, (start, end) in reach if finding.rule in m.rules and start <= finding.start <= end), None)
        if mark is None:
            kept.append(finding)
        else:
            ignored.append(replace(finding, reason=mark.reason))
    return kept, ignored


def _unreasoned(mark: Ignore) -> Overclaim:
    what = "no reason" if mark.rules else "no rule"
    return Overclaim(
        "ignore", WARNING, mark.start, mark.end, f"This mark gives {what}, so it silences nothing.", "",
        f'Write {_REMARK} R5 reason="why the rule does not apply here".',
    )  # fmt: skip


def _reach(mark: Ignore, writeup: Writeup) -> tuple[int, int]:
    """The block that holds a mark; for one on a line of its own, the next block; above the title, the whole text."""
    spoken = [block for block in writeup.blocks if writeup.prose[block.start : block.end].strip()]
    holds = [block for block in spoken if block.start <= mark.start < block.end]
    if holds:
        return holds[-1].start, holds[-1].end
    if spoken and spoken[0].kind == "heading" and mark.end <= spoken[0].start:
        return mark.start, len(writeup.text)
    return mark.start, _block_after(mark, spoken)


def _block_after(mark: Ignore, spoken: Sequence[Block]) -> int:
    place = bisect_right([block.start for block in spoken], mark.end - 1)
    return spoken[place].end if place < len(spoken) else mark.end
