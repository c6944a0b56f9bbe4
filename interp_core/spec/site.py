"""Sites: where in a model something is read or edited, by role and never by a bare negative index."""

import re
from dataclasses import dataclass

from interp_core.errors import ClaimError
from interp_core.spec.identity import Tree, caller

POSITIONS = ("end_of_instruction", "end_of_template", "first_answer_token", "end_of_thought")
_LATER = re.compile(r"end_of_instruction\+[1-9][0-9]*")


def is_position(position: str) -> bool:
    """Whether `position` names a token by its role."""
    return position in POSITIONS or bool(_LATER.fullmatch(position))


def tokens_later(position: str) -> int:
    """The number of tokens after the instruction's last one that ``end_of_instruction+K`` stands for."""
    return int(position.partition("+")[2] or 0)


def check_position(position: str, *others: str) -> str:
    """`position` itself; raises ClaimError where it is neither a role nor one of `others`."""
    if not (is_position(position) or position in others):
        raise ClaimError(
            f"unknown position {position!r}. Positions go by role: {', '.join((*POSITIONS, *others))}, and "
            "end_of_instruction+K for the K-th token of the template after it.",
            where=caller(),
        )
    return position


@dataclass(frozen=True)
class Site:
    """A hook point: the residual stream at the input of a layer, at a position named by its role.

    Parameters
    ----------
    layer : the layer's index from 0; the number of layers itself means the stream after the last layer.
    depth : instead of `layer`, the fraction of the layers that lie before the site, rounded to a layer. One
        registered depth serves models of different sizes.
    position : ``end_of_template`` (the last token before the answer, where the model decides),
        ``end_of_instruction`` (the last token of the user's message), ``end_of_instruction+K`` (the K-th token of the
        template after it), ``first_answer_token`` (of a prefilled answer) or ``end_of_thought`` (the tag that closes
        the think block).
    """

    layer: int | None = None
    depth: float | None = None
    position: str = "end_of_template"

    def __post_init__(self) -> None:
        if (self.layer is None) == (self.depth is None):
            raise ClaimError(
                f"a site has either layer= (an index) or depth= (a fraction of the layers), exactly one, and got "
                f"layer={self.layer}, depth={self.depth}. Write Site(depth=0.67).",
                where=caller(),
            )
        if self.layer is not None and self.layer < 0:
            raise ClaimError(f"layer={self.layer} is negative. Count layers from 0, or say depth=0.67.", where=caller())
        if self.depth is not None and not 0 <= self.depth <= 1:
            raise ClaimError(
                f"depth={self.depth} is outside 0 to 1: it is a fraction of the layers. For an index write layer=.",
                where=caller(),
            )
        check_position(self.position)

    def resolve(self, n_layers: int) -> int:
        """The layer in a model of `n_layers`; raises ClaimError where the model is not that deep."""
        if self.depth is not None:
            return round(self.depth * n_layers)
        assert self.layer is not None
        if self.layer > n_layers:
            raise ClaimError(
                f"the site's layer {self.layer} is out of range: this model has {n_layers} layers, so sites run from "
                f"0 to {n_layers}. Register depth={self.layer / (self.layer + 2):.2f} or so to fit any model."
            )
        return self.layer

    def design(self) -> Tree:
        """The site as registered."""
        return {"layer": self.layer, "depth": self.depth, "position": self.position, "hook_point": "resid_pre"}
