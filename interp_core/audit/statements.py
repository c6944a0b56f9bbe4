"""Sentences with what they are tied to: claims by link or by content, their section, and the phrases found in them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from interp_core.audit.lexicon import Hit, Lexicon, by_idea
from interp_core.audit.links import Link, find_links
from interp_core.audit.quantities import Quantity, quantities
from interp_core.audit.sentences import sentences
from interp_core.audit.study import Finding, Study, stems
from interp_core.audit.tables import labelled
from interp_core.audit.voice import Voice
from interp_core.audit.writeup import Block, Writeup

_AROUND = 1_000  # characters of the paragraph that may name the model
_TABLE = ("row", "header")
_HEADS = ("results", "related", "future", "R17")
_COMPARED = re.compile(r"\b(?:than|where|as)\s[^,;]{0,40}\Z")  # "further than a tale would" hedges nothing
_TURN = re.compile(r",\s+(?:but|yet|still)\s")  # "one may wonder, but the claim held"
_BELOW = re.compile(r"\W*(?:Table|Tab\.|Caption)\b")
_SHARE, _WORDS = 0.75, 4  # of a claim's content words, and how many at least, for a sentence to be about it


@dataclass(frozen=True)
class Tie:
    """A claim that a sentence speaks of; `link` is None where only its content says so."""

    claim: str
    model: str | None
    link: Link | None


@dataclass(frozen=True, eq=False)
class Statement:
    """One sentence, heading or table row of the write-up."""

    writeup: Writeup = field(repr=False)
    study: Study = field(repr=False)
    block: Block
    number: int  # of the block
    start: int
    end: int
    ties: tuple[Tie, ...]
    sections: frozenset[str]
    lexicon: Lexicon = field(repr=False)
    header: str = ""  # of the table that it is a row of

    @cached_property
    def hits(self) -> Sequence[Hit]:
        """Every phrase of the lexicon in it."""
        return self.lexicon.find(self.text)

    @property
    def text(self) -> str:
        """The sentence, markup blanked; links and code are spaces."""
        return self.writeup.prose[self.start : self.end]

    @property
    def linked(self) -> bool:
        """Whether the author tied it to a claim."""
        return any(tie.link for tie in self.ties)

    @property
    def tabular(self) -> bool:
        """Whether it is a row of a table."""
        return self.block.kind in _TABLE

    @property
    def own(self) -> bool:
        """Whether it can be the authors' statement at all."""
        return self.block.kind != "quote" and not ("related" in self.sections and not self.linked)

    @cached_property
    def voice(self) -> Voice:
        """Who says it, and how firmly."""
        return Voice(self.text, self.hits, self.linked)

    @cached_property
    def quantities(self) -> list[Quantity]:
        """Its numbers, with offsets into the write-up."""
        found = quantities(self.text, self.start)
        return labelled(found, self.text, self.start, self.header) if self.header and found else found

    @cached_property
    def injected(self) -> frozenset[str]:
        """The fields that injections print in it."""
        return frozenset(tie.link.field for tie in self.ties if tie.link and tie.link.kind == "injection")

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """The findings that it may mean: of its claims, on the models that it names, or on all."""
        found = (f for tie in self.ties for f in self._meant(tie))
        return tuple(dict.fromkeys(found))

    @cached_property
    def models(self) -> list[str]:
        """The tested models that it names; its paragraph's where it names none."""
        source = self.writeup.text
        own = self.study.mentioned_models(source[self.start : self.end])
        begin, end = max(self.block.start, self.start - _AROUND), min(self.block.end, self.end + _AROUND)
        return own or self.study.mentioned_models(source[begin:end])

    def _meant(self, tie: Tie) -> Sequence[Finding]:
        rows = self.study.of(tie.claim, tie.model)
        if tie.model is not None:
            return rows
        return [row for row in rows if row.model in self.models] or rows

    def of(self, idea: str, *, asserted: bool = True) -> list[Hit]:
        """The phrases of one idea, by default those that the authors assert; offsets into the sentence."""
        found = self._by_idea.get(idea, [])
        return [hit for hit in found if self.voice.asserted(hit.start, hit.end)] if asserted else list(found)

    @cached_property
    def _by_idea(self) -> dict[str, list[Hit]]:
        return by_idea(self.hits)

    @cached_property
    def offered(self) -> bool:
        """Whether a hedge stands in it; "consistent with our hypothesis" takes credit and hedges nothing."""
        turn = max((match.end() for match in _TURN.finditer(self.text)), default=0)
        hedges = [
            hit for hit in self.voice.hedges if hit.start >= turn and not _COMPARED.search(self.text[: hit.start])
        ]
        return bool(hedges) and not self.of("R7.predicted", asserted=False)

    def span(self, hit: Hit) -> tuple[int, int]:
        """Where a phrase of it stands in the write-up."""
        return self.start + hit.start, self.start + hit.end


def statements(writeup: Writeup, study: Study, lexicon: Lexicon) -> list[Statement]:
    """Every sentence, heading and table row, in order."""
    return list(_Reader(writeup, study, lexicon).read())


