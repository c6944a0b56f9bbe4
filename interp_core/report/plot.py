"""Where an interval lies between zero and its margin: coordinates for a drawing, and a strip of characters."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from interp_core.report.numbers import Number, short

Evidence = Mapping[str, Any]
_ROOM = 0.06  # of the range, left free at each end


@dataclass(frozen=True)
class Scale:
    """A linear map of effects, from `low` to `high`, onto positions from 0 to `width`."""

    low: Number
    high: Number
    width: Number

    def __call__(self, value: Number) -> float:
        """The position of `value`, in tenths: a pixel is no finer."""
        return round(self.width * (value - self.low) / (self.high - self.low), 1)


@dataclass(frozen=True)
class Plot:
    """One interval on a scale.

    Attributes
    ----------
    width : positions run from 0 to here.
    zero, effect : positions.
    bar : both ends of the interval; None where there is none.
    margins : one position, or two for an equivalence.
    labels : what to write at each of them.
    target : from and to where the whole interval must lie for SUPPORTED.
    baseline : the position of the baseline's own effect; None where it is not drawn.
    """

    width: Number
    zero: float
    effect: float
    bar: tuple[float, float] | None
    margins: tuple[float, ...]
    labels: tuple[str, ...]
    target: tuple[float, float]
    baseline: float | None = None


def scale_within(values: Sequence[Number], width: Number, *, edge: Number) -> Scale:
    """The scale on which the values fill the width but for `edge` at each side."""
    low, high = (min(values), max(values)) if values else (0.0, 0.0)
    room = edge / (width - 2 * edge) * (high - low) or 1.0
    return Scale(low - room, high + room, width)


def scale_for(evidences: Iterable[Evidence], width: Number, *, baselines: Iterable[Number] = ()) -> Scale:
    """The scale on which zero, every margin, every interval and every baseline has room."""
    marks = [mark for evidence in evidences for mark in (0.0, *_margins(evidence), *_numbers(evidence))]
    marks += baselines
    low, high = min(marks), max(marks)
    room = _ROOM * (high - low)
    return Scale(low - room, high + room, width)


def plot(evidence: Evidence, scale: Scale, *, baseline: Number | None = None) -> Plot | None:
    """The interval's drawing on `scale`, with the baseline's own effect; None where no effect could be computed."""
    if evidence["effect"] is None:
        return None
    margins = _margins(evidence)
    return Plot(
        width=scale.width,
        zero=scale(0.0),
        effect=scale(evidence["effect"]),
        bar=_bar(evidence, scale),
        margins=tuple(map(scale, margins)),
        labels=tuple(map(short, margins)),
        target=_target(evidence, scale),
        baseline=None if baseline is None else scale(baseline),
    )


@dataclass(frozen=True)
class Stack:
    """A histogram as bars over a scale: where the requests' own effects lie.

    Attributes
    ----------
    width, height : of the drawing.
    bars : the path of their outline, as SVG writes it.
    zero : where no effect lies; None where it is off the scale.
    low, high : the values at both ends.
    """

    width: Number
    height: Number
    bars: str
    zero: float | None
    low: float
    high: float


def histogram(values: Sequence[Number], *, width: Number, height: Number, bins: int = 24) -> Stack | None:
    """The values in bins of equal width; None below two values."""
    if len(values) < 2:
        return None
    low, high = min(values), max(values)
    room = (high - low) * _ROOM or 0.5
    scale = Scale(low - room, high + room, width)
    step = width / bins
    found = Counter(min(int(scale(value) / step), bins - 1) for value in values)
    most = max(found.values())
    bars = "".join(
        f"M{round(i * step, 1):g} {height:g}v{round(-height * n / most, 1):g}h{round(step - 1, 1):g}V{height:g}z"
        for i, n in sorted(found.items())
    )
    zero = scale(0.0) if scale.low <= 0 <= scale.high else None
    return Stack(width, height, bars, zero, low, high)


def strip(evidence: Evidence, width: int) -> str:
    """The interval as `width` characters: ``│`` zero, ``┊`` margin, ``━`` interval, ``●`` effect, ``┿`` crossed."""
    if any(evidence[name] is None for name in ("effect", "low", "high")):
        return ""
    scale = scale_for([evidence], width - 1)
    marks = dict.fromkeys(_margins(evidence), "┊") | {0.0: "│"}
    first, last = _cells_of_bar(evidence, scale, marks)
    cells = [" "] * width
    cells[first : last + 1] = "━" * (last + 1 - first)
    cells[min(max(round(scale(evidence["effect"])), first), last)] = "●"
    for mark, character in marks.items():
        place = round(scale(mark))
        cells[place] = "┿" if first <= place <= last else character
    return "".join(cells).rstrip()


def _cells_of_bar(evidence: Evidence, scale: Scale, marks: Iterable[Number]) -> tuple[int, int]:
    """Keep each bound off the character of a mark that it does not reach: a strip must not contradict the verdict."""
    low, high = evidence["low"], evidence["high"]
    first, last = round(scale(low)), round(scale(high))
    for mark in marks:
        place = round(scale(mark))
        first += low > mark and first == place
        last -= high < mark and last == place
    return min(first, last), max(first, last)


def _bar(evidence: Evidence, scale: Scale) -> tuple[float, float] | None:
    if evidence["low"] is None or evidence["high"] is None:
        return None
    return scale(evidence["low"]), scale(evidence["high"])


def _margins(evidence: Evidence) -> tuple[Number, ...]:
    margin = evidence["margin"]
    if evidence["relation"] == "equivalent":
        return (-margin, margin)
    return (margin,) if evidence["relation"] in ("higher", "not higher") else (-margin,)


def _target(evidence: Evidence, scale: Scale) -> tuple[float, float]:
    margin = evidence["margin"]
    if evidence["relation"] == "equivalent":
        return scale(-margin), scale(margin)
    return {
        "higher": (scale(margin), float(scale.width)),
        "lower": (0.0, scale(-margin)),
        "not lower": (scale(-margin), float(scale.width)),
        "not higher": (0.0, scale(margin)),
    }[evidence["relation"]]


def _numbers(evidence: Evidence) -> list[Number]:
    return [evidence[name] for name in ("effect", "low", "high") if evidence[name] is not None]
