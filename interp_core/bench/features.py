"""Features of sparse autoencoders in numbers: how active they are, and what their ablation takes out of the stream."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Float32

from interp_core.errors import ClaimError
from interp_core.reading import SparseAutoencoder
from interp_core.spec.autoencoder import Autoencoder, Feature, RandomFeatures
from interp_core.spec.identity import seed_from
from interp_core.spec.prompts import Prompt, PromptSet

if TYPE_CHECKING:
    import interp_core.engine

ReadAt = Callable[[PromptSet], Float[np.ndarray, "prompt d_model"]]


def activations(feature: Feature, rows: Float[np.ndarray, "prompt d_model"]) -> Float[np.ndarray, "prompt"]:
    """How active a feature is for each row of the stream; raises ClaimError where the widths differ."""
    _check_width(feature.sae, rows.shape[1])
    return opened(feature.sae).encode(rows, only=[feature.index])[:, 0]


def ablation(
    feature: Feature | RandomFeatures, prompts: Sequence[Prompt], *, layer: int, position: str, width: int, read: ReadAt
) -> "interp_core.engine.Edit":
    """The edit x <- x - f(x) w_dec of each prompt's own feature.

    Raises
    ------
    ClaimError : the autoencoder reads a stream of another width, or no other features are like this one.
    """
    from interp_core.engine import Edit, Gate

    _check_width(feature.source.sae, width)
    sae = opened(feature.source.sae)
    chosen = _met(feature, prompts, read)
    weights, bias, threshold = sae.gates(chosen)
    gate = Gate(_float32(weights), _float32(bias), _float32(threshold))
    return Edit("feature", _float32(sae.decoder[chosen]), (layer,), position=position, gate=gate)


def _float32(array: Float[np.ndarray, "..."]) -> Float32[np.ndarray, "..."]:
    return np.ascontiguousarray(array, dtype=np.float32)


def draw(request: str, draws: int) -> int:
    """Which of `draws` features a request meets."""
    return seed_from("random feature", request) % draws


def _met(feature: Feature | RandomFeatures, prompts: Sequence[Prompt], read: ReadAt) -> list[int]:
    """The index of the feature that each prompt meets."""
    if isinstance(feature, Feature):
        return [feature.index] * len(prompts)
    rows = read(feature.like)
    others = alike(opened(feature.of.sae), feature.of.index, rows, count=feature.draws, owner=feature.like.label)
    return [others[draw(prompt.request, feature.draws)] for prompt in prompts]


def alike(
    sae: SparseAutoencoder, index: int, rows: Float[np.ndarray, "prompt d_model"], *, count: int, owner: str
) -> list[int]:
    """The `count` other features nearest to one in how often they fire on `rows` and how much they then write.

    Raises
    ------
    ClaimError : the feature is off on all rows, or fewer others than `count` are ever on.
    """
    active = sae.encode(rows)
    often = (active > 0).mean(0)
    if not often[index]:
        raise ClaimError(
            f"feature {index} is off on all of {owner}, so no other feature is like it there. Give prompts on which it "
            "fires: feature.random(like=...)."
        )
    on = np.flatnonzero(often)
    written = active[:, on].sum(0) / (active[:, on] > 0).sum(0) * np.linalg.norm(sae.decoder[on], axis=1)
    place = int(np.flatnonzero(on == index)[0])
    apart = np.hypot(np.log(often[on] / often[index]), np.log(written / written[place]))
    others = [int(i) for i in on[np.argsort(apart, kind="stable")] if i != index]
    if len(others) < count:
        raise ClaimError(
            f"only {len(others)} other features of the autoencoder are ever on over {owner}, and draws={count} wants "
            f"more. Write draws={len(others)} or fewer, or give more prompts."
        )
    return others[:count]


@lru_cache(maxsize=2)  # an autoencoder of a large model takes gigabytes
def opened(sae: Autoencoder) -> SparseAutoencoder:
    """The autoencoder itself."""
    return SparseAutoencoder.load(sae.path, centred=sae.centred)


def _check_width(sae: Autoencoder, width: int) -> None:
    if sae.width != width:
        raise ClaimError(
            f"the autoencoder {sae.path} reads a stream of width {sae.width}, and this model's is {width} wide: they "
            "do not belong together. Give the autoencoder that was trained on this model."
        )
