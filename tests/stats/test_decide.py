"""Verdicts read off intervals."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interp_core.stats import Decision, Interval, Verdict, decide, decide_equivalence, decide_noninferiority


def interval(low: float, high: float, **changes) -> Interval:
    return Interval(estimate=(low + high) / 2, low=low, high=high, alpha=0.025, method="test", n=32, **changes)


@pytest.mark.parametrize(
    ("low", "high", "verdict", "reason"),
    [
        (0.3, 0.6, Verdict.SUPPORTED, "the interval lies wholly beyond the margin"),
        (0.25, 0.6, Verdict.INCONCLUSIVE, "straddles the margin; direction only"),
        (0.1, 0.6, Verdict.INCONCLUSIVE, "straddles the margin; direction only"),
        (-0.1, 0.6, Verdict.INCONCLUSIVE, "straddles the margin and zero"),
        (-0.1, 0.2, Verdict.REFUTED, "SMALLER THAN CLAIMED: wholly short of the margin"),
        (0.1, 0.2, Verdict.REFUTED, "SMALLER THAN CLAIMED: wholly short of the margin"),
        (-0.6, -0.1, Verdict.REFUTED, "REVERSED: the effect has the other sign"),
    ],
)
def test_a_directed_claim_is_read_off_the_interval(low, high, verdict, reason):
    assert decide(interval(low, high), margin=0.25, direction="higher") == Decision(verdict, reason)
    assert decide(interval(-high, -low), margin=0.25, direction="lower") == Decision(verdict, reason)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (-0.1, 0.2, Verdict.SUPPORTED),
        (-0.25, 0.2, Verdict.INCONCLUSIVE),
        (-0.1, 0.3, Verdict.INCONCLUSIVE),
        (0.3, 0.5, Verdict.REFUTED),
        (-0.5, -0.3, Verdict.REFUTED),
        (-0.5, 0.5, Verdict.INCONCLUSIVE),
    ],
)
def test_equivalence_is_the_interval_inside_the_margin(low, high, verdict):
    assert decide_equivalence(interval(low, high), within=0.25).verdict is verdict


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (-0.2, 0.1, Verdict.SUPPORTED),
        (0.3, 0.9, Verdict.SUPPORTED),
        (-0.25, 0.1, Verdict.INCONCLUSIVE),
        (-0.9, -0.3, Verdict.REFUTED),
    ],
)
def test_not_worse_is_one_side_of_equivalence(low, high, verdict):
    assert decide_noninferiority(interval(low, high), within=0.25).verdict is verdict
    assert decide_noninferiority(interval(-high, -low), within=0.25, worse="higher").verdict is verdict
    withheld = interval(low, high).withheld("too few")
    assert decide_noninferiority(withheld, within=0.25) == Decision(Verdict.INCONCLUSIVE, "too few")


def test_not_worse_reads_the_end_that_it_needs():
    heavy_high = interval(-0.1, 0.6, tail_errors=(0.002, 0.062))
    assert decide_noninferiority(heavy_high, within=0.25).verdict is Verdict.SUPPORTED
    assert decide_noninferiority(heavy_high.mirrored(), within=0.9).verdict is Verdict.INCONCLUSIVE
    near = interval(-0.24, 0.1, monte_carlo=(0.02, 0.02))
    assert decide_noninferiority(near, within=0.25).reason.startswith("unstable")
    with pytest.raises(ValueError, match="within=0 must be a positive number"):
        decide_noninferiority(near, within=0)


def test_an_interval_that_cannot_decide_gives_its_reason():
    withheld = interval(0.5, 0.6).withheld("n = 7 is too few to decide; 16 or more")
    for decision in (
        decide(withheld, margin=0.25, direction="higher"),
        decide_equivalence(withheld, within=0.9),
    ):
        assert decision == Decision(Verdict.INCONCLUSIVE, "n = 7 is too few to decide; 16 or more")


def test_a_tail_that_errs_too_often_decides_nothing_and_is_named():
    heavy_high = interval(0.5, 0.6, tail_errors=(0.002, 0.062))
    assert heavy_high.tail_error == 0.062
    assert decide(heavy_high, margin=0.25, direction="higher").verdict is Verdict.SUPPORTED
    refused = decide(heavy_high.mirrored(), margin=0.25, direction="lower")
    assert refused.verdict is Verdict.SUPPORTED
    refused = decide(interval(-0.6, -0.5, tail_errors=(0.002, 0.062)), margin=0.25, direction="lower")
    assert refused.verdict is Verdict.INCONCLUSIVE
    assert "errs 6.2 % of the time instead of 2.5 %" in refused.reason
    assert decide_equivalence(heavy_high, within=0.9).verdict is Verdict.INCONCLUSIVE


def test_a_bound_within_monte_carlo_error_of_the_margin_is_unstable():
    unstable = decide(interval(0.26, 0.6, monte_carlo=(0.02, 0.02)), margin=0.25, direction="higher")
    assert unstable.verdict is Verdict.INCONCLUSIVE
    assert unstable.reason.startswith("unstable")
    stable = decide(interval(0.28, 0.6, monte_carlo=(0.02, 0.02)), margin=0.25, direction="higher")
    assert stable.verdict is Verdict.SUPPORTED


@pytest.mark.parametrize("margin", [0.0, -0.1, float("nan"), float("inf")])
def test_a_margin_must_be_a_positive_number(margin):
    with pytest.raises(ValueError, match="must be a positive number"):
        decide(interval(0.0, 1.0), margin=margin, direction="higher")
    with pytest.raises(ValueError, match="must be a positive number"):
        decide_equivalence(interval(0.0, 1.0), within=margin)


def test_a_claim_is_as_strong_as_its_weakest_prediction():
    order = [Verdict.INVALID, Verdict.REFUTED, Verdict.INCONCLUSIVE, Verdict.SUPPORTED]
    for (i, a), (j, b) in itertools.product(enumerate(order), repeat=2):
        assert Verdict.weakest([a, b]) is order[min(i, j)]
    with pytest.raises(ValueError, match="empty"):
        Verdict.weakest([])


numbers = st.floats(-1e6, 1e6)
errors = st.one_of(st.none(), st.tuples(st.floats(0, 1), st.floats(0, 1)))


@given(st.tuples(numbers, numbers), errors, st.floats(1e-6, 1e6), st.sampled_from(["higher", "lower"]), st.booleans())
def test_decide_always_answers_and_mirrors(ends, tail_errors, margin, direction, decides):
    found = interval(*sorted(ends), tail_errors=tail_errors, decides=decides)
    decision = decide(found, margin=margin, direction=direction)
    other = "lower" if direction == "higher" else "higher"
    assert decision.verdict in {Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE}
    assert decision.reason
    assert decide(found.mirrored(), margin=margin, direction=other) == decision
    assert decide_equivalence(found.mirrored(), within=margin) == decide_equivalence(found, within=margin)
    if not decides:
        assert decision.verdict is Verdict.INCONCLUSIVE


@given(st.tuples(numbers, numbers), st.floats(1e-3, 1e3))
def test_a_smaller_margin_keeps_support(ends, margin):
    found = interval(*sorted(ends))
    if decide(found, margin=margin, direction="higher").verdict is Verdict.SUPPORTED:
        assert decide(found, margin=margin / 2, direction="higher").verdict is Verdict.SUPPORTED
