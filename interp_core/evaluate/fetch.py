"""Stored values: read where they are at hand, computed by the engine where they are not."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from interp_core.errors import InvalidEvidence
from interp_core.evaluate.addresses import ENGINE, addresses
from interp_core.reading import log_odds
from interp_core.spec.identity import Tree, digest, seed_from
from interp_core.spec.model import Model
from interp_core.spec.prompts import Prompt, PromptSet
from interp_core.store import Address, Entry, ModelFiles, Store, layers_of

if TYPE_CHECKING:
    import interp_core.engine

CHECKED = 4  # prompts that a model is checked on when it is loaded
Progress = Callable[[str, int, int], None]
Edits = Callable[[Sequence[Prompt]], "tuple[interp_core.engine.Edit, ...]"]


@dataclass(frozen=True)
class Made:
    """What one pass gives the store."""

    arrays: dict[str, NDArray[Any]]
    info: Mapping[str, Any]
    tokens: int


class Fetcher:
    """The stored values of one model: reads the store, loads the weights at the first miss.

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
        self.progress = progress
        self.live: interp_core.engine.LiveModel | None = None

    def close(self) -> None:
        """Free the weights."""
        if self.live is not None:
            self.live.close()
            self.live = None

    def addresses(self, model: Model, prompts: PromptSet, quantity: Tree) -> list[Address]:
        """Where the values of a quantity live."""
        return addresses(model, self.files, self.n_layers, prompts.prompts, quantity)

    def fetch(self, model: Model, prompts: PromptSet, quantity: Tree, edits: Edits) -> list[Entry]:
        """The entries of a quantity, in the order of the prompts; what the store lacks is computed and stored.

        `edits` gives the interventions of `model` in numbers, for those prompts that are computed.
        """
        places = self.addresses(model, prompts, quantity)
        entries = [self.store.get(place) for place in places]
        missing = [i for i, entry in enumerate(entries) if entry is None]
        if missing:
            self._compute(model, prompts, [(places[i], prompts.prompts[i]) for i in missing], quantity, edits)
            for i in missing:
                entries[i] = self.store.peek(places[i])
        return [_present(entry) for entry in entries]

    def first_tokens(self, phrases: Sequence[str], prompt: Prompt) -> list[int]:
        """The tokens that open `phrases` where the answer to `prompt` begins, kept so that a warm run asks nobody."""
        rendering = [prompt.thinking, prompt.thought, prompt.thought_ends, prompt.prefill]
        made_with = {"rendering": digest(rendering), **self._made_with()}
        place = Address.of({"first tokens": list(phrases)}, {"phrases": digest(list(phrases)), **made_with})
        entry = self.store.peek(place)
        if entry is None:
            found = self.loaded([prompt]).renderer.first_tokens(phrases, prompt)
            self.store.put(place, {}, {"tokens": found}, tokens=None)
            return found
        return [int(token) for token in entry.info["tokens"]]

    def kept(self, what: str, depends_on: Mapping[str, str], make: Callable[[], Tree]) -> Tree:
        """JSON that takes a computation of its own, as a selection does: from the store, or made and stored."""
        place = Address.of({what: self.model.name}, {**depends_on, **self._made_with()})
        entry = self.store.peek(place)
        if entry is None:
            found = make()
            self.store.put(place, {}, {"found": found}, tokens=None)
            return found
        return entry.info["found"]

    def loaded(self, prompts: Sequence[Prompt]) -> "interp_core.engine.LiveModel":
        """The model in memory; checked on a few of `prompts` where that was never done."""
        if self.live is None:
            from interp_core.engine import LiveModel

            self.progress(f"loading {self.model.name}", 0, 0)
            self.live = LiveModel.load(self.folder, dtype=self.model.dtype, device=self.device)
            self._check(self.live, prompts)
        return self.live

    def _compute(
        self,
        model: Model,
        prompts: PromptSet,
        missing: Sequence[tuple[Address, Prompt]],
        quantity: Tree,
        edits: Edits,
    ) -> None:
        chosen = [prompt for _, prompt in missing]
        numeric = edits(chosen)
        live = self.loaded(chosen)
        if numeric:
            _refuse_idle(live, chosen[0], numeric, model)
        what = ", ".join([prompts.label, *(edit.label for edit in model.interventions)])
        started = time.perf_counter()
        with ExitStack() as stack:
            remaining = live.apply_weights(stack, numeric)
            for done, (i, made) in enumerate(_run(live, chosen, quantity, remaining), 1):
                info = {**made.info, "provenance": {"device": self.device, "engine": ENGINE}}
                self.store.put(missing[i][0], made.arrays, info, tokens=made.tokens)
                self.progress(f"{model.name}: {what}", done, len(chosen))
        self.store.counts.seconds += time.perf_counter() - started

    def _check(self, live: "interp_core.engine.LiveModel", prompts: Sequence[Prompt]) -> None:
        """Check once for each model, dtype and device that what is captured is what the model computes."""
        from interp_core.engine import check_model

        place = Address.of({"check": self.model.name}, {"device": self.device, **self._made_with()})
        if self.store.peek(place) is None:
            self.progress(f"checking {self.model.name}", 0, 0)
            self.store.put(place, {}, {"errors": dict(check_model(live, prompts[:CHECKED]))}, tokens=None)

    def _made_with(self) -> dict[str, str]:
        return {"dtype": self.model.dtype, "engine": ENGINE, **self.files.tree()}


