"""What the columns of a table hold, by their headings: an estimate, an interval, a p value, a size, a setting."""

import re
from collections.abc import Sequence
from dataclasses import replace

from interp_core.audit.quantities import Quantity

_BORDER = re.compile(r"(?<!\\)[|&]")
_KINDS = {
    "p": re.compile(r"p(?:[\s-]?values?)?", re.IGNORECASE),
    "interval": re.compile(r"(?:\d+\s?%\s?)?(?:c\.?i\.?|(?:confidence )?interval|bounds)", re.IGNORECASE),
    "estimate": re.compile(r"(?:effect|estimate|difference|diff\.?|delta|Δ|change)(?: size)?", re.IGNORECASE),
    "n": re.compile(r"n|sample size", re.IGNORECASE),
    "setting": re.compile(r"(?:registered )?(?:margin|threshold|smallest effect|alpha|α)", re.IGNORECASE),
}
_ALONE = ("p", "n", "setting")


def labelled(found: Sequence[Quantity], row: str, start: int, header: str) -> list[Quantity]:
    """The numbers of a row that begins at `start`, in the parts that the cells of its header give them."""
    kinds = [_kind_of(cell) for cell in _BORDER.split(header)]
    named = [(one, _column(one, row, start, kinds)) for one in found]
    bounds = [one for one, kind in named if kind == "interval"]
    if len(bounds) != 2:
        return [replace(one, part=kind) if kind in _ALONE else one for one, kind in named]
    part = {bounds[0]: "low", bounds[1]: "high"}
    return [
        replace(one, part=part.get(one, kind), group=one.group if kind in _ALONE else bounds[0].start) if kind else one
        for one, kind in named
    ]


def _kind_of(cell: str) -> str:
    heading = cell.strip(" \t\n*_$\\")
    return next((kind for kind, name in _KINDS.items() if name.fullmatch(heading)), "")


def _column(one: Quantity, row: str, start: int, kinds: Sequence[str]) -> str:
    place = len(_BORDER.findall(row[: one.start - start]))
    return kinds[place] if place < len(kinds) else ""
