"""Interventions: what is done to activations while the model runs."""

import math
from dataclasses import dataclass

from interp_core.errors import ClaimError
from interp_core.spec.direction import Direction
from interp_core.spec.identity import Tree, caller


@dataclass(frozen=True)
class Intervention:
    """One edit of the residual stream along a direction, at every position of prompt and answer.

    Attributes
    ----------
    kind : ``zero`` removes the component along the direction from every write to the residual stream; ``affine`` sets
        it to the mean of the direction's negative set, at every layer from the direction's site on (or at the site
        alone); ``add`` adds `coefficient` times the direction at its site.
    direction : the recipe of the vector.
    coefficient : multiples of the direction; meaningful for ``add`` only.
    site_only : for ``affine``, whether only the site's layer is edited.
    """

    kind: str
    direction: Direction
    coefficient: float = 1.0
    site_only: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.direction, Direction):
            raise ClaimError(
                f"an intervention edits along a direction, and got {self.direction!r}. "
                "Make one with difference_in_means(harmful, harmless, at=Site(depth=0.67)).",
                where=caller(),
            )

    @property
    def label(self) -> str:
        """What a table calls it: "zero ablation of refusal"."""
        if self.kind == "add":
            return f"adding {self.coefficient:g} x {self.direction.name}"
        return f"{self.kind} ablation of {self.direction.name}{' at its site' if self.site_only else ''}"

    def design(self) -> Tree:
        """What of the intervention a claim's design depends on."""
        return {
            "intervention": self.kind,
            "direction": self.direction.design(),
            "coefficient": self.coefficient,
            "site_only": self.site_only,
        }


@dataclass(frozen=True)
class ZeroAblation:
    """Directional ablation (Arditi et al. 2024, eq. 4): x <- x - (x . r) r for every write to the residual stream."""

    def __call__(self, direction: Direction) -> Intervention:
        """The intervention for `direction`."""
        return Intervention("zero", direction)

    def __str__(self) -> str:
        return "zero"


@dataclass(frozen=True)
class AffineAblation:
    """Affine ablation (Marshall et al. 2024): the component along r is set to the negative set's mean, not to zero."""

    def __call__(self, direction: Direction, *, site_only: bool = False) -> Intervention:
        """The intervention for `direction`; `site_only` edits the site's layer and no later one."""
        return Intervention("affine", direction, site_only=site_only)

    def __str__(self) -> str:
        return "affine"


@dataclass(frozen=True)
class Addition:
    """Activation addition (Turner et al. 2023; Arditi et al. 2024, eq. 3): x <- x + c r at the direction's site."""

    def __call__(self, direction: Direction, *, coefficient: float = 1.0) -> Intervention:
        """The intervention for `direction`; raises ClaimError for a coefficient of zero or one that is not finite."""
        if coefficient == 0 or not math.isfinite(coefficient):
            raise ClaimError(
                f"add(direction, coefficient={coefficient}) changes no activation in a way that can be measured. "
                "Write a number of times the direction: coefficient=1.0 is the default.",
                where=caller(),
            )
        return Intervention("add", direction, coefficient=coefficient)

    def __str__(self) -> str:
        return "add"


zero = ZeroAblation()
affine = AffineAblation()
add = Addition()
