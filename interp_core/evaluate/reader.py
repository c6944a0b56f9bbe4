"""Reading a model in a notebook: what writes a direction, where, and what is attended to. Exploration, no verdicts.

Everything goes through a bench's store, so that a second look costs nothing; gradients and attention weights do not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from interp_core.bench.live import LiveBench
from interp_core.bench.vectors import units
from interp_core.errors import ClaimError
from interp_core.evaluate.doses import DoseResponse, dose_response
from interp_core.evaluate.scattered import Scatter
from interp_core.reading import (
    Components,
    auc,
    class_separation,
    fit_logistic,
    principal_components,
    silhouette,
    surface_probabilities,
)
from interp_core.spec.direction import Direction, FittedDirection
from interp_core.spec.identity import seed_from
from interp_core.spec.intervention import AnyIntervention, patch
from interp_core.spec.prediction import check_comparable
from interp_core.spec.prompts import Prompt, PromptSet
from interp_core.spec.site import Site
from interp_core.spec.statistic import Trend


@dataclass(frozen=True)
class TypesInSpace:
    """Prompt types along principal components.

    Attributes
    ----------
    components : the components of all types together; `components.explained` is the variance that each explains.
    coordinates : of each prompt, by type.
    separation : Cohen's d of each pair of types along each component.
    silhouette : of the types in the space of these components, in [-1, 1].
    place : the layer and the position.
    """

    components: Components
    coordinates: Mapping[str, Float[np.ndarray, "prompt component"]]
    separation: Mapping[tuple[str, str], Float[np.ndarray, "component"]]
    silhouette: float
    place: str

    def tree(self) -> Mapping[str, Any]:
        """As JSON: what a scatter of the first two components is drawn from.

        Raises
        ------
        ClaimError : only one component was asked for.
        """
        if len(self.components.explained) < 2:
            raise ClaimError("a scatter has two axes, and one component was computed. Ask for count=2.")
        first, second = self.components.explained[:2].tolist()
        return Scatter(" and ".join(self.coordinates), self.place, (first, second), self.coordinates).tree()


@dataclass(frozen=True)
class ProbeReport:
    """A logistic probe on held-out prompts, beside what the prompts' surface gives away."""

    auc: float
    surface_auc: float
    n_fit: int
    n_test: int


@dataclass(frozen=True)
class Written:
    """What the attention and the MLP of each layer write along a direction, as shares of the gap between two sets.

    `embedding` is what is there before the first layer; all of it sums to 1 where no norm stands between.
    """

    embedding: float
    attention: Float[np.ndarray, "layer"]
    mlp: Float[np.ndarray, "layer"]


ATTRIBUTED = {"residual": "residual", "attention": "attention", "mlp": "mlp", "heads": "head"}  # ... as the engine says


@dataclass(frozen=True)
class Attribution:
    """Attribution patching against exact patching, layer by layer.

    `approximate` and `exact` are effects on each prompt's log-odds, in nats, of taking a part of a layer, or each of
    its heads, from its partner; `correlation` is Pearson's, over prompts, layers and heads.
    """

    approximate: Float[np.ndarray, "prompt layer *head"]
    exact: Float[np.ndarray, "prompt layer *head"]

    @property
    def correlation(self) -> float:
        """How well the linear approximation follows the exact effects."""
        return float(np.corrcoef(self.approximate.ravel(), self.exact.ravel())[0, 1])


