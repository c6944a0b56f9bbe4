"""A drawing shows what the verdict says: on which side of zero and of the margin the interval lies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interp_core.report.plot import plot, scale_for, strip

FINITE = st.floats(-3, 3, allow_nan=False)


def evidence(effect, low, high, margin=0.25, relation="higher"):
    return {"effect": effect, "low": low, "high": high, "margin": margin, "unit": "", "relation": relation}


def test_positions_of_a_lower_prediction():
    found = evidence(-0.5, -0.75, -0.25, margin=0.25, relation="lower")
    drawing = plot(found, scale_for([found], 112))
    assert drawing.bar == (6.0, 72.7)
    assert (drawing.effect, drawing.margins, drawing.zero) == (39.3, (72.7,), 106.0)
    assert drawing.labels == ("−0.25",)
    assert drawing.target == (0.0, 72.7)


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (evidence(0.6, 0.5, 0.7, margin=0.4), " │           ┊  ━━━●━━━"),
        (evidence(-0.3, -0.5, -0.1, margin=0.3, relation="lower"), " ━━━━━━━━┿━━━━━━━━━   │"),
        (evidence(0.1, -0.2, 0.2, margin=0.4, relation="equivalent"), " ┊    ━━━━━━┿━●━━━    ┊"),
        (evidence(0.31, 0.301, 0.32, margin=0.3), " │                  ┊●━"),
    ],
    ids=["beyond", "straddles", "within", "just beyond"],
)
def test_strip(found, text):
    assert strip(found, 24) == text


def test_nothing_is_drawn_where_nothing_was_computed():
    found = evidence(None, None, None)
    assert plot(found, scale_for([found], 100)) is None
    assert strip(found, 24) == ""


def test_a_point_without_an_interval():
    found = evidence(0.5, None, None)
    assert plot(found, scale_for([found], 100)).bar is None
    assert strip(found, 24) == ""


@given(ends=st.tuples(FINITE, FINITE).map(sorted), relation=st.sampled_from(["higher", "lower", "equivalent"]))
def test_everything_lies_inside_the_drawing(ends, relation):
    found = evidence(sum(ends) / 2, *ends, relation=relation)
    drawing = plot(found, scale_for([found], 200))
    for position in (drawing.zero, drawing.effect, *drawing.bar, *drawing.margins, *drawing.target):
        assert 0 <= position <= 200
    assert drawing.bar[0] <= drawing.effect <= drawing.bar[1]
    assert drawing.target[0] <= drawing.target[1]


@given(ends=st.tuples(FINITE, FINITE).map(sorted), relation=st.sampled_from(["higher", "lower", "equivalent"]))
def test_a_strip_keeps_to_its_width_and_crosses_what_the_interval_straddles(ends, relation):
    found = evidence(sum(ends) / 2, *ends, relation=relation)
    text = strip(found, 24)
    assert len(text) <= 24
    margins = {"higher": [0.25], "lower": [-0.25], "equivalent": [-0.25, 0.25]}[relation]
    straddled = [mark for mark in (0, *margins) if ends[0] < mark < ends[1]]
    assert bool(straddled) <= ("┿" in text)
