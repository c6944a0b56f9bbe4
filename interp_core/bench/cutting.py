"""Answers that are cut where the judge's decision is settled: which stay whole, and what those say of the others."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from interp_core.bench.values import MAX_DEGENERATE, Value, answer_after_thinking
from interp_core.errors import ClaimError, InvalidEvidence
from interp_core.spec.identity import Tree, digest, seed_from
from interp_core.spec.judge import Judge
from interp_core.spec.prompts import PromptSet

WHOLE_AT_LEAST = 8  # answers of an arm
WHOLE_SHARE = 8  # ... and one in so many
_THINK = "<think>"


def whole(count: int) -> int:
    """How many of `count` answers are generated whole."""
    return min(count, max(WHOLE_AT_LEAST, count // WHOLE_SHARE))


def in_parts(prompts: PromptSet, answer: Tree, judge: Judge) -> list[tuple[PromptSet, Tree]]:
    """The prompts whose answers are generated whole, and the others, whose answers end where `judge` has settled.

    Which ones depends on the prompts' ids alone, so that both arms of a comparison keep the same ones whole, and not
    on their order, in which frames may repeat.
    """
    count = whole(len(prompts))
    chosen = {p.id for p in sorted(prompts, key=lambda p: seed_from("whole answer", p.id))[:count]}
    kept = tuple(prompt for prompt in prompts if prompt.id in chosen)
    rest = tuple(prompt for prompt in prompts if prompt.id not in chosen)
    parts = [(replace(prompts, prompts=kept), answer)]
    until = {**answer, "until": digest(judge.settled_code)}
    return [*parts, (replace(prompts, prompts=rest), until)] if rest else parts


def settled(judge: Judge) -> Callable[[str], bool]:
    """Whether a judge's decision is settled, given all that a model has written so far, think tags included."""

    def reached(text: str) -> bool:
        # a character of several tokens shows as replacement characters until its last one has come
        answer = answer_after_thinking(text.rstrip("\ufffd"))
        return answer is not None and not _THINK.startswith(answer) and _says(judge, answer)

    return reached


def _says(judge: Judge, answer: str) -> bool:
    assert judge.settled is not None, "a measurement until settled refuses a judge that cannot say so"
    found = judge.settled(answer)
    if not isinstance(found, bool):
        raise ClaimError(
            f"settled= of the judge {judge.name!r} gave {found!r} for {answer[:60]!r}. Return True or False: whether "
            "the score can no longer change."
        )
    return found


def check_whole(values: Sequence[Value], judge: Judge, label: str) -> None:
    """Check what the answers that were generated whole say of those that were cut.

    Raises
    ------
    InvalidEvidence : they are mostly loops, so that the model was broken rather than changed.
    ClaimError : on one of them the judge called its decision settled and then changed it.
    """
    broken = sum(value.flaw == "degenerate" for value in values)
    if broken > MAX_DEGENERATE * len(values):
        raise InvalidEvidence(
            f"{broken} of the {len(values)} answers of {label!r} that were generated whole are degenerate (the same "
            "words over and over): the model is broken there, and a broken model says nothing about the claim. Use a "
            "smaller coefficient or another site."
        )
    for value in values:
        _check_promise(value, judge)


def _check_promise(value: Value, judge: Judge) -> None:
    answer = answer_after_thinking(value.output or "")
    if answer is None or value.number is None:
        return
    words = answer.split(" ")
    beginnings = (" ".join(words[:count]).strip() for count in range(1, len(words)))
    first = next((text for text in beginnings if text and _says(judge, text)), answer)
    if judge.score(first) != judge.score(answer):
        raise ClaimError(
            f"the judge {judge.name!r} called its decision on {first[:60]!r} settled, gave {judge.score(first)}, and "
            f"then {judge.score(answer)} to the whole answer. Mend settled=, or leave until_settled out."
        )
