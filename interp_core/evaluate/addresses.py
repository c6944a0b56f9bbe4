"""What a stored value depends on: the components of its key, and the slot that tells why a key missed."""

from collections.abc import Mapping
from functools import lru_cache

from interp_core.spec.direction import DifferenceInMeans, Direction, RandomDirections
from interp_core.spec.frames import LengthMatched
from interp_core.spec.identity import Tree, digest, seed_from
from interp_core.spec.intervention import Intervention
from interp_core.spec.model import Model
from interp_core.spec.prompts import Prompt
from interp_core.store import Address, ModelFiles

ENGINE = "1"  # raise it when the engine's numbers change, so that no stored value of the old kind is served


def address(model: Model, files: ModelFiles, n_layers: int, prompt: Prompt, quantity: Tree) -> Address:
    """The address of one quantity of one prompt on `model` under its interventions.

    `quantity` says what is stored: ``{"residual": ..., "position": ...}``, ``{"answer": ...}`` or ``{"logits": ...}``.
    """
    edits = [_edit(edit, prompt, n_layers) for edit in model.interventions]
    components = {
        "prompt": digest(prompt.content()),
        "intervention": digest(edits),
        "quantity": digest(quantity),
        "dtype": model.dtype,
        "engine": ENGINE,
        **files.tree(),
    }
    return Address.of(_slot(model, prompt, quantity), components)


def _slot(model: Model, prompt: Prompt, quantity: Tree) -> Tree:
    return {
        "model": model.name,
        "prompt": prompt.id,
        "control": isinstance(prompt.user, LengthMatched),
        "rendering": [prompt.system, prompt.prefill, prompt.thinking],
        "interventions": [edit.label for edit in model.interventions],
        "quantity": sorted(quantity),
    }


def _edit(edit: Intervention, prompt: Prompt, n_layers: int) -> Tree:
    tree: dict[str, Tree] = {"kind": edit.kind, "coefficient": edit.coefficient, "site_only": edit.site_only}
    direction = edit.direction
    if isinstance(direction, RandomDirections):
        tree["draw"] = draw_seed(direction, prompt.request)
    if not (isinstance(direction, RandomDirections) and edit.kind == "zero"):
        # a random unit vector depends on no prompts; every other edit depends on what the direction is fitted on
        tree["fitted"] = fitted(direction, n_layers)
    return tree


def fitted(direction: Direction, n_layers: int) -> Mapping[str, Tree]:
    """What the vector depends on: the prompts that it is fitted on, and its site."""
    own = direction if isinstance(direction, DifferenceInMeans) else direction.of
    return {"prompts": list(_fit_digests(own)), "layer": own.site.resolve(n_layers), "position": own.site.position}


@lru_cache(maxsize=64)
def _fit_digests(direction: DifferenceInMeans) -> tuple[str, str]:
    return direction.positive.fit.data(), direction.negative.fit.data()


def draw_seed(direction: RandomDirections, request: str) -> int:
    """The seed of the random direction that a request meets: one of `draws`, fixed by the request's id."""
    return seed_from("random direction", str(seed_from("draw", request) % direction.draws))
