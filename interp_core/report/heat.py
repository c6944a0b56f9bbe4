"""Layers by positions: what a selection of a direction's site tried, and what each filter rejected."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from interp_core.report.numbers import Number, plural, short
from interp_core.spec.site import tokens_later

WIDTH = 320
STEPS = 6
_LEFT, _TOP, _WIDEST = 54, 4, 40
_TALL, _LOW, _FEW = 20, 9, 12  # heights of a cell, and up to how many layers it is tall
_SHORT = {"end_of_template": "end", "first_answer_token": "answer", "end_of_thought": "thought"}
_TOLD = 5  # candidates in the table beside the drawing
_KEY = 15  # height of a line of the key
# How a cell shows which filter rejected it, `d` being twice `u`: never by colour.
_MARKS = (
    "m-{u} {u}l{d}-{d}", "m-{u}-{u}l{d} {d}m0-{d}l-{d} {d}", "m-{u} 0h{d}", "m0-{u}v{d}", "m-{u}-{u}h{d}v{d}h-{d}z",
)  # fmt: skip


@dataclass(frozen=True)
class Mark:
    """The cells that one filter rejected: a path that marks them, one for the key, the filter, and how many."""

    path: str
    key: str
    why: str
    count: int
    y: float


@dataclass(frozen=True)
class Shade:
    """The cells of one step of the scale, 1 (highest score) to `STEPS` (lowest, the best), as a path."""

    step: int
    path: str


@dataclass(frozen=True)
class HeatMap:
    """A selection as a drawing and in words.

    Attributes
    ----------
    width, height : of the drawing.
    left, bottom : where the cells begin and where they end.
    shades, marks : the cells.
    winner, second : x, y, width and height of the chosen cell, and of the runner-up's; None where there is none.
    rows, columns : labels of layers and positions with their places.
    ends : the highest and the lowest score of the scale; None where nothing was scored.
    scale : y of the scale's line in the key.
    told : the best candidates in words.
    alt : the whole in words.
    """

    width: Number
    height: Number
    left: float
    bottom: float
    shades: tuple[Shade, ...]
    marks: tuple[Mark, ...]
    winner: tuple[float, float, float, float]
    second: tuple[float, float, float, float] | None
    rows: tuple[tuple[str, float], ...]
    columns: tuple[tuple[str, float], ...]
    ends: tuple[str, str] | None
    scale: float
    told: tuple[tuple[str, ...], ...]
    alt: str


@dataclass(frozen=True)
class _Grid:
    wide: int
    tall: int

    def corner(self, cell: Sequence[Any]) -> tuple[int, int]:
        """The upper left corner of a candidate's cell."""
        return _LEFT + cell[1] * self.wide, _TOP + cell[0] * self.tall

    def ring(self, cell: Sequence[Any]) -> tuple[float, float, float, float]:
        """A frame around the cell: x, y, width and height."""
        x, y = self.corner(cell)
        return x - 1.5, y - 1.5, self.wide + 2, self.tall + 2

    def block(self, cell: Sequence[Any]) -> str:
        """The cell as a path, with a gap to its neighbours."""
        x, y = self.corner(cell)
        return f"M{x} {y}h{self.wide - 1}v{self.tall - 1}h-{self.wide - 1}z"


