"""What the engine is given and gives back, in numpy and plain Python."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32

KINDS = ("zero", "affine", "add", "set", "feature", "weights")
PARTS = ("residual", "attention", "mlp", "head", "neurons")


@dataclass(frozen=True)
class Gate:
    """How active a feature is, with one row for each prompt: x . weights + bias where that exceeds the threshold."""

    weights: Float32[np.ndarray, "prompt width"]
    bias: Float32[np.ndarray, "prompt"]
    threshold: Float32[np.ndarray, "prompt"]

    def rows(self, chosen: Sequence[int]) -> "Gate":
        """The gates of some prompts."""
        rows = list(chosen)
        return Gate(self.weights[rows], self.bias[rows], self.threshold[rows])


@dataclass(frozen=True)
class Edit:
    """One edit of activations, with one row for each prompt.

    Attributes
    ----------
    kind : ``zero`` (x <- x - (x . r) r wherever the residual stream is written: Arditi et al. 2024, eq. 4),
        ``affine`` (x <- x + (target - x . r) r: Marshall et al. 2024), ``add`` (x <- x + v: Arditi et al. 2024, eq. 3)
        ``set`` (x <- v, as activation patching does), ``feature`` (x <- x - f(x) v: what a feature writes is taken out,
        and what its autoencoder leaves unexplained stays: Marks et al. 2024) or ``weights`` (zero, by orthogonal
        weights: one vector for all).
    vectors : one a prompt, in the order of the prompts: unit vectors for zero and affine; for the others the vector
        itself, already scaled.
    layers : the layers that are edited; unused by zero.
    targets : for affine, the value that the component along the vector is set to, for each of `layers`.
    part : what is edited: ``residual`` (the input of `layers`), ``attention`` or ``mlp`` (what the block adds to the
        stream), ``head`` (the output of head number `head`, before the output projection) or ``neurons`` (the hidden
        units of the MLP whose indices are `units`).
    position : which tokens: ``everywhere``, ``prompt``, ``answer`` (after the template, new tokens included), or a
        position named by its role.
    gate : for feature, how active it is.
    """

    kind: str
    vectors: Float32[np.ndarray, "prompt width"]
    layers: tuple[int, ...] = ()
    targets: Float32[np.ndarray, "layer prompt"] | None = None
    part: str = "residual"
    head: int = 0
    units: tuple[int, ...] = ()
    position: str = "everywhere"
    gate: Gate | None = None

    def __post_init__(self) -> None:
        assert self.kind in KINDS, f"unknown kind of edit {self.kind!r}"
        assert self.part in PARTS, f"unknown part {self.part!r}"
        everywhere = self.kind in ("zero", "weights")
        assert everywhere == (not self.layers), "affine, add, set and feature name the layers; zero edits all"
        assert (self.kind == "feature") == (self.gate is not None), "feature alone has a gate"
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
        gate = None if self.gate is None else self.gate.rows(chosen)
        return replace(self, vectors=self.vectors[chosen], targets=targets, gate=gate)


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
class Place:
    """What a pass keeps of each prompt: `part` at `layers`, at the token that `position` names by its role."""

    layers: tuple[int, ...]
    position: str
    part: str = "residual"


@dataclass(frozen=True)
class Also:
    """What a pass keeps besides what it is made for, where it can."""

    places: tuple[Place, ...] = ()
    logits: bool = False


@dataclass(frozen=True)
class Kept:
    """What one pass kept of one prompt.

    Attributes
    ----------
    residuals : of each place asked for, and then of each that was to be kept besides; None of the latter where the
        prompt has no such position or an activation is not finite.
    logits : None where they were not wanted; or kept besides, and not finite.
    """

    residuals: tuple[Residual | None, ...] = ()
    logits: Logits | None = None


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
    cut : whether it was ended where it was settled, before its end and before the most new tokens.
    prompt_tokens : the prompt's length, prefill included.
    prompt : the prompt as the model read it.
    kept : what its pass over the prompt kept besides.
    """

    text: str
    raw: str
    n_tokens: int
    finished: bool
    prompt_tokens: int
    prompt: str
    cut: bool = False
    kept: Kept = Kept()


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
