"""Where the parts of a decoder are: one accessor over the names that architectures give them."""

from collections.abc import Iterable
from dataclasses import dataclass

from torch import nn
from transformers import PreTrainedModel

from interp_core.errors import ModelError

# Llama, Qwen, Mistral, Phi-3 and Gemma; GPT-NeoX; GPT-2; Falcon and BLOOM.
ATTENTION = ("self_attn", "attention", "attn", "self_attention")
MLP = ("mlp", "feed_forward", "block_sparse_moe", "ffn")
FINAL_NORM = ("norm", "final_layer_norm", "ln_f", "final_layernorm")
# Where a sublayer's output is normed before it is added, that norm is what writes.
POST_NORMS = (
    ("post_attention_layernorm", "post_feedforward_layernorm"),  # Gemma 2, Gemma 3, OLMo 2
    ("post_self_attn_layernorm", "post_mlp_layernorm"),  # GLM-4
)


@dataclass(frozen=True)
class Adapter:
    """The parts of a decoder that the engine reads or edits.

    Attributes
    ----------
    layers : the decoder layers, in order; each takes the residual stream as its first argument.
    writes : for each layer, the modules whose output is added to the residual stream.
    final_norm : the norm between the last layer and the head.
    d_model : the width of the residual stream.
    """

    layers: tuple[nn.Module, ...]
    writes: tuple[tuple[nn.Module, ...], ...]
    final_norm: nn.Module
    d_model: int


def adapt(model: PreTrainedModel) -> Adapter:
    """The adapter of a causal language model.

    Raises
    ------
    ModelError : the decoder's layers, or a layer's attention or MLP, are not where any known architecture has them.
    """
    config = model.config.get_text_config()
    decoder = model.get_decoder()
    layers = tuple(_layers(decoder, config.num_hidden_layers))
    writes = tuple(_writes(layer) for layer in layers)
    return Adapter(layers, writes, _child(decoder, FINAL_NORM, "final norm"), config.hidden_size)


def _layers(decoder: nn.Module, count: int) -> nn.ModuleList:
    lists = [child for child in decoder.children() if isinstance(child, nn.ModuleList) and len(child) == count]
    if len(lists) != 1:
        raise ModelError(
            f"{type(decoder).__name__} has {len(lists)} lists of {count} layers, where one is expected, so its "
            "residual stream cannot be read. Supported are decoders that keep their layers in one list, such as Llama, "
            "Qwen, Gemma, Mistral, Phi-3, GPT-NeoX and GPT-2."
        )
    return lists[0]


def _writes(layer: nn.Module) -> tuple[nn.Module, ...]:
    for norms in POST_NORMS:
        if all(hasattr(layer, name) for name in norms):
            return tuple(getattr(layer, name) for name in norms)
    return (_child(layer, ATTENTION, "attention"), _child(layer, MLP, "MLP"))


def _child(parent: nn.Module, names: Iterable[str], what: str) -> nn.Module:
    for name in names:
        child = getattr(parent, name, None)
        if isinstance(child, nn.Module):
            return child
    raise ModelError(
        f"{type(parent).__name__} has no {what} under any known name ({', '.join(names)}); its parts are: "
        f"{', '.join(name for name, _ in parent.named_children())}. This architecture is not supported."
    )
