"""What the engine is given and gives back, in numpy and plain Python."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32

KINDS = ("zero", "affine", "add", "set", "weights")
PARTS = ("residual", "attention", "mlp", "head", "neurons")


@dataclass(frozen=True)
class Edit:
    """One edit of activations, with one row for each prompt.

    Attributes
    ----------
    kind : ``zero`` (x <- x - (x . r) r wherever the residual stream is written: Arditi et al. 2024, eq. 4),
        ``affine`` (x <- x + (target - x . r) r: Marshall et al. 2024), ``add`` (x <- x + v: Arditi et al. 2024, eq. 3)
        ``set`` (x <- v, as activation patching does) or ``weights`` (zero, by orthogonal weights: one vector for all).
    vectors : one a prompt, in the order of the prompts: unit vectors for zero and affine; for add and set the vector
        itself, already scaled.
    layers : the layers that are edited; unused by zero.
    targets : for affine, the value that the component along the vector is set to, for each of `layers`.
    part : what is edited: ``residual`` (the input of `layers`), ``attention`` or ``mlp`` (what the block adds to the
        stream), ``head`` (the output of head number `head`, before the output projection) or ``neurons`` (the hidden
        units of the MLP whose indices are `units`).
    position : which tokens: ``everywhere``, ``prompt``, ``answer`` (after the template, new tokens included), or a
        position named by its role.
    """

    kind: str
    vectors: Float32[np.ndarray, "prompt width"]
    layers: tuple[int, ...] = ()
    targets: Float32[np.ndarray, "layer prompt"] | None = None
    part: str = "residual"
    head: int = 0
    units: tuple[int, ...] = ()
    position: str = "everywhere"

    def __post_init__(self) -> None:
        assert self.kind in KINDS, f"unknown kind of edit {self.kind!r}"
        assert self.part in PARTS, f"unknown part {self.part!r}"
        everywhere = self.kind in ("zero", "weights")
        assert everywhere == (not self.layers), "affine, add and set name the layers; zero edits all"
        assert (self.kind == "affine") == (self.targets is not None), "affine alone has targets"
        assert not everywhere or (self.part, self.position) == ("residual", "everywhere"), "zero edits all writes"
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
    """The residual stream, or another part, of one prompt at one position.

    Attributes
    ----------
    values : the input of each layer asked for, in that order, after any edit of that input; for the number of layers
        itself, the stream after the last layer and before the final norm. For another part, what the attention or
        the MLP of each layer adds to the stream, or its heads' outputs side by side.
    token : the decoded token at the position.
    n_tokens : the prompt's length.
    text : the prompt as the model read it.
    """

    values: Float32[np.ndarray, "layer width"]
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
    """What the model wrote, greedily decoded or sampled.

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


@dataclass(frozen=True)
class TextScore:
    """The log-likelihood of a text: of the prefill after the template, or of a plain text.

    Attributes
    ----------
    total : the sum over the text's tokens, in nats.
    scored : how many tokens that is.
    n_tokens : the length of all that was read.
    text : what was read.
    """

    total: float
    scored: int
    n_tokens: int
    text: str
