"""The bench of a live model: the store first, the engine for what it lacks."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.special import expit

from interp_core.bench import cutting, trees
from interp_core.bench.demands import demands
from interp_core.bench.edits import Numbers
from interp_core.bench.features import activations
from interp_core.bench.fetch import Fetcher, Progress
from interp_core.bench.selecting import Selection, select, settled
from interp_core.bench.values import Gap, Value, score
from interp_core.bench.vectors import CosineTable, Rows, Vectors, units
from interp_core.errors import ClaimError, InterpClaimsError, InvalidEvidence, NotApplicable
from interp_core.reading import cosines, kl_divergence, log_odds, surface_probabilities, total_variation
from interp_core.spec.direction import Direction, FittedDirection, LogisticProbe, RandomDirections, SelectedDirection
from interp_core.spec.identity import Tree
from interp_core.spec.intervention import AnyIntervention, FeatureAblation, Substitution
from interp_core.spec.measure import Along, Judged, Measure, Projection, Recorded
from interp_core.spec.model import Measurement, Model
from interp_core.spec.prompts import Prompt, PromptSet
from interp_core.spec.quantity import (
    Activation,
    Cosine,
    Divergence,
    Likelihood,
    LogOdds,
    Preference,
    Probed,
    Sided,
    Surface,
)
from interp_core.spec.site import Site
from interp_core.store import Address, Entry, ModelFiles, Passes, Store

# A template's own tokens are the same for all prompts; the instruction's last token and the answer's first are not.
OWN_TOKENS = ("end_of_instruction", "first_answer_token")
Values = tuple[Value, ...]
Elsewhere = Callable[[Model], "LiveBench"]


def _nowhere(model: Model) -> "LiveBench":
    raise ClaimError(
        f"a direction is fitted in {model.name}, and this bench holds one model alone. Open both: "
        f"open_bench(..., base={model.source!r})."
    )


def _no_room_needed() -> None:
    """Nothing else holds weights."""


class LiveBench:
    """Measures one model: reads the store, loads the weights at the first miss, frees them on `close`.

    Parameters
    ----------
    model : the model, without interventions.
    folder : its files.
    files : their hashes.
    store : where values live.
    device : cpu, cuda, mps or auto.
    progress : called with (what, done, of) while passes are made.
    elsewhere : the bench of another model, which a direction may be fitted in.
    make_room : called before the weights are loaded, so that no other model's need stay in memory.
    """

    def __init__(
        self,
        model: Model,
        folder: Path,
        files: ModelFiles,
        store: Store,
        *,
        device: str,
        progress: Progress,
        elsewhere: Elsewhere = _nowhere,
        make_room: Callable[[], None] = _no_room_needed,
    ) -> None:
        self.model = model
        self._elsewhere = elsewhere
        self.fetcher = Fetcher(
            model, folder, files, store, device=device, progress=progress,
            others=lambda other: elsewhere(other).identity(), make_room=make_room,
        )  # fmt: skip
        self.n_layers = self.fetcher.n_layers
        self._fits = Vectors(self._everywhere_rows, self.n_layers, lambda other: elsewhere(other)._fits)
        self._numbers = Numbers(
            self._fits,
            self._read,
            self.n_layers,
            lambda prompts: self.fetcher.loaded(prompts).adapter.n_heads,
            self._neuron_writes,
            self.fetcher.width,
        )
        self._known: dict[Measurement, Values] = {}
        self._selected: dict[SelectedDirection, Selection] = {}

    @property
    def passes(self) -> Passes:
        """What was asked of the store so far."""
        return self.fetcher.store.counts

    def identity(self) -> Tree:
        """The hashes of the model's files."""
        return self.fetcher.files.tree()

    def close(self) -> None:
        """Free the weights."""
        self.fetcher.close()

    def values(self, arm: Measurement) -> Values:
        """The values of an arm; an engine error names the line that built the recipe."""
        try:
            if not isinstance(arm.quantity, Projection):
                return self._values(self.settle(arm))  # a user's function runs anew: what it reads may have changed
            if arm not in self._known:
                self._known[arm] = self._values(self.settle(arm))
            return self._known[arm]
        except InterpClaimsError as error:
            error.where = error.where or arm.where
            raise

    def _values(self, arm: Measurement) -> Values:
        makers: dict[type[Any], Callable[[Measurement, Any], Values]] = {
            Projection: self._along,
            Cosine: self._along,
            Probed: self._along,
            Sided: self._along,
            Judged: self._judged,
            Measure: self._measured,
            Activation: self._activation,
            LogOdds: self._log_odds,
            Divergence: self._divergence,
            Likelihood: self._likelihood,
            Preference: self._preference,
            Surface: self._surface,
        }
        if isinstance(arm.quantity, Recorded):
            raise ClaimError("a recorded arm cannot be measured on a live model.")
        return makers[type(arm.quantity)](arm, arm.quantity)

    def _along(self, arm: Measurement, quantity: Along) -> Values:
        entries = self._at(_site(quantity.direction), arm.model, arm.prompts)
        rows = np.stack([entry.arrays["residual"][0] for entry in entries])
        return _numbered(arm.prompts, self._numbers_along(quantity, rows, arm.prompts).tolist(), entries)

    def _numbers_along(
        self, quantity: Along, rows: Float[np.ndarray, "prompt d_model"], prompts: PromptSet
    ) -> Float[np.ndarray, "prompt"]:
        if isinstance(quantity, Sided):
            fitted = self.settled(quantity.direction)
            along = rows @ units(self._fits.fitted(fitted)[None])[0]
            return np.asarray(along > self._fits.middle(fitted), dtype=np.float64)
        if isinstance(quantity, Probed):
            assert isinstance(quantity.probe, LogisticProbe), "model.probed takes no other direction"
            weights, bias = self._fits.probe(quantity.probe)
            return np.asarray(expit(rows @ weights + bias))
        unit = units(self.vectors(quantity.direction, prompts.prompts))
        components = (rows * unit).sum(1)
        lengths = np.linalg.norm(rows, axis=1) if isinstance(quantity, Cosine) else 1.0
        return np.asarray(components / lengths)

    def _judged(self, arm: Measurement, quantity: Judged) -> Values:
        draws = [self._answers(arm, quantity, tree) for tree in trees.draws(quantity)]
        return tuple(_mean_draw(list(values)) for values in zip(*draws, strict=True)) if quantity.draws else draws[0]

    def _answers(self, arm: Measurement, quantity: Judged, tree: Tree) -> Values:
        """The scores of one answer to each prompt; cut where the decision is settled, if the arm says so."""
        if not quantity.until_settled:
            entries = self._fetch(arm.model, arm.prompts, tree)
            return tuple(_judged(p, e, quantity) for p, e in zip(arm.prompts, entries, strict=True))
        found: dict[str, Value] = {}
        reached = cutting.settled(quantity.judge)
        for prompts, wanted in cutting.in_parts(arm.prompts, tree, quantity.judge):
            entries = self._fetch(arm.model, prompts, wanted, settled=reached)
            cut = [("until" in wanted) and reached(str(entry.info["answer"])) for entry in entries]
            rows = zip(prompts, entries, cut, strict=True)
            found |= {p.id: _judged(p, entry, quantity, cut=ended) for p, entry, ended in rows}
            if "until" not in wanted:
                cutting.check_whole([found[p.id] for p in prompts], quantity.judge, arm.label)
        return tuple(found[prompt.id] for prompt in arm.prompts)

    def _measured(self, arm: Measurement, quantity: Measure) -> Values:
        if quantity.site is None:
            entries = self._fetch(arm.model, arm.prompts, trees.LOGITS)
            arrays = [entry.arrays["logits"] for entry in entries]
        else:
            entries = self._at(quantity.site, arm.model, arm.prompts)
            arrays = [entry.arrays["residual"][0] for entry in entries]
        numbers = [_finite(quantity.function(array), quantity, p) for array, p in zip(arrays, arm.prompts, strict=True)]
        return _numbered(arm.prompts, numbers, entries)

    def _activation(self, arm: Measurement, quantity: Activation) -> Values:
        entries = self._at(quantity.feature.site, arm.model, arm.prompts)
        rows = np.stack([entry.arrays["residual"][0] for entry in entries])
        return _numbered(arm.prompts, activations(quantity.feature, rows).tolist(), entries)

    def _log_odds(self, arm: Measurement, quantity: LogOdds) -> Values:
        if quantity.site is not None:
            entries = self._fetch(arm.model, arm.prompts, self.lens(arm, quantity, quantity.site))
            return _numbered(arm.prompts, [float(entry.arrays["log-odds"][0]) for entry in entries], entries)
        of, against = self._opening(arm, quantity)
        entries = self._fetch(arm.model, arm.prompts, trees.LOGITS)
        return _numbered(arm.prompts, [float(log_odds(e.arrays["logits"], of, against)) for e in entries], entries)

    def _opening(self, arm: Measurement, quantity: LogOdds) -> tuple[list[int], list[int]]:
        """The tokens of both sides; raises ClaimError where one opens phrases of both."""
        first = arm.prompts.prompts[0]
        of, against = (self.fetcher.first_tokens(side, first) if side else [] for side in
                       (quantity.phrases, quantity.against))  # fmt: skip
        for phrase in quantity.against if set(of) & set(against) else ():
            if set(self.fetcher.first_tokens([phrase], first)) & set(of):
                raise ClaimError(
                    f"{phrase!r} opens with the same token as one of {list(quantity.phrases)} under this model's "
                    "tokenizer, so their first tokens do not tell them apart. Leave it out, or judge the answers."
                )
        return of, against

    def lens(self, arm: Measurement, quantity: LogOdds, site: Site) -> Tree:
        """What is stored of log-odds that are read by the logit lens."""
        of, against = self._opening(arm, quantity)
        return {"lens": site.resolve(self.n_layers), "position": site.position, "of": of, "against": against}

    def _divergence(self, arm: Measurement, quantity: Divergence) -> Values:
        entries, bare = (self._fetch(model, arm.prompts, trees.LOGITS) for model in (arm.model, self.model))
        pairs = zip(bare, entries, strict=True)
        compare = kl_divergence if quantity.kind == "KL" else total_variation
        numbers = [float(compare(before.arrays["logits"], after.arrays["logits"])) for before, after in pairs]
        return _numbered(arm.prompts, numbers, entries)

    def _likelihood(self, arm: Measurement, quantity: Likelihood) -> Values:
        entries = self._fetch(arm.model, *trees.scored(arm.prompts, quantity.text))
        numbers = [float(entry.arrays["total"][0] / entry.arrays["scored"][0]) for entry in entries]
        return _numbered(arm.prompts, numbers, entries)

    def _preference(self, arm: Measurement, quantity: Preference) -> Values:
        right, wrong = (self._fetch(arm.model, *trees.scored(arm.prompts, text)) for text in
                        (quantity.right, quantity.wrong))  # fmt: skip
        numbers = [float(r.arrays["total"][0] - w.arrays["total"][0]) for r, w in zip(right, wrong, strict=True)]
        return _numbered(arm.prompts, numbers, right)

    def _surface(self, arm: Measurement, quantity: Surface) -> Values:
        sides = (quantity.positive.fit, quantity.negative.fit, arm.prompts)
        found = surface_probabilities(*([str(prompt.user) for prompt in side] for side in sides)).tolist()
        rows = zip(arm.prompts, found, strict=True)
        return tuple(Value(p.id, p.request, p.frame, n, str(p.user)) for p, n in rows)

    def gap(self, arm: Measurement) -> Gap:
        """The projections of both sets' select split on the unit direction of an arm, in this model."""
        assert arm.gap is not None, "only a projection has a gap for its unit"
        fitted = self.settled(arm.gap)
        unit = units(self._fits.fitted(fitted)[None])[0]
        positive, negative = (
            self._read(side.select, fitted.site, "residual") for side in (fitted.positive, fitted.negative)
        )
        return positive @ unit, negative @ unit

    def vectors(self, direction: Direction, prompts: Sequence[Prompt]) -> Float[np.ndarray, "prompt d_model"]:
        """The direction that each prompt meets: the fitted one, or its request's random draw at the same length."""
        return self._fits.of(self._settle(direction), prompts)

    def selection(self, direction: SelectedDirection) -> Selection:
        """What the selection of a direction found, from the store or by a sweep.

        Raises
        ------
        NoAdmissibleDirection : no candidate passed; the message says what each filter rejected.
        """
        home = self.home(direction)
        if home is not self:
            return home.selection(direction.at_home)
        if direction not in self._selected:
            self._selected[direction] = select(direction, self.fetcher)
        return self._selected[direction]

    def residuals(self, prompts: PromptSet, site: Site, *, part: str = "residual") -> Float[np.ndarray, "prompt width"]:
        """The activations of a prompt set at a site: ``residual``, or what ``attention``, ``mlp`` or ``head``s give."""
        return self._read(prompts, site, part)

    def cosines(self, directions: Sequence[Direction], *, requests: Sequence[str] = ("",)) -> CosineTable:
        """The cosine of every pair of directions of this model.

        Random directions count as the draw that the first of `requests` meets. For shuffled labels the table also
        holds the cosines of the draws with their direction before they were made orthogonal to it.
        """
        prompt = Prompt(requests[0], "")
        chosen = [self._settle(direction) for direction in directions]
        vectors = np.concatenate([self._fits.of(direction, [prompt]) for direction in chosen])
        raw = {
            d.name: self._fits.shuffled_cosines(d, requests)
            for d in chosen
            if isinstance(d, RandomDirections) and d.how == "shuffled"
        }
        return CosineTable(tuple(direction.name for direction in chosen), cosines(vectors), raw)

    def knows(self, direction: SelectedDirection) -> bool:
        """Whether the selection of a direction was made, or read, already."""
        home = self.home(direction)
        return direction in self._selected if home is self else home.knows(direction.at_home)

    def settled(self, direction: Direction) -> FittedDirection:
        """The fitted direction behind a direction, a selected one settled."""
        fitted = self._settle(direction).fitted
        assert not isinstance(fitted, SelectedDirection)
        return fitted

    def home(self, direction: Direction) -> "LiveBench":
        """The bench of the model that a direction is fitted in."""
        return self if direction.home in (None, self.model) else self._elsewhere(direction.home)

    def _settle(self, direction: Direction) -> Direction:
        """The direction with its site known; one of another model at the layer that it has there.

        Raises
        ------
        NotApplicable : the other model's stream is of another width, or this one has no such layer.
        """
        home = self.home(direction)
        if home is self:
            return settled(direction.at_home, self.selection)
        own, other = self.fetcher.width, home.fetcher.width
        if own != other:
            raise NotApplicable(
                f"{direction.name} has {other} dimensions, and the residual stream of {self.model.name} has {own}: a "
                "direction goes from one model to another of the same width."
            )
        return _carried(home._settle(direction.at_home), home, self)

    def _neuron_writes(self, fitted: FittedDirection, prompts: Sequence[Prompt]) -> Float[np.ndarray, "layer neuron"]:
        unit = units(self._fits.fitted(fitted)[None])[0]
        return self.fetcher.loaded(prompts).neuron_writes(unit)

    def settle(self, arm: Measurement) -> Measurement:
        """The arm with every selected direction in the place of the recipe that selects it."""
        quantity = arm.quantity
        if isinstance(quantity, Projection | Cosine | Sided):
            quantity = replace(quantity, direction=self._settle(quantity.direction))
        elif isinstance(quantity, Probed):
            quantity = replace(quantity, probe=self.settled(quantity.probe))
        edits = tuple(self._settled_edit(edit) for edit in arm.model.interventions)
        return replace(arm, quantity=quantity, model=replace(arm.model, interventions=edits))

    def _settled_edit(self, edit: AnyIntervention) -> AnyIntervention:
        if isinstance(edit, Substitution | FeatureAblation):
            return edit
        return replace(edit, direction=self._settle(edit.direction))

    def _at(self, site: Site, model: Model, prompts: PromptSet) -> list[Entry]:
        """The residuals at a site; raises InvalidEvidence where a template position holds different tokens."""
        entries = self._fetch(model, prompts, trees.residual(site, self.n_layers))
        tokens = sorted({str(entry.info["token"]) for entry in entries})
        if site.position not in OWN_TOKENS and len(tokens) > 1:
            raise InvalidEvidence(
                f"the position {site.position} holds different tokens over {prompts.label}: {tokens[0]!r} and "
                f"{tokens[1]!r}. The template ends differently for some prompts, so their residuals do not compare."
            )
        return entries

    def _everywhere_rows(self, prompts: PromptSet, position: str) -> Rows:
        entries = self._fetch(self.model, prompts, trees.everywhere(position, self.n_layers))
        return np.stack([entry.arrays["residual"] for entry in entries])

    def _read(self, prompts: PromptSet | Sequence[Prompt], site: Site, part: str) -> Float[np.ndarray, "prompt width"]:
        """The activations of the bare model at a site; each prompt is asked for once."""
        listed = list(prompts)
        once = PromptSet("sources", tuple(dict.fromkeys(listed)))
        found = self._fetch(self.model, once, trees.residual(site, self.n_layers, part=part))
        rows = dict(zip(once, found, strict=True))
        return np.stack([rows[prompt].arrays["residual"][0] for prompt in listed])

    def demands(self, arm: Measurement) -> frozenset[tuple[Address, bool]]:
        """Every stored value that an arm needs, and whether it is there: what a plan counts."""
        return demands(self, arm)

    def _fetch(
        self, model: Model, prompts: PromptSet, quantity: Tree, *, settled: Callable[[str], bool] | None = None
    ) -> list[Entry]:
        edits = model.interventions
        return self.fetcher.fetch(
            model,
            prompts,
            quantity,
            lambda chosen: tuple(e for edit in edits for e in self._numbers.edits(edit, chosen)),
            settled=settled,
        )


