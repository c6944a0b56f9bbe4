"""The same capture and edits through nnsight: the independent path that the hooks are checked against."""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float32, Int
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from interp_core.engine.adapter import Adapter
from interp_core.engine.batches import Batch
from interp_core.engine.capture import inputs_of
from interp_core.engine.hooks import BatchEdit, at_columns, input_edits


class TracedModel:
    """A loaded model behind nnsight's tracing; it shares the weights and needs no second copy."""

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, adapter: Adapter) -> None:
        # Here and not above: nnsight takes seconds to import, and only the self-check needs it.
        from nnsight import TransformersModel

        self._hf = model
        # Without a device, nnsight's pipeline would move a model on the CPU to the machine's first GPU.
        placed = {} if hasattr(model, "hf_device_map") else {"device": model.device}
        self._traced = TransformersModel(model, tokenizer=tokenizer, **placed)
        names = {module: name for name, module in model.named_modules()}
        self._layers = [self._envoy(names[layer]) for layer in adapter.layers]
        self._writes = [[self._envoy(names[module]) for module in modules] for modules in adapter.writes]

    def residuals(
        self,
        batch: Batch,
        *,
        layers: Sequence[int],
        columns: Int[Tensor, "prompt"],
        edits: Sequence[BatchEdit] = (),
    ) -> Float32[Tensor, "prompt layer d_model"]:
        """As `capture.residuals`, through a trace."""
        import nnsight

        taken: dict[int, Any] = {}
        inputs = inputs_of(self._hf, batch)
        with torch.inference_mode(), self._traced.trace(**inputs, logits_to_keep=1, use_cache=False):
            # In the order in which the model runs them, as nnsight requires.
            for index, layer in enumerate(self._layers):
                for edit in input_edits(edits, index):
                    layer.input = edit(layer.input, index)
                if index in layers:
                    taken[index] = nnsight.save(at_columns(layer.input, columns))
                for module in self._writes[index]:
                    for edit in edits:
                        if edit.kind == "zero":
                            module.output = _with_stream(module.output, edit(_stream(module.output), index))
            if len(self._layers) in layers:
                taken[len(self._layers)] = nnsight.save(at_columns(_stream(self._layers[-1].output), columns))
        return torch.stack([taken[layer].cpu() for layer in layers], dim=1)

    def _envoy(self, path: str) -> Any:
        envoy: Any = self._traced
        for name in path.split("."):
            envoy = envoy[int(name)] if name.isdigit() else getattr(envoy, name)
        return envoy


def _stream(output: Any) -> Any:
    return output[0] if isinstance(output, tuple) else output


def _with_stream(output: Any, stream: Any) -> Any:
    return (stream, *output[1:]) if isinstance(output, tuple) else stream
