"""Models by reference, the measurements made of them, and the predictions made of measurements.

All three are frozen recipes: no weights, no numbers, no truth values.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from numbers import Real
from pathlib import Path
from typing import Literal, NoReturn

from interp_core.errors import ClaimError, NotApplicable
from interp_core.spec.direction import DifferenceInMeans, Direction
from interp_core.spec.identity import Tree, caller
from interp_core.spec.intervention import Intervention
from interp_core.spec.judge import Judge
from interp_core.spec.measure import Judged, Measure, Projection, Quantity, Recorded
from interp_core.spec.prompts import PromptSet
from interp_core.spec.recorded import read_recording

Relation = Literal["higher", "lower", "equivalent"]
DTYPES = ("float32", "bfloat16", "float16")


@dataclass(frozen=True)
class Prediction:
    """`treatment` lies beyond `baseline` in the `relation`'s direction by more than `margin`, on average.

    For ``equivalent`` the difference lies within `margin` of zero. A prediction is judged when the claim's body has
    returned; it has no truth value before and `bool()` of it raises.
    """

    treatment: "Measurement | Contrast"
    baseline: "Measurement | Contrast"
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
    def arms(self) -> "tuple[Measurement, ...]":
        """Every measurement it needs: the treatment's, then the baseline's."""
        return self.treatment.arms + self.baseline.arms

    @property
    def unit(self) -> str:
        """The unit of its effect and margin."""
        return self.treatment.quantity.unit

    @property
    def phrase(self) -> str:
        """Its margin in words: ", by at least 0.25 of the gap"."""
        unit = f" {self.unit}" if self.unit else ""
        word = "within" if self.relation == "equivalent" else "by at least"
        return f"{word} {self.margin:g}{unit}"

    def design(self) -> Tree:
        """What a claim's design depends on."""
        return {
            "treatment": self.treatment.design(),
            "baseline": self.baseline.design(),
            "relation": self.relation,
            "margin": self.margin,
        }


class Comparable:
    """What predictions are made of: `treatment.higher_than(baseline, by=...)` and its siblings."""

    def higher_than(self, baseline: "Comparable", *, by: float) -> Prediction:
        """Predict that the mean exceeds the baseline's by more than `by`, the smallest effect of interest."""
        return predict(self, baseline, "higher", by)

    def lower_than(self, baseline: "Comparable", *, by: float) -> Prediction:
        """Predict that the mean falls below the baseline's by more than `by`, the smallest effect of interest."""
        return predict(self, baseline, "lower", by)

    def equivalent_to(self, baseline: "Comparable", *, within: float) -> Prediction:
        """Predict that the mean differs from the baseline's by less than `within`, either way."""
        return predict(self, baseline, "equivalent", within)

    def __sub__(self, other: "Comparable") -> "Contrast":
        if not isinstance(self, Measurement) or not isinstance(other, Measurement):
            raise ClaimError(
                "a contrast is one measurement minus another, no deeper. Compare two contrasts: "
                "(a - b).lower_than(c - d, by=...).",
                where=caller(),
            )
        _check_comparable(self, other, "minuend", "subtrahend", caller())
        return Contrast(self, other)


@dataclass(frozen=True)
class Measurement(Comparable):
    """One quantity of one model over one prompt set: a recipe, no number yet."""

    quantity: Quantity
    model: "Model"
    prompts: PromptSet
    where: str = field(default="", compare=False)
    arm: str = ""

    @property
    def label(self) -> str:
        """What a table calls the arm; a recording names an arm of a judged measurement so, too."""
        if self.arm:
            return self.arm
        edits = "".join(f", {edit.label}" for edit in self.model.interventions)
        return f"{self.prompts.label}{edits}"

    def __str__(self) -> str:
        unit = f" {self.quantity.unit}" if self.quantity.unit else ""
        return f"{self.quantity.noun}{unit} of {self.label}, on {self.model.name}\n{self.prompts}"

    @property
    def arms(self) -> "tuple[Measurement, ...]":
        """Itself."""
        return (self,)

    @property
    def directions(self) -> tuple[Direction, ...]:
        """Every direction that the number depends on."""
        own = (self.quantity.direction,) if isinstance(self.quantity, Projection) else ()
        return own + tuple(edit.direction for edit in self.model.interventions)

    @property
    def intervenes(self) -> bool:
        """Whether the model is intervened on while the number is made, here or where it was recorded."""
        if self.arm:
            return bool(read_recording(self.model.recording_folder).intervention(self.arm))
        return bool(self.model.interventions)

    @property
    def gap(self) -> DifferenceInMeans | None:
        """The direction whose gap is the unit, if one is."""
        quantity = self.quantity
        if not isinstance(quantity, Projection) or quantity.raw:
            return None
        return quantity.direction if isinstance(quantity.direction, DifferenceInMeans) else quantity.direction.of

    def values(self) -> Mapping[str, float]:
        """The number of each prompt, by prompt id. Looking before the prediction makes the claim exploratory."""
        from interp_core.spec.claim import look_at

        return look_at(self)

    def design(self) -> Tree:
        """What a claim's design depends on."""
        return {
            "quantity": self.quantity.design(),
            "model": self.model.design(),
            "prompts": self.arm or self.prompts.design(),
        }

    def data(self) -> Tree:
        """The hashes of everything the number is computed from, the model apart."""
        return {"prompts": self.prompts.data(), "directions": [direction.data() for direction in self.directions]}


