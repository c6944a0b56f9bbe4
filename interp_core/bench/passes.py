"""What one pass over a prompt keeps: what it is made for, and what else is planned or small enough to keep anyway."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from interp_core.bench.trees import LOGITS, everywhere
from interp_core.spec.identity import Tree

if TYPE_CHECKING:
    import interp_core.engine

SMALL = 2**15  # bytes of one prompt's values, four to each; an organism's stream at all layers takes an eighth of it


@dataclass(frozen=True)
class Sizes:
    """The number of layers, the width of the stream and the size of the vocabulary of a model."""

    layers: int
    width: int
    vocabulary: int

    def widened(self, quantity: Tree) -> Tree:
        """The quantity at every layer, where that is small: a claim about another layer then finds it."""
        if "residual" not in quantity or 4 * self.layers * self._of_part(quantity.get("part", "residual")) > SMALL:
            return quantity
        last = self.layers + 1 if "part" not in quantity else self.layers
        return {**quantity, "residual": list(range(last))}

    def _of_part(self, part: str) -> int:
        return 4 * self.width if part == "neurons" else self.width  # MLPs are about four times as wide as the stream

    def kept_anyway(self) -> list[Tree]:
        """What a pass keeps whether or not anybody planned it: small values where the model decides."""
        stream = everywhere("end_of_template", self.layers)
        logits = [LOGITS] if 4 * self.vocabulary <= SMALL else []
        return [stream, *logits] if self.widened({"residual": [0]}) != {"residual": [0]} else logits


def keeps_more(quantity: Tree) -> bool:
    """Whether the pass that makes a quantity runs the model as it is, so that other values can be read in it."""
    return any(name in quantity for name in ("residual", "logits", "answer"))


def is_generation(quantity: Tree) -> bool:
    """Whether a quantity is a greedy answer, generated whole: one that a pass can be made for ahead of time."""
    return "answer" in quantity and not {"draw", "until"} & set(quantity)


def also(quantities: list[Tree]) -> "interp_core.engine.Also":
    """What the engine is told to keep besides."""
    from interp_core.engine import Also, Place

    places = [Place(tuple(q["residual"]), q["position"], q.get("part", "residual")) for q in quantities
              if "residual" in q]  # fmt: skip
    return Also(tuple(places), LOGITS in quantities)


def told(quantity: Tree) -> str:
    """A quantity in words, for the reason of a repeated pass."""
    if "residual" in quantity:
        part = quantity.get("part", "residual")
        return f"the {'residual stream' if part == 'residual' else part} at {quantity['position']}"
    names = {"answer": "the answer", "lens": "the logit lens", "logits": "the next token's logits"}
    found = next((words for name, words in names.items() if name in quantity), "the likelihood of a text")
    return f"{found} until settled" if "until" in quantity else found
