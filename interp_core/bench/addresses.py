"""What a stored value depends on: the components of its key, and the slot that tells why a key missed."""

from collections.abc import Callable, Mapping
from functools import lru_cache

from interp_core.bench.features import draw
from interp_core.spec.autoencoder import Feature
from interp_core.spec.direction import (
    FITTED_IN,
    DifferenceInMeans,
    Direction,
    FittedDirection,
    RandomDirections,
    SelectedDirection,
)
from interp_core.spec.frames import LengthMatched
from interp_core.spec.identity import Tree, digest, seed_from
from interp_core.spec.intervention import AnyIntervention, FeatureAblation, Intervention, NeuronAblation
from interp_core.spec.model import Model
from interp_core.spec.prompts import Prompt, PromptSet
from interp_core.store import Address, ModelFiles

Files = Callable[[Model], Tree]

ENGINE = "2"  # raise it when the engine's numbers change, so that no stored value of the old kind is served


def addresses(
    model: Model, files: ModelFiles, n_layers: int, prompts: tuple[Prompt, ...], quantity: Tree, others: Files
) -> list[Address]:
    """The address of one quantity of each prompt on `model` under its interventions.

    `quantity` says what is stored, as in ``{"residual": [4], "position": "end_of_template"}``; `others` gives the
    hashes of the files of another model, which a direction may be fitted in.
    """
    edits = [_edits(edit, prompts, n_layers, others) for edit in model.interventions]
    what, made_with = digest(quantity), {"dtype": model.dtype, "engine": ENGINE, **files.tree(), **_run_of(quantity)}
    found = []
    for index, prompt in enumerate(prompts):
        intervention = digest([edit[index] for edit in edits])
        components = {"prompt": digest(prompt.content()), "intervention": intervention, "quantity": what, **made_with}
        found.append(Address.of(_slot(model, prompt, quantity), components))
    return found


def _run_of(quantity: Tree) -> dict[str, str]:
    """What tells a quantity's passes from others of the same prompt, however much each of them keeps."""
    draw = {"draw": str(quantity["draw"])} if "draw" in quantity else {}
    return draw | ({"text": "plain"} if quantity.get("likelihood") == "plain text" else {})


def _slot(model: Model, prompt: Prompt, quantity: Tree) -> Tree:
    return {
        "model": model.name,
        "prompt": prompt.id,
        "control": isinstance(prompt.user, LengthMatched),
        "rendering": [prompt.system, prompt.prefill, prompt.thinking, prompt.thought],
        "interventions": [edit.label for edit in model.interventions],
        "quantity": sorted(quantity),
    }


def _edits(edit: AnyIntervention, prompts: tuple[Prompt, ...], n_layers: int, others: Files) -> list[Tree]:
    """What one intervention's effect on each prompt depends on."""
    if isinstance(edit, Intervention):
        return _along(edit, prompts, n_layers, others)
    if isinstance(edit, NeuronAblation):
        own = {"kind": "neurons", "count": edit.count, "chosen": edit.chosen}
        return [{**own, "fitted": fitted(edit.direction, n_layers, others)}] * len(prompts)
    if isinstance(edit, FeatureAblation):
        return _of_feature(edit, prompts, n_layers)
    place = {"kind": edit.kind, "part": edit.part, "layer": edit.site.resolve(n_layers), "at": edit.site.position}
    if edit.kind == "mean":
        return [{**place, "of": _digest(edit.source)}] * len(prompts)
    return [{**place, "of": digest(partner.content())} for partner in edit.partners(prompts)]


def _of_feature(edit: FeatureAblation, prompts: tuple[Prompt, ...], n_layers: int) -> list[Tree]:
    source = edit.feature.source
    own = {"kind": "feature", **source.sae.design(), "feature": source.index, "at": edit.position}
    own |= {"layer": source.site.resolve(n_layers)}
    if isinstance(edit.feature, Feature):
        return [own] * len(prompts)
    random = edit.feature
    own |= {"like": _digest(random.like), "read at": source.site.position, "draws": random.draws}
    return [{**own, "draw": draw(prompt.request, random.draws)} for prompt in prompts]


def _along(edit: Intervention, prompts: tuple[Prompt, ...], n_layers: int, others: Files) -> list[Tree]:
    tree: dict[str, Tree] = {"kind": edit.kind, "coefficient": edit.coefficient, "site_only": edit.site_only}
    tree |= {"layers": list(edit.layers)} if edit.layers else {}
    tree |= {"at": edit.position} if edit.position != "everywhere" else {}
    tree |= {"mean of": _digest(edit.reference)} if edit.reference else {}
    direction = edit.direction
    isotropic = isinstance(direction, RandomDirections) and direction.how == "isotropic"
    if not (isotropic and edit.kind in ("zero", "orthogonalise")):
        # an isotropic unit vector depends on no prompts; every other edit depends on what the direction is fitted on
        tree["fitted"] = fitted(direction, n_layers, others)
    if not isinstance(direction, RandomDirections):
        return [tree] * len(prompts)
    return [{**tree, "draw": draw_seed(direction, p.request), "how": direction.how} for p in prompts]


def fitted(direction: Direction, n_layers: int, others: Files) -> Mapping[str, Tree]:
    """What the vector depends on: the prompts that it is fitted on, how, its site, and another model that has it."""
    own = direction.fitted
    assert not isinstance(own, SelectedDirection), "a bench settles selected directions first"
    how = {} if isinstance(own, DifferenceInMeans) else {"how": {**_method(own)}}
    prompts = [_digest(own.positive.fit), _digest(own.negative.fit)]
    home = {} if own.home is None else {FITTED_IN: {"dtype": own.home.dtype, **others(own.home)}}
    return {"prompts": prompts, "layer": own.site.resolve(n_layers), "position": own.site.position, **how, **home}


def _method(direction: FittedDirection) -> Mapping[str, Tree]:
    parts: Mapping[str, Tree] = direction.design()
    return {key: value for key, value in parts.items() if key not in ("positive", "negative", "site", FITTED_IN)}


@lru_cache(maxsize=256)
def _digest(prompts: PromptSet) -> str:
    return str(prompts.data())


def draw_seed(direction: RandomDirections, request: str) -> int:
    """The seed of the random direction that a request meets: one of `draws`, fixed by the request's id."""
    return seed_from("random direction", str(seed_from("draw", request) % direction.draws))
