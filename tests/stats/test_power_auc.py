"""The end that plans use against the interval that judges."""

import numpy as np
import pytest

from interp_core.stats import auc_difference_interval, planned_auc_difference_low


@pytest.mark.parametrize("alpha", [0.025, 0.025 / 3])
@pytest.mark.parametrize(("n", "within"), [(32, 0.015), (64, 0.006)])
@pytest.mark.parametrize("apart", [(1.0, 0.3), (2.0, 0.5), (3.0, 1.0)])
def test_it_is_the_end_of_the_interval(alpha, n, within, apart):
    rng = np.random.default_rng(0)
    for _ in range(3):
        sides = [rng.normal(mean, 1, n) for mean in (apart[0], 0, apart[1], 0)]
        found = auc_difference_interval(*sides, rng=np.random.default_rng(1), alpha=alpha)
        assert planned_auc_difference_low(*sides, alpha=alpha) == pytest.approx(found.low, abs=within)


def test_groups_of_two_sizes_and_clean_scores():
    """Both areas at 1.00 leave the unseen item alone to give the end."""
    first, second = np.arange(40.0), np.arange(40.0, 100.0)
    sides = (second, first, second, first)
    found = auc_difference_interval(*sides, rng=np.random.default_rng(1))
    assert planned_auc_difference_low(*sides) == pytest.approx(found.low, abs=0.03)
    assert found.low < 0
