"""The interval itself, and the names the package exports."""

import pytest

from interp_core import stats
from interp_core.stats import Interval

FOUND = Interval(0.4, 0.1, 0.6, 0.025, "t", 32, tail_errors=(0.01, 0.06), monte_carlo=(0.001, 0.002))


def test_mirroring_twice_changes_nothing():
    mirrored = FOUND.mirrored()
    assert (mirrored.estimate, mirrored.low, mirrored.high) == (-0.4, -0.6, -0.1)
    assert mirrored.tail_errors == (0.06, 0.01)
    assert mirrored.monte_carlo == (0.002, 0.001)
    assert mirrored.mirrored() == FOUND


def test_scaling_scales_the_monte_carlo_error_too():
    scaled = FOUND.scaled(2.0, offset=1.0)
    assert (scaled.estimate, scaled.low, scaled.high) == pytest.approx((1.8, 1.2, 2.2))
    assert scaled.monte_carlo == (0.002, 0.004)


def test_notes_are_kept_once_and_the_reason_comes_first():
    noted = FOUND.noted("a", "b", "a").withheld("why")
    assert noted.notes == ("why", "a", "b")
    assert not noted.decides


def test_all_names_are_exported_once_and_in_order():
    public = {
        name for name, value in vars(stats).items() if not name.startswith("_") and not hasattr(value, "__path__")
    }
    modules = {name for name in public if type(getattr(stats, name)).__name__ == "module"}
    assert set(stats.__all__) == public - modules
    assert list(stats.__all__) == sorted(stats.__all__, key=lambda name: (not name.isupper(), name))
