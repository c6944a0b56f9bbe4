"""What must hold of a model before its numbers count: run once for each model that is loaded."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import torch
from jaxtyping import Float32
from torch import Tensor, nn

from interp_core.engine import capture
from interp_core.engine.batches import Batch
from interp_core.engine.hooks import BatchEdit, edited
from interp_core.engine.live import LiveModel
from interp_core.engine.render import Rendered
from interp_core.engine.traced import TracedModel
from interp_core.errors import InvalidEvidence
from interp_core.spec.prompts import Prompt

MOST_PROMPTS = 4
PADDED = 8  # columns of padding before the longest prompt, in the check of padding
# Relative errors from another order of summation: float32 has 24 bits, bfloat16 and float16 have 8 and 11.
BATCHED = {torch.float32: 1e-5, torch.bfloat16: 2e-2, torch.float16: 2e-2}
ABLATED = {torch.float32: 1e-4, torch.bfloat16: 5e-2, torch.float16: 5e-2}


def check_model(live: LiveModel, prompts: Sequence[Prompt]) -> dict[str, float]:
    """The deviation that each check found, none above its tolerance; a few of `prompts` are used.

    The checks: captured residuals are Hugging Face's own hidden states, to the bit; plain hooks and nnsight agree, to
    the bit in float32, with and without edits; a prompt alone and in a left-padded batch gives the same residuals; the
    rendered template has the tokens that apply_chat_template gives it, and at most one BOS; an ablated direction is
    gone from the output of every layer.

    Raises
    ------
    InvalidEvidence : a check failed; it is named, with what was found and what that usually means.
    """
    few = _differing(prompts)
    rendered = live.renderer.render(few)
    with restored(live.model):
        return {
            "template": _template(live, few, rendered),
            "hidden states": _hidden_states(live, rendered),
            "padding": _padding(live, rendered),
            "ablation": _ablation(live, rendered),
            "nnsight": _nnsight(live, rendered),
        }


def _differing(prompts: Sequence[Prompt]) -> list[Prompt]:
    """A few prompts, spread over the order given so that their lengths and frames differ."""
    step = max(1, len(prompts) // MOST_PROMPTS)
    return list(prompts[::step][:MOST_PROMPTS])


@contextmanager
def restored(model: nn.Module) -> Iterator[None]:
    """Take back what others leave on the modules: transformers its recording hooks, nnsight a wrapped `forward`."""
    before = {module: (set(module._forward_hooks), dict(vars(module))) for module in model.modules()}
    try:
        yield
    finally:
        for module, (hooks, attributes) in before.items():
            for added in set(module._forward_hooks) - hooks:
                del module._forward_hooks[added]
            vars(module).clear()
            vars(module).update(attributes)


def _template(live: LiveModel, prompts: Sequence[Prompt], rendered: Sequence[Rendered]) -> float:
    bos = live.renderer.tokenizer.bos_token_id
    for prompt, row in zip(prompts, rendered, strict=True):
        read = list(row.ids[: row.end_of_template + 1])
        if read != live.renderer.reference(prompt):
            raise InvalidEvidence(
                f"check 'template' failed: {prompt.id!r} has other tokens than apply_chat_template gives it. "
                f"The model would read {row.text!r}."
            )
        if bos is not None and read[:2] == [bos, bos]:
            raise InvalidEvidence(
                f"check 'template' failed: {row.text!r} begins with two BOS tokens. Mend the template."
            )
    return 0.0


def _hidden_states(live: LiveModel, rendered: Sequence[Rendered]) -> float:
    batch, every = live.batch(rendered), tuple(range(live.n_layers + 1))
    columns = batch.columns([len(row.ids) - 1 for row in rendered])
    values = capture.residuals(live.model, live.adapter, batch, layers=every, columns=columns)
    states = capture.forward(live.model, batch, output_hidden_states=True).hidden_states
    reference = torch.stack([state[:, -1].float().cpu() for state in states[:-1]], dim=1)
    found = _worst(values[:, :-1], reference)
    _require("hidden states", found, 0.0, "what the hooks read is not what Hugging Face reports as hidden states")
    with torch.inference_mode():
        last = live.adapter.final_norm(values[:, -1].to(states[-1].device, live.model.dtype)).float().cpu()
    normed = _worst(last[:, None], states[-1][:, -1:].float().cpu())
    _require(
        "hidden states", normed, BATCHED[live.model.dtype], "what is normed is not the stream after the last layer"
    )
    return max(found, normed)


def _nnsight(live: LiveModel, rendered: Sequence[Rendered]) -> float:
    batch, every = live.batch(rendered), tuple(range(live.n_layers + 1))
    columns = batch.columns([row.end_of_template for row in rendered])
    traced = TracedModel(live.model, live.renderer.tokenizer, live.adapter)
    tolerance = 0.0 if live.model.dtype == torch.float32 else BATCHED[live.model.dtype]
    found = 0.0
    for edits in ([], [_random_ablation(live, len(rendered))]):
        ours = capture.residuals(live.model, live.adapter, batch, layers=every, columns=columns, edits=edits)
        theirs = traced.residuals(batch, layers=every, columns=columns, edits=edits)
        found = max(found, _worst(ours, theirs))
    _require("nnsight", found, tolerance, "plain hooks and nnsight read different residuals")
    return found


def _padding(live: LiveModel, rendered: Sequence[Rendered]) -> float:
    every = tuple(range(live.n_layers + 1))

    def read(rows: Sequence[Rendered]) -> Float32[Tensor, "prompt layer d_model"]:
        batch = live.batch(rows)
        columns = batch.columns([row.end_of_template for row in rows])
        return capture.residuals(live.model, live.adapter, batch, layers=every, columns=columns)

    # One row more, longer than all, so that each prompt is padded even where all are equally long.
    longest = max(rendered, key=lambda row: len(row.ids))
    longer = replace(longest, ids=longest.ids + longest.ids[:PADDED])
    found = _worst(read([*rendered, longer])[:-1], torch.cat([read([row]) for row in rendered]))
    _require("padding", found, BATCHED[live.model.dtype], "a prompt alone and in a left-padded batch differ")
    return found


def _ablation(live: LiveModel, rendered: Sequence[Rendered]) -> float:
    batch, edit = live.batch(rendered), _random_ablation(live, len(rendered))
    before = _components(live, batch, edit, [])
    found = float((_components(live, batch, edit, [edit]) / before).max())
    what = "some of a random direction is left after its ablation, so a module that writes to the stream is not known"
    _require("ablation", found, ABLATED[live.model.dtype], what)
    return found


def _components(
    live: LiveModel, batch: Batch, along: BatchEdit, edits: Sequence[BatchEdit]
) -> Float32[Tensor, "layer"]:
    """Root mean square, over prompts and positions, of the component in each layer's own output."""
    outputs: list[Tensor] = []

    def keep(_: nn.Module, __: object, output: Tensor | tuple[Tensor, ...]) -> None:
        outputs.append(output[0] if isinstance(output, tuple) else output)

    with ExitStack() as stack:
        for layer in live.adapter.layers:
            stack.callback(layer.register_forward_hook(keep).remove)
        stack.enter_context(edited(live.adapter, edits))
        capture.forward(live.model, batch)
    unit = along.vectors[:, None, :]
    mask = batch.mask.bool().cpu()
    return torch.stack([(out.float().cpu() * unit.cpu()).sum(-1)[mask].square().mean().sqrt() for out in outputs])


def _random_ablation(live: LiveModel, rows: int) -> BatchEdit:
    """Zero ablation of another random direction for each prompt, always the same ones."""
    draws = torch.randn(rows, live.d_model, generator=torch.Generator().manual_seed(0))
    unit = draws / draws.norm(dim=-1, keepdim=True)
    return BatchEdit("zero", unit.to(live.model.device), {}, ())


def _worst(ours: Float32[Tensor, "prompt layer d_model"], reference: Float32[Tensor, "prompt layer d_model"]) -> float:
    """The largest relative error of a residual; 0 only where all are equal to the bit."""
    if torch.equal(ours, reference):
        return 0.0
    return float(((ours - reference).norm(dim=-1) / reference.norm(dim=-1)).max())


def _require(check: str, found: float, tolerance: float, what: str) -> None:
    if not found <= tolerance:  # NaN fails
        raise InvalidEvidence(
            f"check {check!r} failed for this model: {what} (relative error {found:.2g}, at most {tolerance:g} is "
            "right). Nothing measured on it can be trusted: this version of transformers may have changed the model."
        )
