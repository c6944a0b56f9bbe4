"""Dot plots as SVG, by hand: a row for each label, a colour for each series, a line where the dots should be."""

from collections.abc import Mapping
from html import escape

COLOURS = ("#b3541e", "#2d6a9f", "#3a7d44")
ROW, LEFT, RIGHT, TOP = 16, 440, 360, 56


def dots(title: str, rows: Mapping[str, Mapping[str, float]], *, mark: float, span: tuple[float, float]) -> str:
    """A plot of labelled rows; a value outside the span is drawn at its edge."""
    series = list(next(iter(rows.values())))
    height, width = TOP + ROW * len(rows) + 12, LEFT + RIGHT + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="8" y="18" font-size="14">{escape(title)}</text>',
        *_legend(series),
        *_axis(span, mark, height),
    ]
    for i, (label, values) in enumerate(rows.items()):
        y = TOP + ROW * i + ROW // 2
        parts.append(f'<text x="{LEFT - 10}" y="{y + 4}" text-anchor="end">{escape(label)}</text>')
        parts += [
            f'<circle cx="{_place(values[name], span):.1f}" cy="{y}" r="3.5" fill="{COLOURS[k]}" fill-opacity="0.8"/>'
            for k, name in enumerate(series)
        ]
    return "\n".join([*parts, "</svg>", ""])


def _place(value: float, span: tuple[float, float]) -> float:
    share = (min(max(value, span[0]), span[1]) - span[0]) / (span[1] - span[0])
    return LEFT + RIGHT * share


def _legend(series: list[str]) -> list[str]:
    return [
        f'<circle cx="{LEFT + 110 * k + 6}" cy="14" r="3.5" fill="{COLOURS[k]}"/>'
        f'<text x="{LEFT + 110 * k + 14}" y="18">{escape(name)}</text>'
        for k, name in enumerate(series)
    ]


def _axis(span: tuple[float, float], mark: float, height: int) -> list[str]:
    ticks = [span[0] + (span[1] - span[0]) * k / 5 for k in range(6)]
    lines = [(tick, "#dddddd") for tick in ticks] + [(mark, "#000000")]
    return [
        *(
            f'<line x1="{_place(at, span):.1f}" x2="{_place(at, span):.1f}" y1="{TOP - 8}" y2="{height - 8}" '
            f'stroke="{ink}"/>'
            for at, ink in lines
        ),
        *(f'<text x="{_place(at, span):.1f}" y="{TOP - 14}" text-anchor="middle">{at:.3g}</text>' for at in ticks),
    ]
