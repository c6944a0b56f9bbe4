"""Weight orthogonalisation: directional ablation once, in the weights, instead of at every token."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch
from jaxtyping import Float, Float32
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from interp_core.engine.adapter import Adapter
from interp_core.errors import NotApplicable


@contextmanager
def orthogonalised(model: PreTrainedModel, adapter: Adapter, unit: Float32[Tensor, "d_model"]) -> Iterator[None]:
    """Inside the context, nothing that writes to the residual stream writes along `unit` (Arditi et al. 2024, eq. 5).

    W_out <- W_out - r r^T W_out for the embeddings and the output projections of attentions and MLPs, and the same for
    their biases. The edited matrices are new parameters beside the model's own, which are put back when the context
    ends: the weights are restored bit for bit, and a head that is tied to the embedding keeps reading the old one.

    Raises
    ------
    NotApplicable : a norm stands between a block's output and the stream, so that no edit of weights does this.
    ModelError : an output projection is not where any known architecture has it.
    """
    if adapter.norms_writes:
        raise NotApplicable(
            f"{type(model).__name__} norms what a block writes before it reaches the residual stream, so orthogonal "
            "weights do not keep the stream free of the direction. Use zero(direction), which edits the stream itself."
        )
    with ExitStack() as stack:
        for module in _writers(adapter):
            _replace(stack, module, "weight", _without(module, unit))
            bias = getattr(module, "bias", None)
            if bias is not None:
                _replace(stack, module, "bias", _rows_without(bias[None], unit)[0])
        yield


def neuron_writes(
    model: PreTrainedModel, adapter: Adapter, unit: Float32[Tensor, "d_model"]
) -> Float32[Tensor, "layer neuron"]:
    """How much each MLP neuron, at an activation of 1, adds to the stream along `unit`; on the CPU.

    Raises
    ------
    NotApplicable : a norm stands between the MLP's output and the stream, so that neurons do not add up.
    ModelError : the architecture's MLP has no single output projection.
    """
    if adapter.norms_writes:
        raise NotApplicable(
            f"{type(model).__name__} norms what an MLP writes, so its neurons' contributions do not add up. Look at "
            "the whole MLP instead: mean_ablation(prompts, at=Site(...), part='mlp')."
        )
    rows = []
    for layer in range(len(adapter.layers)):
        module = adapter.mlp_out(layer)
        weight = module.weight
        assert isinstance(weight, Tensor)
        by_neuron = weight if isinstance(module, Conv1D) else weight.T
        rows.append((by_neuron.float() @ unit.to(weight.device)).cpu())
    return torch.stack(rows)


def _writers(adapter: Adapter) -> list[nn.Module]:
    """The embeddings (of tokens and, where they are learned, of positions) and every output projection."""
    embeddings = [child for child in adapter.decoder.children() if isinstance(child, nn.Embedding)]
    layers = range(len(adapter.layers))
    return [*embeddings, *map(adapter.attention_out, layers), *map(adapter.mlp_out, layers)]


def _without(module: nn.Module, unit: Float32[Tensor, "d_model"]) -> Float[Tensor, "rows columns"]:
    weight = module.weight
    assert isinstance(weight, Tensor)
    by_row = isinstance(module, nn.Embedding | Conv1D)  # their rows lie in the stream; a Linear's columns do
    return _rows_without(weight, unit) if by_row else _rows_without(weight.T, unit).T.contiguous()


def _rows_without(rows: Float[Tensor, "row d_model"], unit: Float32[Tensor, "d_model"]) -> Float[Tensor, "row d_model"]:
    along = unit.to(rows.device)
    components = (rows.float() * along).sum(-1, keepdim=True)
    return (rows.float() - components * along).to(rows.dtype)


def _replace(stack: ExitStack, module: nn.Module, name: str, value: Tensor) -> None:
    own = getattr(module, name)
    stack.callback(setattr, module, name, own)
    setattr(module, name, nn.Parameter(value, requires_grad=False))
