"""Directions in the residual stream: recipes that remember what they are fitted on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from interp_core.errors import ClaimError
from interp_core.spec.identity import Tree, caller
from interp_core.spec.prompts import PromptSet
from interp_core.spec.site import POSITIONS, Site, check_position

if TYPE_CHECKING:
    import interp_core.spec.model

__all__ = [
    "POSITIONS",
    "DifferenceInMeans",
    "Direction",
    "FittedDirection",
    "LogisticProbe",
    "PrincipalComponent",
    "RandomDirections",
    "SelectedDirection",
    "Site",
    "difference_in_means",
    "logistic_probe",
    "principal_component",
    "select_direction",
]

DRAWN = {
    "isotropic": "random directions",
    "covariance": "covariance-matched random directions",
    "shuffled": "shuffled-label directions",
}
FITTED_IN = "fitted in"
_Made = TypeVar("_Made", bound="_OnTwoSets")


@dataclass(frozen=True)
class _OnTwoSets:
    """What every direction shares that is fitted on two prompt sets.

    Its length is the distance between the two sets' means along it (for the difference in means, its norm), so that
    adding a direction once moves one set's mean onto the other's, whichever way it was fitted.

    `home` is the model that it is fitted in, where that is said; otherwise each model that uses it has its own.
    """

    name: str
    positive: PromptSet
    negative: PromptSet
    home: "interp_core.spec.model.Model | None" = field(default=None, kw_only=True)

    @property
    def seen(self) -> tuple[PromptSet, ...]:
        """The prompts that a claim on this direction must not be tested on."""
        return (self.positive.fit, self.negative.fit, self.positive.select, self.negative.select)

    def fitted_in(self: _Made, model: "interp_core.spec.model.Model") -> _Made:
        """The same direction as `model` has it, to be used in another model: the vector is carried over as it is.

        Its site is resolved in `model`, and the model that it is used in reads and edits that same layer. What is said
        about the model at hand stays its own: the gap that is the unit of a projection, the mean that an affine
        ablation puts in place, the middle between two sets.

        Raises
        ------
        ClaimError : `model` is no model, is intervened on, or the direction has a model already.
        """
        from interp_core.spec.model import Model

        if not isinstance(model, Model) or model.interventions or self.home is not None:
            raise ClaimError(
                f"{self.name}.fitted_in({model!r}): give a model without interventions, once, as in "
                "refusal.fitted_in(base).",
                where=caller(),
            )
        return replace(self, name=f"{self.name} from {model.name}", home=model)

    @property
    def at_home(self: _Made) -> _Made:
        """The same direction as its own model sees it."""
        if self.home is None:
            return self
        return replace(self, name=self.name.removesuffix(f" from {self.home.name}"), home=None)

    def data(self) -> Tree:
        """The hashes of the prompts it is fitted and scaled on."""
        return [prompts.data() for prompts in self.seen]

    def _shared(self) -> dict[str, Tree]:
        """The part of the design that all have: the two sets, and the role of the model that it is carried from."""
        sets = {"positive": self.positive.fit.design(), "negative": self.negative.fit.design()}
        return sets if self.home is None else {**sets, FITTED_IN: self.home.role or "model"}


@dataclass(frozen=True)
class _Fitted(_OnTwoSets):
    site: Site

    def random(self, *, draws: int = 19, matched: str = "norm") -> "RandomDirections":
        """The sham: `draws` random directions of the same length, one of them for each request.

        `matched` is ``norm`` (isotropic draws) or ``covariance``: draws from the covariance of the residuals within
        the two sets, which lie where activations lie and are the harder control.
        """
        if matched not in ("norm", "covariance"):
            raise ClaimError(f"random(matched={matched!r}): write 'norm' or 'covariance'.", where=caller())
        return RandomDirections(self._self(), draws, "isotropic" if matched == "norm" else matched)

    def shuffled(self, *, draws: int = 19) -> "RandomDirections":
        """The null of the fit itself: differences of means with shuffled labels, made orthogonal to the direction.

        Unorthogonalised they are no null: in models where one direction carries most of the variance, a shuffled
        difference of means points along it (cosines of .2 to .95 were seen).
        """
        return RandomDirections(self._self(), draws, "shuffled")

    def _self(self) -> "FittedDirection":
        assert isinstance(self, FittedDirection)
        return self

    @property
    def fitted(self) -> "FittedDirection":
        """Itself: the direction whose fit everything derived from it depends on."""
        return self._self()


@dataclass(frozen=True)
class DifferenceInMeans(_Fitted):
    """The mean residual of `positive` minus that of `negative` at a site (Arditi et al. 2024, section 2.3).

    Fitted on the ``fit`` split of both sets; the unit of a projection on it, the gap between the two sets' mean
    projections, is estimated on their ``select`` split.
    """

    def design(self) -> Tree:
        """What of the direction a claim's design depends on."""
        return {"direction": "difference_in_means", **self._shared(), "site": self.site.design()}


