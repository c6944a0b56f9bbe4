"""Reading and editing the residual stream with plain hooks, which are gone when the context ends."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Float32, Int
from torch import Tensor, nn

from interp_core.engine.adapter import Adapter
from interp_core.engine.values import Edit


@dataclass(frozen=True)
class BatchEdit:
    """An edit of the prompts of one batch, as tensors."""

    kind: str
    vectors: Float32[Tensor, "prompt d_model"]
    targets: Mapping[int, Float32[Tensor, "prompt"]]
    layers: tuple[int, ...]

    @classmethod
    def of(cls, edit: Edit, indices: Sequence[int], device: torch.device) -> "BatchEdit":
        """The rows `indices` of an edit, on `device`."""
        rows = edit.rows(indices)
        targets = () if rows.targets is None else torch.from_numpy(rows.targets).to(device).unbind()
        by_layer = dict(zip(rows.layers, targets, strict=False))
        return cls(rows.kind, torch.from_numpy(rows.vectors).to(device), by_layer, rows.layers)

    def edits_input(self, layer: int) -> bool:
        """Whether the input of `layer` is edited."""
        return self.kind == "zero" or layer in self.layers

    def __call__(
        self, stream: Float[Tensor, "prompt position d_model"], layer: int
    ) -> Float[Tensor, "prompt position d_model"]:
        """A new tensor, computed in float32 and rounded once to the stream's own dtype."""
        # With its layers on several devices, a model hands its stream from one to the next.
        vectors = self.vectors.to(stream.device)[:, None, :]
        if self.kind == "add":
            return (stream.float() + vectors).to(stream.dtype)
        target = 0.0 if self.kind == "zero" else self.targets[layer].to(stream.device)[:, None, None]
        return _set_component(stream.float(), vectors, target).to(stream.dtype)


def _set_component(
    stream: Float32[Tensor, "prompt position d_model"],
    unit: Float32[Tensor, "prompt 1 d_model"],
    target: float | Float32[Tensor, "prompt 1 1"],
) -> Float32[Tensor, "prompt position d_model"]:
    # A sum of products, not a matrix product: the latter may run in TF32, with 10 bits of mantissa.
    component = (stream * unit).sum(-1, keepdim=True)
    return stream + (target - component) * unit


@contextmanager
def edited(adapter: Adapter, edits: Sequence[BatchEdit]) -> Iterator[None]:
    """Every forward pass inside the context is edited, in the order of `edits` at each site."""
    zeros = [edit for edit in edits if edit.kind == "zero"]
    with ExitStack() as stack:
        for index, layer in enumerate(adapter.layers):
            here = [edit for edit in edits if edit.edits_input(index)]
            if here:
                _on_input(stack, layer, _apply(here, index))
            for module in adapter.writes[index] if zeros else ():
                _on_output(stack, module, _apply(zeros, index))
        yield


@contextmanager
def captured(
    adapter: Adapter, layers: Sequence[int], columns: Int[Tensor, "prompt"]
) -> Iterator[dict[int, Float32[Tensor, "prompt d_model"]]]:
    """Fills the yielded dict, by layer, with each prompt's stream at its column; enter it after `edited`."""
    taken: dict[int, Tensor] = {}
    with ExitStack() as stack:
        for index in set(layers) - {len(adapter.layers)}:
            _on_input(stack, adapter.layers[index], _take(taken, index, columns))
        if len(adapter.layers) in layers:
            _on_output(stack, adapter.layers[-1], _take(taken, len(adapter.layers), columns))
        yield taken


def at_columns(
    stream: Float[Tensor, "prompt position d_model"], columns: Int[Tensor, "prompt"]
) -> Float32[Tensor, "prompt d_model"]:
    """Each prompt's row at its own column, in float32."""
    return stream[torch.arange(len(stream), device=stream.device), columns.to(stream.device)].float()


_Change = Callable[[Tensor], Tensor]


def _apply(edits: Sequence[BatchEdit], layer: int) -> _Change:
    def change(stream: Tensor) -> Tensor:
        for edit in edits:
            stream = edit(stream, layer)
        return stream

    return change


def _take(into: dict[int, Tensor], layer: int, columns: Int[Tensor, "prompt"]) -> _Change:
    def change(stream: Tensor) -> Tensor:
        into[layer] = at_columns(stream, columns)
        return stream

    return change


def _on_input(stack: ExitStack, module: nn.Module, change: _Change) -> None:
    def hook(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if args:
            return (change(args[0]), *args[1:]), kwargs
        return args, kwargs | {"hidden_states": change(kwargs["hidden_states"])}

    stack.callback(module.register_forward_pre_hook(hook, with_kwargs=True).remove)


def _on_output(stack: ExitStack, module: nn.Module, change: _Change) -> None:
    def hook(_: nn.Module, __: tuple[Any, ...], output: Any) -> Any:
        return (change(output[0]), *output[1:]) if isinstance(output, tuple) else change(output)

    stack.callback(module.register_forward_hook(hook).remove)
