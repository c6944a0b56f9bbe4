"""Prompts on principal components: coordinates for a scatter plot, out of residuals that are already stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from interp_core.bench import trees
from interp_core.bench.live import LiveBench
from interp_core.evaluate.evidence import Evidence
from interp_core.reading import principal_components
from interp_core.spec.direction import PrincipalComponent
from interp_core.spec.measure import Along
from interp_core.spec.model import Measurement, Model
from interp_core.spec.prompts import PromptSet
from interp_core.spec.site import Site

MOST = 150  # points of each group; the rest is left to the numbers
Rows = Float[np.ndarray, "prompt width"]


@dataclass(frozen=True)
class Scatter:
    """Groups of prompts on the first two principal components.

    Attributes
    ----------
    name : of the direction, or of what the components are of.
    place : the layer and the position.
    explained : the share of variance along each of both.
    groups : the coordinates of each group's prompts, by its name.
    along : the component that a claim reads; None where it reads neither of both.
    middle : on that component, the middle between the means of the two sets that it was fitted on.
    """

    name: str
    place: str
    explained: tuple[float, float]
    groups: Mapping[str, Float[np.ndarray, "prompt component"]]
    along: int | None = None
    middle: float | None = None

    def tree(self) -> Mapping[str, Any]:
        """As JSON: a random draw of at most 150 prompts of each group, in random order."""
        return {
            "name": self.name,
            "place": self.place,
            "explained": [_rounded(share) for share in self.explained],
            "along": self.along,
            "middle": None if self.middle is None else _rounded(self.middle),
            "groups": [_group(name, rows) for name, rows in self.groups.items()],
        }


def scatters(evidence: Sequence[Evidence], bench: LiveBench) -> list[Scatter]:
    """One for each principal component that the evidence reads, its arms as groups; no pass is made or counted."""
    found = []
    for one in evidence:
        read: dict[PrincipalComponent, dict[str, Measurement]] = {}
        for arm, measured in zip(one.arms, one.prediction.arms, strict=True):
            direction = measured.quantity.direction if isinstance(measured.quantity, Along) else None
            if isinstance(direction, PrincipalComponent) and measured.model.bare == bench.model:
                read.setdefault(direction, {})[f"{arm.role}: {arm.label}"] = measured
        found += [_scatter(direction, arms, bench) for direction, arms in read.items()]
    return [one for one in found if one is not None]


def _scatter(direction: PrincipalComponent, arms: Mapping[str, Measurement], bench: LiveBench) -> Scatter | None:
    home = bench.home(direction)
    layer, position = direction.site.resolve(home.n_layers), direction.site.position
    fits = [
        _stored(home, home.model, side.fit, trees.everywhere(position, home.n_layers), layer)
        for side in (direction.positive, direction.negative)
    ]
    at = trees.residual(Site(layer=layer, position=position), bench.n_layers)
    rows = {name: _stored(bench, arm.model, arm.prompts, at, 0) for name, arm in arms.items()}
    positive, negative = fits
    if positive is None or negative is None or min(positive.shape[1], len(positive) + len(negative) - 1) < 2:
        return None
    found = principal_components(np.concatenate([positive, negative]), 2)
    means = [found.project(side).mean(0) for side in (positive, negative)]
    turn = np.where(means[0] >= means[1], 1.0, -1.0)  # both turned towards the positive set, as the direction is
    along = direction.component if direction.component <= 2 else None
    return Scatter(
        direction.name,
        f"layer {layer}, {position}",
        (float(found.explained[0]), float(found.explained[1])),
        {name: found.project(side) * turn for name, side in rows.items() if side is not None},
        along,
        None if along is None else float(((means[0] + means[1]) / 2 * turn)[along - 1]),
    )


def _stored(bench: LiveBench, model: Model, prompts: PromptSet, quantity: Any, layer: int) -> Rows | None:
    """The residuals as they were stored when the claim was measured; None where one is not there."""
    entries = bench.fetcher.peek(model, prompts, quantity)
    there = [entry.arrays["residual"][layer] for entry in entries if entry is not None]
    return np.stack(there).astype(np.float64) if len(there) == len(entries) else None


def _group(name: str, rows: Float[np.ndarray, "prompt component"]) -> Mapping[str, Any]:
    order = np.random.default_rng(0).permutation(len(rows))[:MOST]
    points = [[_rounded(x), _rounded(y)] for x, y in rows[order, :2].tolist()]
    return {"name": name, "n": len(rows), "points": points}


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
