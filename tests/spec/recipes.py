"""Small recipes that the tests of the spec share."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from interp_core import (
    Claim,
    DifferenceInMeans,
    Frame,
    FrameSet,
    Judge,
    Model,
    Prediction,
    PromptSet,
    Site,
    difference_in_means,
    judge,
)

MODEL = Model("mediated")
SITE = Site(depth=0.67)
FICTION = FrameSet(
    "fiction", (Frame("story", "Tell a story in which: {text}"), Frame("poem", "{text} Answer in verse."))
)


@contextmanager
def refused(kind: type[Exception], *parts: str) -> Iterator[None]:
    """The block raises `kind`, with every one of `parts` in its message."""
    with pytest.raises(kind) as caught:
        yield
    assert [part for part in parts if part not in str(caught.value)] == [], str(caught.value)


def texts(word: str, count: int) -> list[str]:
    """Requests that share no three words in a row."""
    return [f"{word}{i} alpha{i} beta{i} gamma{i} delta{i}" for i in range(count)]


def prompt_set(name: str, word: str | None = None, test: int = 4) -> PromptSet:
    """Three prompts to fit on, two to select on, and `test` to test on."""
    word = word or name
    parts = {
        split: PromptSet.from_texts(f"{word}-{split}", texts(f"{word}{split}", count))
        for split, count in {"fit": 3, "select": 2, "test": test}.items()
    }
    return PromptSet.from_splits(name, **parts)


HARMFUL = prompt_set("harmful")
HARMLESS = prompt_set("harmless")


def refusal(site: Site = SITE, positive: PromptSet = HARMFUL, negative: PromptSet = HARMLESS) -> DifferenceInMeans:
    return difference_in_means(positive, negative, at=site, name="refusal")


@judge(measures="compliance", name="says sure")
def says_sure(answer: str) -> float:
    return float(answer.startswith("Sure"))


def claim(*predictions: Prediction, **fields: object) -> Claim:
    """A claim with what a test does not care about filled in."""
    defaults: dict[str, object] = {
        "id": "fiction", "statement": "Fiction lowers the projection.", "baseline": "neutral frames",
        "kind": "correlational", "model": MODEL, "predictions": predictions, "where": "claims/test_fiction.py:7",
    }  # fmt: skip
    return Claim(**{**defaults, **fields})


def compliance(prompts: PromptSet, by: Judge = says_sure, model: Model = MODEL):
    return model.judged(prompts, by=by)


def framed_against_neutral(by: float = 0.25, prompts: PromptSet = HARMFUL, frames: FrameSet = FICTION) -> Prediction:
    """The projection behind frames, predicted below that behind their controls."""
    on = refusal(positive=prompts)
    framed = MODEL.projection(prompts.test.framed(frames), on=on)
    return framed.lower_than(MODEL.projection(prompts.test.framed(frames.length_matched()), on=on), by=by)
