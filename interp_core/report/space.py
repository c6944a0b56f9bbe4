"""Prompts on two principal components, each group by a shape and a colour of its own."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from interp_core.errors import ClaimError
from interp_core.report.numbers import Number, number
from interp_core.report.plot import Scale, scale_within

WIDTH, _SIDE, _TOP = 320, 250, 6
_EDGE = 10  # pixels left free at each side
_KEY = 16
_CUT = 50  # characters of a group's name in the drawing; the whole name is in words beside it
SHAPES = ("dot", "square", "triangle", "cross", "diamond", "plus")
# Where each begins, from a point's place, and its outline. A dot is a line of no length with round ends.
_OUTLINES = {
    "dot": (0, 0, "h.01"), "square": (-2.5, -2.5, "h5v5h-5z"), "triangle": (0, -3.4, "l3 6h-6z"),
    "cross": (-2.5, -2.5, "l5 5m0-5l-5 5"), "diamond": (0, -3.7, "l3 4-3 4-3-4z"), "plus": (-3, 0, "h6m-3-3v6"),
}  # fmt: skip


@dataclass(frozen=True)
class Cloud:
    """One group: its points as a path, its sign for the key, its shape, its name (cut), and where the key stands."""

    path: str
    key: str
    shape: str
    name: str
    y: float


@dataclass(frozen=True)
class Space:
    """A scatter as a drawing and in words.

    Attributes
    ----------
    width, height : of the drawing.
    side : the height of the frame that the points lie in.
    clouds : the groups.
    middle : a line as a path, where a claim divides; "" where it does not.
    across, up : what the axes are.
    caption : whose components they are, and how much of the groups is drawn.
    alt : the whole in words.
    """

    width: Number
    height: Number
    side: Number
    clouds: tuple[Cloud, ...]
    middle: str
    across: str
    up: str
    caption: str
    alt: str


def scatter(components: Mapping[str, Any], *, most: int) -> Space:
    """The drawing of groups of prompts, as `report.json` holds them.

    Parameters
    ----------
    components : the groups, their points in random order.
    most : points of each group that are drawn.

    Raises
    ------
    ClaimError : more groups than can be told apart by shape.
    """
    groups = components["groups"]
    if len(groups) > len(SHAPES):
        raise ClaimError(f"{len(groups)} groups cannot be told apart by shape. Draw {len(SHAPES)} or fewer.")
    points = [point for group in groups for point in group["points"][:most]]
    x, y = (
        scale_within([point[axis] for point in points], length, edge=_EDGE) for axis, length in ((0, WIDTH), (1, _SIDE))
    )
    clouds = [
        Cloud(
            "".join(_point(x(a), _TOP + _SIDE - y(b), SHAPES[i]) for a, b in group["points"][:most]),
            _point(8, _key(i) - 4, SHAPES[i]),
            SHAPES[i],
            cut(group["name"]),
            _key(i),
        )
        for i, group in enumerate(groups)
    ]
    first, second = (f"{100 * share:.1f} %" for share in components["explained"])
    return Space(
        WIDTH,
        _key(len(groups)) - _KEY + 6,
        _SIDE,
        tuple(clouds),
        _middle(components, x, y),
        f"component 1 ({first}) →",
        f"↑ component 2 ({second})",
        f"{components['name']}, {components['place']}: {_drawn(groups, most)}.{_divides(components)}",
        in_words(components, most),
    )


def in_words(components: Mapping[str, Any], most: int | None = None) -> str:
    """What the axes are, and where each group's middle lies on them."""
    first, second = (f"{100 * share:.1f} %" for share in components["explained"])
    places = _places([point for group in components["groups"] for point in group["points"]])
    groups = "; ".join(_where(group, most, places) for group in components["groups"])
    return (
        f"{components['name']}, {components['place']}: principal components 1 ({first} of the variance) and 2 "
        f"({second}). Medians: {groups}.{_divides(components)}"
    )


def _divides(components: Mapping[str, Any]) -> str:
    if components["middle"] is None:
        return ""
    places = _places([point for group in components["groups"] for point in group["points"]])
    return f" The claim divides component {components['along']} at {number(components['middle'], places)}."


def _drawn(groups: Sequence[Mapping[str, Any]], most: int) -> str:
    """How many prompts are drawn: all of them, or a random draw of each group."""
    shown, whole = (sum(counts) for counts in zip(*((len(g["points"][:most]), g["n"]) for g in groups), strict=True))
    return f"{whole:,} prompts" if shown == whole else f"{shown:,} of {whole:,} prompts, drawn at random"


def _places(points: Sequence[Sequence[Number]]) -> int:
    """Decimals that tell apart hundredths of the widest axis."""
    spans = [max(values) - min(values) for values in zip(*points, strict=True)]
    return max(2 - math.floor(math.log10(max(spans))), 0) if spans and max(spans) > 0 else 2


def _where(group: Mapping[str, Any], most: int | None, places: int) -> str:
    x, y = (_median([point[axis] for point in group["points"]], places) for axis in (0, 1))
    return f"{group['name']}, at {x} and {y} ({_shown(group, most)})"


def _median(values: Sequence[Number], places: int) -> str:
    return number(sorted(values)[len(values) // 2], places) if values else "–"


def _shown(group: Mapping[str, Any], most: int | None) -> str:
    shown = len(group["points"][:most])
    return f"{shown} of {group['n']:,} prompts" if shown < group["n"] else f"{group['n']:,} prompts"


def _point(x: float, y: float, shape: str) -> str:
    across, down, outline = _OUTLINES[shape]
    return f"M{x + across:.3g} {y + down:.3g}{outline}"


def _key(index: int) -> float:
    return _TOP + _SIDE + 36 + _KEY * index


def _middle(components: Mapping[str, Any], x: Scale, y: Scale) -> str:
    """The line where the claim divides; "" where it divides nowhere in the frame."""
    at, along = components["middle"], components["along"]
    scale = {1: x, 2: y}.get(along)
    if at is None or scale is None or not scale.low <= at <= scale.high:
        return ""
    return f"M{x(at)} {_TOP}v{_SIDE}" if along == 1 else f"M0 {_TOP + _SIDE - y(at):g}h{WIDTH}"


def cut(name: str) -> str:
    """A name that fits in a drawing's key."""
    return name if len(name) <= _CUT else f"{name[: _CUT - 1]}…"
