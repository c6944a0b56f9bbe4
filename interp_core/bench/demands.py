"""Every stored value that an arm needs: what a plan counts before anything is run."""

from dataclasses import replace
from typing import TYPE_CHECKING

from interp_core.bench import trees
from interp_core.bench.cutting import in_parts
from interp_core.spec.autoencoder import RandomFeatures
from interp_core.spec.direction import FittedDirection, SelectedDirection
from interp_core.spec.identity import Tree
from interp_core.spec.intervention import AnyIntervention, FeatureAblation, NeuronAblation, Substitution
from interp_core.spec.measure import Along, Judged, Measure
from interp_core.spec.model import Measurement, Model
from interp_core.spec.prompts import PromptSet
from interp_core.spec.quantity import Activation, Divergence, Likelihood, LogOdds, Preference, Sided, Surface
from interp_core.store import Address

if TYPE_CHECKING:
    import interp_core.bench.live

Wanted = tuple["interp_core.bench.live.LiveBench", Model, PromptSet, Tree]


def demands(bench: "interp_core.bench.live.LiveBench", arm: Measurement) -> frozenset[tuple[Address, bool]]:
    """Every stored value that an arm needs, and whether it is there.

    What is not there is noted in the store, so that later on one pass of a prompt makes all of it.
    Of a direction that is yet to be selected, what fitting it at the end of the template takes: the sweep is not
    counted, and its site is not known.
    """
    pending = [d.fitted for d in arm.directions if isinstance(d.fitted, SelectedDirection)]
    if all(bench.knows(direction) for direction in pending):
        wanted = _wanted(bench, bench.settle(arm))
    else:
        wanted = [one for d in pending for one in _fits(bench.home(d), d, "end_of_template")]
    places = [place for of, *one in wanted for place in of.fetcher.plan(*one)]
    return frozenset((place, bench.fetcher.store.has(place)) for place in places)


def _wanted(bench: "interp_core.bench.live.LiveBench", arm: Measurement) -> list[Wanted]:
    wanted = [(bench, arm.model, prompts, tree) for prompts, tree in _own(bench, arm)]
    if isinstance(arm.quantity, Divergence):
        wanted.append((bench, bench.model, arm.prompts, trees.LOGITS))
    for direction in arm.directions:
        wanted += _fits(bench.home(direction), direction.fitted, bench.settled(direction).site.position)
    if isinstance(arm.quantity, Sided):
        wanted += _fits(bench, arm.quantity.direction.fitted, bench.settled(arm.quantity.direction).site.position)
    for edit in arm.model.interventions:
        wanted += _sources(bench, edit)
    if arm.gap:
        own = bench.settled(arm.gap)
        at_site = trees.residual(own.site, bench.n_layers)
        wanted += [(bench, bench.model, side.select, at_site) for side in (own.positive, own.negative)]
    return wanted


def _fits(
    bench: "interp_core.bench.live.LiveBench", direction: FittedDirection | SelectedDirection, position: str
) -> list[Wanted]:
    sides = (direction.positive, direction.negative)
    return [(bench, bench.model, side.fit, trees.everywhere(position, bench.n_layers)) for side in sides]


def _sources(bench: "interp_core.bench.live.LiveBench", edit: AnyIntervention) -> list[Wanted]:
    """The prompts whose activations an intervention reads."""
    if isinstance(edit, Substitution):
        part = "head" if edit.head is not None else edit.part
        return [(bench, bench.model, edit.source, trees.residual(edit.site, bench.n_layers, part=part))]
    if isinstance(edit, FeatureAblation):
        at = trees.residual(edit.feature.source.site, bench.n_layers)
        return [(bench, bench.model, edit.feature.like, at)] if isinstance(edit.feature, RandomFeatures) else []
    fitted = bench.settled(edit.direction)
    if isinstance(edit, NeuronAblation):
        below = [replace(fitted.site, layer=n, depth=None) for n in range(fitted.site.resolve(bench.n_layers))]
        hidden = [trees.residual(site, bench.n_layers, part="neurons") for site in below]
        return [(bench, bench.model, side.fit, tree) for side in (fitted.positive, fitted.negative) for tree in hidden]
    if edit.kind == "affine":
        return [(bench, bench.model, fitted.negative.fit, trees.everywhere(fitted.site.position, bench.n_layers))]
    if edit.reference is None:
        return []
    return [(bench, bench.model, edit.reference, trees.residual(fitted.site, bench.n_layers))]


def _own(bench: "interp_core.bench.live.LiveBench", arm: Measurement) -> list[tuple[PromptSet, Tree]]:
    """The prompts that are run for an arm's own number, and what is kept of each."""
    quantity, prompts = arm.quantity, arm.prompts
    found: list[tuple[PromptSet, Tree]] = [(prompts, trees.LOGITS)]
    if isinstance(quantity, Along):
        found = [(prompts, trees.residual(bench.settled(quantity.direction).site, bench.n_layers))]
    elif isinstance(quantity, Measure) and quantity.site is not None:
        found = [(prompts, trees.residual(quantity.site, bench.n_layers))]
    elif isinstance(quantity, Activation):
        found = [(prompts, trees.residual(quantity.feature.site, bench.n_layers))]
    elif isinstance(quantity, LogOdds) and quantity.site is not None:
        found = [(prompts, bench.lens(arm, quantity, quantity.site))]
    elif isinstance(quantity, Judged):
        found = [
            part
            for tree in trees.draws(quantity)
            for part in (in_parts(prompts, tree, quantity.judge) if quantity.until_settled else [(prompts, tree)])
        ]
    elif isinstance(quantity, Likelihood):
        found = [trees.scored(prompts, quantity.text)]
    elif isinstance(quantity, Preference):
        found = [trees.scored(prompts, text) for text in (quantity.right, quantity.wrong)]
    elif isinstance(quantity, Surface):
        found = []
    return found
