"""An effect in units of an estimated gap."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interp_core.stats import Interval, decide, ratio_interval


def normal(estimate: float, half: float, **changes) -> Interval:
    return Interval(estimate, estimate - half, estimate + half, 0.025, "z", 64, **changes)


def fieller(t: float, g: float, t_half: float, g_half: float) -> tuple[float, float]:
    """Roots of (t - R g)^2 = t_half^2 + R^2 g_half^2."""
    return tuple(sorted(np.roots([g**2 - g_half**2, -2 * t * g, t**2 - t_half**2]).real))


@pytest.mark.parametrize(("t", "t_half"), [(2.0, 0.5), (0.3, 0.5), (-2.0, 0.5), (0.0, 0.5)])
@pytest.mark.parametrize("g", [3.0, -3.0])
def test_for_symmetric_intervals_it_is_fiellers(t, t_half, g):
    found = ratio_interval(normal(t, t_half), normal(g, 1.0))
    assert (found.low, found.high) == pytest.approx(fieller(t, g, t_half, 1.0), rel=1e-9, abs=1e-9)
    assert found.estimate == pytest.approx(t / g)


def test_donner_and_zou_equation_for_asymmetric_intervals():
    effect = Interval(2.0, 1.4, 3.1, 0.025, "skewed", 64)
    gap = Interval(5.0, 4.2, 6.6, 0.025, "skewed", 64)
    found = ratio_interval(effect, gap)
    (t, l1, u1), (g, l2, u2) = (2.0, 1.4, 3.1), (5.0, 4.2, 6.6)
    low = (t * g - math.sqrt((t * g) ** 2 - l1 * u2 * (2 * t - l1) * (2 * g - u2))) / (u2 * (2 * g - u2))
    high = (t * g + math.sqrt((t * g) ** 2 - u1 * l2 * (2 * t - u1) * (2 * g - l2))) / (l2 * (2 * g - l2))
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-12)


def test_a_known_gap_only_scales():
    found = ratio_interval(normal(2.0, 0.5), normal(4.0, 0.0))
    assert (found.low, found.high) == pytest.approx((1.5 / 4, 2.5 / 4))


@pytest.mark.parametrize("gap", [normal(0.5, 1.0), normal(-0.5, 1.0), normal(0.0, 1.0), normal(1.0, 1.0)])
def test_a_gap_that_may_be_zero_decides_nothing(gap):
    found = ratio_interval(normal(2.0, 0.1), gap)
    assert not found.decides
    assert found.notes[0].startswith("the reference gap may be zero")
    assert np.isfinite([found.low, found.high]).all()


def test_what_keeps_a_gap_from_deciding_keeps_the_ratio():
    few = normal(4.0, 0.5).withheld("n = 9 is too few to decide; 16 or more")
    assert "n = 9 is too few" in decide(ratio_interval(normal(2.0, 0.1), few), margin=0.1, direction="higher").reason
    heavy = normal(4.0, 0.5, tail_errors=(0.0, 0.08))
    assert ratio_interval(normal(2.0, 0.1), heavy).tail_error == 0.08


def test_two_alphas_are_refused():
    with pytest.raises(ValueError, match="must be the same"):
        ratio_interval(normal(2.0, 0.1), Interval(4.0, 3.0, 5.0, 0.01, "z", 64))


positive = st.floats(0.01, 10)


@given(st.floats(-10, 10), positive, positive, positive, positive, st.floats(0.01, 0.95))
def test_ends_are_finite_ordered_and_mirror(t, below, above, g, g_above, share):
    effect = Interval(t, t - below, t + above, 0.025, "any", 64)
    gap = Interval(g, g * (1 - share), g + g_above, 0.025, "any", 64)
    found, mirrored = ratio_interval(effect, gap), ratio_interval(effect.mirrored(), gap)
    assert np.isfinite([found.low, found.high]).all()
    assert found.low <= found.estimate <= found.high
    assert (mirrored.low, mirrored.high) == pytest.approx((-found.high, -found.low))
    assert ratio_interval(effect.mirrored(), gap.mirrored()).low == pytest.approx(found.low)