@dataclass(frozen=True)
class Contrast(Comparable):
    """The difference of two measurements over the same requests: a side of a 2 x 2 interaction."""

    minuend: Measurement
    subtrahend: Measurement

    @property
    def label(self) -> str:
        """What a table calls the arm."""
        return f"({self.minuend.label}) minus ({self.subtrahend.label})"

    @property
    def arms(self) -> tuple[Measurement, ...]:
        """Both measurements."""
        return (self.minuend, self.subtrahend)

    @property
    def quantity(self) -> Quantity:
        """The quantity of both."""
        return self.minuend.quantity

    def design(self) -> Tree:
        """What a claim's design depends on."""
        return {"contrast": [self.minuend.design(), self.subtrahend.design()]}


@dataclass(frozen=True)
class Model:
    """A model by its source, revision and dtype, plus the interventions in force.

    Attributes
    ----------
    source : an organism's name, the path of a `save_pretrained` folder, a hub id whose files are on this machine, or
        ``recorded:DIR``.
    name : what tables call it.
    revision : the hub revision; None for local folders.
    dtype : float32, bfloat16 or float16; part of the row, since it changes results.
    interventions : applied in order while the model runs.
    """

    source: str
    name: str = field(default="", compare=False)
    revision: str | None = None
    dtype: str = "float32"
    interventions: tuple[Intervention, ...] = ()

    def __post_init__(self) -> None:
        if self.dtype not in DTYPES:
            raise ClaimError(f"unknown dtype {self.dtype!r}. Write one of: {', '.join(DTYPES)}.")
        if not self.name:
            object.__setattr__(self, "name", self.source.removeprefix("recorded:").rstrip("/").rsplit("/", 1)[-1])

    @property
    def is_recorded(self) -> bool:
        """Whether its results were recorded elsewhere."""
        return self.source.startswith("recorded:")

    def under(self, *interventions: Intervention) -> "Model":
        """The same model with `interventions` in force besides those it has."""
        for edit in interventions:
            if not isinstance(edit, Intervention):
                raise ClaimError(
                    f"model.under({edit!r}): give interventions, as in model.under(zero(refusal)).", where=caller()
                )
        return replace(self, interventions=self.interventions + interventions)

    def projection(self, prompts: PromptSet, *, on: Direction, raw: bool = False) -> Measurement:
        """The projection of each prompt's residual stream on a direction, at the direction's site.

        Parameters
        ----------
        prompts : what to run; not the prompts that the direction was fitted on.
        on : the direction, which carries its site.
        raw : leave the unit of the residual stream; otherwise the unit is the direction's gap on its select split.
        """
        return Measurement(Projection(on, raw), self, prompts, caller())

    def judged(self, prompts: PromptSet, *, by: Judge, max_new_tokens: int = 48) -> Measurement:
        """A judge's score of each prompt's greedy answer of at most `max_new_tokens` tokens."""
        if not isinstance(by, Judge):
            raise ClaimError(
                f"model.judged(..., by={by!r}): give a Judge, as @judge makes of a function.", where=caller()
            )
        if max_new_tokens < 1:
            raise ClaimError(
                f"max_new_tokens={max_new_tokens} leaves no answer to judge. Write at least 1; 48 is the default.",
                where=caller(),
            )
        return Measurement(Judged(by, max_new_tokens), self, prompts, caller())

    def measured(self, prompts: PromptSet, *, by: Measure) -> Measurement:
        """A measure of the user's own, as `@measure` makes of a function of activations or logits."""
        if not isinstance(by, Measure):
            raise ClaimError(f"model.measured(..., by={by!r}): give a Measure, as @measure makes.", where=caller())
        return Measurement(by, self, prompts, caller())

    def recorded(self, arm: str, *, measure: str = "value") -> Measurement:
        """The numbers that a recording holds of one arm, under the name that the recording gives it.

        Raises
        ------
        NotApplicable : the model is not a recording, or the recording has no such arm: the claim is skipped.
        """
        recording = read_recording(self.recording_folder)
        quantity = Recorded(measure, recording.unit(measure), recording.bounds(measure))
        return Measurement(quantity, self, recording.prompts(arm, measure), caller(), arm)

    @property
    def recording_folder(self) -> Path:
        """The folder of a recording; raises NotApplicable for any other model."""
        if not self.is_recorded:
            raise NotApplicable("the claim reads recorded results: run it with --model recorded:DIR.")
        return Path(self.source.removeprefix("recorded:")).expanduser()

    def design(self) -> Tree:
        """What a claim's design depends on: the interventions, not which model it is."""
        return [edit.design() for edit in self.interventions]


