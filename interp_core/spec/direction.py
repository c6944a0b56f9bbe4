"""Directions in the residual stream: recipes that remember what they are fitted on."""

from dataclasses import dataclass

from interp_core.errors import ClaimError
from interp_core.spec.identity import Tree, caller
from interp_core.spec.prompts import PromptSet

POSITIONS = ("end_of_instruction", "end_of_template")


@dataclass(frozen=True)
class Site:
    """A hook point: the residual stream at the input of a layer, at a position named by its role.

    Parameters
    ----------
    layer : the layer's index from 0; the number of layers itself means the stream after the last layer.
    depth : instead of `layer`, the fraction of the layers that lie before the site, rounded to a layer. One
        registered depth serves models of different sizes.
    position : ``end_of_template`` (the last token before the answer, where the model decides) or
        ``end_of_instruction`` (the last token of the user's message).
    """

    layer: int | None = None
    depth: float | None = None
    position: str = "end_of_template"

    def __post_init__(self) -> None:
        if (self.layer is None) == (self.depth is None):
            raise ClaimError(
                f"a site has either layer= (an index) or depth= (a fraction of the layers), exactly one, and got "
                f"layer={self.layer}, depth={self.depth}. Write Site(depth=0.67).",
                where=caller(),
            )
        if self.layer is not None and self.layer < 0:
            raise ClaimError(f"layer={self.layer} is negative. Count layers from 0, or say depth=0.67.", where=caller())
        if self.depth is not None and not 0 <= self.depth <= 1:
            raise ClaimError(
                f"depth={self.depth} is outside 0 to 1: it is a fraction of the layers. For an index write layer=.",
                where=caller(),
            )
        if self.position not in POSITIONS:
            raise ClaimError(
                f"unknown position {self.position!r}. Positions go by role: {', '.join(POSITIONS)}.", where=caller()
            )

    def resolve(self, n_layers: int) -> int:
        """The layer in a model of `n_layers`; raises ClaimError where the model is not that deep."""
        if self.depth is not None:
            return round(self.depth * n_layers)
        assert self.layer is not None
        if self.layer > n_layers:
            raise ClaimError(
                f"the site's layer {self.layer} is out of range: this model has {n_layers} layers, so sites run from "
                f"0 to {n_layers}. Register depth={self.layer / (self.layer + 2):.2f} or so to fit any model."
            )
        return self.layer

    def design(self) -> Tree:
        """The site as registered."""
        return {"layer": self.layer, "depth": self.depth, "position": self.position, "hook_point": "resid_pre"}


@dataclass(frozen=True)
class DifferenceInMeans:
    """The mean residual of `positive` minus that of `negative` at a site (Arditi et al. 2024, section 2.3).

    Fitted on the ``fit`` split of both sets; the unit of a projection on it, the gap between the two sets' mean
    projections, is estimated on their ``select`` split.
    """

    name: str
    positive: PromptSet
    negative: PromptSet
    site: Site

    def random(self, *, draws: int = 19) -> "RandomDirections":
        """The sham: `draws` random directions of matched norm, one of them for each request."""
        return RandomDirections(self, draws)

    @property
    def seen(self) -> tuple[PromptSet, ...]:
        """The prompts that a claim on this direction must not be tested on."""
        return (self.positive.fit, self.negative.fit, self.positive.select, self.negative.select)

    def design(self) -> Tree:
        """What of the direction a claim's design depends on."""
        return {
            "direction": "difference_in_means",
            "positive": self.positive.fit.design(),
            "negative": self.negative.fit.design(),
            "site": self.site.design(),
        }

    def data(self) -> Tree:
        """The hashes of the prompts it is fitted and scaled on."""
        return [prompts.data() for prompts in self.seen]


@dataclass(frozen=True)
class RandomDirections:
    """`draws` directions drawn from an isotropic normal, of the norm of the direction they stand in for.

    They rotate: each request meets one draw, chosen by its id, so that a sham arm costs what the treatment costs and
    a changed prompt changes no other prompt's draw.
    """

    of: DifferenceInMeans
    draws: int

    def __post_init__(self) -> None:
        if self.draws < 1:
            raise ClaimError(
                f"random(draws={self.draws}) draws nothing. Use at least 19, so that a percentile exists.",
                where=caller(),
            )

    @property
    def name(self) -> str:
        """What a table calls it."""
        return f"random directions ({self.draws})"

    @property
    def site(self) -> Site:
        """The site of the direction that it stands in for."""
        return self.of.site

    @property
    def seen(self) -> tuple[PromptSet, ...]:
        """The norm comes from the fitted direction, so its prompts count as seen."""
        return self.of.seen

    def design(self) -> Tree:
        """What of the direction a claim's design depends on."""
        return {"direction": "random", "draws": self.draws, "matched_to": self.of.design()}

    def data(self) -> Tree:
        """The hashes of the prompts that its norm depends on."""
        return self.of.data()


Direction = DifferenceInMeans | RandomDirections


def difference_in_means(
    positive: PromptSet, negative: PromptSet, *, at: Site, name: str = "difference in means"
) -> DifferenceInMeans:
    """The difference-in-means direction between two prompt sets at a site.

    Raises
    ------
    PromptError : a set lacks the ``fit`` split (for the direction) or the ``select`` split (for its unit).
    ClaimError : both sets are the same prompts.
    """
    if positive.fit.data() == negative.fit.data():
        raise ClaimError(
            f"difference_in_means({positive.name!r}, {negative.name!r}) compares a set with itself, so the direction "
            "is zero. Give two sets that differ in what the direction is to stand for.",
            where=caller(),
        )
    direction = DifferenceInMeans(name, positive, negative, at)
    assert len(direction.seen) == 4
    return direction
