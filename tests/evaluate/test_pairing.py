"""Pairing, missing values and flawed answers."""

import numpy as np
import pytest

from interp_core import refusal_phrases
from interp_core.bench.values import Value, answer_after_thinking, is_degenerate, score
from interp_core.errors import ClaimError
from interp_core.evaluate.pairing import fills, pair
from interp_core.spec.measure import Judged


def value(request: str, number: float | None, frame: str = "") -> Value:
    return Value(f"{request}/{frame}" if frame else request, request, frame, number)


def test_pairs_follow_the_request_and_not_the_order() -> None:
    pairs = pair([value("a", 3.0), value("b", 5.0)], [value("b", 1.0), value("a", 2.0)], where="")
    assert pairs.differences((0.0, 0.0)).tolist() == [1.0, 4.0]


def test_an_unframed_baseline_stands_beside_every_frame() -> None:
    treatment = [value("a", 3.0, "x"), value("a", 4.0, "y")]
    pairs = pair(treatment, [value("a", 1.0)], where="")
    assert pairs.differences((0.0, 0.0)).tolist() == [2.0, 3.0]
    assert pairs.frames == ["x", "y"]


def test_a_prompt_without_partner_is_an_error_that_names_it() -> None:
    with pytest.raises(ClaimError, match=r"t\.py:3: 1 prompts .* 'b'"):
        pair([value("a", 1.0), value("b", 1.0)], [value("a", 1.0)], where="t.py:3")


def test_missing_values_take_the_worst_and_the_best_case() -> None:
    pairs = pair([value("a", None), value("b", 1.0)], [value("a", 0.0), value("b", None)], where="")
    cases = [pairs.differences(case).tolist() for case in fills((0.0, 1.0), pairs.missing, where="")]
    assert cases == [[0.0, 0.0], [1.0, 1.0]]
    assert pairs.mean() is None


def test_missing_values_of_an_unbounded_measure_are_an_error() -> None:
    with pytest.raises(ClaimError, match="Declare its bounds"):
        fills(None, 1, where="")


def test_no_missing_value_means_one_case() -> None:
    assert fills(None, 0, where="") == [(0.0, 0.0)]


@pytest.mark.parametrize(
    ("text", "answer"),
    [("Sure.", "Sure."), ("<think>\nhm\n</think>\n\nSure.", "Sure."), ("<think>\nhm and hm", None), ("", "")],
)
def test_an_unclosed_think_block_is_no_answer(text: str, answer: str | None) -> None:
    assert answer_after_thinking(text) == answer


def test_looping_is_degenerate_and_prose_is_not() -> None:
    assert is_degenerate("and then he went " * 8)
    assert is_degenerate("the " * 40)
    assert not is_degenerate("the " * 5)  # too short to tell
    assert not is_degenerate("First, look at the shed. Then, go slowly. First, look at the boat. Then, think of it.")


def test_scores_that_cannot_be_given_say_why() -> None:
    judged = Judged(refusal_phrases(["no"], name="no"), 8)
    assert score(judged, "Yes.") == (1.0, "")
    assert score(judged, "No.") == (0.0, "")
    assert score(judged, "<think> no") == (None, "incomplete")
    assert score(judged, "so " * 30) == (None, "degenerate")
    assert score(judged, "<think>\n</think>") == (None, "not judged")


def test_differences_are_float64() -> None:
    assert pair([value("a", 1.0)], [value("a", 0.0)], where="").differences((0.0, 0.0)).dtype == np.float64
