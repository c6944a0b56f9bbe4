"""Directions in numbers: what each recipe's vector is, given the residuals that it is fitted on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from interp_core.bench.addresses import draw_seed
from interp_core.errors import InvalidEvidence
from interp_core.reading import fit_logistic, principal_components
from interp_core.spec.direction import (
    Direction,
    FittedDirection,
    LogisticProbe,
    PrincipalComponent,
    RandomDirections,
    SelectedDirection,
)
from interp_core.spec.model import Model
from interp_core.spec.prompts import Prompt, PromptSet
from interp_core.spec.site import Site

Vector = Float[np.ndarray, "d_model"]
Rows = Float[np.ndarray, "prompt layer d_model"]
Everywhere = Callable[[PromptSet, str], Rows]
Elsewhere = Callable[[Model], "Vectors"]


@dataclass(frozen=True)
class CosineTable:
    """Cosines of directions: names, a matrix in their order, and those of shuffled-label draws as they were drawn."""

    names: tuple[str, ...]
    cosines: Float[np.ndarray, "direction direction"]
    shuffled: Mapping[str, Float[np.ndarray, "request"]]

    def __str__(self) -> str:
        width = max(map(len, self.names))
        return "\n".join(
            f"{name:<{width}} " + " ".join(f"{cosine:6.2f}" for cosine in row)
            for name, row in zip(self.names, self.cosines, strict=True)
        )


class Vectors:
    """The vectors of directions in one model; each is fitted once.

    Vectors, and a probe with its bias, come from a direction's own model where it has one. The means of its two sets
    are always those of the model at hand.

    Parameters
    ----------
    everywhere : gives the residuals of prompts at every layer, at a position.
    n_layers : the number of layers of the model.
    elsewhere : gives the vectors of another model.
    """

    def __init__(self, everywhere: Everywhere, n_layers: int, elsewhere: Elsewhere) -> None:
        self._everywhere = everywhere
        self._n_layers = n_layers
        self._elsewhere = elsewhere
        self._fits: dict[FittedDirection, Vector] = {}
        self._sets: dict[tuple[PromptSet, str], Rows] = {}

    def of(self, direction: Direction, prompts: Sequence[Prompt]) -> Float[np.ndarray, "prompt d_model"]:
        """The vector that each prompt meets: the fitted one, or its request's random draw at the same length."""
        if direction.home is not None:
            return self._elsewhere(direction.home).of(direction.at_home, prompts)
        fitted = self.fitted(_settled(direction))
        if not isinstance(direction, RandomDirections):
            return np.tile(fitted, (len(prompts), 1))
        seeds = [draw_seed(direction, prompt.request) for prompt in prompts]
        draws = {seed: self._drawn(direction, np.random.default_rng(seed)) for seed in dict.fromkeys(seeds)}
        return np.asarray(units(np.stack([draws[seed] for seed in seeds])) * np.linalg.norm(fitted))

    def fitted(self, direction: FittedDirection) -> Vector:
        """The vector of a fitted direction, as long as the distance between the two sets' means along it.

        Raises
        ------
        InvalidEvidence : the two sets' means are equal there.
        """
        if direction.home is not None:
            return self._elsewhere(direction.home).fitted(direction.at_home)
        if direction not in self._fits:
            self._fits[direction] = self._fit(direction)
        return self._fits[direction]

    def middle(self, direction: FittedDirection) -> float:
        """The projection halfway between the two sets' means, on the unit direction."""
        unit = units(self.fitted(direction)[None])[0]
        positive, negative = (float((side @ unit).mean(dtype=np.float64)) for side in self._at(direction))
        return (positive + negative) / 2

    def negative_means(self, direction: FittedDirection) -> Float[np.ndarray, "layer d_model"]:
        """The mean residual of the direction's negative set at every layer."""
        rows = self._rows(direction.negative.fit, direction.site)
        return np.asarray(rows.mean(0, dtype=np.float64))

    def _rows(self, prompts: PromptSet, site: Site) -> Rows:
        key = (prompts, site.position)
        if key not in self._sets:
            self._sets[key] = self._everywhere(*key)
        return self._sets[key]

    def _at(
        self, direction: FittedDirection
    ) -> tuple[Float[np.ndarray, "positive d"], Float[np.ndarray, "negative d"]]:
        layer = direction.site.resolve(self._n_layers)
        positive, negative = (
            self._rows(side.fit, direction.site)[:, layer] for side in (direction.positive, direction.negative)
        )
        return positive, negative

    def _fit(self, direction: FittedDirection) -> Vector:
        positive, negative = self._at(direction)
        difference = positive.mean(0, dtype=np.float64) - negative.mean(0, dtype=np.float64)
        if isinstance(direction, PrincipalComponent):
            both = np.concatenate([positive, negative])
            axis = principal_components(both, direction.component).directions[-1]
            vector = (difference @ axis) * axis
        elif isinstance(direction, LogisticProbe):
            weights = self.probe(direction)[0]
            axis = weights / np.linalg.norm(weights)
            vector = (difference @ axis) * axis
        else:
            vector = difference
        exact: Vector = vector.astype(np.float32)
        if not np.linalg.norm(exact) > 0:
            layer = direction.site.resolve(self._n_layers)
            raise InvalidEvidence(
                f"the direction {direction.name!r} has norm {np.linalg.norm(exact)}: the two sets' mean residuals "
                f"are equal at layer {layer}, {direction.site.position}. Register another site."
            )
        return exact

    def probe(self, direction: LogisticProbe) -> tuple[Float[np.ndarray, "d"], float]:
        """The weights and the bias of a logistic probe, for residuals in their own units."""
        if direction.home is not None:
            return self._elsewhere(direction.home).probe(direction.at_home)
        positive, negative = self._at(direction)
        labels = np.arange(len(positive) + len(negative)) < len(positive)
        found = fit_logistic(np.concatenate([positive, negative]), labels, penalty=direction.penalty)
        return found.weights, found.bias

    def _drawn(self, direction: RandomDirections, rng: np.random.Generator) -> Vector:
        fitted = _settled(direction)
        if direction.how == "isotropic":
            return rng.standard_normal(len(self.fitted(fitted))).astype(np.float32)
        if direction.how == "shuffled":
            return self._orthogonal(self._shuffled(fitted, rng), fitted)
        within = np.concatenate([side - side.mean(0) for side in self._at(fitted)])
        return np.asarray(rng.standard_normal(len(within)) @ within, dtype=np.float32)

    def _shuffled(self, fitted: FittedDirection, rng: np.random.Generator) -> Vector:
        positive, negative = self._at(fitted)
        rows = rng.permutation(np.concatenate([positive, negative]))
        return np.asarray(rows[: len(positive)].mean(0) - rows[len(positive) :].mean(0), dtype=np.float32)

    def _orthogonal(self, vector: Vector, fitted: FittedDirection) -> Vector:
        unit = units(self.fitted(fitted)[None])[0]
        return np.asarray(vector - (vector @ unit) * unit, dtype=np.float32)

    def shuffled_cosines(self, direction: RandomDirections, requests: Sequence[str]) -> Float[np.ndarray, "request"]:
        """The cosine of each request's shuffled-label draw with the direction, before it was made orthogonal to it."""
        if direction.home is not None:
            return self._elsewhere(direction.home).shuffled_cosines(direction.at_home, requests)
        fitted = _settled(direction)
        unit = units(self.fitted(fitted)[None])[0]
        prompts = [Prompt(request, "") for request in requests]
        draws = [self._shuffled(fitted, np.random.default_rng(draw_seed(direction, p.request))) for p in prompts]
        return np.asarray(units(np.stack(draws)) @ unit)


def _settled(direction: Direction) -> FittedDirection:
    fitted = direction.fitted
    assert not isinstance(fitted, SelectedDirection), "a bench settles selected directions first"
    return fitted


def units(vectors: Float[np.ndarray, "vector d_model"]) -> Float[np.ndarray, "vector d_model"]:
    """Vectors at length 1."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
