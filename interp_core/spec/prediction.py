"""Predictions: what is compared with what, in which direction and by how much. They have no truth value."""

import math
from dataclasses import dataclass, field
from numbers import Real
from typing import TYPE_CHECKING, Literal, NoReturn, Protocol, runtime_checkable

from interp_core.errors import ClaimError
from interp_core.spec.identity import Tree, caller

if TYPE_CHECKING:
    import interp_core.spec.direction
    import interp_core.spec.model

Relation = Literal["higher", "lower", "equivalent", "not lower", "not higher"]
WITHIN = ("equivalent", "not lower", "not higher")  # predictions that a difference stays within the margin
Bounds = tuple[float, float]


@runtime_checkable
class Scale(Protocol):
    """What a number is a number of: a noun, a unit, and bounds where it has them."""

    @property
    def noun(self) -> str:
        """What is measured, in a noun."""

    @property
    def unit(self) -> str:
        """Its unit; "" where it has none."""

    @property
    def bounds(self) -> Bounds | None:
        """Its least and greatest value, where there are such."""


class Comparable:
    """A side of a prediction: `treatment.higher_than(baseline, by=...)` and its siblings."""

    if TYPE_CHECKING:  # said to the type checker alone: at run time a property would be the default of a field's name

        @property
        def arms(self) -> tuple[interp_core.spec.model.Measurement, ...]:
            """Every measurement that it needs."""

        @property
        def label(self) -> str:
            """What a table calls it."""

        @property
        def quantity(self) -> Scale:
            """What its number is a number of."""

        def design(self) -> Tree:
            """What a claim's design depends on."""

    @property
    def gap(self) -> "interp_core.spec.direction.FittedDirection | interp_core.spec.direction.SelectedDirection | None":
        """The direction whose gap is the unit, if one is."""
        return None

    @property
    def widest(self) -> float:
        """The largest difference that two such sides can show."""
        bounds = self.quantity.bounds
        return math.inf if bounds is None else bounds[1] - bounds[0]

    def beside(self, baseline: "Comparable", relation: Relation) -> "Comparable":  # noqa: ARG002  for sides that look
        """The baseline as this side compares with it; raises ClaimError for a relation that it cannot show."""
        return baseline

    def __sub__(self, other: object) -> "Comparable":
        refuse_deeper()

    def higher_than(self, baseline: "Comparable", *, by: float) -> "Prediction":
        """Predict that the mean exceeds the baseline's by more than `by`, the smallest effect of interest."""
        return predict(self, baseline, "higher", by)

    def lower_than(self, baseline: "Comparable", *, by: float) -> "Prediction":
        """Predict that the mean falls below the baseline's by more than `by`, the smallest effect of interest."""
        return predict(self, baseline, "lower", by)

    def equivalent_to(self, baseline: "Comparable", *, within: float) -> "Prediction":
        """Predict that the mean differs from the baseline's by less than `within`, either way."""
        return predict(self, baseline, "equivalent", within)

    def not_lower_than(self, baseline: "Comparable", *, within: float) -> "Prediction":
        """Predict that the mean is not lower than the baseline's by as much as `within`; any higher will do."""
        return predict(self, baseline, "not lower", within)

    def not_higher_than(self, baseline: "Comparable", *, within: float) -> "Prediction":
        """Predict that the mean is not higher than the baseline's by as much as `within`; any lower will do."""
        return predict(self, baseline, "not higher", within)


@dataclass(frozen=True)
class Reference(Comparable):
    """A value that needs no measurement, to compare a statistic with: chance, no trend, no correlation."""

    name: str
    value: float
    scale: Scale

    @property
    def arms(self) -> "tuple[interp_core.spec.model.Measurement, ...]":
        """None."""
        return ()

    @property
    def label(self) -> str:
        """Its name and value: "chance (0.5)"."""
        return f"{self.name} ({self.value:g})"

    @property
    def quantity(self) -> Scale:
        """That of the statistic it stands beside."""
        return self.scale

    def design(self) -> Tree:
        """What a claim's design depends on."""
        return {"reference": self.value}


