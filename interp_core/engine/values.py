"""What the engine is given and gives back, in numpy and plain Python."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32

KINDS = ("zero", "affine", "add")


@dataclass(frozen=True)
class Edit:
    """One edit of the residual stream, at every position of prompt and answer, with one row for each prompt.

    Attributes
    ----------
    kind : ``zero`` (x <- x - (x . r) r wherever the residual stream is written: Arditi et al. 2024, eq. 4),
        ``affine`` (x <- x + (target - x . r) r at the input of `layers`: Marshall et al. 2024) or ``add``
        (x <- x + v at the input of `layers`: Arditi et al. 2024, eq. 3).
    vectors : one a prompt, in the order of the prompts: unit vectors for zero and affine; for add the vector itself,
        already scaled.
    layers : the layers whose input is edited; unused by zero.
    targets : for affine, the value that the component along the vector is set to, for each of `layers`.
    """

    kind: str
    vectors: Float32[np.ndarray, "prompt d_model"]
    layers: tuple[int, ...] = ()
    targets: Float32[np.ndarray, "layer prompt"] | None = None

    def __post_init__(self) -> None:
        assert self.kind in KINDS, f"unknown kind of edit {self.kind!r}"
        assert (self.kind == "zero") == (not self.layers), "affine and add name the layers they edit; zero edits all"
        assert (self.kind == "affine") == (self.targets is not None), "affine alone has targets"
        if self.targets is not None:
            assert self.targets.shape == (len(self.layers), len(self.vectors)), "one target a layer and prompt"

    def row(self, index: int) -> "Edit":
        """The edit as the prompt at `index` meets it."""
        return self.rows([index])

    def rows(self, indices: Sequence[int]) -> "Edit":
        """The edit as the prompts at `indices` meet it, in that order."""
        chosen = list(indices)
        targets = None if self.targets is None else self.targets[:, chosen]
        return replace(self, vectors=self.vectors[chosen], targets=targets)


@dataclass(frozen=True)
class Residual:
    """The residual stream of one prompt at one position.

    Attributes
    ----------
    values : the input of each layer asked for, in that order, after any edit of that input; for the number of layers
        itself, the stream after the last layer and before the final norm.
    token : the decoded token at the position.
    n_tokens : the prompt's length.
    text : the prompt as the model read it.
    """

    values: Float32[np.ndarray, "layer d_model"]
    token: str
    n_tokens: int
    text: str


@dataclass(frozen=True)
class Logits:
    """The logits of the first token of the answer (after the prefill, where there is one)."""

    values: Float32[np.ndarray, "vocabulary"]
    n_tokens: int
    text: str


@dataclass(frozen=True)
class Answer:
    """What the model wrote, greedily decoded.

    Attributes
    ----------
    text : the new tokens without special tokens; think tags stay. The prefill is not part of it. Where the template
        itself opened a think block, the text begins with that tag, so that an unclosed block shows.
    raw : the new tokens with special tokens.
    n_tokens : how many new tokens, the end of the turn included.
    finished : whether it ended by itself, in an end-of-turn token.
    prompt_tokens : the prompt's length, prefill included.
    prompt : the prompt as the model read it.
    """

    text: str
    raw: str
    n_tokens: int
    finished: bool
    prompt_tokens: int
    prompt: str
