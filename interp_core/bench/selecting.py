"""Selection of a direction's site by the rule of Arditi et al. 2024, and what it found."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float, Float64

from interp_core import stats
from interp_core.bench.fetch import Fetcher
from interp_core.errors import NoAdmissibleDirection
from interp_core.spec.direction import DifferenceInMeans, Direction, RandomDirections, SelectedDirection
from interp_core.spec.identity import digest, seed_from
from interp_core.spec.site import Site, tokens_later

if TYPE_CHECKING:
    import interp_core.engine
    import interp_core.engine.sweep

NO_NORM = "no difference of means"
LAYER, INDUCE, KL = "layer cut", "induces no refusal", "damages harmless behaviour"
FILTERS = (LAYER, NO_NORM, INDUCE, KL)


@dataclass(frozen=True)
class Candidate:
    """One layer and position, its scores as far as they were taken, and the filter that rejected it.

    Attributes
    ----------
    induced : mean log-odds of refusing harmless prompts with the direction added, in nats.
    divergence : mean KL divergence of harmless prompts with it ablated, in nats.
    bypassed : mean log-odds of refusing harmful prompts with it ablated, in nats; the lowest wins.
    rejected : the filter that rejected it; "" for an admissible one.
    """

    layer: int
    position: str
    rejected: str = ""
    induced: float | None = None
    divergence: float | None = None
    bypassed: float | None = None


@dataclass(frozen=True)
class Selection:
    """What a selection found.

    Attributes
    ----------
    winner : the direction at the site that was chosen.
    candidates : all that were tried, best first; those that were rejected follow.
    margin : how much lower the winner's bypass score is than the runner-up's, with its 95 % interval over prompts, in
        nats; None where there is no runner-up. Both were looked at to choose, so that it is an optimistic figure.
    baseline : the bare model's mean log-odds of refusing harmful, and harmless, prompts.
    """

    winner: DifferenceInMeans
    candidates: tuple[Candidate, ...]
    margin: tuple[float, float, float] | None
    baseline: tuple[float, float]

    @property
    def tried(self) -> int:
        """How many candidates there were."""
        return len(self.candidates)

    @property
    def rejected(self) -> dict[str, int]:
        """How many candidates each filter rejected."""
        return dict(Counter(candidate.rejected for candidate in self.candidates if candidate.rejected))

    def tree(self) -> Mapping[str, Any]:
        """As JSON: what a heat map of layers by positions is drawn from."""
        positions = sorted({candidate.position for candidate in self.candidates}, key=_in_the_template)
        return {
            "direction": self.winner.name,
            "layers": 1 + max(candidate.layer for candidate in self.candidates),
            "positions": positions,
            "filters": list(FILTERS),
            "margin": None if self.margin is None else [_rounded(end) for end in self.margin],
            "baseline": [_rounded(mean) for mean in self.baseline],
            "candidates": [
                [
                    c.layer,
                    positions.index(c.position),
                    FILTERS.index(c.rejected) if c.rejected else None,
                    *(None if score is None else _rounded(score) for score in (c.induced, c.divergence, c.bypassed)),
                ]
                for c in self.candidates
            ],
        }

    def __str__(self) -> str:
        site = self.winner.site
        second = (
            "no runner-up"
            if self.margin is None
            else "runner-up {:.2f} [{:.2f}, {:.2f}] nats behind".format(*self.margin)
        )
        return f"layer {site.layer}, {site.position}, of {self.tried} candidates ({_reasons(self.rejected)}); {second}"


def settled(direction: Direction, selection: Callable[[SelectedDirection], Selection]) -> Direction:
    """The direction, with a selected one replaced by the winner of its selection."""
    if isinstance(direction, SelectedDirection):
        return selection(direction).winner
    if isinstance(direction, RandomDirections) and isinstance(direction.of, SelectedDirection):
        return replace(direction, of=selection(direction.of).winner)
    return direction


def select(direction: SelectedDirection, fetcher: Fetcher) -> Selection:
    """Run the selection, or read it from the store.

    Raises
    ------
    NoAdmissibleDirection : no candidate passed the filters; the message says what each one rejected.
    """
    recipe = {"selection": digest([direction.design(), direction.data()])}
    found = fetcher.kept("selection", recipe, lambda: _sweep(direction, fetcher))
    candidates = tuple(Candidate(**row) for row in found["candidates"])
    best = candidates[0]
    if best.rejected:
        raise NoAdmissibleDirection(
            f"no admissible direction among {len(candidates)} candidates of {direction.name!r}: "
            f"{_reasons(dict(Counter(c.rejected for c in candidates)))}. Loosen a threshold (induce_above, kl_below, "
            "layers_below) if you can say why, or register a site with difference_in_means(..., at=Site(...)).",
            where=direction.where,
        )
    winner = direction.at(Site(layer=best.layer, position=best.position))
    margin = None if found["margin"] is None else tuple(found["margin"])
    return Selection(winner, candidates, margin, tuple(found["baseline"]))


def _in_the_template(position: str) -> tuple[bool, int, str]:
    """The order of positions in a prompt: the instruction's last token, those after it, and all others by name."""
    later = position.startswith("end_of_instruction")
    return not later, tokens_later(position) if later else 0, position


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _reasons(rejected: dict[str, int]) -> str:
    return ", ".join(f"{count} rejected: {reason}" for reason, count in rejected.items()) or "none rejected"