def _carried(direction: Direction, home: LiveBench, to: LiveBench) -> Direction:
    """A settled direction of one model as it is used in another, which reads and edits the same layer."""
    if isinstance(direction, RandomDirections):
        of = _carried(direction.of, home, to)
        assert not isinstance(of, RandomDirections)
        return replace(direction, of=of)
    assert not isinstance(direction, SelectedDirection), "selected directions are settled first"
    layer = direction.site.resolve(home.n_layers)
    carried = replace(direction, site=Site(layer=layer, position=direction.site.position)).fitted_in(home.model)
    if layer > to.n_layers:
        raise NotApplicable(
            f"{carried.name} lies at layer {layer}, and {to.model.name} has {to.n_layers} layers. Fit it lower."
        )
    return carried


def _site(direction: Direction) -> Site:
    assert not isinstance(direction, SelectedDirection), "selected directions are settled first"
    return direction.site


def _mean_draw(values: Sequence[Value]) -> Value:
    """The mean score of a prompt's draws; None where fewer than half of them can be judged."""
    scores = [value.number for value in values if value.number is not None]
    if 2 * len(scores) < len(values):
        return next(value for value in values if value.number is None)
    return replace(values[0], number=float(np.mean(scores)), flaw="")


def _judged(prompt: Prompt, entry: Entry, quantity: Judged, *, cut: bool = False) -> Value:
    output = str(entry.info["answer"])
    number, flaw = score(quantity, output, cut=cut)
    return _value(prompt, number, entry, output=output, flaw=flaw)


def _numbered(prompts: PromptSet, numbers: Iterable[float], entries: Sequence[Entry]) -> Values:
    return tuple(_value(p, float(n), e) for p, n, e in zip(prompts, numbers, entries, strict=True))


def _value(prompt: Prompt, number: float | None, entry: Entry, *, output: str | None = None, flaw: str = "") -> Value:
    return Value(prompt.id, prompt.request, prompt.frame, number, str(entry.info["prompt"]), output, flaw)


def _finite(number: object, quantity: Measure, prompt: Prompt) -> float:
    if not isinstance(number, int | float | np.number) or isinstance(number, np.complexfloating):
        raise ClaimError(
            f"the measure {quantity.name!r} gave {number!r} for {prompt.id!r}: return one number, a float."
        )
    if not np.isfinite(number):
        raise InvalidEvidence(f"the measure {quantity.name!r} gave {number} for {prompt.id!r}.")
    return float(number)