@dataclass(frozen=True)
class Prediction:
    """`treatment` lies beyond `baseline` in the `relation`'s direction by more than `margin`, on average.

    For ``equivalent`` the difference lies within `margin` of zero; for ``not lower`` and ``not higher``, which are
    non-inferiority, short of `margin` on that side. A prediction is judged when the claim's body has returned; it has
    no truth value before and `bool()` of it raises.
    """

    treatment: Comparable
    baseline: Comparable
    relation: Relation
    margin: float
    where: str = field(default="", compare=False)

    def __bool__(self) -> NoReturn:
        raise ClaimError(
            "a prediction is not true or false yet, so `assert`, `if` and `and` say nothing about it. "
            "Hand it over: claim.expect(treatment.higher_than(baseline, by=...)).",
            where=caller(),
        )

    @property
    def arms(self) -> "tuple[interp_core.spec.model.Measurement, ...]":
        """Every measurement it needs: the treatment's, then the baseline's."""
        return self.treatment.arms + self.baseline.arms

    @property
    def unit(self) -> str:
        """The unit of its effect and margin."""
        return self.treatment.quantity.unit

    @property
    def phrase(self) -> str:
        """Its margin in words: "by at least 0.25 of the gap"."""
        unit = f" {self.unit}" if self.unit else ""
        word = {"equivalent": "within", "not lower": "by as much as", "not higher": "by as much as"}
        return f"{word.get(self.relation, 'by at least')} {self.margin:g}{unit}"

    def design(self) -> Tree:
        """What a claim's design depends on."""
        return {
            "treatment": self.treatment.design(),
            "baseline": self.baseline.design(),
            "relation": self.relation,
            "margin": self.margin,
        }


def refuse_deeper() -> NoReturn:
    """Raise ClaimError: only two measurements make a contrast."""
    raise ClaimError(
        "a contrast is one measurement minus another, no deeper. Compare two contrasts: "
        "(a - b).lower_than(c - d, by=...).",
        where=caller(),
    )


def predict(treatment: Comparable, baseline: object, relation: Relation, margin: float) -> Prediction:
    """A checked prediction; raises ClaimError for a baseline or margin that would make it say nothing."""
    where = caller()
    if not isinstance(baseline, Comparable):
        raise ClaimError(
            f"a prediction compares with a measured baseline, and got {baseline!r}. Measure the baseline the same "
            "way: model.projection(neutral, on=refusal), or model.under(ablation(refusal.random())).",
            where=where,
        )
    checked = _margin(margin, relation, where)
    baseline = treatment.beside(baseline, relation)
    _check_possible(treatment, relation, checked, where)
    if type(treatment) is not type(baseline) and not isinstance(baseline, Reference):
        raise ClaimError(
            f"one side is a {_kind(treatment)} and the other a {_kind(baseline)}. Compare two measurements, or two "
            "contrasts: (a - b).lower_than(c - d, by=...).",
            where=where,
        )
    check_comparable(treatment, baseline, "treatment", "baseline", where)
    return Prediction(treatment, baseline, relation, checked, where)


def _kind(side: Comparable) -> str:
    return type(side).__name__.lower()


def _check_possible(treatment: Comparable, relation: str, margin: float, where: str) -> None:
    """Raise ClaimError for a margin that no pair of arms can reach, or that every pair of arms keeps within."""
    bounds = treatment.quantity.bounds
    if bounds is None or margin < treatment.widest:
        return
    name, fate = ("within", "hold of any data") if relation in WITHIN else ("by", "hold of no data")
    raise ClaimError(
        f"{name}={margin:g} would {fate}: {treatment.quantity.noun} lies in {bounds[0]:g} to {bounds[1]:g}, so no "
        f"difference exceeds {treatment.widest:g}. Write the smallest difference that would matter, as in {name}=0.1.",
        where=where,
    )


def check_comparable(first: Comparable, second: Comparable, name: str, other: str, where: str) -> None:
    """Raise ClaimError where two sides are one recipe, or measure different things."""
    if first == second:
        raise ClaimError(
            f"{name} and {other} are the same recipe, so the effect is zero by construction. Measure the {other} "
            "without what the claim is about.",
            where=where,
        )
    if first.quantity != second.quantity:
        own, others = first.quantity.noun, second.quantity.noun
        found = f"{own!r} and {other} {others!r}" if own != others else f"{own!r} in another way than {other}"
        raise ClaimError(
            f"{name} measures {found}: compare one quantity, with one judge or direction and one number of tokens or "
            "draws, in both arms.",
            where=where,
        )


def _margin(given: object, relation: str, where: str) -> float:
    if isinstance(given, Real) and not isinstance(given, bool) and 0 < float(given) < math.inf:
        return float(given)
    name = "within" if relation in WITHIN else "by"
    raise ClaimError(
        f"{name}={given!r} is no smallest effect of interest: it must be a number above zero, because with a margin "
        f"of zero any trace of an effect would do. Write the smallest difference that would matter, as in {name}=0.1.",
        where=where,
    )
