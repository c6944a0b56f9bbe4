"""Pairing: two arms' values joined by base request and frame, with missing ones bounded rather than dropped."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from interp_core.bench.values import Value
from interp_core.errors import ClaimError

Bounds = tuple[float, float]


@dataclass(frozen=True)
class Pairs:
    """Treatment and baseline side by side, one row per prompt of the treatment."""

    treatment: tuple[Value, ...]
    baseline: tuple[Value, ...]

    @property
    def requests(self) -> list[str]:
        """The base request of each pair."""
        return [value.request for value in self.treatment]

    @property
    def frames(self) -> list[str]:
        """The frame of each pair; "" where there is none."""
        return [value.frame for value in self.treatment]

    @property
    def framed(self) -> bool:
        """Whether any pair has a frame."""
        return any(self.frames)

    @property
    def missing(self) -> int:
        """The number of pairs in which a side has no number."""
        return sum(t.number is None or b.number is None for t, b in zip(self.treatment, self.baseline, strict=True))

    def differences(self, missing: tuple[float, float]) -> Float[np.ndarray, "pair"]:
        """Treatment minus baseline; `missing` stands in for a missing treatment and a missing baseline."""
        treatment, baseline = _numbers(self.treatment, missing[0]), _numbers(self.baseline, missing[1])
        return np.asarray(treatment - baseline)

    def mean(self) -> float | None:
        """The mean difference of the pairs that are whole; None where there is none."""
        whole = [
            t.number - b.number
            for t, b in zip(self.treatment, self.baseline, strict=True)
            if t.number is not None and b.number is not None
        ]
        return float(np.mean(whole)) if whole else None


def pair(treatment: Sequence[Value], baseline: Sequence[Value], *, where: str) -> Pairs:
    """Join by request and frame; an unframed baseline stands beside every frame of its request.

    Raises
    ------
    ClaimError : a value has no partner; frames that one arm alone has would be dropped in silence.
    """
    partners: Mapping[str, Value] = {value.id: value for value in baseline}
    lonely = [value.id for value in treatment if _partner(value, partners) is None]
    if any(value.frame for value in baseline):
        lonely += sorted(set(partners) - {value.id for value in treatment})
    if lonely:
        raise ClaimError(
            f"{len(lonely)} prompts have no partner in the other arm, {lonely[0]!r} among them. "
            "Frame both arms with the same set, or leave the baseline unframed.",
            where=where,
        )
    # in an order of their own, so that a verdict does not depend on the order of the prompts in a file
    ordered = sorted(treatment, key=lambda value: (value.request, value.frame))
    found = tuple(partner for value in ordered if (partner := _partner(value, partners)) is not None)
    return Pairs(tuple(ordered), found)


def fills(bounds: Bounds | None, missing: int, *, where: str) -> list[tuple[float, float]]:
    """What to put in for missing values, so that the effect is lowest and highest; one entry where none is missing.

    Raises
    ------
    ClaimError : values are missing from an unbounded measure, so that no case bounds them.
    """
    if not missing:
        return [(0.0, 0.0)]
    if bounds is None:
        raise ClaimError(
            f"{missing} values are missing and the measure has no bounds, so nothing limits what they were. "
            'Declare its bounds (in recording.json: "measures": {"name": {"bounds": [0, 1]}}), or mend the values.',
            where=where,
        )
    low, high = bounds
    return [(low, high), (high, low)]


def _partner(value: Value, partners: Mapping[str, Value]) -> Value | None:
    return partners.get(value.id) or partners.get(value.request)


def _numbers(values: Iterable[Value], missing: float) -> Float[np.ndarray, "pair"]:
    return np.array([missing if value.number is None else value.number for value in values], dtype=np.float64)
