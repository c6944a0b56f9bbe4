"""Numbers keep no more digits than they earn, and never contradict a verdict."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interp_core.report import interval, numbers

FINITE = st.floats(-1e6, 1e6, allow_nan=False)
MARGINS = st.sampled_from([0.05, 0.1, 0.25, 0.3, 0.333, 1, 5, 0.0005, 20])


def evidence(effect, low, high, margin=0.25, unit="", relation="higher", **more):
    given = {"effect": effect, "low": low, "high": high, "margin": margin, "unit": unit, "relation": relation}
    return {**given, **more}


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (evidence(0.41, 0.331, 0.494, unit="of the gap"), "0.41 [0.33, 0.49] of the gap"),
        (evidence(-0.41, -0.494, -0.331), "−0.41 [−0.49, −0.33]"),
        (evidence(1.0, 0.93, 1.0), "1.00 [0.93, 1.00]"),
        (evidence(1, 1, 1), "1.00 [1.00, 1.00]"),
        (evidence(-0.001, -0.2, 0.2), "0.00 [−0.20, 0.20]"),
        (evidence(0.3, 0.2496, 0.35), "0.3000 [0.2496, 0.3500]"),
        (evidence(0.1, 0.001, 0.2), "0.100 [0.001, 0.200]"),
        (evidence(0.3, 0.25 + 1e-12, 0.4), "0.30 [0.25, 0.40]"),
        (evidence(132.41, 118.02, 146.9, margin=5, unit="of the stream"), "132 [118, 147] of the stream"),
        (evidence(12345.6, 11000, 13000, margin=5), "12,346 [11,000, 13,000]"),
        (evidence(12.34, 11.0, 13.0, margin=5), "12.3 [11.0, 13.0]"),
        (evidence(0.0012, 0.0011, 0.0013, margin=0.0005), "0.0012 [0.0011, 0.0013]"),
        (evidence(None, None, None, unit="of the gap"), "not computed"),
        (evidence(0.5, None, None, unit="of the gap"), "0.50, no interval of the gap"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_interval(found, text):
    assert interval(found) == text


def read(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


@given(low=FINITE, width=st.floats(0, 10), margin=MARGINS)
def test_rounding_moves_no_bound_over_zero_or_the_margin(low, width, margin):
    found = evidence(low + width / 2, low, low + width, margin)
    places = numbers.places(found)
    for bound in (low, low + width):
        printed = read(numbers.number(bound, places))
        for mark in (-margin, 0, margin):
            if abs(bound - mark) > 1e-6:
                assert (printed > mark) == (bound > mark)
                assert (printed < mark) == (bound < mark)


@given(value=FINITE, places=st.integers(0, 8))
def test_a_number_reads_back_to_its_precision(value, places):
    text = numbers.number(value, places)
    read_back = Decimal(text.replace("−", "-").replace(",", ""))
    assert abs(read_back - Decimal(value)) <= Decimal(5).scaleb(-places - 1)  # exact: a tie rounds either way
    assert "-" not in text
    assert text.strip("−0.,") or "−" not in text


@given(margin=MARGINS)
def test_a_margin_is_never_printed_shorter_than_it_was_written(margin):
    assert numbers.places(evidence(1.0, 0.9, 1.1, margin)) >= len(f"{margin:g}".partition(".")[2])


@pytest.mark.parametrize(("alpha", "text"), [(0.025, "95 %"), (0.05, "90 %"), (0.025 / 3, "98.33 %")])
def test_confidence(alpha, text):
    assert numbers.confidence(alpha) == text


def test_a_raw_mean_keeps_its_own_digits():
    arms = [{"mean": 0.0031}, {"mean": 0.0044}, {"mean": None}]
    assert numbers.means(evidence(-0.41, -0.5, -0.3, relation="lower", arms=arms)) == ["0.0031", "0.0044", "–"]


@pytest.mark.parametrize(("value", "text"), [(0, "0 claims"), (1, "1 claim"), (2047, "2,047 claims")])
def test_plural(value, text):
    assert numbers.plural(value, "claim") == text
