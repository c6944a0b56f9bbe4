"""The response at each dose: means with their intervals, the treatment's line solid and the baseline's dashed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from interp_core.report.numbers import Number, confidence, short
from interp_core.report.plot import Scale, scale_within
from interp_core.report.space import cut

WIDTH, _SIDE, _TOP, _LEFT, _EDGE = 320, 170, 8, 52, 14
_KEY = 16


@dataclass(frozen=True)
class Line:
    """One sweep: the line through its means, its intervals, its points and the key's as a path, and their places."""

    path: str
    bars: str
    knots: str
    points: tuple[tuple[float, float], ...]
    role: str
    name: str
    y: float


@dataclass(frozen=True)
class Curve:
    """A dose-response curve as a drawing and in words.

    Attributes
    ----------
    width, height : of the drawing.
    left, bottom : where the axes cross.
    lines : treatment and baseline.
    zero : y of no response; None where it lies outside.
    doses, levels : labels of both axes with their places.
    up : what the vertical axis is.
    alt : the whole in words.
    """

    width: Number
    height: Number
    left: Number
    bottom: Number
    lines: tuple[Line, ...]
    zero: float | None
    doses: tuple[tuple[str, float], ...]
    levels: tuple[tuple[str, float], ...]
    up: str
    alt: str


def dose_curve(response: Mapping[str, Any]) -> Curve:
    """The drawing of a sweep, as `report.json` holds it."""
    sweeps = response["sweeps"]
    told = [dose for sweep in sweeps for dose in sweep["doses"] if dose["mean"] is not None]
    levels = [dose[name] for dose in told for name in ("low", "mean", "high") if dose[name] is not None] or [0.0]
    doses = sorted({dose["dose"] for sweep in sweeps for dose in sweep["doses"]})
    x, y = (scale_within(marks, length, edge=_EDGE) for marks, length in ((doses, WIDTH - _LEFT), (levels, _SIDE)))
    up = f"{response['noun']}{', ' + response['unit'] if response['unit'] else ''}"
    return Curve(
        WIDTH,
        _key(len(sweeps)) - _KEY + 6,
        _LEFT,
        _TOP + _SIDE,
        tuple(_line(sweep, x, y, _key(i), shift=_shift(i, len(sweeps))) for i, sweep in enumerate(sweeps)),
        _height(0.0, y) if y.low <= 0 <= y.high else None,
        tuple((f"{dose:g}".replace("-", "−"), round(_LEFT + x(dose), 1)) for dose in doses),
        _levels(min(levels), max(levels), y),
        f"{up}, mean and {confidence(response['alpha'])} interval at each dose",
        in_words(response),
    )


def in_words(response: Mapping[str, Any]) -> str:
    """The mean at each dose with its interval, sweep by sweep."""
    unit = f" {response['unit']}" if response["unit"] else ""
    sweeps = "; ".join(
        f"{sweep['role']}, {sweep['label']}: {', '.join(_told(dose, unit) for dose in sweep['doses'])}"
        for sweep in response["sweeps"]
    )
    return f"{response['noun']} by dose, {confidence(response['alpha'])} interval of each dose alone. {sweeps}."


def _told(dose: Mapping[str, Any], unit: str) -> str:
    if dose["mean"] is None:
        return f"{dose['dose']:g} not measured"
    mean, low, high = ("–" if dose[k] is None else short(float(f"{dose[k]:.3g}")) for k in ("mean", "low", "high"))
    return f"{dose['dose']:g} gives {mean}{unit} [{low}, {high}]"


def _levels(low: Number, high: Number, y: Scale) -> tuple[tuple[str, float], ...]:
    """The lowest and the highest mark, and zero where it stands free between them."""
    marks = dict.fromkeys((low, high))
    if low < 0 < high and all(abs(_height(0.0, y) - _height(end, y)) > _KEY for end in marks):
        marks = dict.fromkeys((low, 0.0, high))
    return tuple((short(float(f"{mark:.3g}")), _height(mark, y)) for mark in marks)


def _shift(index: int, count: int) -> float:
    """Two sweeps stand side by side at a dose, so that neither's interval hides the other's."""
    return 0.0 if count < 2 else 4.0 * index - 2.0


def _line(sweep: Mapping[str, Any], x: Scale, y: Scale, key: float, *, shift: float) -> Line:
    whole = [dose for dose in sweep["doses"] if dose["mean"] is not None]
    points = [(round(_LEFT + x(dose["dose"]) + shift, 1), _height(dose["mean"], y)) for dose in whole]
    ends = [(at, dose) for (at, _), dose in zip(points, whole, strict=True) if dose["low"] is not None]
    bars = "".join(
        f"M{at - 3:g} {_height(d['low'], y):g}h6m-3 0V{_height(d['high'], y):g}m-3 0h6"
        for at, d in ends
    )  # fmt: skip
    path = "".join(f"{'L' if i else 'M'}{a:g} {b:g}" for i, (a, b) in enumerate(points))
    knots = "".join(f"M{a:g} {b:g}h.01" if sweep["role"] == "treatment" else f"M{a - 3.5:g} {b - 3.5:g}h7v7h-7z"
                    for a, b in (*points, (7.0, key - 4)))  # fmt: skip
    return Line(path, bars, knots, tuple(points), sweep["role"], cut(f"{sweep['role']}: {sweep['label']}"), key)


def _height(level: Number, y: Scale) -> float:
    return round(_TOP + _SIDE - y(level), 1)


def _key(index: int) -> float:
    return _TOP + _SIDE + 38 + _KEY * index
