"""One forward pass over a batch: residuals at one position, or the logits after the prompt."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Float32, Int
from torch import Tensor
from transformers import PreTrainedModel

from interp_core.engine.adapter import Adapter
from interp_core.engine.batches import Batch
from interp_core.engine.hooks import BatchEdit, captured, edited, on_input


def inputs_of(model: PreTrainedModel, batch: Batch) -> dict[str, Tensor]:
    """The batch as keyword arguments; models with relative positions only do not take position ids."""
    inputs = {"input_ids": batch.ids, "attention_mask": batch.mask, "position_ids": batch.position_ids}
    # The class's own signature: accelerate and nnsight put wrappers on the instance.
    accepted = inspect.signature(type(model).forward).parameters
    return {name: value for name, value in inputs.items() if name in accepted}


def forward(model: PreTrainedModel, batch: Batch, *, output_hidden_states: bool = False) -> Any:
    """A bare forward pass without gradients that keeps the logits of the last position only."""
    with torch.inference_mode():
        return model(
            **inputs_of(model, batch), logits_to_keep=1, use_cache=False, output_hidden_states=output_hidden_states
        )


@dataclass(frozen=True)
class Taking:
    """What a pass over a batch takes: a part at `layers`, at each prompt's own column."""

    layers: tuple[int, ...]
    columns: Int[Tensor, "prompt *several"]
    part: str = "residual"


@contextmanager
def taken(adapter: Adapter, what: Sequence[Taking]) -> Iterator[Callable[[], list[Float32[Tensor, "prompt ..."]]]]:
    """Inside the context the first pass is read; afterwards the function gives what was taken, on the CPU."""
    with ExitStack() as stack:
        found = [stack.enter_context(captured(adapter, one.layers, one.columns, part=one.part)) for one in what]
        yield lambda: [_stacked(by_layer, one.layers) for one, by_layer in zip(what, found, strict=True)]


def _stacked(by_layer: dict[int, Tensor], layers: Sequence[int]) -> Float32[Tensor, "prompt layer *several width"]:
    home = by_layer[layers[0]].device  # one copy to the CPU, not one for each layer
    return torch.stack([by_layer[layer].to(home) for layer in layers], dim=1).cpu()


def read(
    model: PreTrainedModel,
    adapter: Adapter,
    batch: Batch,
    what: Sequence[Taking],
    *,
    edits: Sequence[BatchEdit] = (),
) -> tuple[list[Float32[Tensor, "prompt ..."]], Float32[Tensor, "prompt vocabulary"]]:
    """Parts of the model at several places, after edits, and the logits after the last token, still on the device."""
    with edited(adapter, edits), taken(adapter, what) as found:
        output = forward(model, batch)
    last: Tensor = output.logits[:, -1].float()
    return found(), last


def residuals(
    model: PreTrainedModel,
    adapter: Adapter,
    batch: Batch,
    *,
    layers: Sequence[int],
    columns: Int[Tensor, "prompt *several"],
    edits: Sequence[BatchEdit] = (),
    part: str = "residual",
) -> Float32[Tensor, "prompt layer *several width"]:
    """The stream at the input of `layers`, or another part, after edits, at each prompt's columns; on the CPU."""
    found, _ = read(model, adapter, batch, [Taking(tuple(layers), columns, part)], edits=edits)
    return found[0]


def logits(
    model: PreTrainedModel, adapter: Adapter, batch: Batch, *, edits: Sequence[BatchEdit] = ()
) -> Float32[Tensor, "prompt vocabulary"]:
    """The logits after the last token of each prompt; on the CPU."""
    _, last = read(model, adapter, batch, (), edits=edits)
    return last.cpu()


def lens(
    model: PreTrainedModel,
    adapter: Adapter,
    batch: Batch,
    *,
    layer: int,
    columns: Int[Tensor, "prompt"],
    edits: Sequence[BatchEdit] = (),
) -> Float32[Tensor, "prompt vocabulary"]:
    """The logits of the stream at the input of `layer`, put straight into the final norm and the head; on the CPU.

    The model's own forward does it, so that whatever stands between norm and head (a soft cap, a scale) applies.
    """
    with ExitStack() as stack:
        stack.enter_context(edited(adapter, edits))
        found = stack.enter_context(captured(adapter, [layer], columns))

        def put(stream: Tensor) -> Tensor:
            early = found[layer][:, None].to(stream.device, stream.dtype)
            return torch.cat([stream[:, :-1], early], dim=1)

        on_input(stack, adapter.final_norm, put)
        output = forward(model, batch)
    last: Tensor = output.logits[:, -1].float().cpu()
    return last


def text_scores(
    model: PreTrainedModel,
    adapter: Adapter,
    batch: Batch,
    *,
    begins: Sequence[int],
    edits: Sequence[BatchEdit] = (),
) -> Float32[Tensor, "prompt"]:
    """The log-likelihood, in nats, of each prompt's tokens from the column `begins` to its end; on the CPU."""
    kept = batch.ids.shape[1] - min(begins) + 1  # the last columns, from the one before the earliest scored token
    with torch.inference_mode(), edited(adapter, edits):
        output = model(**inputs_of(model, batch), logits_to_keep=kept, use_cache=False)
    scores = [
        _row_score(row, ids[len(ids) - kept + 1 :], begin - (len(ids) - kept + 1))
        for row, ids, begin in zip(output.logits[:, :-1], batch.ids, begins, strict=True)
    ]
    return torch.stack(scores).cpu()


def _row_score(
    logits: Float[Tensor, "position vocabulary"], targets: Int[Tensor, "position"], first: int
) -> Float32[Tensor, ""]:
    """The sum, from position `first` on, of the log-probabilities of `targets`; one row at a time, to save memory."""
    chosen = logits[first:].float().log_softmax(-1)
    return chosen.gather(-1, targets[first:, None].to(chosen.device)).sum()
