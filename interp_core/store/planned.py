"""What will be asked of each (prompt, intervention) pair, as plans said: one pass can then keep all of it."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from interp_core.spec.identity import Tree, canonical
from interp_core.store.entries import Address

_SHORT = 16  # hexadecimal digits of a pair that are kept; a wrong hint costs a value that nobody reads


class Planned:
    """A file of hints, one line for each quantity of some pairs; safe for several processes at once.

    A hint never changes a value or where it lives, only which pass makes it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, set[str]] | None = None

    def note(self, places: Iterable[Address], quantity: Tree) -> None:
        """Say that `quantity` will be asked for at `places`."""
        what = canonical(quantity)
        pairs = [place.pair[:_SHORT] for place in places]
        new = [pair for pair in dict.fromkeys(pairs) if what not in self._hints().get(pair, ())]
        if not new:
            return
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps([quantity, new]) + "\n")
        for pair in new:
            self._hints().setdefault(pair, set()).add(what)

    def of(self, place: Address) -> list[Tree]:
        """The quantities that are planned for the pair of `place`."""
        return [json.loads(text) for text in sorted(self._hints().get(place.pair[:_SHORT], ()))]

    def _hints(self) -> dict[str, set[str]]:
        if self._known is None:
            self._known = {}
            for quantity, pairs in _lines(self._path):
                for pair in pairs:
                    self._known.setdefault(pair, set()).add(canonical(quantity))
        return self._known


def _lines(path: Path) -> Iterable[tuple[Tree, list[str]]]:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    for line in lines:
        try:
            quantity, pairs = json.loads(line)
        except (ValueError, TypeError):
            continue  # a line that was cut off
        if isinstance(quantity, dict) and isinstance(pairs, list):
            yield quantity, [_text(pair) for pair in pairs]


def _text(pair: Any) -> str:
    return str(pair)
