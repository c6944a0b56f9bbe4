"""Stored values: read where they are at hand, computed by the engine where they are not."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from interp_core.bench import passes
from interp_core.bench.addresses import ENGINE, Files, addresses
from interp_core.errors import InterpClaimsError, InvalidEvidence
from interp_core.reading import log_odds
from interp_core.spec.identity import Tree, canonical, digest, seed_from
from interp_core.spec.model import Model
from interp_core.spec.prompts import Prompt, PromptSet
from interp_core.store import Address, Entry, ModelFiles, Planned, Store, layers_of, vocabulary_of, width_of

if TYPE_CHECKING:
    import interp_core.engine

CHECKED = 4  # prompts that a model is checked on when it is loaded
Progress = Callable[[str, int, int], None]
Edits = Callable[[Sequence[Prompt]], "tuple[interp_core.engine.Edit, ...]"]
Reached = Callable[[str], bool]


@dataclass(frozen=True)
class Made:
    """What one pass gives the store; None of `besides` where a prompt has not what was to be kept, too."""

    arrays: dict[str, NDArray[Any]]
    info: Mapping[str, Any]
    tokens: int
    spared: int = 0
    besides: "tuple[Made | None, ...]" = ()


@dataclass(frozen=True)
class Request:
    """A quantity of some prompts under the interventions of `model`, and what it takes to make it."""

    model: Model
    prompts: PromptSet
    quantity: Tree
    edits: Edits
    settled: Reached | None = None


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
    others : gives the hashes of the files of another model, which a direction may be fitted in.
    make_room : called before the weights are loaded.
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
        others: Files,
        make_room: Callable[[], None],
    ) -> None:
        self.model = model
        self.folder = folder
        self.files = files
        self.store = store
        self.device = device
        self.n_layers, self.width = layers_of(folder), width_of(folder)
        self.sizes = passes.Sizes(self.n_layers, self.width, vocabulary_of(folder))
        self.planned = Planned(store.root / "planned.jsonl")
        self.progress = progress
        self._others = others
        self._make_room = make_room
        self.live: interp_core.engine.LiveModel | None = None

    def close(self) -> None:
        """Free the weights."""
        if self.live is not None:
            self.live.close()
            self.live = None

    def addresses(self, model: Model, prompts: PromptSet, quantity: Tree) -> list[Address]:
        """Where the values of a quantity live: those of one layer among those of all, where these are small."""
        wide = self.sizes.widened(quantity)
        return addresses(model, self.files, self.n_layers, prompts.prompts, wide, self._others)

    def plan(self, model: Model, prompts: PromptSet, quantity: Tree) -> list[Address]:
        """Where the values of a quantity live; what is missing is noted, so that one pass makes all that is planned."""
        places = self.addresses(model, prompts, quantity)
        self.planned.note([place for place in places if not self.store.has(place)], self.sizes.widened(quantity))
        return places

    def fetch(
        self, model: Model, prompts: PromptSet, quantity: Tree, edits: Edits, *, settled: Reached | None = None
    ) -> list[Entry]:
        """The entries of a quantity, in the order of the prompts; what the store lacks is computed and stored.

        `edits` gives the interventions of `model` in numbers, for those prompts that are computed; `settled` says where
        an answer may end, for a quantity that allows it.
        """
        places = self.addresses(model, prompts, quantity)
        at_hand = self._at_hand(model, prompts, quantity, places)
        entries = [self.store.get(place, prompt=prompt.id) for place, prompt in zip(at_hand, prompts, strict=True)]
        missing = [i for i, entry in enumerate(entries) if entry is None]
        if missing:
            request = Request(model, prompts, self.sizes.widened(quantity), edits, settled)
            self._compute(request, [(places[i], prompts.prompts[i]) for i in missing])
            for i in missing:
                entries[i] = self.store.peek(places[i])
        return [_narrowed(_present(entry), quantity) for entry in entries]

    def peek(self, model: Model, prompts: PromptSet, quantity: Tree) -> list[Entry | None]:
        """The entries of a quantity that are stored, in the order of the prompts; nothing is computed or counted."""
        found = [self.store.peek(place) for place in self.addresses(model, prompts, quantity)]
        return [None if entry is None else _narrowed(entry, quantity) for entry in found]

    def _at_hand(
        self, model: Model, prompts: PromptSet, quantity: Tree, places: Sequence[Address]
    ) -> Sequence[Address]:
        """Where the values are: a whole answer serves for one that may end where it is settled."""
        if "until" not in quantity:
            return places
        whole = self.addresses(model, prompts, {name: of for name, of in quantity.items() if name != "until"})
        return [other if self.store.has(other) else place for other, place in zip(whole, places, strict=True)]

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

            self._make_room()
            self.progress(f"loading {self.model.name}", 0, 0)
            self.live = LiveModel.load(self.folder, dtype=self.model.dtype, device=self.device)
            self._check(self.live, prompts)
        return self.live

    def _compute(self, request: Request, missing: Sequence[tuple[Address, Prompt]]) -> None:
        """Make the passes of a request; ahead of them, those that are planned for the same pairs and keep it, too."""
        started = time.perf_counter()
        for quantity, group in self._ahead(request, missing):
            with suppress(InterpClaimsError):  # whose answers they are will hear of it
                self._pass(replace(request, quantity=quantity), group)
        left = [(place, prompt) for place, prompt in missing if not self.store.has(place)]
        if left:
            self._pass(request, left)
        self.store.counts.seconds += time.perf_counter() - started

    def _ahead(
        self, request: Request, missing: Sequence[tuple[Address, Prompt]]
    ) -> list[tuple[Tree, list[tuple[Address, Prompt]]]]:
        """The answers that are planned for pairs of which something else is asked first, each with its prompts."""
        if not passes.keeps_more(request.quantity) or "answer" in request.quantity:
            return []
        groups: dict[str, list[tuple[Address, Prompt]]] = {}
        for place, prompt in missing:
            answers = [tree for tree in self.planned.of(place) if passes.is_generation(tree)]
            if answers:
                groups.setdefault(canonical(answers[0]), []).append((place, prompt))
        found = []
        for text, group in groups.items():
            quantity, prompts = json.loads(text), tuple(prompt for _, prompt in group)
            places = self.addresses(request.model, replace(request.prompts, prompts=prompts), quantity)
            lacking = [one for one, place in zip(group, places, strict=True) if not self.store.has(place)]
            found += [(quantity, lacking)] if lacking else []
        return found

    def _pass(self, request: Request, missing: Sequence[tuple[Address, Prompt]]) -> None:
        chosen = [prompt for _, prompt in missing]
        numeric = request.edits(chosen)
        live = self.loaded(chosen)
        if numeric:
            _refuse_idle(live, chosen, numeric, request.model)
        label = ", ".join([request.prompts.label, *(edit.label for edit in request.model.interventions)])
        besides = [tree for tree in self._besides(request, missing) if live.reads(tree.get("part", "residual"))]
        group = replace(request.prompts, prompts=tuple(chosen))
        at = [self.addresses(request.model, group, tree) for tree in (request.quantity, *besides)]
        with ExitStack() as stack:
            remaining = live.apply_weights(stack, numeric)
            self.progress(f"{request.model.name}: {label}", 0, len(chosen))
            for done, (i, made) in enumerate(_run(live, chosen, request, remaining, besides), 1):
                self._keep(made, [places[i] for places in at], passes.told(request.quantity))
                self.progress(f"{request.model.name}: {label}", done, len(chosen))

    def _besides(self, request: Request, missing: Sequence[tuple[Address, Prompt]]) -> list[Tree]:
        """What else the passes of a request keep: what is planned for any of the pairs, and what is small."""
        if not passes.keeps_more(request.quantity):
            return []
        planned = [tree for place, _ in missing for tree in self.planned.of(place)]
        wanted = {canonical(tree): tree for tree in [*self.sizes.kept_anyway(), *planned]}
        own = canonical(request.quantity)
        return [t for text, t in wanted.items() if text != own and ("residual" in t or "logits" in t)]

    def _keep(self, made: Made, places: Sequence[Address], what: str) -> None:
        """Store what a pass was made for, and what it kept besides where that is new."""
        provenance = {"provenance": {"device": self.device, "engine": ENGINE}}
        self.store.put(places[0], made.arrays, {**made.info, **provenance}, tokens=made.tokens, what=what)
        self.store.counts.spared += made.spared
        for place, other in zip(places[1:], made.besides, strict=True):
            if other is not None and not self.store.has(place):
                self.store.put(place, other.arrays, {**other.info, **provenance}, tokens=None)

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
    request: Request,
    edits: Sequence["interp_core.engine.Edit"],
    besides: list[Tree],
) -> Iterator[tuple[int, Made]]:
    """Make the passes that a quantity takes, in the engine's order; they keep the quantities `besides`, too."""
    quantity = request.quantity
    if "residual" in quantity or "logits" in quantity:
        from interp_core.engine import Place

        here = [Place(p.layers, p.position, p.part) for p in passes.also([quantity]).places]
        asked = [quantity, *besides]
        for i, kept in live.read(
            prompts, places=here, logits="logits" in quantity, also=passes.also(besides), edits=edits
        ):
            own, *others = _of_kept(kept, asked)
            assert own is not None, "what is asked for is there, or an error says why not"
            yield i, replace(own, besides=tuple(others))
    elif "answer" in quantity:
        yield from _answers(live, prompts, request, edits, besides)
    elif "likelihood" in quantity:
        plain = quantity["likelihood"] == "plain text"
        for i, score in live.text_scores(prompts, plain=plain, edits=edits):
            numbers = {"total": np.array([score.total]), "scored": np.array([score.scored])}
            yield i, Made(numbers, {"prompt": score.text}, score.n_tokens)
    else:
        for i, early in live.lens(prompts, layer=quantity["lens"], position=quantity["position"], edits=edits):
            odds = log_odds(early.values, quantity["of"], quantity["against"])
            yield i, Made({"log-odds": odds.reshape(1)}, {"prompt": early.text}, early.n_tokens)


