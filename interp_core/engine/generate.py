"""Generation, greedy or sampled, that nothing but its arguments configures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Float32, Int
from torch import Tensor
from transformers import (
    GenerationConfig,
    LogitsProcessor,
    LogitsProcessorList,
    PreTrainedModel,
    StoppingCriteria,
    StoppingCriteriaList,
)

from interp_core.engine.adapter import Adapter
from interp_core.engine.batches import Batch
from interp_core.engine.capture import Taking, inputs_of, taken
from interp_core.engine.hooks import BatchEdit, edited


def take_over_generation(model: PreTrainedModel, *, eos: int | None, pad: int) -> tuple[int, ...]:
    """Replace the model's own generation config, and return the ids that end a turn: its own and `eos`.

    transformers fills every unset value of the config that generate() is given from the model's: a repetition penalty
    or a temperature that a checkpoint ships would otherwise decide what the model says.
    """
    own = model.generation_config.eos_token_id
    ends = {eos, *(own if isinstance(own, list) else [own])} - {None}
    ids = tuple(sorted(end for end in ends if end is not None))
    model.generation_config = GenerationConfig(eos_token_id=list(ids) or None, pad_token_id=pad)
    return ids


class FiniteRows(LogitsProcessor):  # type: ignore[misc]  # transformers is untyped here
    """Changes no logits; remembers the first ones, and which rows were finite at every step."""

    finite: Bool[Tensor, "prompt"] | None = None
    first: Float[Tensor, "prompt vocabulary"] | None = None

    def __call__(
        self, _: Int[Tensor, "prompt position"], scores: Float[Tensor, "prompt vocabulary"]
    ) -> Float[Tensor, "prompt vocabulary"]:
        """Note the step's finite rows, without waiting for the device, and pass the scores on."""
        self.first = scores.float() if self.first is None else self.first
        now = scores.isfinite().all(-1)
        self.finite = now if self.finite is None else self.finite & now
        return scores


class Sampler(LogitsProcessor):  # type: ignore[misc]  # transformers is untyped here
    """Leaves one token of each row, drawn at a temperature by inverting the distribution function at a given number.

    One number for each row and step decides, so that what a prompt samples depends on its own seed and not on which
    prompts share its batch.
    """

    def __init__(self, uniforms: Float[Tensor, "prompt new"], temperature: float) -> None:
        self.uniforms = uniforms
        self.temperature = temperature
        self.step = 0

    def __call__(
        self, _: Int[Tensor, "prompt position"], scores: Float[Tensor, "prompt vocabulary"]
    ) -> Float[Tensor, "prompt vocabulary"]:
        """-inf for every token but the one drawn."""
        below = (scores.float() / self.temperature).softmax(-1).cumsum(-1)
        at = self.uniforms[:, self.step, None].to(scores.device) * below[:, -1:]
        chosen = (below <= at).sum(-1, keepdim=True).clamp(max=scores.shape[-1] - 1)
        self.step += 1
        return torch.full_like(scores, -torch.inf).scatter(-1, chosen, 0.0)


class Settled(StoppingCriteria):  # type: ignore[misc]  # transformers is untyped here
    """Ends a row as soon as what it has written so far settles its case; the batch ends when all its rows have.

    Attributes
    ----------
    lengths : of the rows that were ended so, how many new tokens they had.
    """

    def __init__(self, prompt_length: int, ends: Sequence[int], reached: Callable[[int, list[int]], bool]) -> None:
        self.lengths: dict[int, int] = {}
        self._prompt_length = prompt_length
        self._ends = set(ends)
        self._reached = reached

    def __call__(self, ids: Int[Tensor, "prompt position"], _: Any, **__: Any) -> Bool[Tensor, "prompt"]:
        """Which rows are settled after the token that was just written."""
        for row, new in enumerate(ids[:, self._prompt_length :].tolist()):
            if row not in self.lengths and not self._ends & set(new) and self._reached(row, new):
                self.lengths[row] = len(new)
        return torch.tensor([row in self.lengths for row in range(len(ids))], device=ids.device)


@dataclass(frozen=True)
class Generated:
    """What generation gives, on the CPU.

    Attributes
    ----------
    tokens : the new tokens of each prompt, padded on the right.
    finite : whether its logits were finite throughout.
    logits : those after the prompt.
    taken : what the pass over the prompts took.
    """

    tokens: Int[Tensor, "prompt new"]
    finite: Bool[Tensor, "prompt"]
    logits: Float32[Tensor, "prompt vocabulary"]
    taken: list[Float32[Tensor, "prompt ..."]]


def generate(
    model: PreTrainedModel,
    adapter: Adapter,
    batch: Batch,
    *,
    max_new_tokens: int,
    edits: Sequence[BatchEdit] = (),
    sampler: Sampler | None = None,
    settled: Settled | None = None,
    taking: Sequence[Taking] = (),
) -> Generated:
    """The new tokens of each prompt under edits, and what the pass over the prompt takes, edits included."""
    config = GenerationConfig(max_new_tokens=max_new_tokens, do_sample=False, num_beams=1, use_cache=True)
    watch = FiniteRows()
    processors = LogitsProcessorList([watch, *([sampler] if sampler else [])])
    stops = StoppingCriteriaList([settled] if settled else [])
    with torch.inference_mode(), edited(adapter, edits), taken(adapter, taking) as found:
        output = model.generate(
            **inputs_of(model, batch), generation_config=config, logits_processor=processors, stopping_criteria=stops
        )
    assert watch.finite is not None, "at least one token is generated"
    assert watch.first is not None, "... of which the logits were seen"
    return Generated(output[:, batch.ids.shape[1] :].cpu(), watch.finite.cpu(), watch.first.cpu(), found())


def cut(tokens: Sequence[int], ends: Sequence[int]) -> tuple[list[int], bool]:
    """The tokens up to the first end of turn, that included, and whether there is one."""
    for index, token in enumerate(tokens):
        if token in ends:
            return list(tokens[: index + 1]), True
    return list(tokens), False
