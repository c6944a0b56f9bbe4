"""Running a model from a layer on, with everything below it computed once."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn
from transformers import PreTrainedModel

from interp_core.engine.adapter import Adapter
from interp_core.engine.batches import Batch
from interp_core.engine.capture import forward
from interp_core.engine.hooks import on_input

Stream = Float[Tensor, "prompt position d_model"]


def streams(
    model: PreTrainedModel, adapter: Adapter, batch: Batch, layers: Sequence[int]
) -> tuple[dict[int, Stream], Tensor]:
    """The whole residual stream at the input of each of `layers`, and the logits after the last token."""
    taken: dict[int, Stream] = {}

    def take(layer: int, stream: Stream) -> Stream:
        taken[layer] = stream
        return stream

    with ExitStack() as stack:
        for layer in set(layers):
            on_input(stack, adapter.layers[layer], lambda stream, layer=layer: take(layer, stream))  # type: ignore[misc]
        logits = forward(model, batch).logits[:, -1]
    return taken, logits


@contextmanager
def resumed(adapter: Adapter, layer: int, stream: Stream) -> Iterator[None]:
    """Inside the context, a forward pass skips the layers below `layer`, which reads `stream` instead.

    Skipping is exact: the layers below are not edited, so they would compute `stream` again. Their `forward` is put
    back when the context ends.
    """
    with ExitStack() as stack:
        for below in adapter.layers[:layer]:
            _skip(stack, below)
        on_input(stack, adapter.layers[layer], lambda _: stream)
        yield


def _skip(stack: ExitStack, layer: nn.Module) -> None:
    own = vars(layer).get("forward")  # accelerate keeps a wrapper here

    def passing(hidden_states: Tensor, *_: Any, **__: Any) -> Tensor:
        return hidden_states

    def restore() -> None:
        if own is None:
            del layer.forward
        else:
            layer.forward = own

    layer.forward = passing
    stack.callback(restore)
