"""Interventions in numbers: what the engine is told to do to each prompt's activations."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from interp_core.bench import features
from interp_core.bench.vectors import Vectors, units
from interp_core.errors import ClaimError
from interp_core.spec.direction import FittedDirection, SelectedDirection
from interp_core.spec.identity import seed_from
from interp_core.spec.intervention import (
    AnyIntervention,
    FeatureAblation,
    Intervention,
    NeuronAblation,
    Substitution,
)
from interp_core.spec.prompts import Prompt, PromptSet
from interp_core.spec.site import Site

if TYPE_CHECKING:
    import interp_core.engine

Writes = Callable[[FittedDirection, Sequence[Prompt]], Float[np.ndarray, "layer neuron"]]
Read = Callable[[PromptSet | Sequence[Prompt], Site, str], Float[np.ndarray, "prompt width"]]


class Numbers:
    """Turns recipes of interventions into edits.

    Parameters
    ----------
    vectors : the vectors of directions.
    read : gives the activations of prompts at a site, of a part of the model: ``residual``, ``attention``, ...
    n_layers, n_heads : of the model; for the number of heads, the model is loaded for the prompts at hand.
    writes : gives how much each neuron writes along a direction; the model is loaded for it, too.
    width : of the residual stream.
    """

    def __init__(
        self,
        vectors: Vectors,
        read: Read,
        n_layers: int,
        n_heads: Callable[[Sequence[Prompt]], int],
        writes: Writes,
        width: int,
    ) -> None:
        self._width = width
        self._writes = writes
        self._vectors = vectors
        self._read = read
        self._n_layers = n_layers
        self._n_heads = n_heads

    def edits(self, edit: AnyIntervention, prompts: Sequence[Prompt]) -> "list[interp_core.engine.Edit]":
        """What `edit` does to each of `prompts`; raises ClaimError for a layer that cannot be edited."""
        if isinstance(edit, Intervention):
            return [self._along(edit, prompts)]
        if isinstance(edit, FeatureAblation):
            return [self._feature(edit, prompts)]
        return [self._set(edit, prompts)] if isinstance(edit, Substitution) else self._neurons(edit, prompts)

    def _along(self, edit: Intervention, prompts: Sequence[Prompt]) -> "interp_core.engine.Edit":
        from interp_core.engine import Edit

        vectors = self._vectors.of(edit.direction, prompts)
        if edit.kind == "add":
            scaled = np.asarray(edit.coefficient * vectors, dtype=np.float32)
            return Edit("add", scaled, edit.layers or (self._site_layer(edit),), position=edit.position)
        unit = units(vectors).astype(np.float32)
        if edit.kind == "zero":
            return Edit("zero", unit)
        if edit.kind == "orthogonalise":
            return Edit("weights", unit)
        layers, means = self._targets(edit)
        return Edit("affine", unit, layers, (means @ unit.T).astype(np.float32), position=edit.position)

    def _targets(self, edit: Intervention) -> tuple[tuple[int, ...], Float[np.ndarray, "layer d_model"]]:
        """The layers that are edited, and the mean residual at each whose component is put there."""
        fitted, first = edit.direction.fitted, self._site_layer(edit)
        assert not isinstance(fitted, SelectedDirection), "a bench settles selected directions first"
        if edit.kind == "set_to":
            assert edit.reference is not None
            return (first,), self._read(edit.reference, fitted.site, "residual").mean(0, dtype=np.float64)[None]
        layers = (first,) if edit.site_only else tuple(range(first, self._n_layers))
        return layers, self._vectors.negative_means(fitted)[list(layers)]

    def _site_layer(self, edit: Intervention) -> int:
        fitted = edit.direction.fitted
        assert not isinstance(fitted, SelectedDirection), "a bench settles selected directions first"
        return self._editable(fitted.site, edit.label)

    def _editable(self, site: Site, label: str) -> int:
        layer = site.resolve(self._n_layers)
        if layer < self._n_layers:
            return layer
        raise ClaimError(
            f"{label} edits a layer's input, and layer {layer} lies after the last layer. Choose a lower one."
        )

    def _feature(self, edit: FeatureAblation, prompts: Sequence[Prompt]) -> "interp_core.engine.Edit":
        site = edit.feature.source.site
        layer = self._editable(site, edit.label)

        def read(like: PromptSet) -> Float[np.ndarray, "prompt d_model"]:
            return self._read(like, site, "residual")

        return features.ablation(
            edit.feature, prompts, layer=layer, position=edit.position, width=self._width, read=read
        )

    def _set(self, edit: Substitution, prompts: Sequence[Prompt]) -> "interp_core.engine.Edit":
        from interp_core.engine import Edit

        layer = self._editable(edit.site, edit.label)
        part = "head" if edit.head is not None else edit.part
        wanted = edit.source if edit.kind == "mean" else edit.partners(prompts)
        values = self._read(wanted, edit.site, part)
        if edit.kind == "mean":
            values = np.tile(values.mean(0, dtype=np.float64).astype(np.float32), (len(prompts), 1))
        if edit.head is not None:
            values = self._head(values, edit.head, self._n_heads(prompts))
        return Edit("set", values, (layer,), part=part, head=edit.head or 0, position=edit.site.position)

    def _neurons(self, edit: NeuronAblation, prompts: Sequence[Prompt]) -> "list[interp_core.engine.Edit]":
        from interp_core.engine import Edit

        fitted = edit.direction.fitted
        assert not isinstance(fitted, SelectedDirection), "a bench settles selected directions first"
        last = fitted.site.resolve(self._n_layers)
        sites = [replace(fitted.site, layer=layer, depth=None) for layer in range(last)]
        means = [
            np.stack([self._read(side.fit, site, "neurons").mean(0) for site in sites])
            for side in (fitted.positive, fitted.negative)
        ]
        shares = (means[0] - means[1]) * self._writes(fitted, prompts)[:last]
        found = []
        for layer, chosen in enumerate(_chosen(shares, edit)):
            values = np.tile(means[1][layer, list(chosen)].astype(np.float32), (len(prompts), 1))
            if chosen:
                found.append(Edit("set", values, (layer,), part="neurons", units=chosen, position=fitted.site.position))
        return found

    def _head(
        self, values: Float[np.ndarray, "prompt width"], head: int, count: int
    ) -> Float[np.ndarray, "prompt head_width"]:
        if head >= count:
            raise ClaimError(f"head {head} is out of range: this model has {count} heads a layer, counted from 0.")
        return np.ascontiguousarray(values.reshape(len(values), count, -1)[:, head])


def _chosen(shares: Float[np.ndarray, "layer neuron"], edit: NeuronAblation) -> list[tuple[int, ...]]:
    """The neurons of each layer that are ablated: those with the largest shares, or as many of the others."""
    order = np.argsort(-shares, axis=None, kind="stable")
    if 2 * edit.count > len(order):
        raise ClaimError(
            f"{edit.count} neurons, and as many for the sham, are more than the {len(order)} below the site. "
            "Write a smaller count."
        )
    strongest, others = order[: edit.count], order[edit.count :]
    rng = np.random.default_rng(seed_from("random neurons"))
    picked = strongest if edit.chosen == "strongest" else rng.choice(others, edit.count, replace=False)
    layers, units = np.unravel_index(picked, shares.shape)
    return [tuple(sorted(units[layers == layer].tolist())) for layer in range(len(shares))]