class Reader:
    """Reads one model through its bench: ``Reader(bench).written(refusal)``."""

    def __init__(self, bench: LiveBench) -> None:
        self._bench = bench

    def components(self, types: Mapping[str, PromptSet], *, at: Site, count: int = 3) -> TypesInSpace:
        """Principal components of several types of prompts at a site.

        Raises
        ------
        ClaimError : fewer than two types, or fewer prompts than components.
        """
        rows = {name: self._bench.residuals(prompts, at).astype(np.float64) for name, prompts in types.items()}
        together = np.concatenate(list(rows.values()))
        found = principal_components(together, count)
        places = {name: found.project(side) for name, side in rows.items()}
        pairs = [(a, b) for i, a in enumerate(places) for b in list(places)[i + 1 :]]
        labels = [name for name, side in rows.items() for _ in side]
        return TypesInSpace(
            found,
            places,
            {(a, b): class_separation(places[a], places[b]) for a, b in pairs},
            silhouette(np.concatenate(list(places.values())), labels),
            f"layer {at.resolve(self._bench.n_layers)}, {at.position}",
        )

    def doses(self, treatment: Trend, baseline: Trend | None = None) -> DoseResponse:
        """The mean response at each dose of a sweep, with its 95 % interval over requests; and of one beside it.

        Raises
        ------
        ClaimError : the two sweeps do not compare.
        """
        if baseline is not None:
            check_comparable(treatment, baseline, "treatment", "baseline", "")
        arms = [self._bench.values(arm) for sweep in (treatment, baseline) if sweep for arm in sweep.arms]
        return dose_response(treatment, baseline, arms, seed=seed_from("doses"), unit=self._unit(treatment))

    def _unit(self, sweep: Trend) -> float:
        """The size of the gap that a sweep's measure is in units of; 1 where it is raw."""
        if sweep.gap is None:
            return 1.0
        positive, negative = self._bench.gap(sweep.arms[0])
        return abs(float(positive.mean(dtype=np.float64) - negative.mean(dtype=np.float64)))

    def probe(self, positive: PromptSet, negative: PromptSet, *, at: Site, penalty: float = 1.0) -> ProbeReport:
        """A probe fitted on both sets' ``fit`` split, its AUC on their ``test`` split, and the surface's beside it."""
        fit, test = ([self._bench.residuals(side, at) for side in split] for split in
                     ((positive.fit, negative.fit), (positive.test, negative.test)))  # fmt: skip
        labels = np.arange(len(fit[0]) + len(fit[1])) < len(fit[0])
        model = fit_logistic(np.concatenate(fit), labels, penalty=penalty)
        own = [model.scores(side) for side in test]
        texts = {side: [str(p.user) for p in prompts] for side, prompts in
                 (("+", positive.fit), ("-", negative.fit), ("t+", positive.test), ("t-", negative.test))}  # fmt: skip
        surface = [surface_probabilities(texts["+"], texts["-"], texts[side]) for side in ("t+", "t-")]
        return ProbeReport(auc(*own), auc(*surface), len(labels), len(test[0]) + len(test[1]))

    def written(self, direction: Direction) -> Written:
        """The share of the gap at the direction's site that each attention and MLP below it writes, on ``select``."""
        fitted = self._bench.settled(direction)
        below = range(fitted.site.resolve(self._bench.n_layers))
        whole = self._gap(fitted, fitted.site, "residual")
        parts = {part: np.array([self._gap(fitted, _at(fitted, layer), part) for layer in below]) / whole for part in
                 ("attention", "mlp")}  # fmt: skip
        embedding = self._gap(fitted, _at(fitted, 0), "residual") / whole
        return Written(embedding, parts["attention"], parts["mlp"])

    def neurons(self, direction: Direction) -> Float[np.ndarray, "layer neuron"]:
        """The share of the gap that each MLP neuron below the direction's site writes, on ``select``.

        Raises
        ------
        NotApplicable : a norm stands between the MLP's output and the stream.
        """
        fitted = self._bench.settled(direction)
        unit = units(self._bench.vectors(fitted, fitted.positive.select.prompts[:1]))[0]
        weights = self._bench.fetcher.loaded(fitted.positive.fit.prompts).neuron_writes(unit)
        whole = self._gap(fitted, fitted.site, "residual")
        shares = []
        for layer in range(fitted.site.resolve(self._bench.n_layers)):
            means = [
                self._bench.residuals(side.select, _at(fitted, layer), part="neurons").mean(0)
                for side in (fitted.positive, fitted.negative)
            ]
            shares.append((means[0] - means[1]) * weights[layer] / whole)
        return np.stack(shares)

    def max_activating(
        self, prompts: PromptSet, *, layer: int, neuron: int, position: str = "end_of_template", count: int = 10
    ) -> list[tuple[str, float]]:
        """The prompts on which a neuron is most active at a position: ids and activations, highest first."""
        values = self._bench.residuals(prompts, Site(layer=layer, position=position), part="neurons")
        if not 0 <= neuron < values.shape[1]:
            raise ClaimError(f"neuron {neuron} is out of range: layer {layer} has {values.shape[1]}, counted from 0.")
        order = np.argsort(-values[:, neuron], kind="stable")[:count]
        return [(prompts.prompts[i].id, float(values[i, neuron])) for i in order.tolist()]

    def lens(
        self, prompts: PromptSet, *, of: Sequence[str], position: str = "end_of_template"
    ) -> Float[np.ndarray, "prompt layer"]:
        """The log-odds of phrases by the logit lens at every layer's input, and after the last layer."""
        arms = [
            self._bench.model.log_odds(prompts, of=of, at=Site(layer=layer, position=position))
            for layer in range(self._bench.n_layers + 1)
        ]
        return np.array([[value.number for value in self._bench.values(arm)] for arm in arms], dtype=np.float64).T

    def attribution(
        self,
        prompts: PromptSet,
        source: PromptSet,
        *,
        of: Sequence[str],
        position: str = "end_of_template",
        part: str = "residual",
    ) -> Attribution:
        """Attribution patching (Nanda 2023; Syed et al. 2023) of a part of every layer, and exact patching.

        The linear approximation of a patch is (source - own) . gradient of the log-odds of `of`. `part` is
        ``residual`` (the stream at a layer's input), ``attention`` or ``mlp`` (what they add to it) or ``heads``.

        Raises
        ------
        ClaimError : an unknown part.
        """
        from interp_core.engine.attribution import gradients

        if part not in ATTRIBUTED:
            raise ClaimError(f"attribution(part={part!r}) is unknown. Write {', '.join(ATTRIBUTED)}.")
        bench, own = self._bench, ATTRIBUTED[part]
        live = bench.fetcher.loaded(prompts.prompts)
        layers = range(bench.n_layers)
        sites = [Site(layer=layer, position=position) for layer in layers]
        tokens = bench.fetcher.first_tokens(of, prompts.prompts[0])
        slopes = gradients(live, prompts.prompts, layers=layers, position=position, tokens=tokens, part=own)
        partners = replace(source, prompts=patch(source, at=sites[0]).partners(prompts))
        moves = np.stack(
            [bench.residuals(partners, s, part=own) - bench.residuals(prompts, s, part=own) for s in sites], axis=1
        )
        count = live.adapter.n_heads if part == "heads" else 1
        pieces = [
            moves.reshape(len(prompts), len(sites), count, -1),
            slopes.reshape(len(prompts), len(sites), count, -1),
        ]
        exact = self._exact(prompts, source, sites, pieces[0], of, part)
        approximate = (pieces[0] * pieces[1]).sum(-1)
        return Attribution(*((one if part == "heads" else one[..., 0]) for one in (approximate, exact)))

    def _exact(
        self,
        prompts: PromptSet,
        source: PromptSet,
        sites: Sequence[Site],
        moves: Float[np.ndarray, "prompt layer piece width"],
        of: Sequence[str],
        part: str,
    ) -> Float[np.ndarray, "prompt layer piece"]:
        bench = self._bench
        bare = _array(bench, prompts, of)
        found = np.zeros(moves.shape[:3])
        for layer, piece in np.ndindex(*moves.shape[1:3]):
            if moves[:, layer, piece].any():  # where source and own are equal to the bit, a patch does nothing
                edit = patch(source, at=sites[layer], part=f"head {piece}" if part == "heads" else part)
                found[:, layer, piece] = _array(bench, prompts, of, edit) - bare
        return found

    def attention(self, prompt: Prompt, *, position: str = "end_of_template") -> Float[np.ndarray, "layer head token"]:
        """What the token at a position attends to, in every head; the tokens are those of the rendered prompt."""
        from interp_core.engine.attribution import attention

        return attention(self._bench.fetcher.loaded([prompt]), prompt, position=position)

    def _gap(self, fitted: FittedDirection, site: Site, part: str) -> float:
        """The difference of both sets' mean components along the direction, of a part at a site."""
        unit = units(self._bench.vectors(fitted, fitted.positive.select.prompts[:1]))[0]
        sides = [
            self._bench.residuals(side.select, site, part=part).mean(0, dtype=np.float64)
            for side in (fitted.positive, fitted.negative)
        ]
        return float((sides[0] - sides[1]) @ unit)


def _at(fitted: FittedDirection, layer: int) -> Site:
    return replace(fitted.site, layer=layer, depth=None)


def _array(
    bench: LiveBench, prompts: PromptSet, of: Sequence[str], *edits: AnyIntervention
) -> Float[np.ndarray, "prompt"]:
    model = bench.model.under(*edits)
    return np.array([value.number for value in bench.values(model.log_odds(prompts, of=of))], dtype=np.float64)
