"""Reading and editing activations with plain hooks, which are gone when the context ends."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Float32, Int
from torch import Tensor, nn

from interp_core.engine.adapter import Adapter
from interp_core.engine.values import Edit, Gate

WRITES = ("attention", "mlp")  # in the order of the adapter's writes


@dataclass(frozen=True)
class Where:
    """Which tokens an edit meets: those of the prompt's own pass under `prompt`, and whether new tokens are edited."""

    prompt: Bool[Tensor, "prompt position"]
    new: bool


@dataclass(frozen=True)
class BatchGate:
    """How active each prompt's feature is, as tensors."""

    weights: Float32[Tensor, "prompt width"]
    bias: Float32[Tensor, "prompt"]
    threshold: Float32[Tensor, "prompt"]

    @classmethod
    def of(cls, gate: Gate, device: torch.device) -> "BatchGate":
        """A gate on `device`."""
        return cls(*(torch.from_numpy(a).to(device) for a in (gate.weights, gate.bias, gate.threshold)))

    def __call__(self, stream: Float32[Tensor, "prompt position width"]) -> Float32[Tensor, "prompt position 1"]:
        """How active the feature is at each position."""
        weights, bias, threshold = (one.to(stream.device) for one in (self.weights, self.bias, self.threshold))
        # A sum of products, not a matrix product: the latter may run in TF32, with 10 bits of mantissa.
        before = (stream * weights[:, None]).sum(-1, keepdim=True) + bias[:, None, None]
        return torch.where(before > threshold[:, None, None], before, 0.0)


@dataclass(frozen=True)
class BatchEdit:
    """An edit of the prompts of one batch, as tensors; `where` is None for an edit of every token."""

    kind: str
    vectors: Float32[Tensor, "prompt width"]
    targets: Mapping[int, Float32[Tensor, "prompt"]]
    layers: tuple[int, ...]
    part: str = "residual"
    head: int = 0
    units: tuple[int, ...] = ()
    where: Where | None = None
    gate: BatchGate | None = None

    @classmethod
    def of(cls, edit: Edit, indices: Sequence[int], device: torch.device, *, where: Where | None = None) -> "BatchEdit":
        """The rows `indices` of an edit, on `device`."""
        rows = edit.rows(indices)
        targets = () if rows.targets is None else torch.from_numpy(rows.targets).to(device).unbind()
        by_layer = dict(zip(rows.layers, targets, strict=False))
        vectors = torch.from_numpy(rows.vectors).to(device)
        gate = None if rows.gate is None else BatchGate.of(rows.gate, device)
        return cls(rows.kind, vectors, by_layer, rows.layers, rows.part, rows.head, rows.units, where, gate)

    def edits_input(self, layer: int) -> bool:
        """Whether the input of `layer` is edited."""
        return self.kind == "zero" or (self.part == "residual" and layer in self.layers)

    def edits_write(self, part: str, layer: int) -> bool:
        """Whether what the attention or the MLP of `layer` adds to the stream is edited."""
        return self.kind == "zero" or (self.part == part and layer in self.layers)

    def edits_inside(self, part: str, layer: int) -> bool:
        """Whether a head, or neurons, of `layer` are edited."""
        return self.part == part and layer in self.layers

    def __call__(
        self, stream: Float[Tensor, "prompt position width"], layer: int
    ) -> Float[Tensor, "prompt position width"]:
        """A new tensor, computed in float32 and rounded once to the stream's own dtype."""
        if self.where is None:
            return self._changed(stream, layer)
        if stream.shape[1] != self.where.prompt.shape[1]:  # a new token, read with the prompt's keys and values kept
            return self._changed(stream, layer) if self.where.new else stream
        return torch.where(self.where.prompt[:, :, None].to(stream.device), self._changed(stream, layer), stream)

    def _changed(
        self, stream: Float[Tensor, "prompt position width"], layer: int
    ) -> Float[Tensor, "prompt position width"]:
        # With its layers on several devices, a model hands its stream from one to the next.
        vectors = self.vectors.to(stream.device)[:, None, :]
        if self.kind == "set":
            return vectors.to(stream.dtype).expand_as(stream)
        if self.kind == "add":
            return (stream.float() + vectors).to(stream.dtype)
        if self.gate is not None:
            return (stream.float() - self.gate(stream.float()) * vectors).to(stream.dtype)
        target = 0.0 if self.kind == "zero" else self.targets[layer].to(stream.device)[:, None, None]
        return _set_component(stream.float(), vectors, target).to(stream.dtype)


def _set_component(
    stream: Float32[Tensor, "prompt position d_model"],
    unit: Float32[Tensor, "prompt 1 d_model"],
    target: float | Float32[Tensor, "prompt 1 1"],
) -> Float32[Tensor, "prompt position d_model"]:
    # A sum of products, not a matrix product: the latter may run in TF32, with 10 bits of mantissa.
    component = (stream * unit).sum(-1, keepdim=True)
    return torch.addcmul(stream, target - component, unit)


def input_edits(edits: Sequence[BatchEdit], layer: int) -> list[BatchEdit]:
    """The edits of a layer's input, in order.

    Where all edits are ablations, the stream holds nothing of their directions once the embedding and every write are
    rid of them; only another edit can bring some back, and then they are removed at every layer.
    """
    if layer > 0 and all(edit.kind == "zero" for edit in edits):
        return []
    return [edit for edit in edits if edit.edits_input(layer)]