@dataclass(frozen=True)
class PrincipalComponent(_Fitted):
    """A principal component of both sets' residuals at a site, as in Representation Engineering (Zou et al. 2023).

    Of the ``fit`` split of both sets together, centred on their common mean; turned so that `positive` projects higher.
    `component` counts from 1, by variance explained.
    """

    component: int = 1

    def design(self) -> Tree:
        """What of the direction a claim's design depends on."""
        how = {"direction": "principal_component", "component": self.component}
        return {**how, **self._shared(), "site": self.site.design()}


@dataclass(frozen=True)
class LogisticProbe(_Fitted):
    """The weights of an L2-penalised logistic regression that tells the two sets apart at a site (Alain & Bengio 2016).

    Fitted on the ``fit`` split; residuals are divided by their root mean square first, so that `penalty` means the same
    at every layer: the loss is the mean cross-entropy plus ``penalty / (2 n) |w|^2``.
    """

    penalty: float = 1.0

    def design(self) -> Tree:
        """What of the direction a claim's design depends on."""
        return {
            "direction": "logistic_probe",
            "penalty": self.penalty,
            **self._shared(),
            "site": self.site.design(),
        }


@dataclass(frozen=True)
class SelectedDirection(_OnTwoSets):
    """The difference in means at the site that the rule of Arditi et al. 2024 (appendix C) selects.

    Candidates are fitted on the ``fit`` split at every layer and position, and judged on the ``select`` split. Among
    those that pass the filters, the one under whose ablation harmful prompts score lowest is chosen.

    Attributes
    ----------
    refusals : phrases that open a refusal; the score is the log-odds of their first tokens, in nats.
    positions : the positions tried; empty for every token of the template after the instruction.
    induce_above : adding the direction to harmless prompts must raise their mean score above this.
    kl_below : the mean KL divergence at the decision token of harmless prompts that ablation may cost, in nats.
    layers_below : the fraction of the layers from which on candidates are left out.
    """

    refusals: tuple[str, ...]
    positions: tuple[str, ...] = ()
    induce_above: float = 0.0
    kl_below: float = 0.1
    layers_below: float = 0.8
    where: str = field(default="", compare=False)

    @property
    def fitted(self) -> "SelectedDirection":
        """Itself."""
        return self

    def random(self, *, draws: int = 19, matched: str = "norm") -> "RandomDirections":
        """The sham of the direction that is selected; see `DifferenceInMeans.random`."""
        return RandomDirections(self, draws, "isotropic" if matched == "norm" else matched)

    def at(self, site: Site) -> DifferenceInMeans:
        """The candidate at `site`."""
        return DifferenceInMeans(self.name, self.positive, self.negative, site, home=self.home)

    def design(self) -> Tree:
        """What of the direction a claim's design depends on."""
        return {
            "direction": "selected difference_in_means",
            **self._shared(),
            "refusals": list(self.refusals),
            "positions": list(self.positions),
            "induce_above": self.induce_above,
            "kl_below": self.kl_below,
            "layers_below": self.layers_below,
        }


@dataclass(frozen=True)
class RandomDirections:
    """`draws` directions that stand in for a fitted one, at its length.

    They rotate: each request meets one draw, chosen by its id, so that a sham arm costs what the treatment costs and
    a changed prompt changes no other prompt's draw. `how` they are drawn: ``isotropic``, from the ``covariance`` of the
    residuals within the two sets, or as differences of means with ``shuffled`` labels, orthogonal to the direction.
    """

    of: "FittedDirection | SelectedDirection"
    draws: int
    how: str = "isotropic"

    def __post_init__(self) -> None:
        if self.draws < 1:
            raise ClaimError(
                f"random(draws={self.draws}) draws nothing. Use at least 19, so that a percentile exists.",
                where=caller(),
            )
        if self.how not in DRAWN:
            raise ClaimError(f"unknown kind of random direction {self.how!r}: {', '.join(DRAWN)}.", where=caller())

    @property
    def name(self) -> str:
        """What a table calls it."""
        return f"{DRAWN[self.how]} ({self.draws}){'' if self.home is None else f' from {self.home.name}'}"

    @property
    def home(self) -> "interp_core.spec.model.Model | None":
        """The model that the direction is fitted in where that is said, and that its draws come from."""
        return self.of.home

    def fitted_in(self, model: "interp_core.spec.model.Model") -> "RandomDirections":
        """The draws that stand in for the direction as `model` has it; see `DifferenceInMeans.fitted_in`."""
        return replace(self, of=self.of.fitted_in(model))

    @property
    def at_home(self) -> "RandomDirections":
        """The same draws as their own model sees them."""
        return replace(self, of=self.of.at_home)

    @property
    def fitted(self) -> "FittedDirection | SelectedDirection":
        """The direction that it stands in for."""
        return self.of

    @property
    def site(self) -> Site:
        """The site of the direction that it stands in for; a selected direction has none before it is selected."""
        assert not isinstance(self.of, SelectedDirection), "a bench settles selected directions first"
        return self.of.site

    @property
    def seen(self) -> tuple[PromptSet, ...]:
        """The norm comes from the fitted direction, so its prompts count as seen."""
        return self.of.seen

    def design(self) -> Tree:
        """What of the direction a claim's design depends on."""
        how = {} if self.how == "isotropic" else {"how": self.how}
        return {"direction": "random", "draws": self.draws, "matched_to": self.of.design(), **how}

    def data(self) -> Tree:
        """The hashes of the prompts that its norm depends on."""
        return self.of.data()