class _Reader:
    def __init__(self, writeup: Writeup, study: Study, lexicon: Lexicon) -> None:
        self.writeup, self.study, self.lexicon = writeup, study, lexicon
        self.links = find_links(writeup.linked)
        self.next_link = 0
        self.heads: list[tuple[int, frozenset[str]]] = []
        self.pending: list[Link] = []
        self.table: list[Link] = []
        self.header = ""
        self.about = _by_stem(study)
        self.below = self._captions_below()

    def read(self) -> Iterator[Statement]:
        for number, block in enumerate(self.writeup.blocks):
            if block.kind == "heading":
                self._enter(block)
            if block.kind != "row":
                self.header = self.writeup.prose[block.start : block.end] if block.kind == "header" else ""
            spans = list(sentences(self.writeup.prose, block.start, block.end)) if block.kind not in _TABLE else []
            if block.kind in _TABLE and self.writeup.prose[block.start : block.end].strip(" |:-\n&\\"):
                spans = [(block.start, block.end)]
            yield from self._statements(number, block, spans)

    def _statements(self, number: int, block: Block, spans: list[tuple[int, int]]) -> Iterator[Statement]:
        links = self._links_until(block.end)
        if spans or not self._is_below_caption(number):
            self.table = self._table_links(block, links)
        if block.kind in _TABLE and not (self.table or links):
            self.table = self.below.get(number, [])
        if not spans:
            self.pending += [link for link in links if link.kind == "comment"]
            return
        whole, self.pending = [*self.pending, *(self.table if block.kind in _TABLE else [])], []
        taken = 0
        for place, (start, end) in enumerate(spans):
            until = spans[place + 1][0] if place + 1 < len(spans) else block.end + 1
            first = taken
            while taken < len(links) and links[taken].start < until:
                taken += 1
            yield self._statement(number, block, start, end, [*whole, *links[first:taken]])

    def _statement(self, number: int, block: Block, start: int, end: int, links: list[Link]) -> Statement:
        ties = tuple(dict.fromkeys(Tie(link.claim, link.model, link) for link in links))
        text = self.writeup.prose[start:end]
        if not ties and block.kind not in _TABLE:
            ties = self._suggested(text)
        return Statement(
            self.writeup, self.study, block, number, start, end, ties, self._sections(), self.lexicon, self.header
        )

    def _links_until(self, end: int) -> list[Link]:
        first = self.next_link
        while self.next_link < len(self.links) and self.links[self.next_link].start <= end:
            self.next_link += 1
        return self.links[first : self.next_link]

    def _table_links(self, block: Block, links: list[Link]) -> list[Link]:
        """A link in a table's header, or in the caption above it, ties every row."""
        if block.kind in ("header", "caption"):
            return [*(self.table if block.kind == "header" else []), *links]
        return self.table if block.kind == "row" else []

    def _captions_below(self) -> dict[int, list[Link]]:
        """Of each block of a table the links of "Table 4. Mean compliance [@claim:ID]." after the last row."""
        found: dict[int, list[Link]] = {}
        links: list[Link] = []
        for number, block in reversed(list(enumerate(self.writeup.blocks))):
            if block.kind in _TABLE:
                found[number] = links
            else:
                named = _BELOW.match(self.writeup.prose, block.start)
                links = [link for link in self.links if block.start <= link.start < block.end] if named else []
        return found

    def _is_below_caption(self, number: int) -> bool:
        """Whether a block is what LaTeX leaves between a caption and its table: a brace, a label."""
        blocks = self.writeup.blocks
        return number > 0 and blocks[number].kind == "paragraph" and blocks[number - 1].kind == "caption"

    def _enter(self, block: Block) -> None:
        title = self.writeup.prose[block.start : block.end]
        kinds = {hit.idea.partition(".")[0] for hit in self.lexicon.find(title) if hit.idea.endswith(".heading")}
        self.heads = [head for head in self.heads if head[0] < block.level]
        self.heads.append((block.level, frozenset(kinds & set(_HEADS))))

    def _sections(self) -> frozenset[str]:
        return frozenset(kind for _, kinds in self.heads for kind in kinds)

    def _suggested(self, text: str) -> tuple[Tie, ...]:
        """The claim that an unlinked sentence is plainly about, by the share of the claim's words that it holds."""
        found = stems(text)
        shared: dict[str, int] = {}
        for one in found:
            for claim in self.about.get(one, ()):
                shared[claim] = shared.get(claim, 0) + 1
        sized = [
            (count / len(self.study.words[claim]), claim)
            for claim, count in shared.items()
            if self._enough(claim, count)
        ]
        share, claim = max(sized, default=(0.0, ""))
        return (Tie(claim, None, None),) if share >= _SHARE else ()

    def _enough(self, claim: str, count: int) -> bool:
        return count >= _WORDS or (count == _WORDS - 1 and count == len(self.study.words[claim]))


def _by_stem(study: Study) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for claim, words in study.words.items():
        for word in words:
            found.setdefault(word, []).append(claim)
    return found
