"""Prompts in batches: sorted by length, within a budget of tokens, halved when the device runs out of memory."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from jaxtyping import Int
from torch import Tensor

from interp_core.errors import ModelError

T = TypeVar("T")
MOST_PADDING = 0.1  # of a batch's tokens


@dataclass(frozen=True)
class Batch:
    """Token sequences, padded on the left, with what a forward pass must be told about them."""

    ids: Int[Tensor, "prompt position"]
    mask: Int[Tensor, "prompt position"]
    position_ids: Int[Tensor, "prompt position"]

    @classmethod
    def of(cls, sequences: Sequence[Sequence[int]], *, pad: int, device: torch.device) -> "Batch":
        """Pad `sequences` on the left, so that every prompt ends in the last column."""
        width = max(map(len, sequences))
        ids = torch.tensor([[pad] * (width - len(row)) + list(row) for row in sequences], device=device)
        mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in sequences], device=device)
        return cls(ids, mask, (mask.cumsum(-1) - 1).clamp(min=0))

    def columns(self, indices: Sequence[int]) -> Int[Tensor, "prompt"]:
        """The columns of token `indices` that were counted from each prompt's own beginning."""
        padding = self.ids.shape[1] - self.mask.sum(-1)
        return padding + torch.tensor(indices, device=padding.device)


def in_batches(
    lengths: Sequence[int], *, budget: int, run: Callable[[list[int]], Sequence[T]]
) -> Iterator[tuple[int, T]]:
    """Run `run` on batches of indices into `lengths`; yield (index, result) as each batch is done.

    The longest come first, so that memory runs out early or not at all. A batch's padded size stays within `budget`
    tokens, and at most a tenth of it is padding; where the device runs out of memory, the batch and the budget are
    halved.

    Raises
    ------
    ModelError : a single prompt does not fit into the device's memory.
    """
    pending = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    while pending:
        longest = lengths[pending[0]]
        batch = pending[: _fitting([lengths[index] for index in pending[: max(1, budget // longest)]])]
        try:
            results = run(batch)
        except torch.OutOfMemoryError:
            results = None
        if results is None:  # outside the handler, whose traceback keeps the batch's tensors alive
            budget = _halved(len(batch), longest)
            continue
        pending = pending[len(batch) :]
        yield from zip(batch, results, strict=True)


def _fitting(lengths: Sequence[int]) -> int:
    """How many of the first rows, longest first, make a batch of which at most `MOST_PADDING` is padding."""
    total = 0
    for count, length in enumerate(lengths, 1):
        total += length
        if total < (1 - MOST_PADDING) * count * lengths[0]:
            return count - 1
    return len(lengths)


def _halved(rows: int, length: int) -> int:
    if rows == 1:
        raise ModelError(
            f"a single prompt of {length} tokens (answer included) does not fit into the device's memory beside the "
            "weights. Shorten the prompts or max_new_tokens, use --dtype bfloat16, or a larger device."
        )
    torch.cuda.empty_cache()
    return rows // 2 * length
