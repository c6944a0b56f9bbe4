"""The language rules: lists of phrases by idea, read from ``lexicon.toml`` and from a user's own file."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

from interp_core.audit.phrases import first_words, pattern_of
from interp_core.errors import InterpClaimsError

OWN = Path(__file__).parent / "lexicon.toml"
_WORD = re.compile(r"[A-Za-z]+")
_BEGINNING = 3  # letters of a word with any ending that the index goes by
_KNOWN_KEYS = {"about", "grade", "phrases", "without"}
Tables = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Ideas:
    """The phrases that begin with one word, compiled when a text first holds that word."""

    sources: tuple[tuple[str, str], ...]  # an expression for each idea

    @cached_property
    def together(self) -> re.Pattern[str]:
        """All of them in one, tried first."""
        return re.compile("|".join(source for _, source in self.sources), re.IGNORECASE)

    @cached_property
    def each(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        """One for each idea."""
        return tuple((idea, re.compile(source, re.IGNORECASE)) for idea, source in self.sources)


class Hit(NamedTuple):
    """A phrase found in a text."""

    idea: str
    start: int
    end: int


def by_idea(hits: Iterable[Hit]) -> dict[str, list[Hit]]:
    """The phrases of each idea, in their order."""
    found: dict[str, list[Hit]] = {}
    for hit in hits:
        found.setdefault(hit.idea, []).append(hit)
    return found


@dataclass(frozen=True)
class Lexicon:
    """Phrases by idea ("R4.causal"), ready to be found in text."""

    tables: Mapping[str, tuple[str, ...]]
    by_word: Mapping[str, Ideas]
    by_beginning: Mapping[str, Ideas]
    added: "Lexicon | None" = None  # the phrases of a user's own file alone
    removed: "Lexicon | None" = None  # those that the file takes out

    def find(self, text: str) -> list[Hit]:
        """Every phrase in `text`, in its order; of one idea's phrases that overlap, the first and longest."""
        found: list[Hit] = []
        reached: dict[str, int] = {}
        for hit in self._hits(text):
            if hit.start >= reached.get(hit.idea, -1):
                reached[hit.idea] = hit.end
                found.append(hit)
        return found

    def _hits(self, text: str) -> Iterator[Hit]:
        ascii_only = text.isascii()
        lowered = text.lower() if ascii_only else text  # lower case may change the length of other letters
        by_word, by_beginning = self.by_word, self.by_beginning
        for word in _WORD.finditer(lowered):
            known = word[0] if ascii_only else word[0].lower()
            exact, begun = by_word.get(known), by_beginning.get(known[:_BEGINNING])
            if exact is begun:
                continue  # neither is there
            start = word.start()
            ends: dict[str, int] = {}
            for ideas in (exact, begun):
                if ideas is None or not ideas.together.match(lowered, start):
                    continue
                for idea, pattern in ideas.each:
                    match = pattern.match(lowered, start)
                    if match:
                        ends[idea] = max(match.end(), ends.get(idea, 0))
            for idea, end in ends.items():
                yield Hit(idea, start, end)


def read_lexicon(extra: Path | None = None) -> Lexicon:
    """The lexicon of this package, with the tables of a user's own file added.

    Raises
    ------
    InterpClaimsError : the file cannot be read, is not TOML, or holds a table, key or phrase that means nothing.
    """
    if extra is None:
        return _compiled(_own())
    tables, added, removed = dict(_own()), dict[str, tuple[str, ...]](), dict[str, tuple[str, ...]]()
    for idea, table in _each(_load(extra), extra):
        if idea not in tables:
            raise InterpClaimsError(
                f"{extra}: [{idea}] is no list of the lexicon, so nothing would read it. "
                f"Write one of: {', '.join(tables)}."
            )
        added[idea], removed[idea] = _phrases(table, idea, extra), _phrases(table, idea, extra, "without")
        tables[idea] = tuple(p for p in (*tables[idea], *added[idea]) if p not in removed[idea])
    whole, own, out = (_compiled(tuple(part.items())) for part in (tables, added, removed))
    return replace(whole, added=own, removed=out)


@cache
def _own() -> Tables:
    return tuple((idea, _phrases(table, idea, OWN)) for idea, table in _each(_load(OWN), OWN))


def _load(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InterpClaimsError(
            f"the lexicon {path} cannot be read ({error}). Write TOML tables such as [R5.models] with a list `phrases`."
        ) from None


def _each(loaded: Mapping[str, Any], path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for rule, group in loaded.items():
        for name, table in group.items() if isinstance(group, dict) else [("", None)]:
            if not isinstance(table, dict):
                raise InterpClaimsError(
                    f"{path}: {rule!r} holds no tables, so nothing would read it. Write [{rule}.NAME] and under it "
                    'phrases = ["..."].'
                )
            yield f"{rule}.{name}", table


def _phrases(table: Mapping[str, Any], idea: str, path: Path, key: str = "phrases") -> tuple[str, ...]:
    unknown = sorted(set(table) - _KNOWN_KEYS)
    phrases = table.get(key, [])
    if unknown or not isinstance(phrases, list) or not all(isinstance(p, str) and _WORD.search(p) for p in phrases):
        what = f"the key {unknown[0]!r}" if unknown else f"{key} that are no list of words"
        raise InterpClaimsError(
            f'{path}: [{idea}] holds {what}, which means nothing here. Write {key} = ["mediat*", "the only cause"].'
        )
    for phrase in phrases if path != OWN else ():  # the tests check the package's own
        _check_phrase(phrase, idea, path)
    return tuple(phrases)


def _check_phrase(phrase: str, idea: str, path: Path) -> None:
    try:
        empty = re.match(pattern_of(phrase), "")
    except ValueError as error:
        raise InterpClaimsError(
            f"{path}: [{idea}] the phrase {phrase!r} cannot be read: {error}. Write (a|b) for one of two words, and "
            "[word] for a word that may be missing."
        ) from None
    if empty or not first_words(phrase):
        raise InterpClaimsError(
            f"{path}: [{idea}] the phrase {phrase!r} would match anywhere. Give it a word that must be there."
        )


@cache
def _compiled(tables: Tables) -> Lexicon:
    whole: dict[str, dict[str, set[str]]] = {}
    begun: dict[str, dict[str, set[str]]] = {}
    for idea, phrases in tables:
        for phrase in phrases:
            pattern = pattern_of(phrase)
            for word in first_words(phrase):
                group = begun.setdefault(word[:_BEGINNING], {}) if word.endswith("*") else whole.setdefault(word, {})
                group.setdefault(idea, set()).add(pattern)
    by_word, by_beginning = ({word: _joined(ideas) for word, ideas in part.items()} for part in (whole, begun))
    return Lexicon(dict(tables), by_word, by_beginning)


def _joined(ideas: Mapping[str, Iterable[str]]) -> Ideas:
    """Longer phrases first, so that "has no effect" wins over "has no"."""
    return Ideas(tuple((idea, "|".join(sorted(found, key=lambda p: (-len(p), p)))) for idea, found in ideas.items()))
