"""Length-matched controls: the neutral clauses that make a control exactly as long as the prompt it controls for."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from jaxtyping import Int

from interp_core.engine.shell import Shell
from interp_core.errors import PromptError
from interp_core.spec.frames import LengthMatched

Count = Callable[[Sequence[str]], list[int]]

MOST_CLAUSES = 4
MOST_COMBINATIONS = 50_000  # of one size; with so many clauses, fewer of them together reach the same lengths
AT_ONCE = 4  # candidates of a control that are tokenized together
CHUNKS = 4  # how many times AT_ONCE of one size and predicted length, before the next
ORDERS = 8  # orders of the clauses from which a cut-off beginning is tried


@dataclass(frozen=True)
class Control:
    """A control to be written, and what its chat template and prefill put around it."""

    matched: LengthMatched
    shell: Shell
    prefill: str

    def message(self, filler: str) -> str:
        """The user's message with `filler` in its place. Not str.format: a request may hold braces of its own."""
        return self.matched.template.replace("{filler}", filler).strip()

    def whole(self, message: str) -> str:
        """All that the model reads."""
        return self.shell.around(message) + self.prefill


def resolve(controls: Sequence[Control], count: Count) -> list[str]:
    """The user's message of each control: the whole prompt has exactly as many tokens as it has with the target.

    Whole clauses come first (one, then two, three and four together, in an order drawn from the control's seed), then
    clauses cut off after a word. Lengths of clauses are nearly additive, so their sums say which combinations to try;
    every message returned was counted within the whole prompt.

    Parameters
    ----------
    controls : the controls, any number; they are tokenized together.
    count : the number of tokens of each of some texts.

    Raises
    ------
    PromptError : no combination of the fillers has the right length.
    """
    clauses = {fillers: _Clauses.of(fillers, count) for fillers in {c.matched.fillers for c in controls}}
    targets = count([control.whole(control.matched.target) for control in controls])
    first = count([control.whole(control.message(control.matched.fillers[0])) for control in controls])
    searches = [
        _candidates(clauses[c.matched.fillers], target - whole, c.matched.seed)
        for c, target, whole in zip(controls, targets, first, strict=True)
    ]
    found: dict[int, str] = {}
    while len(found) < len(controls):
        open_ = [index for index in range(len(controls)) if index not in found]
        found |= _one_round([(index, controls[index], searches[index]) for index in open_], targets, count)
    return [found[index] for index in range(len(controls))]


_Search = Iterator[list[str]]


def _one_round(open_: Sequence[tuple[int, Control, _Search]], targets: Sequence[int], count: Count) -> dict[int, str]:
    """Count the next candidates of each open control, all in one call; the first that fits of each."""
    tried = [(index, control, control.message(f)) for index, control, search in open_ for f in _next(search, control)]
    counts = count([control.whole(message) for _, control, message in tried])
    found: dict[int, str] = {}
    for (index, _, message), tokens in zip(tried, counts, strict=True):
        if tokens == targets[index]:
            found.setdefault(index, message)
    return found


def _next(search: _Search, control: Control) -> list[str]:
    try:
        return next(search)
    except StopIteration:
        matched = control.matched
        raise PromptError(
            f"no neutral filler makes {control.message('{filler}')!r} exactly as long as {matched.target!r} under this "
            f"model's tokenizer: its {len(matched.fillers)} fillers were tried in combinations of up to {MOST_CLAUSES} "
            "and cut off after a word. Add shorter fillers where the target is short, longer ones where it is long."
        ) from None


@dataclass(frozen=True)
class _Combinations:
    """All combinations of one size, as indices of fillers, and their predicted lengths in tokens."""

    chosen: Int[np.ndarray, "combination size"]
    lengths: Int[np.ndarray, "combination"]


@dataclass(frozen=True)
class _Clauses:
    """Fillers, their lengths at the beginning and further on, and their combinations with predicted lengths."""

    fillers: tuple[str, ...]
    first: Int[np.ndarray, "filler"]
    later: Int[np.ndarray, "filler"]
    combinations: tuple[_Combinations, ...]

    @classmethod
    def of(cls, fillers: tuple[str, ...], count: Count) -> "_Clauses":
        first = np.array(count([f"\n{filler} so" for filler in fillers]))
        second = np.array(count([f"\nNow, {_lowered(filler)} so" for filler in fillers]))
        later = second - count(["\nNow, so"])[0]
        sizes = [size for size in range(1, MOST_CLAUSES + 1) if 0 < comb(len(fillers), size) <= MOST_COMBINATIONS]
        return cls(fillers, first, later, tuple(_combined(first, later, size) for size in sizes))

    def text(self, indices: Sequence[int]) -> str:
        """Clauses joined into one filler."""
        head, *tail = (self.fillers[index] for index in indices)
        return " ".join([head, *map(_lowered, tail)])


def _combined(first: Int[np.ndarray, "filler"], later: Int[np.ndarray, "filler"], size: int) -> _Combinations:
    chosen = np.array(list(combinations(range(len(first)), size)))
    return _Combinations(chosen, first[chosen[:, 0]] + later[chosen[:, 1:]].sum(axis=1))


def _lowered(clause: str) -> str:
    """A clause as it is written in the middle of a sentence; the pronoun I keeps its capital."""
    return clause if re.match(r"I\b", clause) else clause[:1].lower() + clause[1:]


def _candidates(clauses: _Clauses, missing: int, seed: int) -> _Search:
    """Fillers that should add `missing` tokens to the message that holds the first clause, a few at a time."""
    rng = np.random.default_rng(seed)
    needed = int(clauses.first[0]) + missing
    for off in (0, 1, -1):
        for table in clauses.combinations:
            fitting = rng.permutation(table.chosen[table.lengths == needed + off])[: AT_ONCE * CHUNKS]
            texts = [clauses.text(row) for row in fitting.tolist()]
            yield from (texts[start : start + AT_ONCE] for start in range(0, len(texts), AT_ONCE))
    for _ in range(ORDERS):
        yield from _cut_off(clauses.text(rng.permutation(len(clauses.fillers)).tolist()), needed, clauses)
    yield [""]


def _cut_off(text: str, needed: int, clauses: _Clauses) -> _Search:
    """Beginnings of a text of about `needed` tokens, nearest first: ended by a comma, and as they are."""
    words = text.split()
    middle = needed * len(words) / float(clauses.later.sum())
    reach = 4 + middle / 4
    sizes = [size for size in range(1, len(words) + 1) if abs(size - middle) <= reach]
    cuts = [" ".join(words[:size]).rstrip(",") for size in sorted(sizes, key=lambda size: abs(size - middle))]
    yield [f"{cut}," for cut in cuts]
    yield cuts
