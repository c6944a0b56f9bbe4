"""What a marker says before the data: read, checked, and said again in the lock."""

import pytest

from interp_core import Alternative, Registration
from interp_core.errors import ClaimError
from interp_core.spec.registration import KEYWORDS, registration


def test_keywords_become_a_registration():
    said = registration(
        {"kind": "causal", "headline": True, "expected": 1, "alternatives": ["length", ("style", "other_claim")]},
        where="t.py:1",
    )
    assert said == Registration(
        headline=True, expected=1, alternatives=(Alternative("length"), Alternative("style", "other_claim"))
    )
    assert said.tree()["alternatives"] == [["length", ""], ["style", "other_claim"]]
    assert set(said.tree()) == set(KEYWORDS)


@pytest.mark.parametrize(
    "given",
    [
        {"headline": "yes"}, {"family": ""}, {"family": 3}, {"expected": 1.2}, {"expected": True}, {"expected": "0.8"},
        {"alternatives": "length"}, {"alternatives": [3]}, {"alternatives": [("a", "b", "c")]}, {"rests_on": "a"},
        {"rests_on": [""]}, {"margin_reason": " "}, {"planning_effect": 0}, {"seen": None}, {"exclusions": 1},
        {"stopping": []}, {"looks": 0}, {"looks": 1.5}, {"looks": True},
    ],
    ids=str,
)  # fmt: skip
def test_what_says_nothing_is_refused_with_what_to_write(given):
    (name,) = given
    with pytest.raises(ClaimError, match=rf"t\.py:1: @pytest\.mark\.claim\({name}=.*\): write "):
        registration(given, where="t.py:1")
