"""Numbers in the audit's messages: no false precision, and no rounding that would contradict a verdict."""

from collections.abc import Mapping
from typing import Any

Number = int | float
_MOST = 6


def number(value: Number, places: int) -> str:
    """A value with its decimals, thousands separated, a true minus sign, and no negative zero."""
    text = f"{value:,.{places}f}"
    return (text if text.strip("-0.,") else text.lstrip("-")).replace("-", "−")


def places(evidence: Mapping[str, Any]) -> int:
    """Two decimals, or as many as keep every bound on its side of zero and of the margin."""
    marks = (-evidence["margin"], 0.0, evidence["margin"])
    bounds = [bound for bound in (evidence["low"], evidence["high"]) if bound is not None]
    fits = (count for count in range(2, _MOST) if all(_kept(b, mark, count) for b in bounds for mark in marks))
    return next(fits, _MOST)


def interval(evidence: Mapping[str, Any]) -> str:
    """Effect, interval and unit: ``0.41 [0.33, 0.49] of the gap``."""
    if evidence["effect"] is None:
        return "not computed"
    count = places(evidence)
    text = number(evidence["effect"], count)
    if evidence["low"] is not None and evidence["high"] is not None:
        text += f" [{number(evidence['low'], count)}, {number(evidence['high'], count)}]"
    return f"{text} {evidence['unit']}".strip()


def plural(value: int, noun: str) -> str:
    """A count and its noun: ``1 claim``, ``2,047 claims``."""
    return f"{value:,} {noun}{'' if value == 1 else 's'}"


def listed(words: list[str], *, last: str = "and") -> str:
    """Words as a reader lists them: ``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else ""


def _kept(bound: float, mark: float, count: int) -> bool:
    rounded = round(bound, count)
    return (rounded > mark) - (rounded < mark) == (bound > mark) - (bound < mark)
