"""What is stored of a prompt, as the JSON that a key is made of."""

from dataclasses import replace

from interp_core.spec.frames import fill
from interp_core.spec.identity import Tree
from interp_core.spec.measure import Judged
from interp_core.spec.prompts import PromptSet
from interp_core.spec.site import Site

LOGITS = {"logits": "next token"}


def residual(site: Site, n_layers: int, *, part: str = "residual") -> Tree:
    """The stream, or another part, at one site."""
    tree = {"residual": [site.resolve(n_layers)], "position": site.position}
    return tree if part == "residual" else {**tree, "part": part}


def everywhere(position: str, n_layers: int) -> Tree:
    """The stream at every layer, at one position."""
    return {"residual": list(range(n_layers + 1)), "position": position}


def scored(prompts: PromptSet, text: str | None) -> tuple[PromptSet, Tree]:
    """The prompts with the text to be scored as their prefill, or as plain text where there is none."""
    if text is None:
        return prompts, {"likelihood": "plain text"}
    owner = f"the answer {text!r}"
    filled = tuple(replace(p, prefill=p.prefill + fill(text, dict(p.fields), owner=owner)) for p in prompts)
    return replace(prompts, prompts=filled), {"likelihood": "prefill"}


def draws(quantity: Judged) -> list[Tree]:
    """The answers that a judge reads; draws are numbered, so that more of them reuse the first ones."""
    if not quantity.draws:
        return [{"answer": quantity.max_new_tokens}]
    sampled = {"answer": quantity.max_new_tokens, "temperature": quantity.temperature}
    return [{**sampled, "draw": number} for number in range(quantity.draws)]
