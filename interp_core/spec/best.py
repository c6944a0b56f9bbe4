"""The best of several configurations: a side of a prediction that says how many were tried."""

from collections.abc import Mapping
from dataclasses import dataclass

from interp_core.errors import ClaimError
from interp_core.spec.identity import Tree, caller
from interp_core.spec.measure import Quantity
from interp_core.spec.model import Measurement
from interp_core.spec.prediction import WITHIN, Comparable, Relation
from interp_core.spec.several import Several, check_several


@dataclass(frozen=True)
class Best(Several):
    """Whichever of several measurements differs most from the baseline, in the predicted direction.

    Which one that is, is chosen by the data that judge it; the interval allows for the choice.
    """

    names: tuple[str, ...]
    measurements: tuple[Measurement, ...]

    @property
    def label(self) -> str:
        """What a table calls it."""
        return f"the best of {len(self.names)}: {', '.join(self.names)}"

    @property
    def quantity(self) -> Quantity:
        """The quantity of all."""
        return self.measurements[0].quantity

    def beside(self, baseline: Comparable, relation: Relation) -> Comparable:
        """The baseline of each configuration, by its name; one for all stands beside each.

        Raises
        ------
        ClaimError : other names than these, or a prediction that a difference is small.
        """
        if relation in WITHIN:
            raise ClaimError(
                "the best of several configurations is the one with the largest difference, so it shows of none that "
                "it is small. Predict each: claim.expect(first.equivalent_to(...), second.equivalent_to(...)).",
                where=caller(),
            )
        if isinstance(baseline, Measurement):
            return Best(self.names, (baseline,) * len(self.names))
        if isinstance(baseline, Best) and baseline.names != self.names:
            raise ClaimError(
                f"the configurations {', '.join(self.names)} are compared with {', '.join(baseline.names)}. Give each "
                "its baseline under its own name, or one measurement as the baseline of all.",
                where=caller(),
            )
        return baseline

    def design(self) -> Tree:
        """What a claim's design depends on."""
        return {"best of": {name: m.design() for name, m in zip(self.names, self.measurements, strict=True)}}


def best_of(configurations: Mapping[str, Measurement]) -> Best:
    """The best of several configurations, such as layers or coefficients: ``best_of({"layer 3": m, "layer 4": n})``.

    Raises
    ------
    ClaimError : fewer than two, or measurements of different quantities, of framed prompts or of different requests.
    """
    given = tuple(configurations.values())
    if len(given) < 2 or not all(isinstance(m, Measurement) for m in given):
        raise ClaimError(
            f"best_of({configurations!r}) wants two measurements or more, by name: "
            'best_of({"layer 3": model.under(...).judged(...), "layer 4": ...}).',
            where=caller(),
        )
    check_several(given, "configuration", "best_of")
    if any(m.prompts.framing for m in given):
        raise ClaimError(
            "best_of takes unframed prompts: which configuration is best would be chosen request by request of each "
            "frame. Claim the frames of one configuration, selected beforehand.",
            where=caller(),
        )
    return Best(tuple(configurations), given)