def _of_kept(kept: "interp_core.engine.Kept", quantities: Sequence[Tree]) -> list[Made | None]:
    """What was kept of one prompt, for each of `quantities` in their order."""
    residuals = iter(kept.residuals)
    return [_of_residual(next(residuals)) if "residual" in tree else _of_logits(kept.logits) for tree in quantities]


def _of_residual(found: "interp_core.engine.Residual | None") -> Made | None:
    if found is None:
        return None
    return Made({"residual": found.values}, {"prompt": found.text, "token": found.token}, found.n_tokens)


def _of_logits(found: "interp_core.engine.Logits | None") -> Made | None:
    return None if found is None else Made({"logits": found.values}, {"prompt": found.text}, found.n_tokens)


def _answers(
    live: "interp_core.engine.LiveModel",
    prompts: Sequence[Prompt],
    request: Request,
    edits: Sequence["interp_core.engine.Edit"],
    besides: list[Tree],
) -> Iterator[tuple[int, Made]]:
    quantity = request.quantity
    draw, most = quantity.get("draw"), quantity["answer"]
    seeds = () if draw is None else [seed_from("sample", prompt.id, str(draw)) for prompt in prompts]
    answers = live.answers(
        prompts,
        max_new_tokens=most,
        edits=edits,
        temperature=quantity.get("temperature"),
        seeds=seeds,
        settled=request.settled if "until" in quantity else None,
        also=passes.also(besides),
    )
    for i, answer in answers:
        said = {"prompt": answer.prompt, "answer": answer.text, "raw": answer.raw, "finished": answer.finished}
        said |= {"cut": True} if answer.cut else {}
        spared = most - answer.n_tokens if answer.cut else 0
        others = tuple(_of_kept(answer.kept, besides))
        yield i, Made({}, said, answer.n_tokens + answer.prompt_tokens, spared, others)