def _sweep(direction: SelectedDirection, fetcher: Fetcher) -> dict[str, Any]:
    """The scores of all candidates, each filter applied to what the cheaper ones left."""
    from interp_core.engine.sweep import Sweep, template_means

    harmful, harmless = direction.positive, direction.negative
    live = fetcher.loaded(harmful.fit.prompts)
    tokens = fetcher.first_tokens(direction.refusals, harmless.select.prompts[0])
    positions = direction.positions or _template_positions(live, direction)
    means = [template_means(live, side.fit.prompts, positions) for side in (harmful, harmless)]
    table = Table(positions, (means[0] - means[1]).astype(np.float32), fetcher.n_layers * direction.layers_below)
    on_harmful, on_harmless = (Sweep(live, side.select.prompts, tokens) for side in (harmful, harmless))
    induced = table.score("induced", on_harmless.added)  # which takes the baseline of harmless prompts, too
    baseline = (float(on_harmful.baseline().mean()), float(on_harmless.baseline().mean()))
    table.reject(induced.mean(1) <= direction.induce_above, INDUCE)
    divergence = table.score("divergence", on_harmless.divergence)
    table.reject(divergence.mean(1) >= direction.kl_below, KL)
    bypassed = table.score("bypassed", on_harmful.ablated)
    return {"candidates": table.rows(), "margin": _margin(bypassed), "baseline": baseline}


def _template_positions(live: "interp_core.engine.LiveModel", direction: SelectedDirection) -> tuple[str, ...]:
    """Every token of the template after the instruction, by name; its last one is the end of the template."""
    rendered = live.renderer.render([direction.positive.fit.prompts[0]])[0]
    if rendered.end_of_instruction is None:
        return ("end_of_template",)
    count = rendered.end_of_template - rendered.end_of_instruction
    return (*(f"end_of_instruction+{k}" for k in range(1, count)), "end_of_template")


class Table:
    """The candidates, and which of them are still in."""

    def __init__(
        self, positions: Sequence[str], differences: Float[np.ndarray, "position layer d_model"], below: float
    ) -> None:
        n_layers = differences.shape[1]
        self._places = [(layer, position) for layer in range(n_layers) for position in positions]
        self._vectors = differences.transpose(1, 0, 2).reshape(len(self._places), -1)
        self._layers = np.repeat(np.arange(n_layers), len(positions))
        self._rejected = np.array([""] * len(self._places), dtype=object)
        self._scores: dict[str, dict[int, float]] = {}
        self._open = np.arange(len(self._places))
        self.reject(self._layers >= below, LAYER)
        self.reject(np.linalg.norm(self._vectors[self._open], axis=1) == 0, NO_NORM)

    def reject(self, failing: Bool[np.ndarray, "open"], why: str) -> None:
        """Take out those of the open candidates that fail."""
        self._rejected[self._open[failing]] = why
        self._open = self._open[~failing]

    def score(
        self, name: str, run: Callable[["interp_core.engine.sweep.Candidates"], Float64[np.ndarray, "open prompt"]]
    ) -> Float64[np.ndarray, "open prompt"]:
        """The scores of the open candidates, prompt by prompt; their means are kept."""
        from interp_core.engine.sweep import Candidates

        if not len(self._open):
            return np.empty((0, 1))
        found = run(Candidates(self._vectors[self._open], self._layers[self._open]))
        self._scores[name] = dict(zip(self._open.tolist(), found.mean(1).tolist(), strict=True))
        return found

    def rows(self) -> list[dict[str, Any]]:
        """The candidates as JSON: the admissible ones by their bypass score, then the others in order."""
        bypassed = self._scores.get("bypassed", {})
        order = sorted(range(len(self._places)), key=lambda i: (bypassed.get(i, np.inf), i))
        return [self._row(i) for i in order]

    def _row(self, index: int) -> dict[str, Any]:
        layer, position = self._places[index]
        scores = {name: values[index] for name, values in self._scores.items() if index in values}
        return {"layer": layer, "position": position, "rejected": str(self._rejected[index]), **scores}


def _margin(bypassed: Float64[np.ndarray, "candidate prompt"]) -> list[float] | None:
    """How far the runner-up lies behind the winner, with its interval over the prompts of the select split."""
    if len(bypassed) < 2:
        return None
    first, second = np.argsort(bypassed.mean(1), kind="stable")[:2]
    rng = np.random.default_rng(seed_from("selection's margin"))
    interval = stats.paired_mean_interval(bypassed[second] - bypassed[first], rng=rng)
    return [interval.estimate, interval.low, interval.high]
