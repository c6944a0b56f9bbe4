"""Where the parts of a decoder are: one accessor over the names that architectures give them."""

from collections.abc import Iterable
from dataclasses import dataclass

from torch import nn
from transformers import PreTrainedModel

from interp_core.errors import ModelError

# Llama, Qwen, Mistral, Phi-3 and Gemma; GPT-NeoX; GPT-2; Falcon and BLOOM.
ATTENTION = ("self_attn", "attention", "attn", "self_attention")
MLP = ("mlp", "feed_forward", "block_sparse_moe", "ffn")
# The projections that write to the stream: of the heads' outputs, and of the MLP's hidden units.
ATTENTION_OUT = ("o_proj", "out_proj", "c_proj", "dense", "wo")
MLP_OUT = ("down_proj", "c_proj", "dense_4h_to_h", "fc2", "w2")
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
    writes : for each layer, the modules whose output is added to the residual stream: the attention's, the MLP's.
    blocks : for each layer, its attention and its MLP.
    norms_writes : whether a norm stands between a block's output and the stream.
    final_norm : the norm between the last layer and the head.
    d_model : the width of the residual stream.
    """

    layers: tuple[nn.Module, ...]
    writes: tuple[tuple[nn.Module, ...], ...]
    blocks: tuple[tuple[nn.Module, nn.Module], ...]
    norms_writes: bool
    decoder: nn.Module
    final_norm: nn.Module
    d_model: int
    n_heads: int

    def attention_out(self, layer: int) -> nn.Module:
        """The projection of a layer's heads, side by side, onto the stream; raises ModelError where it has no name."""
        return _child(self.blocks[layer][0], ATTENTION_OUT, "output projection")

    def mlp_out(self, layer: int) -> nn.Module:
        """The projection of a layer's MLP onto the stream; raises ModelError for a mixture of experts."""
        return _child(self.blocks[layer][1], MLP_OUT, "output projection")


def adapt(model: PreTrainedModel) -> Adapter:
    """The adapter of a causal language model.

    Raises
    ------
    ModelError : the decoder's layers, or a layer's attention or MLP, are not where any known architecture has them.
    """
    config = model.config.get_text_config()
    decoder = model.get_decoder()
    layers = tuple(_layers(decoder, config.num_hidden_layers))
    blocks = tuple((_child(layer, ATTENTION, "attention"), _child(layer, MLP, "MLP")) for layer in layers)
    norms = tuple(_post_norms(layer) for layer in layers)
    writes = tuple(norm or block for norm, block in zip(norms, blocks, strict=True))
    final = _child(decoder, FINAL_NORM, "final norm")
    heads = config.num_attention_heads
    return Adapter(layers, writes, blocks, any(norms), decoder, final, config.hidden_size, heads)


def _layers(decoder: nn.Module, count: int) -> nn.ModuleList:
    lists = [child for child in decoder.children() if isinstance(child, nn.ModuleList) and len(child) == count]
    if len(lists) != 1:
        raise ModelError(
            f"{type(decoder).__name__} has {len(lists)} lists of {count} layers, where one is expected, so its "
            "residual stream cannot be read. Supported are decoders that keep their layers in one list, such as Llama, "
            "Qwen, Gemma, Mistral, Phi-3, GPT-NeoX and GPT-2."
        )
    return lists[0]


def _post_norms(layer: nn.Module) -> tuple[nn.Module, ...]:
    """The norms of the blocks' outputs, where there are any."""
    for norms in POST_NORMS:
        if all(hasattr(layer, name) for name in norms):
            return tuple(getattr(layer, name) for name in norms)
    return ()


def _child(parent: nn.Module, names: Iterable[str], what: str) -> nn.Module:
    for name in names:
        child = getattr(parent, name, None)
        if isinstance(child, nn.Module):
            return child
    raise ModelError(
        f"{type(parent).__name__} has no {what} under any known name ({', '.join(names)}); its parts are: "
        f"{', '.join(name for name, _ in parent.named_children())}. This architecture is not supported."
    )
