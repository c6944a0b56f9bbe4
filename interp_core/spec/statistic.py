"""Statistics of more than one measurement: how well two sets are told apart, how two numbers go together, how an
effect grows with the dose. Each is a side of a prediction, like a measurement."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from interp_core.errors import ClaimError
from interp_core.spec.identity import Tree, caller
from interp_core.spec.model import Measurement
from interp_core.spec.prediction import Bounds, Comparable, Prediction, Reference, check_comparable
from interp_core.spec.several import Several, check_several

FEWEST_DOSES = 3


@dataclass(frozen=True)
class Derived:
    """What a statistic is a number of."""

    noun: str
    unit: str = ""
    bounds: Bounds | None = None


AUC = Derived("separation (AUC)", "", (0.0, 1.0))
RANK_CORRELATION = Derived("Spearman correlation", "", (-1.0, 1.0))
CHANCE = Reference("chance", 0.5, AUC)
NO_CORRELATION = Reference("no correlation", 0.0, RANK_CORRELATION)


@dataclass(frozen=True)
class Separation(Comparable):
    """How well a measurement tells two prompt sets apart.

    That is the chance that a draw of `positive` exceeds one of `negative`, the area under the ROC curve (AUC): .5
    where nothing is told apart.
    """

    positive: Measurement
    negative: Measurement

    @property
    def arms(self) -> tuple[Measurement, ...]:
        """Both measurements."""
        return (self.positive, self.negative)

    @property
    def label(self) -> str:
        """What a table calls it."""
        return f"{self.positive.quantity.noun} of {self.positive.label} against {self.negative.label}"

    @property
    def quantity(self) -> Derived:
        """The area under the ROC curve."""
        return AUC

    def above_chance(self, *, by: float) -> Prediction:
        """Predict that the AUC exceeds .5 by more than `by`."""
        return self.higher_than(CHANCE, by=by)

    def design(self) -> Tree:
        """What a claim's design depends on."""
        return {"separation": [self.positive.design(), self.negative.design()]}


@dataclass(frozen=True)
class Correlation(Comparable):
    """How two numbers of the same prompts go together: Spearman's rank correlation, -1 to 1."""

    x: Measurement
    y: Measurement

    @property
    def arms(self) -> tuple[Measurement, ...]:
        """Both measurements."""
        return (self.x, self.y)

    @property
    def label(self) -> str:
        """What a table calls it."""
        return f"{self.x.quantity.noun} and {self.y.quantity.noun} of {self.x.label}"

    @property
    def quantity(self) -> Derived:
        """Spearman's rank correlation."""
        return RANK_CORRELATION

    def positive(self, *, by: float) -> Prediction:
        """Predict that the correlation exceeds `by`."""
        return self.higher_than(NO_CORRELATION, by=by)

    def negative(self, *, by: float) -> Prediction:
        """Predict that the correlation lies below -`by`."""
        return self.lower_than(NO_CORRELATION, by=by)

    def design(self) -> Tree:
        """What a claim's design depends on."""
        return {"correlation": [self.x.design(), self.y.design()]}


@dataclass(frozen=True)
class Trend(Several):
    """How a measurement rises over a sweep of doses: for each request the straight line through its values.

    Its number is the line's rise from the first dose to the last, in the unit of the measurement.
    """

    doses: tuple[float, ...]
    measurements: tuple[Measurement, ...]

    @property
    def label(self) -> str:
        """What a table calls it."""
        return f"{self.measurements[-1].label}, doses {', '.join(f'{dose:g}' for dose in self.doses)}"

    @property
    def quantity(self) -> Derived:
        """The rise, in the unit of the measurement."""
        measured = self.measurements[0].quantity
        return Derived(f"rise of {measured.noun} with the dose", measured.unit)

    def rises(self, *, by: float) -> Prediction:
        """Predict that it rises by more than `by` from the first dose to the last."""
        return self.higher_than(self._none, by=by)

    def falls(self, *, by: float) -> Prediction:
        """Predict that it falls by more than `by` from the first dose to the last."""
        return self.lower_than(self._none, by=by)

    @property
    def _none(self) -> Reference:
        return Reference("no trend", 0.0, self.quantity)

    def design(self) -> Tree:
        """What a claim's design depends on."""
        return {"trend": list(self.doses), "measurements": [m.design() for m in self.measurements]}


def separation(positive: Measurement, negative: Measurement) -> Separation:
    """The AUC of one measurement between two prompt sets.

    Raises
    ------
    ClaimError : something else than measurements, or of different quantities, or framed prompts, which would count
        each request once for every frame.
    """
    _measurements(f"separation({positive!r}, {negative!r})", positive, negative)
    check_comparable(positive, negative, "positive", "negative", caller())
    for side in (positive, negative):
        _refuse_frames(side, "separation")
    return Separation(positive, negative)


def correlation(x: Measurement, y: Measurement) -> Correlation:
    """Spearman's correlation of two measurements over the same prompts.

    Raises
    ------
    ClaimError : something else than measurements, framed prompts, or different requests.
    """
    _measurements(f"correlation({x!r}, {y!r})", x, y)
    for side in (x, y):
        _refuse_frames(side, "correlation")
    if x.prompts.requests != y.prompts.requests:
        raise ClaimError(
            f"a correlation is over the same requests, and {x.prompts.label!r} and {y.prompts.label!r} differ. "
            "Measure both on one prompt set.",
            where=caller(),
        )
    return Correlation(x, y)


def trend(sweep: Mapping[float, Measurement]) -> Trend:
    """A sweep, dose by dose: ``trend({0.5: half, 1.0: once, 2.0: twice})``.

    Raises
    ------
    ClaimError : fewer than three doses, or measurements of different quantities or requests.
    """
    _measurements("trend({dose: ...})", *sweep.values())
    if len(sweep) < FEWEST_DOSES:
        raise ClaimError(
            f"a trend over {len(sweep)} doses is no trend. Give {FEWEST_DOSES} or more, or compare two measurements: "
            "high.higher_than(low, by=...).",
            where=caller(),
        )
    doses = sorted(sweep)
    measured = tuple(sweep[dose] for dose in doses)
    check_several(measured, "dose", "a trend")
    return Trend(tuple(map(float, doses)), measured)


def _measurements(call: str, *given: object) -> None:
    wrong = [value for value in given if not isinstance(value, Measurement)]
    if wrong:
        _refuse(f"{call} wants measurements, as model.projection(harmful.test, on=refusal) makes, not {wrong[0]!r}.")


def _refuse_frames(side: Measurement, name: str) -> None:
    if side.prompts.framing:
        _refuse(
            f"the {name} of framed prompts would count each request once for every frame, as if they were independent. "
            "Leave the prompts unframed, or claim a difference: framed.lower_than(neutral, by=...)."
        )


def _refuse(message: str) -> NoReturn:
    raise ClaimError(message, where=caller())
