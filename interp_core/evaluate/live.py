"""The bench of a live model: the store first, the engine for what it lacks."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from interp_core.errors import ClaimError, InterpClaimsError, InvalidEvidence
from interp_core.evaluate.addresses import ENGINE, address, draw_seed
from interp_core.evaluate.values import Gap, Value, score
from interp_core.spec.direction import DifferenceInMeans, Direction, RandomDirections, Site
from interp_core.spec.identity import Tree
from interp_core.spec.intervention import Intervention
from interp_core.spec.measure import Judged, Measure, Projection, Recorded
from interp_core.spec.model import Measurement, Model
from interp_core.spec.prompts import Prompt, PromptSet
from interp_core.store import Address, Entry, ModelFiles, Passes, Store, layers_of

if TYPE_CHECKING:
    import interp_core.engine

Vector = Float[np.ndarray, "d_model"]
Means = Float[np.ndarray, "layer d_model"]
LOGITS = {"logits": "first answer token"}
CHECKED = 4  # prompts that a model is checked on when it is loaded
Progress = Callable[[str, int, int], None]


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
    """

    def __init__(
        self, model: Model, folder: Path, files: ModelFiles, store: Store, *, device: str, progress: Progress
    ) -> None:
        self.model = model
        self.folder = folder
        self.files = files
        self.store = store
        self.device = device
        self.n_layers = layers_of(folder)
        self._progress = progress
        self._live: interp_core.engine.LiveModel | None = None
        self._known: dict[Measurement, tuple[Value, ...]] = {}
        self._means: dict[DifferenceInMeans, tuple[Means, Means]] = {}

    @property
    def passes(self) -> Passes:
        """What was asked of the store so far."""
        return self.store.counts

    def identity(self) -> Tree:
        """The hashes of the model's files."""
        return self.files.tree()

    def close(self) -> None:
        """Free the weights."""
        if self._live is not None:
            self._live.close()
            self._live = None

    def values(self, arm: Measurement) -> tuple[Value, ...]:
        """The values of an arm; an engine error names the line that built the recipe."""
        try:
            if not isinstance(arm.quantity, Projection):
                return self._values(arm)  # a user's function runs anew for each claim: what it reads may have changed
            if arm not in self._known:
                self._known[arm] = self._values(arm)
            return self._known[arm]
        except InterpClaimsError as error:
            error.where = error.where or arm.where
            raise

    def _values(self, arm: Measurement) -> tuple[Value, ...]:
        quantity = arm.quantity
        if isinstance(quantity, Projection):
            return self._projections(arm, quantity)
        if isinstance(quantity, Judged):
            return self._judged(arm, quantity)
        if isinstance(quantity, Measure):
            return self._measured(arm, quantity)
        assert isinstance(quantity, Recorded)
        raise ClaimError("a recorded arm cannot be measured on a live model.")

    def _projections(self, arm: Measurement, quantity: Projection) -> tuple[Value, ...]:
        entries = self._at(quantity.direction.site, arm.model, arm.prompts)
        units = _units(self.vectors(quantity.direction, arm.prompts.prompts))
        numbers = [float(e.arrays["residual"][0] @ unit) for e, unit in zip(entries, units, strict=True)]
        return tuple(_value(p, n, e) for p, n, e in zip(arm.prompts, numbers, entries, strict=True))

    def _judged(self, arm: Measurement, quantity: Judged) -> tuple[Value, ...]:
        entries = self._fetch(arm.model, arm.prompts, {"answer": quantity.max_new_tokens})
        return tuple(_judged(p, e, quantity) for p, e in zip(arm.prompts, entries, strict=True))

    def _measured(self, arm: Measurement, quantity: Measure) -> tuple[Value, ...]:
        if quantity.site is None:
            entries = self._fetch(arm.model, arm.prompts, LOGITS)
            arrays = [entry.arrays["logits"] for entry in entries]
        else:
            entries = self._at(quantity.site, arm.model, arm.prompts)
            arrays = [entry.arrays["residual"][0] for entry in entries]
        numbers = [_finite(quantity.function(array), quantity, p) for array, p in zip(arrays, arm.prompts, strict=True)]
        return tuple(_value(p, n, e) for p, n, e in zip(arm.prompts, numbers, entries, strict=True))

    def gap(self, direction: DifferenceInMeans) -> Gap:
        """The projections of both sets' select split on the unit direction."""
        difference = self._difference(direction)
        unit = difference / np.linalg.norm(difference)
        positive, negative = (
            np.stack([entry.arrays["residual"][0] for entry in self._at(direction.site, self.model, side.select)])
            for side in (direction.positive, direction.negative)
        )
        return positive @ unit, negative @ unit

    def vectors(self, direction: Direction, prompts: Sequence[Prompt]) -> Float[np.ndarray, "prompt d_model"]:
        """The direction that each prompt meets: the fitted one, or its request's random draw at the same norm."""
        fitted = self._difference(direction if isinstance(direction, DifferenceInMeans) else direction.of)
        if isinstance(direction, DifferenceInMeans):
            return np.tile(fitted, (len(prompts), 1))
        draws = np.stack([_random(direction, prompt, len(fitted)) for prompt in prompts])
        return np.asarray(_units(draws) * np.linalg.norm(fitted))

    def _difference(self, direction: DifferenceInMeans) -> Vector:
        positive, negative = self._class_means(direction)
        layer = direction.site.resolve(self.n_layers)
        difference: Vector = (positive[layer] - negative[layer]).astype(np.float32)
        if not np.linalg.norm(difference) > 0:
            raise InvalidEvidence(
                f"the direction {direction.name!r} has norm {np.linalg.norm(difference)}: the two sets' mean residuals "
                f"are equal at layer {layer}, {direction.site.position}. Register another site."
            )
        return difference

    def _class_means(self, direction: DifferenceInMeans) -> tuple[Means, Means]:
        """The mean residuals of both sets' fit split at every layer."""
        if direction not in self._means:
            quantity = self._everywhere(direction)
            sides = [self._fetch(self.model, side.fit, quantity) for side in (direction.positive, direction.negative)]
            positive, negative = (
                np.mean([entry.arrays["residual"] for entry in side], axis=0, dtype=np.float64) for side in sides
            )
            self._means[direction] = (np.asarray(positive), np.asarray(negative))
        return self._means[direction]

    def _at(self, site: Site, model: Model, prompts: PromptSet) -> list[Entry]:
        """The residuals at a site; raises InvalidEvidence where a template position holds different tokens."""
        entries = self._fetch(model, prompts, self._residual(site))
        tokens = sorted({str(entry.info["token"]) for entry in entries})
        if site.position == "end_of_template" and len(tokens) > 1:
            raise InvalidEvidence(
                f"the position {site.position} holds different tokens over {prompts.label}: {tokens[0]!r} and "
                f"{tokens[1]!r}. The template ends differently for some prompts, so their residuals do not compare."
            )
        return entries

    def _residual(self, site: Site) -> Tree:
        return {"residual": [site.resolve(self.n_layers)], "position": site.position}

    def _everywhere(self, direction: DifferenceInMeans) -> Tree:
        return {"residual": list(range(self.n_layers + 1)), "position": direction.site.position}

    def demands(self, arm: Measurement) -> frozenset[tuple[Address, bool]]:
        """Every stored value that an arm needs, and whether it is there: what a plan counts."""
        wanted = [(arm.model, arm.prompts, self._quantity(arm))]
        for direction in arm.directions:
            own = direction.of if isinstance(direction, RandomDirections) else direction
            wanted += [(self.model, side.fit, self._everywhere(own)) for side in (own.positive, own.negative)]
        if arm.gap:
            at_site = self._residual(arm.gap.site)
            wanted += [(self.model, side.select, at_site) for side in (arm.gap.positive, arm.gap.negative)]
        places = [place for model, prompts, quantity in wanted for place in self._addresses(model, prompts, quantity)]
        return frozenset((place, self.store.has(place)) for place in places)

    def _quantity(self, arm: Measurement) -> Tree:
        quantity = arm.quantity
        if isinstance(quantity, Judged):
            return {"answer": quantity.max_new_tokens}
        site = quantity.direction.site if isinstance(quantity, Projection) else getattr(quantity, "site", None)
        return self._residual(site) if site else LOGITS

    def _addresses(self, model: Model, prompts: PromptSet, quantity: Tree) -> list[Address]:
        return [address(model, self.files, self.n_layers, prompt, quantity) for prompt in prompts]

    def _fetch(self, model: Model, prompts: PromptSet, quantity: Tree) -> list[Entry]:
        """The entries of a quantity, in the order of the prompts; what the store lacks is computed and stored."""
        addresses = self._addresses(model, prompts, quantity)
        entries = [self.store.get(place) for place in addresses]
        missing = [i for i, entry in enumerate(entries) if entry is None]
        if missing:
            self._compute(model, prompts, [(addresses[i], prompts.prompts[i]) for i in missing], quantity)
            for i in missing:
                entries[i] = self.store.peek(addresses[i])
        return [_present(entry) for entry in entries]

    def _compute(
        self, model: Model, prompts: PromptSet, missing: Sequence[tuple[Address, Prompt]], quantity: Tree
    ) -> None:
        chosen = [prompt for _, prompt in missing]
        edits = [self._numeric(edit, chosen) for edit in model.interventions]
        live = self._loaded(chosen)
        if edits:
            _refuse_idle(live, chosen[0], [edit.row(0) for edit in edits], model)
        what = ", ".join([prompts.label, *(edit.label for edit in model.interventions)])
        started = time.perf_counter()
        for done, (i, made) in enumerate(_run(live, chosen, quantity, edits), 1):
            info = {**made.info, "provenance": {"device": self.device, "engine": ENGINE}}
            self.store.put(missing[i][0], made.arrays, info, tokens=made.tokens)
            self._progress(f"{model.name}: {what}", done, len(chosen))
        self.store.counts.seconds += time.perf_counter() - started

    def _numeric(self, edit: Intervention, prompts: Sequence[Prompt]) -> "interp_core.engine.Edit":
        from interp_core.engine import Edit

        vectors = self.vectors(edit.direction, prompts)
        if edit.kind == "add":
            return Edit("add", edit.coefficient * vectors, (edit.direction.site.resolve(self.n_layers),))
        units = _units(vectors)
        if edit.kind == "zero":
            return Edit("zero", units)
        return Edit("affine", units, *self._affine_targets(edit, units))

    def _affine_targets(
        self, edit: Intervention, units: Float[np.ndarray, "prompt d_model"]
    ) -> tuple[tuple[int, ...], Float[np.ndarray, "layer prompt"]]:
        direction = edit.direction.of if isinstance(edit.direction, RandomDirections) else edit.direction
        first = direction.site.resolve(self.n_layers)
        layers = (first,) if edit.site_only else tuple(range(first, self.n_layers))
        if not layers or first >= self.n_layers:
            raise ClaimError(f"affine ablation edits layer inputs, and layer {first} lies after the last layer.")
        negative = self._class_means(direction)[1]
        return layers, (negative[list(layers)] @ units.T).astype(np.float32)

    def _loaded(self, prompts: Sequence[Prompt]) -> "interp_core.engine.LiveModel":
        if self._live is None:
            from interp_core.engine import LiveModel

            self._progress(f"loading {self.model.name}", 0, 0)
            self._live = LiveModel.load(self.folder, dtype=self.model.dtype, device=self.device)
            self._check(self._live, prompts)
        return self._live

    def _check(self, live: "interp_core.engine.LiveModel", prompts: Sequence[Prompt]) -> None:
        """Check once for each model, dtype and device that what is captured is what the model computes."""
        from interp_core.engine import check_model

        place = Address.of({"check": self.model.name}, {"device": self.device, **self._made_with()})
        if self.store.peek(place) is None:
            self._progress(f"checking {self.model.name}", 0, 0)
            self.store.put(place, {}, {"errors": dict(check_model(live, prompts[:CHECKED]))}, tokens=None)

    def _made_with(self) -> dict[str, str]:
        return {"dtype": self.model.dtype, "engine": ENGINE, **self.files.tree()}


