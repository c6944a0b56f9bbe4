"""One forward pass over a batch: residuals at one position, or the logits after the prompt."""

import inspect
from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float32, Int
from torch import Tensor
from transformers import PreTrainedModel

from interp_core.engine.adapter import Adapter
from interp_core.engine.batches import Batch
from interp_core.engine.hooks import BatchEdit, captured, edited


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


def residuals(
    model: PreTrainedModel,
    adapter: Adapter,
    batch: Batch,
    *,
    layers: Sequence[int],
    columns: Int[Tensor, "prompt"],
    edits: Sequence[BatchEdit] = (),
) -> Float32[Tensor, "prompt layer d_model"]:
    """The stream at the input of `layers`, after edits, at each prompt's column; on the CPU."""
    with edited(adapter, edits), captured(adapter, layers, columns) as taken:
        forward(model, batch)
    return torch.stack([taken[layer].cpu() for layer in layers], dim=1)


def logits(
    model: PreTrainedModel, adapter: Adapter, batch: Batch, *, edits: Sequence[BatchEdit] = ()
) -> Float32[Tensor, "prompt vocabulary"]:
    """The logits after the last token of each prompt; on the CPU."""
    with edited(adapter, edits):
        output = forward(model, batch)
    last: Tensor = output.logits[:, -1].float().cpu()
    return last