FittedDirection = DifferenceInMeans | PrincipalComponent | LogisticProbe
Direction = DifferenceInMeans | PrincipalComponent | LogisticProbe | SelectedDirection | RandomDirections


def difference_in_means(
    positive: PromptSet, negative: PromptSet, *, at: Site, name: str = "difference in means"
) -> DifferenceInMeans:
    """The difference-in-means direction between two prompt sets at a site.

    Raises
    ------
    PromptError : a set lacks the ``fit`` split (for the direction) or the ``select`` split (for its unit).
    ClaimError : both sets are the same prompts.
    """
    _check_sets("difference_in_means", positive, negative)
    return DifferenceInMeans(name, positive, negative, at)


def principal_component(
    positive: PromptSet, negative: PromptSet, *, at: Site, component: int = 1, name: str | None = None
) -> PrincipalComponent:
    """A principal component of two prompt sets' residuals at a site; raises as `difference_in_means`."""
    _check_sets("principal_component", positive, negative)
    if component < 1:
        raise ClaimError(f"component={component}: components count from 1, by variance explained.", where=caller())
    return PrincipalComponent(name or f"principal component {component}", positive, negative, at, component)


def logistic_probe(
    positive: PromptSet, negative: PromptSet, *, at: Site, penalty: float = 1.0, name: str = "logistic probe"
) -> LogisticProbe:
    """A logistic probe that tells two prompt sets apart at a site; raises as `difference_in_means`."""
    _check_sets("logistic_probe", positive, negative)
    if not 0 < penalty < math.inf:
        raise ClaimError(
            f"penalty={penalty}: sets that a line separates have no finite weights without a penalty. Write 1.0.",
            where=caller(),
        )
    return LogisticProbe(name, positive, negative, at, penalty)


def select_direction(
    positive: PromptSet,
    negative: PromptSet,
    *,
    refusals: Sequence[str],
    positions: Sequence[str] = (),
    induce_above: float = 0.0,
    kl_below: float = 0.1,
    layers_below: float = 0.8,
    name: str = "refusal",
) -> SelectedDirection:
    """The difference in means at the site that the rule of Arditi et al. 2024 selects on the ``select`` split.

    Where no candidate passes the filters, measuring raises NoAdmissibleDirection, which says what each one rejected.

    Parameters
    ----------
    positive, negative : harmful and harmless prompts, with the splits ``fit`` and ``select``.
    refusals : phrases that open a refusal, as in ``["I'm sorry", "I can't"]``.
    positions : names of positions to try; every token of the template after the instruction by default.
    induce_above, kl_below, layers_below : the filters' thresholds, the paper's by default.
    """
    _check_sets("select_direction", positive, negative)
    if isinstance(refusals, str) or not refusals or not all(phrase.strip() for phrase in refusals):
        raise ClaimError(
            f'select_direction(refusals={refusals!r}) wants phrases that open a refusal: ["I\'m sorry", "I can\'t"].',
            where=caller(),
        )
    if not 0 < layers_below <= 1:
        raise ClaimError(f"layers_below={layers_below} is a fraction of the layers: write 0.8.", where=caller())
    checked = tuple(check_position(position) for position in positions)
    thresholds = (float(induce_above), float(kl_below), float(layers_below))
    return SelectedDirection(name, positive, negative, tuple(refusals), checked, *thresholds, where=caller())


def _check_sets(function: str, positive: PromptSet, negative: PromptSet) -> None:
    if positive.fit.data() == negative.fit.data():
        raise ClaimError(
            f"{function}({positive.name!r}, {negative.name!r}) compares a set with itself, so the direction "
            "is zero. Give two sets that differ in what the direction is to stand for.",
            where=caller(),
        )
    assert all(len(side.select) for side in (positive, negative))  # raises PromptError where the split is missing