@dataclass(frozen=True)
class _Made:
    """What one pass gives the store."""

    arrays: dict[str, NDArray[Any]]
    info: Mapping[str, Any]
    tokens: int


def _run(
    live: "interp_core.engine.LiveModel",
    prompts: Sequence[Prompt],
    quantity: Tree,
    edits: Sequence["interp_core.engine.Edit"],
) -> Iterator[tuple[int, _Made]]:
    """Make the passes that a quantity takes, in the engine's order."""
    if "residual" in quantity:
        layers, position = tuple(quantity["residual"]), quantity["position"]
        for i, residual in live.residuals(prompts, layers=layers, position=position, edits=edits):
            about = {"prompt": residual.text, "token": residual.token}
            yield i, _Made({"residual": residual.values}, about, residual.n_tokens)
    elif "answer" in quantity:
        for i, answer in live.answers(prompts, max_new_tokens=quantity["answer"], edits=edits):
            said = {"prompt": answer.prompt, "answer": answer.text, "raw": answer.raw, "finished": answer.finished}
            yield i, _Made({}, said, answer.n_tokens + answer.prompt_tokens)
    else:
        for i, logits in live.logits(prompts, edits=edits):
            yield i, _Made({"logits": logits.values}, {"prompt": logits.text}, logits.n_tokens)


