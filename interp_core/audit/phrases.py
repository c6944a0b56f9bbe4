"""The little language that phrases of the lexicon are written in, and its translation into regular expressions.

``mediat*`` has any ending, ``(a|b)`` is one of them, in ``model(s)`` and ``[statistically] significant`` the part in
brackets may be missing, ``...`` is up to five words. Every repetition is bounded, so that matching takes time linear in
the text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Union

GAP = "..."
_GAP_PATTERN = r"(?:[^\s;]+\s+){0,5}?"  # a gap ends with its clause
_CLOSES = {"(": ")", "[": "]"}
_TOKEN = re.compile(r"\.\.\.|\s+|[()\[\]|*]|[^\s()\[\]|*]")


@dataclass(frozen=True)
class Choice:
    """One of several sequences, or perhaps none."""

    options: tuple["Nodes", ...]
    optional: bool
    whole: bool  # written in square brackets: an optional word, with its space


Node = Union[str, Choice]  # noqa: UP007  # a forward reference cannot stand beside |
Nodes = tuple[Node, ...]


def pattern_of(phrase: str) -> str:
    """A phrase as a regular expression that matches from the first letter of its first word to the end of its last."""
    return _pattern(parse(phrase)) + r"(?!\w)"


def first_words(phrase: str) -> set[str]:
    """Every word that the phrase may begin with, in lower case; one of any ending ends in "*"."""
    found: set[str] = set()
    for element in _elements(parse(phrase)):
        found |= {_letters(start) for start in _starts(element)}
        if not _may_miss(element):
            break
    return {word for word in found if word.strip("*")}


def parse(phrase: str) -> Nodes:
    """The phrase as a tree; raises ValueError where a bracket is left open or closed without having been opened."""
    tokens = _TOKEN.findall(phrase)
    nodes, rest = _sequence(tokens, 0, "")
    if rest < len(tokens):
        raise ValueError(f"{tokens[rest]!r} closes nothing")
    return nodes


def _sequence(tokens: Sequence[str], at: int, until: str) -> tuple[Nodes, int]:
    nodes: list[Node] = []
    while at < len(tokens) and tokens[at] not in (")", "]") and not (until and tokens[at] == "|"):
        token = tokens[at]
        if token in _CLOSES:
            choice, at = _choice(tokens, at)
            nodes.append(choice)
        else:
            nodes.append(" " if token.isspace() else token)
            at += 1
    return tuple(nodes), at


def _choice(tokens: Sequence[str], at: int) -> tuple[Choice, int]:
    opening, options = tokens[at], []
    close = _CLOSES[opening]
    while at < len(tokens) and tokens[at] != close:
        option, at = _sequence(tokens, at + 1, close)
        options.append(option)
        if at < len(tokens) and tokens[at] not in (close, "|"):
            raise ValueError(f"{tokens[at]!r} closes nothing")
    if at == len(tokens):
        raise ValueError(f"{opening!r} is never closed")
    return Choice(tuple(options), opening == "[" or len(options) == 1, opening == "["), at + 1


def _elements(nodes: Nodes) -> list[Nodes]:
    """The words of a sequence: what stands between its spaces."""
    elements: list[list[Node]] = [[]]
    for node in nodes:
        if node == " ":
            elements.append([])
        else:
            elements[-1].append(node)
    return [tuple(element) for element in elements if element]


def _may_miss(element: Nodes) -> bool:
    return len(element) == 1 and isinstance(element[0], Choice) and element[0].optional


def _pattern(nodes: Nodes) -> str:
    elements = _elements(nodes)
    last = max((place for place, element in enumerate(elements) if not _may_miss(element)), default=-1)
    return "".join(_placed(element, place, last) for place, element in enumerate(elements))


def _placed(element: Nodes, place: int, last: int) -> str:
    if element == (GAP,):
        return _GAP_PATTERN
    body = "".join(map(_node, element))
    if not _may_miss(element):
        return body + (r",?\s+" if place < last else "")
    inner = body.removesuffix("?")
    return rf"(?:{inner}\s+)?" if place < last else rf"(?:\s+{inner})?"


def _node(node: Node) -> str:
    if isinstance(node, Choice):
        return f"(?:{'|'.join(map(_pattern, node.options))}){'?' if node.optional else ''}"
    return r"(?:[\w\-]|\.(?=\d))*" if node == "*" else re.escape(node)


def _starts(nodes: Nodes) -> set[str]:
    """Every spelling of the first word of a sequence; one that is over ends in a space."""
    found = {""}
    for node in nodes:
        found = {word if word[-1:] in (" ", "*") else word + more for word in found for more in _nexts(node)}
    return found


def _nexts(node: Node) -> set[str]:
    if isinstance(node, str):
        return {node.lower() if node == "*" or node.isalpha() else " "}
    return {start for option in node.options for start in _starts(option)} | ({""} if node.optional else set())


def _letters(start: str) -> str:
    match = re.match(r"[a-z]*\*?", start)
    return match[0] if match else ""