def predict(treatment: "Comparable", baseline: object, relation: Relation, margin: float) -> Prediction:
    """A checked prediction; raises ClaimError for a baseline or margin that would make it say nothing."""
    assert isinstance(treatment, Measurement | Contrast)
    where = caller()
    if not isinstance(baseline, Measurement | Contrast):
        raise ClaimError(
            f"a prediction compares with a measured baseline, and got {baseline!r}. Measure the baseline the same "
            "way: model.projection(neutral, on=refusal), or model.under(ablation(refusal.random())).",
            where=where,
        )
    checked = _margin(margin, relation, where)
    _check_possible(treatment, relation, checked, where)
    if type(treatment) is not type(baseline):
        raise ClaimError(
            "one side is a contrast and the other a plain measurement. Compare two measurements, or two contrasts: "
            "(a - b).lower_than(c - d, by=...).",
            where=where,
        )
    _check_comparable(treatment, baseline, "treatment", "baseline", where)
    return Prediction(treatment, baseline, relation, checked, where)


def _check_possible(treatment: "Measurement | Contrast", relation: str, margin: float, where: str) -> None:
    """Raise ClaimError for a margin that no pair of arms can reach, or that every pair of arms keeps within."""
    bounds = treatment.quantity.bounds
    if bounds is None:
        return
    widest = (bounds[1] - bounds[0]) * (2 if isinstance(treatment, Contrast) else 1)
    if margin < widest:
        return
    name, fate = ("within", "hold of any data") if relation == "equivalent" else ("by", "hold of no data")
    raise ClaimError(
        f"{name}={margin:g} would {fate}: {treatment.quantity.noun} lies in {bounds[0]:g} to {bounds[1]:g}, so no "
        f"difference exceeds {widest:g}. Write the smallest difference that would matter, as in {name}=0.1.",
        where=where,
    )


def _check_comparable(
    first: "Measurement | Contrast", second: "Measurement | Contrast", name: str, other: str, where: str
) -> None:
    if first == second:
        raise ClaimError(
            f"{name} and {other} are the same recipe, so the effect is zero by construction. Measure the {other} "
            "without what the claim is about.",
            where=where,
        )
    if first.quantity != second.quantity:
        raise ClaimError(
            f"{name} measures {first.quantity.noun!r} and {other} {second.quantity.noun!r}: "
            "compare one quantity, with one judge or direction, in both arms.",
            where=where,
        )


def _margin(given: object, relation: str, where: str) -> float:
    if isinstance(given, Real) and not isinstance(given, bool) and 0 < float(given) < math.inf:
        return float(given)
    name = "within" if relation == "equivalent" else "by"
    raise ClaimError(
        f"{name}={given!r} is no smallest effect of interest: it must be a number above zero, because with a margin "
        f"of zero any trace of an effect would do. Write the smallest difference that would matter, as in {name}=0.1.",
        where=where,
    )