def _refuse_idle(
    live: "interp_core.engine.LiveModel", prompt: Prompt, edits: Sequence["interp_core.engine.Edit"], model: Model
) -> None:
    """Raise InvalidEvidence where the interventions leave the stream after the last layer as it was, to the bit."""
    layers = (live.n_layers,)
    _, edited = next(live.residuals([prompt], layers=layers, position="end_of_template", edits=edits))
    _, clean = next(live.residuals([prompt], layers=layers, position="end_of_template"))
    if np.array_equal(edited.values, clean.values):
        labels = ", ".join(edit.label for edit in model.interventions)
        raise InvalidEvidence(f"{labels} changed no activation of {prompt.id!r}: the intervention does nothing.")


def _judged(prompt: Prompt, entry: Entry, quantity: Judged) -> Value:
    output = str(entry.info["answer"])
    number, flaw = score(quantity, output)
    return _value(prompt, number, entry, output=output, flaw=flaw)


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


def _present(entry: Entry | None) -> Entry:
    assert entry is not None, "the engine yields every prompt that it was given"
    return entry


def _units(vectors: Float[np.ndarray, "vector d_model"]) -> Float[np.ndarray, "vector d_model"]:
    units: np.ndarray[Any, Any] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return units


def _random(direction: RandomDirections, prompt: Prompt, d_model: int) -> Vector:
    rng = np.random.default_rng(draw_seed(direction, prompt.request))
    return rng.standard_normal(d_model).astype(np.float32)
