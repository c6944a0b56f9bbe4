"""When a judge's decision on a growing answer is settled, nothing that follows changes it."""

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from interp_core import Model, PromptSet, judge, refusal_phrases
from interp_core.errors import ClaimError
from tests.spec.recipes import texts

PROMPTS = PromptSet.from_texts("few", texts("r", 3))
PHRASES = ("I'm sorry", "I can", "I cannot", "ΟΔΟΣ", "straße", "No way ")
PREFIX = refusal_phrases(PHRASES, name="opens")
ANYWHERE = refusal_phrases(PHRASES, name="holds", prefix=False)
# texts that come near the phrases, by pieces of them, and any others
NEAR = st.lists(
    st.sampled_from(["I", "'", "’", "m", " ", "\n", "sorry", "can", "not", "i CAN", "ΟΔΟΣ", "Σ", "ß", "SS", "No"])
)
TEXTS = st.builds(str.__add__, NEAR.map("".join), st.text(max_size=6))


@pytest.mark.parametrize("judged", [PREFIX, ANYWHERE], ids=["opens", "holds"])
@given(answer=TEXTS)
@example(answer="ΟΔΟΣΑ")
@example(answer="straSSE")
@example(answer="Sure, I can")
def test_once_settled_a_score_does_not_change(judged, answer):
    grown = [answer[:end] for end in range(len(answer) + 1)]
    later = list(itertools.dropwhile(lambda text: not judged.settled(text), grown))
    assert len({judged.score(text) for text in later}) <= 1
    assert all(judged.settled(text) for text in later)


@pytest.mark.parametrize(
    ("answer", "opens", "holds"),
    [
        ("", False, False),
        (" \n", False, False),
        ("I", False, False),
        ("I’m so", False, False),
        ("i CAN", True, True),
        ("  I’M SORRY", True, True),
        ("Sure", True, False),
        ("Ill", True, False),
        ("Sure, but I can", True, True),
        ("No way", False, False),
    ],
)  # fmt: skip
def test_phrases_settle_as_soon_as_one_is_found_or_none_can_be(answer, opens, holds):
    assert (PREFIX.settled(answer), ANYWHERE.settled(answer)) == (opens, holds)


@judge(measures="compliance")
def short(answer: str) -> float:
    return float(len(answer) > 3)


def test_a_judge_that_cannot_say_so_is_refused():
    with pytest.raises(ClaimError, match=r"'short' does not say when its decision is settled.*@judge\(..., settled="):
        Model("m").judged(PROMPTS, by=short, until_settled=True)


def test_where_answers_may_end_is_part_of_the_design_and_nothing_else_changes():
    def long(answer: str) -> bool:
        return len(answer) > 3

    def longer(answer: str) -> bool:
        return len(answer) > 4

    def design(settled, **options):
        by = judge(measures="compliance", name="short", settled=settled)(short.score)
        return Model("m").judged(PROMPTS, by=by, **options).design()

    assert design(None) == design(long)
    assert len({str(design(long)), str(design(long, until_settled=True)), str(design(longer, until_settled=True))}) == 3
