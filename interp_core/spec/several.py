"""What sides of several measurements have in common: doses of a trend, configurations of which the best is taken."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from interp_core.errors import ClaimError
from interp_core.spec.direction import FittedDirection, SelectedDirection
from interp_core.spec.identity import caller
from interp_core.spec.model import Measurement
from interp_core.spec.prediction import Comparable, check_comparable


class Several(Comparable):
    """A side that is made of several measurements of one quantity over the same requests."""

    if TYPE_CHECKING:  # said to the type checker alone, as in Comparable

        @property
        def measurements(self) -> tuple[Measurement, ...]:
            """Of each dose or configuration."""

    @property
    def arms(self) -> tuple[Measurement, ...]:
        """All of them."""
        return self.measurements

    @property
    def gap(self) -> FittedDirection | SelectedDirection | None:
        """The direction whose gap is the unit, if one is."""
        return self.measurements[0].gap


def check_several(measurements: Sequence[Measurement], one: str, of: str) -> None:
    """Raise ClaimError where measurements are of different quantities or different requests."""
    first, *rest = measurements
    for other in rest:
        check_comparable(first, other, f"one {one}", "another", caller())
        if other.prompts.requests != first.prompts.requests:
            raise ClaimError(f"every {one} of {of} is measured on the same requests.", where=caller())
