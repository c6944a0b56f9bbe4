"""Numbers as every surface prints them: no false precision, and no rounding that would contradict a verdict."""

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

Evidence = Mapping[str, Any]  # an evidence or a row: effect, low, high, margin, relation, unit
Number = int | float  # JSON writes 5 and 5.0 alike
NOT_COMPUTED = "not computed"
_MOST_PLACES = 8


def number(value: Number, places: int) -> str:
    """`value` with `places` decimals, thousands separated, a true minus sign, and no negative zero."""
    text = f"{value:,.{places}f}"
    if not text.strip("-0.,"):
        text = text.lstrip("-")
    return text.replace("-", "−")


def places(evidence: Evidence) -> int:
    """The decimals that all numbers of one evidence share.

    Two for rates; fewer for large numbers, more for small ones; never fewer than the margin was written with; and as
    many as it takes for each bound, rounded, to stay on the side of zero and of the margin that it is on.
    """
    margin = evidence["margin"]
    fewest = max(_by_size([evidence["effect"], evidence["low"], evidence["high"], margin]), _decimals_of(margin))
    bounds = [bound for bound in (evidence["low"], evidence["high"]) if bound is not None]
    sides = [(bound, mark) for bound in bounds for mark in (-margin, 0.0, margin)]
    # where no printable number of places keeps a bound off a mark, it is the mark but for floating-point noise
    kept = [side for side in sides if _keeps_its_side(*side, _MOST_PLACES)]
    return next(count for count in range(fewest, _MOST_PLACES + 1) if all(_keeps_its_side(*s, count) for s in kept))


def means(evidence: Evidence) -> list[str]:
    """The arms' means, with the decimals of the effect or more: a raw projection can be small beside its gap."""
    given = [arm["mean"] for arm in evidence["arms"]]
    count = max(places(evidence), _by_size(given))
    return ["–" if mean is None else number(mean, count) for mean in given]


def interval(evidence: Evidence) -> str:
    """Effect, interval and unit: ``0.41 [0.33, 0.49] of the gap``."""
    text = bare_interval(evidence)
    return f"{text} {evidence['unit']}" if evidence["unit"] and text != NOT_COMPUTED else text


def bare_interval(evidence: Evidence) -> str:
    """Effect and interval without the unit: ``0.41 [0.33, 0.49]``."""
    effect, low, high = (evidence[name] for name in ("effect", "low", "high"))
    if effect is None:
        return NOT_COMPUTED
    count = places(evidence)
    if low is None or high is None:
        return f"{number(effect, count)}, no interval"
    return f"{number(effect, count)} [{number(low, count)}, {number(high, count)}]"


def confidence(alpha: Number) -> str:
    """The two-sided confidence of the interval whose verdict has the one-sided error `alpha`: ``95 %``."""
    return f"{100 * (1 - 2 * alpha):.4g} %"


def short(value: Number) -> str:
    """A number that stands alone, in at most four significant digits: ``0.025``, ``−3.142``."""
    return f"{value:.4g}".replace("-", "−")


def count(value: int) -> str:
    """A count with its thousands separated."""
    return f"{value:,}"


def plural(value: int, noun: str) -> str:
    """A count and its noun: ``1 claim``, ``2,047 claims``."""
    return f"{value:,} {noun}{'' if value == 1 else 's'}"


def _by_size(values: Iterable[Number | None]) -> int:
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    # Rates and shares of a gap are read to the hundredth, so 0.05 to 10 has two decimals; elsewhere two digits count.
    if 0.05 <= largest < 10 or largest == 0:
        return 2
    return min(max(1 - math.floor(math.log10(largest)), 0) + (10 <= largest < 100), _MOST_PLACES)


def _decimals_of(margin: Number) -> int:
    exponent = Decimal(f"{margin:g}").normalize().as_tuple().exponent
    return min(max(-exponent, 0), _MOST_PLACES) if isinstance(exponent, int) else 0


def _keeps_its_side(bound: Number, mark: Number, count: int) -> bool:
    rounded = round(bound, count)
    return _side(rounded, mark) == _side(bound, mark)


def _side(bound: Number, mark: Number) -> int:
    return (bound > mark) - (bound < mark)
