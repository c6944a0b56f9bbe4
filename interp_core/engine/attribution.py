"""What gradients and attention weights say of a prompt: attribution patching, and what a token attends to."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor
from transformers import PreTrainedModel

from interp_core.engine.batches import in_batches
from interp_core.engine.capture import inputs_of
from interp_core.engine.hooks import Change, on_part
from interp_core.engine.live import LiveModel
from interp_core.engine.selfcheck import restored
from interp_core.spec.prompts import Prompt


def gradients(
    live: LiveModel,
    prompts: Sequence[Prompt],
    *,
    layers: Sequence[int],
    position: str,
    tokens: Sequence[int],
    part: str = "residual",
) -> Float32[np.ndarray, "prompt layer width"]:
    """The gradient of each prompt's log-odds with respect to the stream at the input of `layers`, at a position.

    The log-odds are those of `tokens` against all others as the next token, in nats. `part` asks for what ``attention``
    or ``mlp`` adds to the stream instead, or for the outputs of the ``head``s side by side. One pass forward and one
    back for all layers: the part is shifted by a zero that asks for a gradient, and the weights ask for none.
    """
    rendered = live.renderer.render(prompts)

    def run(chosen: list[int]) -> list[Float32[np.ndarray, "layer width"]]:
        batch = live.batch([rendered[i] for i in chosen])
        columns = batch.columns([rendered[i].index(position) for i in chosen])
        shifts: dict[int, Tensor] = {}
        with ExitStack() as stack, torch.enable_grad():
            for layer in layers:
                on_part(stack, live.adapter, part, layer, _shifted(shifts, layer, columns))
            last = live.model(**inputs_of(live.model, batch), logits_to_keep=1, use_cache=False).logits[:, -1].float()
            others = torch.ones(last.shape[-1], dtype=torch.bool, device=last.device)
            others[list(tokens)] = False
            odds = last[:, ~others].logsumexp(-1) - last[:, others].logsumexp(-1)
            found = torch.autograd.grad(odds.sum(), [shifts[layer] for layer in layers])
        return list(torch.stack(found, dim=1).cpu().numpy())

    rows = dict(in_batches([len(row.ids) for row in rendered], budget=live.budget // 2, run=run))
    return np.stack([rows[index] for index in range(len(rendered))])


def _shifted(shifts: dict[int, Tensor], layer: int, columns: Tensor) -> Change:
    def change(stream: Tensor) -> Tensor:
        shift = torch.zeros(len(stream), stream.shape[-1], device=stream.device, requires_grad=True)
        shifts[layer] = shift
        at = torch.zeros(stream.shape[:2], dtype=stream.dtype, device=stream.device)
        at[torch.arange(len(stream), device=stream.device), columns] = 1
        return stream + at[:, :, None] * shift[:, None].to(stream.dtype)

    return change


def attention(live: LiveModel, prompt: Prompt, *, position: str) -> Float32[np.ndarray, "layer head token"]:
    """What the token at a position attends to, in every head of every layer; each head's weights sum to 1.

    The model's fast attention does not keep its weights, so this pass runs the plain one. Layers that attend to a
    sliding window have weights of 0 outside it.
    """
    (row,) = live.renderer.render([prompt])
    batch = live.batch([row])
    with _eager(live.model), restored(live.model), torch.inference_mode():
        output = live.model(**inputs_of(live.model, batch), use_cache=False, output_attentions=True)
    index = row.index(position)
    return torch.stack([layer[0, :, index].float().cpu() for layer in output.attentions]).numpy()


@contextmanager
def _eager(model: PreTrainedModel) -> Iterator[None]:
    own = model.config._attn_implementation
    model.set_attn_implementation("eager")
    try:
        yield
    finally:
        model.set_attn_implementation(own)
