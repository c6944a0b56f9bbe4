"""Generation, greedy or sampled, that nothing but its arguments configures."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList, PreTrainedModel

from interp_core.engine.adapter import Adapter
from interp_core.engine.batches import Batch
from interp_core.engine.capture import inputs_of
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
    """Changes no logits; remembers which rows were finite at every step, without waiting for the device."""

    finite: Bool[Tensor, "prompt"] | None = None

    def __call__(
        self, _: Int[Tensor, "prompt position"], scores: Float[Tensor, "prompt vocabulary"]
    ) -> Float[Tensor, "prompt vocabulary"]:
        """Note the step's finite rows and pass the scores on."""
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


def generate(
    model: PreTrainedModel,
    adapter: Adapter,
    batch: Batch,
    *,
    max_new_tokens: int,
    edits: Sequence[BatchEdit] = (),
    sampler: Sampler | None = None,
) -> tuple[Int[Tensor, "prompt new"], Bool[Tensor, "prompt"]]:
    """The new tokens of each prompt, padded on the right, and whether its logits were finite throughout; on the CPU."""
    config = GenerationConfig(max_new_tokens=max_new_tokens, do_sample=False, num_beams=1, use_cache=True)
    watch = FiniteRows()
    processors = LogitsProcessorList([watch, *([sampler] if sampler else [])])
    with torch.inference_mode(), edited(adapter, edits):
        output = model.generate(**inputs_of(model, batch), generation_config=config, logits_processor=processors)
    assert watch.finite is not None, "at least one token is generated"
    return output[:, batch.ids.shape[1] :].cpu(), watch.finite.cpu()


def cut(tokens: Sequence[int], ends: Sequence[int]) -> tuple[list[int], bool]:
    """The tokens up to the first end of turn, that included, and whether there is one."""
    for index, token in enumerate(tokens):
        if token in ends:
            return list(tokens[: index + 1]), True
    return list(tokens), False