def _run(
    live: "interp_core.engine.LiveModel",
    prompts: Sequence[Prompt],
    quantity: Tree,
    edits: Sequence["interp_core.engine.Edit"],
) -> Iterator[tuple[int, Made]]:
    """Make the passes that a quantity takes, in the engine's order."""
    if "residual" in quantity:
        part, layers = quantity.get("part", "residual"), tuple(quantity["residual"])
        for i, residual in live.residuals(
            prompts, layers=layers, position=quantity["position"], edits=edits, part=part
        ):
            about = {"prompt": residual.text, "token": residual.token}
            yield i, Made({"residual": residual.values}, about, residual.n_tokens)
    elif "answer" in quantity:
        yield from _answers(live, prompts, quantity, edits)
    elif "likelihood" in quantity:
        plain = quantity["likelihood"] == "plain text"
        for i, score in live.text_scores(prompts, plain=plain, edits=edits):
            numbers = {"total": np.array([score.total]), "scored": np.array([score.scored])}
            yield i, Made(numbers, {"prompt": score.text}, score.n_tokens)
    elif "lens" in quantity:
        for i, early in live.lens(prompts, layer=quantity["lens"], position=quantity["position"], edits=edits):
            odds = log_odds(early.values, quantity["of"], quantity["against"])
            yield i, Made({"log-odds": odds.reshape(1)}, {"prompt": early.text}, early.n_tokens)
    else:
        for i, logits in live.logits(prompts, edits=edits):
            yield i, Made({"logits": logits.values}, {"prompt": logits.text}, logits.n_tokens)


def _answers(
    live: "interp_core.engine.LiveModel",
    prompts: Sequence[Prompt],
    quantity: Tree,
    edits: Sequence["interp_core.engine.Edit"],
) -> Iterator[tuple[int, Made]]:
    draw = quantity.get("draw")
    seeds = () if draw is None else [seed_from("sample", prompt.id, str(draw)) for prompt in prompts]
    answers = live.answers(
        prompts, max_new_tokens=quantity["answer"], edits=edits, temperature=quantity.get("temperature"), seeds=seeds
    )
    for i, answer in answers:
        said = {"prompt": answer.prompt, "answer": answer.text, "raw": answer.raw, "finished": answer.finished}
        yield i, Made({}, said, answer.n_tokens + answer.prompt_tokens)


def _refuse_idle(
    live: "interp_core.engine.LiveModel", prompt: Prompt, edits: Sequence["interp_core.engine.Edit"], model: Model
) -> None:
    """Raise InvalidEvidence where the interventions leave the next token's logits as they were, to the bit."""
    if any(edit.position == "answer" for edit in edits) and not prompt.prefill:
        return  # what comes after the prompt is edited, and nothing of it is there yet
    first = [edit.row(0) for edit in edits]
    with ExitStack() as stack:
        _, edited = next(live.logits([prompt], edits=live.apply_weights(stack, first)))
    _, clean = next(live.logits([prompt]))
    if np.array_equal(edited.values, clean.values):
        labels = ", ".join(edit.label for edit in model.interventions)
        raise InvalidEvidence(f"{labels} changed no activation of {prompt.id!r}: the intervention does nothing.")


def _present(entry: Entry | None) -> Entry:
    assert entry is not None, "the engine yields every prompt that it was given"
    return entry
