"""Jupyter notebooks: the Markdown cells, with each character's place in the JSON file."""

import json
import re
from array import array
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from interp_core.errors import InterpClaimsError

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}:,]|[^\s\[\]{}:,"]+', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}(?:\\u[dD][c-fC-F][0-9a-fA-F]{2})?|.)", re.DOTALL)
_SEPARATOR = "\n\n"


class Cells(NamedTuple):
    """The Markdown of a notebook as one text, where each character stands in the file, and where cells begin."""

    text: str
    origin: Sequence[int]
    starts: tuple[tuple[int, int], ...]


def read_cells(raw: str, name: str) -> Cells:
    """The Markdown cells of a notebook; raises InterpClaimsError where the file is none."""
    texts: list[str] = []
    origin = array("q")
    starts: list[tuple[int, int]] = []
    for number, strings in _markdown(raw, name):
        starts.append((len(origin), number))
        for string in strings:
            decoded, places = _decoded(raw, string.start, string.end)
            texts.append(decoded)
            origin.extend(places)
        texts.append(_SEPARATOR)
        origin.extend([origin[-1] if origin else 0] * len(_SEPARATOR))
    return Cells("".join(texts), origin, tuple(starts))


class _String(NamedTuple):
    """Where a string of the file stands, without its quotes."""

    start: int
    end: int


def _markdown(raw: str, name: str) -> Iterator[tuple[int, list[_String]]]:
    """The number of each Markdown cell, and the strings of its source."""
    try:
        loaded: Any = json.loads(raw)
        kinds = [str(cell["cell_type"]) for cell in loaded["cells"]]
        tree, _ = _value(list(_TOKEN.finditer(raw)), 0)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InterpClaimsError(
            f"{name} is no Jupyter notebook ({type(error).__name__}: {error}). Save it again from Jupyter in format 4, "
            "or audit the text exported as Markdown."
        ) from None
    for number, (kind, cell) in enumerate(zip(kinds, tree["cells"], strict=True), 1):
        if kind == "markdown":
            source = cell.get("source", [])
            yield number, source if type(source) is list else [source]


def _value(tokens: list[re.Match[str]], at: int) -> tuple[Any, int]:
    """The value that begins at a token, its strings as places, and the token after it; the text is known to be JSON."""
    token = tokens[at][0]
    if token == "{":
        return _members(tokens, at + 1)
    if token == "[":
        return _items(tokens, at + 1)
    return (_String(tokens[at].start() + 1, tokens[at].end() - 1) if token[0] == '"' else token), at + 1


def _members(tokens: list[re.Match[str]], at: int) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    while tokens[at][0] != "}":
        at += tokens[at][0] == ","
        found[tokens[at][0][1:-1]], at = _value(tokens, at + 2)
    return found, at + 1


def _items(tokens: list[re.Match[str]], at: int) -> tuple[list[Any], int]:
    found: list[Any] = []
    while tokens[at][0] != "]":
        at += tokens[at][0] == ","
        value, at = _value(tokens, at)
        found.append(value)
    return found, at + 1


def _decoded(raw: str, start: int, end: int) -> tuple[str, list[int]]:
    pieces: list[str] = []
    places: list[int] = []
    at = start
    for escape in _ESCAPE.finditer(raw, start, end):
        pieces.append(raw[at : escape.start()])
        places.extend(range(at, escape.start()))
        character = json.loads(f'"{escape[0]}"')
        pieces.append(character)
        places.extend([escape.start()] * len(character))
        at = escape.end()
    return "".join([*pieces, raw[at:end]]), [*places, *range(at, end)]