@contextmanager
def last_position_only(adapter: Adapter) -> Iterator[None]:
    """The last layer projects its heads and runs its MLP for the last position alone, where only its logits are read.

    Exact there, since both act on each position by itself; what the layer gives at other positions has no meaning.
    """
    last = len(adapter.layers) - 1
    with ExitStack() as stack:
        for module in (adapter.attention_out(last), adapter.blocks[last][1]):
            on_input(stack, module, lambda stream: stream[:, -1:])
        yield


@contextmanager
def edited(adapter: Adapter, edits: Sequence[BatchEdit]) -> Iterator[None]:
    """Every forward pass inside the context is edited, in the order of `edits` at each site."""
    with ExitStack() as stack:
        for index, layer in enumerate(adapter.layers):
            on_input(stack, layer, _apply(input_edits(edits, index), index))
            for part, module in zip(WRITES, adapter.writes[index], strict=False):
                _on_output(stack, module, _apply([e for e in edits if e.edits_write(part, index)], index))
            heads = [edit for edit in edits if edit.edits_inside("head", index)]
            if heads:
                on_input(stack, adapter.attention_out(index), _apply_heads(heads, index, adapter.n_heads))
            neurons = [edit for edit in edits if edit.edits_inside("neurons", index)]
            if neurons:
                on_input(stack, adapter.mlp_out(index), _apply_neurons(neurons, index))
        yield


@contextmanager
def captured(
    adapter: Adapter, layers: Sequence[int], columns: Int[Tensor, "prompt *several"], *, part: str = "residual"
) -> Iterator[dict[int, Float32[Tensor, "prompt *several width"]]]:
    """Fills the yielded dict, by layer, with each prompt's activations at its columns; enter it after `edited`."""
    taken: dict[int, Tensor] = {}
    with ExitStack() as stack:
        for index in set(layers):
            on_part(stack, adapter, part, index, _take(taken, index, columns))
        yield taken


def on_part(stack: ExitStack, adapter: Adapter, part: str, layer: int, change: "Change") -> None:
    """Change a part of the model at a layer until the stack is left."""
    if part in WRITES:
        _on_output(stack, adapter.writes[layer][WRITES.index(part)], change)
    elif part == "head":
        on_input(stack, adapter.attention_out(layer), change)
    elif part == "neurons":
        on_input(stack, adapter.mlp_out(layer), change)
    elif layer == len(adapter.layers):
        _on_output(stack, adapter.layers[-1], change)
    else:
        on_input(stack, adapter.layers[layer], change)


def at_columns(
    stream: Float[Tensor, "prompt position width"], columns: Int[Tensor, "prompt *several"]
) -> Float32[Tensor, "prompt *several width"]:
    """Each prompt's rows at its own column, or at several, in float32."""
    rows = torch.arange(len(stream), device=stream.device).view(-1, *([1] * (columns.ndim - 1)))
    return stream[rows, columns.to(stream.device)].float()


Change = Callable[[Tensor], Tensor]


def _apply(edits: Sequence[BatchEdit], layer: int) -> Change | None:
    if not edits:
        return None

    def change(stream: Tensor) -> Tensor:
        for edit in edits:
            stream = edit(stream, layer)
        return stream

    return change


def _apply_heads(edits: Sequence[BatchEdit], layer: int, n_heads: int) -> Change:
    """Edits of single heads, whose outputs lie side by side."""

    def change(outputs: Tensor) -> Tensor:
        heads = list(outputs.view(*outputs.shape[:-1], n_heads, -1).unbind(-2))
        for edit in edits:
            heads[edit.head] = edit(heads[edit.head], layer)
        return torch.stack(heads, dim=-2).flatten(-2)

    return change


def _apply_neurons(edits: Sequence[BatchEdit], layer: int) -> Change:
    def change(hidden: Tensor) -> Tensor:
        for edit in edits:
            units = list(edit.units)
            hidden = hidden.clone()  # the model's own tensor stays as it is
            hidden[..., units] = edit(hidden[..., units], layer)
        return hidden

    return change


def _take(into: dict[int, Tensor], layer: int, columns: Int[Tensor, "prompt *several"]) -> Change:
    def change(stream: Tensor) -> Tensor:
        if layer not in into:  # generation goes on with passes over new tokens
            into[layer] = at_columns(stream, columns)
        return stream

    return change


def on_input(stack: ExitStack, module: nn.Module, change: Change | None) -> None:
    """Change a module's first argument until the stack is left."""
    if change is None:
        return

    def hook(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if args:
            return (change(args[0]), *args[1:]), kwargs
        return args, kwargs | {"hidden_states": change(kwargs["hidden_states"])}

    stack.callback(module.register_forward_pre_hook(hook, with_kwargs=True).remove)


def _on_output(stack: ExitStack, module: nn.Module, change: Change | None) -> None:
    if change is None:
        return

    def hook(_: nn.Module, __: tuple[Any, ...], output: Any) -> Any:
        return (change(output[0]), *output[1:]) if isinstance(output, tuple) else change(output)

    stack.callback(module.register_forward_hook(hook).remove)