def _refuse_idle(
    live: "interp_core.engine.LiveModel",
    prompts: Sequence[Prompt],
    edits: Sequence["interp_core.engine.Edit"],
    model: Model,
) -> None:
    """Raise InvalidEvidence where the interventions leave the next token's logits as they were, to the bit.

    The first prompt says it; but a feature may be off there, and then all of them do.
    """
    if any(edit.position == "answer" for edit in edits) and not prompts[0].prefill:
        return  # what comes after the prompt is edited, and nothing of it is there yet
    conditional = any(edit.kind == "feature" for edit in edits)
    tried = [range(1), range(1, len(prompts))] if conditional else [range(1)]
    if any(_changes(live, [prompts[i] for i in rows], [edit.rows(rows) for edit in edits]) for rows in tried if rows):
        return
    labels = ", ".join(edit.label for edit in model.interventions)
    of = f"any of {len(prompts)} prompts" if conditional else repr(prompts[0].id)
    raise InvalidEvidence(f"{labels} changed no activation of {of}: the intervention does nothing.")


def _changes(
    live: "interp_core.engine.LiveModel", prompts: Sequence[Prompt], edits: Sequence["interp_core.engine.Edit"]
) -> bool:
    clean = {i: logits.values for i, logits in live.logits(prompts)}
    with ExitStack() as stack:
        edited = live.logits(prompts, edits=live.apply_weights(stack, edits))
        return any(not np.array_equal(logits.values, clean[i]) for i, logits in edited)


def _narrowed(entry: Entry, quantity: Tree) -> Entry:
    """The entry with the layers that were asked for, of all that were kept."""
    layers = quantity.get("residual")
    if layers is None or len(layers) == len(entry.arrays["residual"]):
        return entry
    return Entry({"residual": entry.arrays["residual"][layers]}, entry.info)


def _present(entry: Entry | None) -> Entry:
    assert entry is not None, "the engine yields every prompt that it was given"
    return entry
