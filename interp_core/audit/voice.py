"""Who says it, and how firmly: negation, hedges, questions, plans, quotations, and other people's results.

Cues reach to the end of their clause, as in NegEx (Chapman et al. 2001) and BioScope (Vincze et al. 2008).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from interp_core.audit.lexicon import Hit, by_idea

_CLAUSE = re.compile(
    r"[;:—?]|\s--\s|\s–\s|,?\s(?:but|whereas|while|although|though|yet|however|therefore|hence|thus)\b"
    r"|,\s(?:and|so|which|or|because|since|then)\s|\sand\s(?:we|that)\s"
)
_QUOTED = re.compile(
    r"“[^”\n]{1,600}”|\"[^\"\n]{1,600}\"|``[^'\n]{1,600}''|«[^»\n]{1,600}»|(?<![\w])'[^'\n]{1,60}'(?![\w])"
)
_CITED = re.compile(
    r"\bet al\b|\[@(?!claim:)[^\]\n]{1,200}\]|\\(?:text|paren|no)?cite[a-z]{0,10}\b"
    r"|\(\s*[A-Z][\w\-]+(?:\s(?:and|&)\s[A-Z][\w\-]+)?,?\s\d{4}[a-z]?\s*\)"
    r"|\b[A-Z][\w\-]+(?:\s(?:and|&)\s[A-Z][\w\-]+)?\s\(\d{4}[a-z]?\)|\[\d{1,3}(?:\s?[,–-]\s?\d{1,3}){0,8}\]"
)
_REPORTING = re.compile(
    r"\.?[^.;]{0,30}?\b(?:show|shows|showed|shown|find|finds|found|argue|argues|argued|claim|claims|claimed"
    r"|report|reports|reported|prove|proves|proved|"
    r"demonstrate|demonstrates|demonstrated|conclude|concludes|concluded|suggest|suggests|suggested|propose"
    r"|proposes|proposed|"
    r"call|calls|called|establish|establishes|established|describe|describes|described|observe|observes"
    r"|observed|write|writes|wrote|state|states|stated|say|says|said|use|uses|used|ablate|ablated|conjecture"
    r"|hypothesi[sz]e|assert|asserts|trace|traces|traced|attribute|attributes|attributed|explain|explains"
    r"|explained|note|noted|notes)\b"
)
_SUBJECT = re.compile(
    r"\W*(?P<whether>[Ww]hether)\b[^.;:,]{3,120}?\b(?P<verb>is|are|was|were|depends|hinges|comes down|makes"
    r"|made|has no|had no|does not|did not"
    r"|doesn't|didn't|turned out|proved)\b"
)
_DENIED_SUBJECT = re.compile(
    r"\W*That\b[^.;:]{3,200}?\b(?:is|was|would be) (?:not (?:something|shown|established|known|borne|supported|what)"
    r"|more than|beyond what|undecided|unproven|untested)\b"
)
_LEFT_OPEN = re.compile(
    r"\b(?:is|are|remains?|stays?)\s+(?:still\s+|as yet\s+|yet\s+|so far\s+|therefore\s+)?"
    r"(?:unknown|unclear|unsettled|open\b|not known"
    r"|undetermined|a matter of|for others|to be (?:shown|seen|tested|settled))"
)
_SUBORDINATE = re.compile(  # "since it was not cleared, ..." denies what stands before the comma
    r"\A\W*(?:even\s)?(?:though|although|since|as|because|while|whereas)\b[^,;:]{3,200},\s", re.IGNORECASE
)
_RELATIVE = re.compile(  # "any wrapper that an attacker might think of" hedges nothing
    r"(?:\s+[\w.\-]+){0,3}?\s+(?:(?:that|which|who|whom)\s+(?:(?:an?|the|any)\s+)?\w+|an?\s+\w+|you|one|anyone|we|they|i)\s+\Z"
)
_IN_LINE = re.compile(
    r"Co(?:nsistent|mpatible) with (?:this|these|that|the (?:above|previous))\b[^,]{0,40},"
)  # a beginning
_STRONG = re.compile(r";\s")  # what is asked before it is not asked after it
_AS_ONE = re.compile(r"\bas (?:one|you|we|i|anyone) \Z", re.IGNORECASE)  # "as one would hope"
_ADDS = re.compile(r"would (?:also |only |just )?(?:add|note|stress|say|point out|conclude|argue)\b")
_ASIDES, _ASIDE = ("rather than", "instead of"), 12  # characters
_NOTHING_DENIED = re.compile(r"without\s*[,;.)]", re.IGNORECASE)  # "0.11 with it, 0.25 without"
_AHEAD = 40
_FIRM = ("prov", "establish", "conclusiv", "definitiv")


@dataclass(frozen=True)
class Voice:
    """A sentence's cues; it answers whether the authors assert what stands at a place in it."""

    text: str
    hits: Sequence[Hit]
    linked: bool

    def asserted(self, start: int, end: int) -> bool:
        """Whether the words at ``text[start:end]`` are the authors' own and said without a denial, hedge or proviso."""
        return not (
            self.question
            or self.quoted(start, end)
            or self.opened(start)
            or self.negated(start)
            or self.hedged(start, end)
            or self.others(start)
        )

    @cached_property
    def question(self) -> bool:
        """Whether the sentence asks."""
        return self.text.rstrip("\"”')* ").endswith("?")

    def quoted(self, start: int, end: int) -> bool:
        """Whether the words stand between quotation marks."""
        return any(quote.start() < start and end < quote.end() for quote in _QUOTED.finditer(self.text))

    def opened(self, start: int) -> bool:
        """Whether the words are asked, planned or supposed."""
        after = max((border.end() for border in _STRONG.finditer(self.text, 0, start)), default=0)
        cues = [cue for cue in self._cues("voice.open") if after <= cue.start and not self._is_subject(cue, start)]
        _, stop = self.clause(start)
        left = _LEFT_OPEN.search(self.text, start, stop)
        return any(cue.start < start for cue in cues) or bool(left or _DENIED_SUBJECT.match(self.text, 0))

    def _is_subject(self, cue: Hit, start: int) -> bool:
        """ "Whether it refuses is controlled by ..." asserts what follows its verb."""
        verb = _SUBJECT.match(self.text)
        first = bool(verb and verb.start("verb") <= start and cue.start == verb.start("whether"))
        return first or any(hit.start <= cue.start < hit.end for hit in self._cues("voice.settled"))

    def negated(self, start: int) -> bool:
        """Whether a denial stands before the words in their clause."""
        begin, _ = self.clause(start)
        aside = _SUBORDINATE.match(self.text, begin, start)
        begin = aside.end() if aside else begin
        false = [(cue.start, cue.end) for cue in self._cues("voice.not_negation")]
        return any(
            begin <= cue.start < start
            and not any(a <= cue.start < b for a, b in false)
            and self._reaches(cue, start)
            and not self._closed(cue, start)
            for cue in self._cues("voice.negation")
        ) or bool(re.search(r"n't\b", self.text[begin:start]))

    def _closed(self, cue: Hit, start: int) -> bool:
        """Whether a cue stands in parentheses that close before the words."""
        return self.text.count(")", cue.end, start) > self.text.count("(", cue.end, start)

    def _reaches(self, cue: Hit, start: int) -> bool:
        """ "Rather than the stream" denies its own phrase and not what is said after it."""
        aside = self.text[cue.start : cue.end].lower() in _ASIDES
        bare = _NOTHING_DENIED.match(self.text, cue.start)
        return not bare and (not aside or start - cue.end < _ASIDE)

    def hedged(self, start: int, end: int) -> bool:
        """Whether a hedge stands before the words in their clause, or just after a noun."""
        begin, stop = self.clause(start)
        firm = self.text[start:end].lower().startswith(_FIRM)
        reach = start if firm else min(end + _AHEAD, stop)
        cues = [cue.start for cue in self.hedges if begin <= cue.start < reach and not self._closed(cue, start)]
        return any(not start <= cue < end and not _RELATIVE.match(self.text, end, cue) for cue in cues)

    @cached_property
    def hedges(self) -> list[Hit]:
        """Words that offer what they stand beside; not those of "as one would hope" and "Consistent with this, ..."."""
        return [
            cue
            for cue in self._cues("voice.hedge")
            if not (
                _AS_ONE.search(self.text, 0, cue.start) or any(p.match(self.text, cue.start) for p in (_IN_LINE, _ADDS))
            )
        ]

    def others(self, start: int) -> bool:
        """Whether somebody else is credited with the words."""
        begin, stop = self.clause(start)
        cues = [cue.start for cue in self._cues("voice.others") if not self.text[cue.start :].startswith("et al")]
        ours = [cue.start for cue in self._cues("voice.ours")]
        if any(begin <= cue < start and not any(cue < own < start for own in ours) for cue in cues):
            return True
        return any(self._credited(cite, begin, start, stop, ours) for cite in _CITED.finditer(self.text))

    def _credited(self, cite: re.Match[str], begin: int, start: int, stop: int, ours: Iterable[int]) -> bool:
        at = cite.start()
        if any(at < own < start for own in ours):
            return False
        reporting = _REPORTING.match(self.text, cite.end())
        if at < start and reporting and reporting.end() <= stop + _AHEAD:
            return True
        speaks = any(begin <= own < start for own in ours)
        in_clause = begin <= at < start or start <= at <= stop + 2
        return in_clause and not speaks and not self.linked

    def clause(self, at: int) -> tuple[int, int]:
        """The clause that holds an offset."""
        borders = [0, *(border.end() for border in self._borders if border.end() <= at)]
        after = next((border.start() for border in self._borders if border.start() > at), len(self.text))
        return borders[-1], after

    @cached_property
    def _borders(self) -> list[re.Match[str]]:
        return list(_CLAUSE.finditer(self.text))

    def _cues(self, idea: str) -> list[Hit]:
        return self._by_idea.get(idea, [])

    @cached_property
    def _by_idea(self) -> dict[str, list[Hit]]:
        return by_idea(self.hits)
