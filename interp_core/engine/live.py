"""A loaded model: prompts in, residuals, logits and answers out, batch by batch."""

import gc
import importlib.util
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging as transformers_logging

from interp_core.engine import capture
from interp_core.engine.adapter import adapt
from interp_core.engine.batches import Batch, in_batches
from interp_core.engine.generate import Sampler, Settled, cut, generate, take_over_generation
from interp_core.engine.hooks import BatchEdit, Where
from interp_core.engine.render import Rendered, Renderer
from interp_core.engine.shell import THINK_TAGS
from interp_core.engine.values import Also, Answer, Edit, Kept, Logits, Place, Residual, TextScore
from interp_core.engine.weights import neuron_writes, orthogonalised
from interp_core.errors import ClaimError, InterpClaimsError, InvalidEvidence, ModelError, PromptError
from interp_core.spec.prompts import Prompt

T = TypeVar("T")

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
# Padded tokens in one batch, answers included. On a GPU, 16,384 tokens of an 8B model's keys and values take 2 GB.
BUDGETS = {"cpu": 8192, "cuda": 16384, "mps": 8192}
NOTHING_ELSE = Also()
MOST_LOGITS = 2**27  # in one batch of texts that are scored: 512 MB in float32


class LiveModel:
    """A causal language model in memory. It is never edited itself: hooks live for one batch at a time.

    Attributes
    ----------
    model : the Hugging Face model, in evaluation mode and without gradients.
    renderer : its tokenizer and chat template.
    adapter : where its layers are.
    pad, ends : the id that pads a batch, and those that end a turn.
    budget : padded tokens in one batch.
    """

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, *, budget: int) -> None:
        self.model = model.eval().requires_grad_(False)
        self.renderer = Renderer(tokenizer)
        _check_vocabulary(model, tokenizer)
        self.adapter = adapt(model)
        self.pad: int = next(id for id in (tokenizer.pad_token_id, tokenizer.eos_token_id, 0) if id is not None)
        self.ends = take_over_generation(model, eos=tokenizer.eos_token_id, pad=self.pad)
        self.budget = budget

    @classmethod
    def load(cls, path: Path, *, dtype: str, device: str, trust_remote_code: bool = False) -> "LiveModel":
        """Load a model from a local folder; nothing is ever looked up on a network.

        Parameters
        ----------
        path : a folder with config.json, \\*.safetensors and a tokenizer with a chat template.
        dtype : ``float32``, ``bfloat16`` or ``float16``.
        device : ``cpu``, ``cuda``, ``mps``, or ``auto`` to spread a large model over all GPUs.
        trust_remote_code : run the Python files that a model's folder brings along.

        Raises
        ------
        ModelError : the folder or a file in it is missing, the device is, or the model cannot be read or driven.
        """
        _check_folder(path)
        _check_device(device)
        transformers_logging.disable_progress_bar()  # the caller shows progress, and a CI log wants none
        try:
            tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True, trust_remote_code=trust_remote_code)
            model, report = AutoModelForCausalLM.from_pretrained(
                path,
                dtype=DTYPES[dtype],
                device_map=device if device == "auto" else None,
                local_files_only=True,
                use_safetensors=True,
                trust_remote_code=trust_remote_code,
                output_loading_info=True,
            )
        except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
            raise ModelError(f"the model in {path} cannot be loaded: {error}") from error
        _check_complete(path, report["missing_keys"])
        if device != "auto":
            model = model.to(device)
        return cls(model, tokenizer, budget=BUDGETS[model.device.type])

    @property
    def n_layers(self) -> int:
        """The number of decoder layers."""
        return len(self.adapter.layers)

    @property
    def d_model(self) -> int:
        """The width of the residual stream."""
        return self.adapter.d_model

    def reads(self, part: str) -> bool:
        """Whether this architecture has a part to read: a mixture of experts has no one row of neurons."""
        module = {"head": self.adapter.attention_out, "neurons": self.adapter.mlp_out}.get(part)
        try:
            return module is None or module(0) is not None
        except ModelError:
            return False

    def residuals(
        self,
        prompts: Sequence[Prompt],
        *,
        layers: tuple[int, ...],
        position: str,
        edits: Sequence[Edit] = (),
        part: str = "residual",
    ) -> Iterator[tuple[int, Residual]]:
        """Each prompt's residual stream at the input of `layers`, at a position named by its role, after edits.

        Under an edit of a layer's input, what is captured there is the edited input. `part` reads what ``attention`` or
        ``mlp`` adds to the stream instead, or the outputs of the
        ``head``s side by side, or the MLP's hidden ``neurons``. Yields (index into `prompts`,
        result) batch by batch, longest prompts first.

        Raises
        ------
        PromptError, NotApplicable : the prompts cannot be rendered for this model.
        ClaimError : a layer is out of range.
        InvalidEvidence : an activation is not finite.
        """
        place = Place(layers, position, part)
        found = self.read(prompts, places=[place], edits=edits)
        return ((index, _asked_for(kept.residuals[0])) for index, kept in found)

    def logits(self, prompts: Sequence[Prompt], *, edits: Sequence[Edit] = ()) -> Iterator[tuple[int, Logits]]:
        """The logits after each prompt's last token, prefill included; yields and raises as `residuals`."""
        return ((index, _asked_for(kept.logits)) for index, kept in self.read(prompts, logits=True, edits=edits))

    def read(
        self,
        prompts: Sequence[Prompt],
        *,
        places: Sequence[Place] = (),
        logits: bool = False,
        also: Also = NOTHING_ELSE,
        edits: Sequence[Edit] = (),
    ) -> Iterator[tuple[int, Kept]]:
        """Activations at several places and the logits of each prompt, in one pass; yields and raises as `residuals`.

        `also` is kept where it can be, and raises nothing.
        """
        for place in places:
            self._check_layers(place.layers, self.n_layers if place.part == "residual" else self.n_layers - 1)
        rendered = self._prepared(prompts, edits)
        indices = [_indices(place, rendered) for place in places]

        def run(chosen: list[int]) -> list[Kept]:
            batch = self.batch([rendered[i] for i in chosen])
            taking = self._taking([*places, *also.places], [*indices, *besides], chosen, batch)
            rows = self._rows(edits, chosen, rendered, batch)
            taken, last = capture.read(self.model, self.adapter, batch, taking, edits=rows)
            for place, values in zip(places, taken, strict=False):
                self._check_residuals(values, place.layers, [prompts[i] for i in chosen])
            if logits:
                _check_logits(last.isfinite().all(-1), [prompts[i] for i in chosen])
            wanted = last.cpu() if logits or also.logits else None
            return self._kept([*indices, *besides], taken, wanted, chosen, rendered)

        besides = [_indices_or_none(place, rendered) for place in also.places]
        return self._in_batches(rendered, run)

    def lens(
        self, prompts: Sequence[Prompt], *, layer: int, position: str, edits: Sequence[Edit] = ()
    ) -> Iterator[tuple[int, Logits]]:
        """The logits of the stream at the input of `layer`, at a position, as if it were the last (the logit lens)."""
        self._check_layers((layer,), self.n_layers)
        rendered = self._prepared(prompts, edits)

        def run(chosen: list[int]) -> list[Logits]:
            batch = self.batch([rendered[i] for i in chosen])
            columns = batch.columns([rendered[i].index(position) for i in chosen])
            rows = self._rows(edits, chosen, rendered, batch)
            values = capture.lens(self.model, self.adapter, batch, layer=layer, columns=columns, edits=rows)
            _check_logits(values.isfinite().all(-1), [prompts[i] for i in chosen])
            return [_logits(row, rendered[i]) for i, row in zip(chosen, values, strict=True)]

        return self._in_batches(rendered, run)

    def text_scores(
        self, prompts: Sequence[Prompt], *, plain: bool = False, edits: Sequence[Edit] = ()
    ) -> Iterator[tuple[int, TextScore]]:
        """The log-likelihood of each prompt's prefill; or, `plain`, of its text without a template, first token apart.

        Yields and raises as `residuals`; PromptError for a prompt without a prefill.
        """
        rendered = self._prepared(prompts, edits, plain=plain)
        begins = [1 if plain else row.index("first_answer_token") for row in rendered]

        def run(chosen: list[int]) -> list[TextScore]:
            batch = self.batch([rendered[i] for i in chosen])
            columns = batch.columns([begins[i] for i in chosen]).tolist()
            rows = self._rows(edits, chosen, rendered, batch)
            totals = capture.text_scores(self.model, self.adapter, batch, begins=columns, edits=rows)
            _check_logits(totals.isfinite(), [prompts[i] for i in chosen])
            return [
                TextScore(total, len(rendered[i].ids) - begins[i], len(rendered[i].ids), rendered[i].text)
                for i, total in zip(chosen, totals.tolist(), strict=True)
            ]

        vocabulary = self.model.get_input_embeddings().num_embeddings
        return self._in_batches(rendered, run, budget=min(self.budget, max(1, MOST_LOGITS // vocabulary)))

    def answers(
        self,
        prompts: Sequence[Prompt],
        *,
        max_new_tokens: int,
        edits: Sequence[Edit] = (),
        temperature: float | None = None,
        seeds: Sequence[int] = (),
        settled: Callable[[str], bool] | None = None,
        also: Also = NOTHING_ELSE,
    ) -> Iterator[tuple[int, Answer]]:
        """Each prompt's answer, edits in force at every new token; yields and raises as `residuals`.

        Greedy, or sampled at a `temperature` with one of `seeds` for each prompt. Greedy means greedy: no setting that
        the checkpoint ships (temperature, repetition penalty) has any effect. An answer ends where `settled` holds of
        its text so far. The pass over the prompt keeps `also` where it can.
        """
        rendered = self._prepared(prompts, edits, extra=max_new_tokens)
        besides = [_indices_or_none(place, rendered) for place in also.places]

        def run(chosen: list[int]) -> list[Answer]:
            batch = self.batch([rendered[i] for i in chosen])
            sampler = None
            if temperature is not None:
                uniforms = [np.random.default_rng(seeds[i]).random(max_new_tokens) for i in chosen]
                sampler = Sampler(torch.tensor(np.stack(uniforms), dtype=torch.float32), temperature)
            rows = self._rows(edits, chosen, rendered, batch)
            stop = None if settled is None else self._settled(settled, [rendered[i] for i in chosen], batch)
            taking = self._taking(also.places, besides, chosen, batch)
            made = generate(
                self.model,
                self.adapter,
                batch,
                max_new_tokens=max_new_tokens,
                edits=rows,
                sampler=sampler,
                settled=stop,
                taking=taking,
            )
            _check_logits(made.finite, [prompts[i] for i in chosen])
            kept = self._kept(besides, made.taken, made.logits if also.logits else None, chosen, rendered)
            lengths = {} if stop is None else stop.lengths
            ends = [lengths.get(row, max_new_tokens) for row in range(len(chosen))]
            return [
                self._answer(rendered[i], row[:end], cut_short=end < max_new_tokens, kept=own)
                for i, row, end, own in zip(chosen, made.tokens.tolist(), ends, kept, strict=True)
            ]

        return self._in_batches(rendered, run, extra=max_new_tokens)

    def apply_weights(self, stack: ExitStack, edits: Sequence[Edit]) -> list[Edit]:
        """Edit the weights until `stack` is left, where an edit says so; returns the edits of activations that remain.

        Raises
        ------
        NotApplicable : the architecture's weights cannot do it.
        """
        for edit in edits:
            if edit.kind == "weights":
                assert len(np.unique(edit.vectors, axis=0)) == 1, (
                    "weights are orthogonal to one direction for all prompts"
                )
                unit = torch.from_numpy(edit.vectors[0].copy()).to(self.model.device)
                stack.enter_context(orthogonalised(self.model, self.adapter, unit))
        return [edit for edit in edits if edit.kind != "weights"]

    def neuron_writes(self, unit: Float32[np.ndarray, "d_model"]) -> Float32[np.ndarray, "layer neuron"]:
        """How much each MLP neuron, at an activation of 1, adds to the stream along a unit direction."""
        return neuron_writes(self.model, self.adapter, torch.from_numpy(unit).float().to(self.model.device)).numpy()

    def close(self) -> None:
        """Free the weights and the device's memory; the model cannot be used afterwards."""
        del self.model, self.adapter
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _prepared(
        self, prompts: Sequence[Prompt], edits: Sequence[Edit], *, extra: int = 0, plain: bool = False
    ) -> list[Rendered]:
        for edit in edits:
            assert len(edit.vectors) == len(prompts), "an edit has one vector a prompt"
            inside = edit.part in ("head", "neurons")
            assert inside or edit.vectors.shape[1] == self.d_model, "a vector is as wide as the stream"
            self._check_layers(edit.layers, self.n_layers - 1)
        rendered = self.renderer.plain(prompts) if plain else self.renderer.render(prompts)
        limit = getattr(self.model.config.get_text_config(), "max_position_embeddings", None)
        for row, prompt in zip(rendered, prompts, strict=True):
            if limit is not None and len(row.ids) + extra > limit:
                raise PromptError(
                    f"{prompt.id!r} has {len(row.ids)} tokens{f' and asks for {extra} more' if extra else ''}, and "
                    f"this model reads at most {limit}. Shorten the prompt or lower max_new_tokens."
                )
        return rendered

    def _check_layers(self, layers: Sequence[int], last: int) -> None:
        for layer in layers:
            if not 0 <= layer <= last:
                raise ClaimError(
                    f"layer {layer} is out of range: with its {self.n_layers} layers, this model can be read at 0 to "
                    f"{self.n_layers} and edited at the input of 0 to {self.n_layers - 1}. Choose another site."
                )

    def batch(self, rendered: Sequence[Rendered]) -> Batch:
        """Rendered prompts as one left-padded batch on the model's device."""
        return Batch.of([row.ids for row in rendered], pad=self.pad, device=self.model.device)

    def _rows(
        self, edits: Sequence[Edit], chosen: Sequence[int], rendered: Sequence[Rendered], batch: Batch
    ) -> list[BatchEdit]:
        rows, device = [rendered[i] for i in chosen], self.model.device
        return [BatchEdit.of(edit, chosen, device, where=where(edit.position, rows, batch)) for edit in edits]

    def _in_batches(
        self,
        rendered: Sequence[Rendered],
        run: Callable[[list[int]], Sequence[T]],
        *,
        extra: int = 0,
        budget: int | None = None,
    ) -> Iterator[tuple[int, T]]:
        return in_batches([len(row.ids) + extra for row in rendered], budget=budget or self.budget, run=run)

    def _taking(
        self,
        places: Sequence[Place],
        indices: Sequence[Sequence[int | None]],
        chosen: Sequence[int],
        batch: Batch,
    ) -> list[capture.Taking]:
        """What a pass over a batch takes: each prompt's columns at each place; any column where it has no such one."""
        columns = [batch.columns([own[i] or 0 for i in chosen]) for own in indices]
        return [capture.Taking(p.layers, at, p.part) for p, at in zip(places, columns, strict=True)]

    def _settled(self, reached: Callable[[str], bool], rendered: Sequence[Rendered], batch: Batch) -> Settled:
        return Settled(batch.ids.shape[1], self.ends, lambda row, new: reached(self._text(rendered[row], new)))

    def _kept(
        self,
        indices: Sequence[Sequence[int | None]],
        taken: Sequence[Float32[Tensor, "prompt ..."]],
        last: Float32[Tensor, "prompt vocabulary"] | None,
        chosen: Sequence[int],
        rendered: Sequence[Rendered],
    ) -> list[Kept]:
        """What was kept of each prompt of a batch; None for what it has not, or what is not finite."""
        found = []
        for row, i in enumerate(chosen):
            at = zip(taken, [own[i] for own in indices], strict=True)
            residuals = tuple(self._residual_or_none(rendered[i], index, values[row]) for values, index in at)
            finite = last is not None and bool(last[row].isfinite().all())
            found.append(Kept(residuals, _logits(last[row], rendered[i]) if last is not None and finite else None))
        return found

    def _check_residuals(
        self, values: Float32[Tensor, "prompt layer width"], layers: Sequence[int], prompts: Sequence[Prompt]
    ) -> None:
        broken = (~values.isfinite().all(-1)).nonzero()
        if len(broken):
            row, column = broken[0].tolist()
            raise InvalidEvidence(
                f"the residual stream of {prompts[row].id!r} is not finite at layer {layers[column]}. "
                f"{_OVERFLOW.format(self.model.dtype)}"
            )

    def _residual(self, rendered: Rendered, index: int, values: Float32[Tensor, "layer width"]) -> Residual:
        token = self.renderer.token(rendered.ids[index])
        return Residual(values.numpy().copy(), token, len(rendered.ids), rendered.text)

    def _residual_or_none(
        self, rendered: Rendered, index: int | None, values: Float32[Tensor, "layer width"]
    ) -> Residual | None:
        usable = index is not None and bool(values.isfinite().all())
        return self._residual(rendered, index, values) if index is not None and usable else None

    def _answer(self, rendered: Rendered, tokens: Sequence[int], *, cut_short: bool, kept: Kept) -> Answer:
        new, finished = cut(tokens, self.ends)
        text, raw = self._text(rendered, new), self.renderer.raw(new)
        short = cut_short and not finished
        return Answer(text, raw, len(new), finished, len(rendered.ids), rendered.text, short, kept)

    def _text(self, rendered: Rendered, new: Sequence[int]) -> str:
        return (THINK_TAGS[0] if rendered.opens_thinking else "") + self.renderer.answer(new)


def _asked_for(kept: T | None) -> T:
    assert kept is not None, "what is asked for is there, or an error says why not"
    return kept


def _indices(place: Place, rendered: Sequence[Rendered]) -> list[int | None]:
    """The index of a place's token in each prompt."""
    return [row.index(place.position) for row in rendered]


def _indices_or_none(place: Place, rendered: Sequence[Rendered]) -> list[int | None]:
    """The index of a place's token in each prompt; None where it has no such token."""

    def index(row: Rendered) -> int | None:
        try:
            return row.index(place.position)
        except InterpClaimsError:
            return None

    return [index(row) for row in rendered]


def _logits(values: Float32[Tensor, "vocabulary"], rendered: Rendered) -> Logits:
    return Logits(values.numpy().copy(), len(rendered.ids), rendered.text)


def where(position: str, rendered: Sequence[Rendered], batch: Batch) -> Where | None:
    """The tokens of a batch that a named position stands for; None for every one."""
    if position == "everywhere":
        return None
    width = batch.ids.shape[1]
    column = torch.arange(width, device=batch.ids.device)
    if position == "prompt":
        return Where(torch.ones_like(batch.ids, dtype=torch.bool), False)
    if position == "answer":
        begins = batch.columns([row.answer for row in rendered])
        return Where(column >= begins[:, None], True)
    at = batch.columns([row.index(position) for row in rendered])
    return Where(column == at[:, None], False)


_OVERFLOW = "In {} this model overflows or an edit is too large: use --dtype bfloat16 or float32, or a smaller edit."


def _check_logits(finite: Tensor, prompts: Sequence[Prompt]) -> None:
    broken = [prompt.id for prompt, good in zip(prompts, finite.tolist(), strict=True) if not good]
    if broken:
        raise InvalidEvidence(
            f"the logits of {broken[0]!r} are not finite (and of {len(broken) - 1} more in its batch). "
            f"{_OVERFLOW.format('this dtype')}"
        )


def _check_vocabulary(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    known = model.get_input_embeddings().num_embeddings
    if len(tokenizer) > known:
        raise ModelError(
            f"the tokenizer of {tokenizer.name_or_path} has {len(tokenizer)} tokens and the model embeds {known}: they "
            "do not belong together. Take tokenizer and weights from one revision."
        )


def _check_folder(path: Path) -> None:
    if not (path / "config.json").is_file():
        raise ModelError(
            f"there is no model in {path}: a folder with config.json, *.safetensors and a tokenizer is needed. "
            "Download it first (hf download NAME --local-dir DIR) and pass --model DIR."
        )
    if not any(path.glob("*.safetensors")):
        raise ModelError(
            f"{path} has no *.safetensors file, and other formats are not read because unpickling runs code. "
            "Convert the weights: AutoModelForCausalLM.from_pretrained(...).save_pretrained(DIR)."
        )


def _check_complete(path: Path, missing: Collection[str]) -> None:
    if missing:
        raise ModelError(
            f"the weights in {path} lack {len(missing)} tensors of the model that config.json describes, "
            f"{min(missing)!r} among them; transformers would fill them with random numbers. Take config and weights "
            "from one revision, of a causal language model."
        )


def _check_device(device: str) -> None:
    if device not in ("cpu", "cuda", "mps", "auto"):
        raise ModelError(f"unknown device {device!r}. Write cpu, cuda, mps or auto.")
    if (device == "cuda" and not torch.cuda.is_available()) or (device == "mps" and not torch.mps.is_available()):
        raise ModelError(f"this machine has no {device} device that torch can use. Write --device cpu.")
    if device == "auto" and importlib.util.find_spec("accelerate") is None:
        raise ModelError("--device auto spreads a model over GPUs with accelerate: pip install accelerate.")
