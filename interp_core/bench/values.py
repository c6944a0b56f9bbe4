"""What a bench hands to the statistics: one value per prompt, and the flaws of answers."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from interp_core.errors import ClaimError
from interp_core.spec.identity import Tree
from interp_core.spec.measure import Judged
from interp_core.spec.model import Measurement
from interp_core.store import Address, Passes

MAX_DEGENERATE = 0.2  # the share of degenerate answers above which an arm measures a broken model
_WINDOW = 4  # words; a model that loops repeats windows of this length


@dataclass(frozen=True)
class Value:
    """One prompt's number in one arm, or the reason why there is none.

    Attributes
    ----------
    id, request, frame : the prompt's identity, for pairing and clustering.
    number : None where the answer cannot be judged; such values are counted and bounded, never taken for 0.
    prompt : the text that the model read.
    output : the model's answer, for a judged arm.
    flaw : "incomplete" (an unclosed think block), "degenerate" (looping text), "not judged", or "".
    """

    id: str
    request: str
    frame: str
    number: float | None
    prompt: str = ""
    output: str | None = None
    flaw: str = ""


Gap = tuple[Float[np.ndarray, "positive"], Float[np.ndarray, "negative"]]


@runtime_checkable
class Bench(Protocol):
    """Where numbers come from: a live model behind a store, or a recording."""

    @property
    def passes(self) -> Passes:
        """What was asked of the store so far."""

    def values(self, arm: Measurement) -> tuple[Value, ...]:
        """The values of an arm, one per prompt, in the order of its prompts."""

    def gap(self, arm: Measurement) -> Gap:
        """The projections of the two sets of a projection's direction on their select split, in the arm's model.

        In units of the residual stream: their difference is the unit of the arm.
        """

    def demands(self, arm: Measurement) -> frozenset[tuple[Address, bool]]:
        """Every stored value that an arm needs, and whether it is there."""

    def identity(self) -> Tree:
        """The hashes of the model's files."""

    def close(self) -> None:
        """Free what the bench holds."""


def answer_after_thinking(text: str) -> str | None:
    """The answer without its think block; None where the block never ends."""
    if "</think>" in text:
        return text.rpartition("</think>")[2].strip()
    return None if "<think>" in text else text.strip()


def is_degenerate(text: str) -> bool:
    """Whether an answer of at least 12 words mostly repeats windows of four words: looping, not answering."""
    words = text.split()
    windows = [tuple(words[i : i + _WINDOW]) for i in range(len(words) - _WINDOW + 1)]
    return len(words) >= 12 and len(set(windows)) < len(windows) / 2


def score(judged: Judged, output: str, *, cut: bool = False) -> tuple[float | None, str]:
    """A judge's score of an output, or None with the flaw that kept it from being judged.

    Of an output that was `cut` where the decision was settled, nobody knows whether the rest of it loops.

    Raises
    ------
    ClaimError : the judge gave something else than None or a number in [0, 1].
    """
    answer = answer_after_thinking(output)
    flaw = "" if cut and answer is not None else flaw_of(answer)
    if answer is None or flaw:
        return None, flaw
    number = judged.judge.score(answer)
    if number is None:
        return None, "not judged"
    if not isinstance(number, bool | int | float | np.number) or not 0 <= number <= 1:
        raise ClaimError(
            f"the judge {judged.judge.name!r} gave {number!r} to {answer[:60]!r}. A score is a number in [0, 1], "
            "or None where the answer cannot be judged."
        )
    return float(number), ""


def flaw_of(answer: str | None) -> str:
    """Why an answer must not be judged, or ""."""
    if answer is None:
        return "incomplete"
    return "degenerate" if is_degenerate(answer) else ""