def heat_map(selection: Mapping[str, Any]) -> HeatMap:
    """The drawing of a selection, as `report.json` holds it; raises ValueError where nothing was tried."""
    candidates, positions = selection["candidates"], [_label(name) for name in selection["positions"]]
    # layers run down: models have more of them than templates have tokens, and a phone is longer than wide
    wide = min((WIDTH - _LEFT) // len(positions), _WIDEST)
    grid = _Grid(wide, _TALL if selection["layers"] <= _FEW else _LOW)
    bottom = _TOP + selection["layers"] * grid.tall
    marks = _marks(selection, grid, bottom + 66)
    return HeatMap(
        width=WIDTH,
        height=bottom + 54 + _KEY * len(marks),
        left=_LEFT,
        bottom=bottom,
        shades=_shades(candidates, grid),
        marks=marks,
        winner=grid.ring(candidates[0]),
        second=None if selection["margin"] is None else grid.ring(candidates[1]),
        rows=_rows(selection["layers"], grid),
        columns=tuple((name, _LEFT + (i + 0.5) * wide) for i, name in enumerate(positions)),
        ends=_ends(candidates),
        scale=bottom + 30,
        told=tuple(_told(one, selection) for one in candidates[:_TOLD]),
        alt=in_words(selection),
    )


def in_words(selection: Mapping[str, Any]) -> str:
    """The selection in a few sentences: what won, of how many, what was rejected, how far behind the runner-up is."""
    candidates = selection["candidates"]
    found = Counter(one[2] for one in candidates)
    rejected = ", ".join(f"{found[i]} by {why!r}" for i, why in enumerate(selection["filters"]) if found[i]) or "none"
    score = _score(candidates[0][5])
    return (
        f"{chosen(selection)} Refusal score {score} nats where ablated. Rejected: {rejected}. {_runner_up(selection)}"
    )


def chosen(selection: Mapping[str, Any]) -> str:
    """What won, of how many."""
    candidates = selection["candidates"]
    tried = plural(len(candidates), "candidate")
    return f"{selection['direction']}: {_place(candidates[0], selection)} was chosen out of {tried}."


def _runner_up(selection: Mapping[str, Any]) -> str:
    """How far the runner-up lies behind, with its interval."""
    if selection["margin"] is None:
        return "No other candidate was admissible."
    margin, low, high = (short(round(end, 3)) for end in selection["margin"])
    second = _place(selection["candidates"][1], selection)
    return f"The runner-up, {second}, is {margin} [{low}, {high}] nats behind, on the prompts that chose."


def _place(candidate: Sequence[Any], selection: Mapping[str, Any]) -> str:
    return f"layer {candidate[0]}, {selection['positions'][candidate[1]]}"


def _label(position: str) -> str:
    """A position's short name: ``+3`` for the third token after the instruction, ``end`` for the template's last."""
    return _SHORT.get(position) or f"+{tokens_later(position)}"


def _scored(candidates: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
    return [one for one in candidates if one[2] is None and one[5] is not None]


def _ends(candidates: Sequence[Sequence[Any]]) -> tuple[str, str] | None:
    scores = [one[5] for one in _scored(candidates)]
    return (_score(max(scores)), _score(min(scores))) if scores else None


def _shades(candidates: Sequence[Sequence[Any]], grid: _Grid) -> tuple[Shade, ...]:
    """Admissible cells by their score, in equal steps from the highest to the lowest."""
    scored = _scored(candidates)
    high, low = (end([one[5] for one in scored]) if scored else 0.0 for end in (max, min))
    found: dict[int, list[str]] = {}
    for one in scored:
        share = (high - one[5]) / (high - low) if high > low else 1.0
        found.setdefault(1 + min(int(share * STEPS), STEPS - 1), []).append(grid.block(one))
    return tuple(Shade(step, "".join(blocks)) for step, blocks in sorted(found.items()))


def _marks(selection: Mapping[str, Any], grid: _Grid, below: float) -> tuple[Mark, ...]:
    """The rejected cells, filter by filter."""
    reach = max(round(min(grid.wide, grid.tall) / 4), 1)
    found: list[Mark] = []
    for index, why in enumerate(selection["filters"]):
        corners = [grid.corner(one) for one in selection["candidates"] if one[2] == index]
        if not corners:
            continue
        middles = [(x + (grid.wide - 1) // 2, y + (grid.tall - 1) // 2) for x, y in corners]
        path = "".join(f"M{x} {y}{_mark(index, reach)}" for x, y in middles)
        y = round(below + _KEY * len(found), 1)
        found.append(Mark(path, f"M7 {y - 4:g}{_mark(index, 3.5)}", why, len(corners), y))
    return tuple(found)


def _mark(index: int, unit: float) -> str:
    """The sign of a filter, from a cell's middle, reaching `unit` to each side."""
    return _MARKS[index % len(_MARKS)].format(u=f"{unit:.2g}", d=f"{2 * unit:.2g}")


def _rows(layers: int, grid: _Grid) -> tuple[tuple[str, float], ...]:
    """Every layer's number, or every fifth one where cells are low."""
    step = 1 if grid.tall == _TALL else 5
    return tuple((f"layer {i}", _TOP + (i + 0.5) * grid.tall + 3.5) for i in range(0, layers, step))


def _score(value: Number | None) -> str:
    return "–" if value is None else short(float(f"{value:.3g}"))


def _told(candidate: Sequence[Any], selection: Mapping[str, Any]) -> tuple[str, ...]:
    why = "" if candidate[2] is None else selection["filters"][candidate[2]]
    return (_place(candidate, selection), *(_score(score) for score in candidate[3:]), why or "admissible")
