"""One-way clusters, against statsmodels' clustered standard errors."""

import numpy as np
import pytest
import statsmodels.api as sm

from interp_core.stats import clustered_mean_interval, paired_mean_interval, t_interval


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def clustered(seed: int, sizes: list[int]) -> tuple[np.ndarray, list[int]]:
    g = rng(seed)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    return 1 + g.normal(size=len(sizes))[labels] + 0.5 * g.normal(size=len(labels)), labels.tolist()


def test_the_standard_error_is_statsmodels():
    x, labels = clustered(1, [2, 5, 3, 8] * 6)
    found = clustered_mean_interval(x, labels, rng=rng())
    fit = sm.OLS(x, np.ones(len(x))).fit(cov_type="cluster", cov_kwds={"groups": labels, "use_correction": False})
    k = len(set(labels))
    effect = fit.bse[0] ** 2 * k / (k - 1) / (x.var(ddof=1) / len(x))
    assert found.estimate == pytest.approx(x.mean())
    assert found.design.design_effect == pytest.approx(effect)
    assert found.design.effective_n == pytest.approx(len(x) / effect)
    assert f"{len(x)} items in 24 clusters" in found.notes


def test_equal_clusters_are_their_means():
    x, labels = clustered(2, [4] * 20)
    means = x.reshape(20, 4).mean(axis=1)
    found, alone = clustered_mean_interval(x, labels, rng=rng(3)), paired_mean_interval(means, rng=rng(3))
    assert (found.low, found.high) == pytest.approx((alone.low, alone.high))
    assert found.n == 20
    assert found.width > 1.5 * t_interval(x).width


def test_bounds_count_clusters_alike():
    x = np.repeat([1.0, 0.0, 1.0], [5, 1, 2])
    labels = list(range(18)) * 4
    flips = np.ones(72)
    found = clustered_mean_interval(flips, labels, rng=rng(), bounds=(-1.0, 1.0))
    assert found.decides
    assert found.n == 18
    x = np.repeat([1.0, 0.0, 1.0], [5, 1, 2])
    uneven = clustered_mean_interval(x, ["a", "a", "b", "b", "c", "d", "e", "f"], rng=rng(), bounds=(-1.0, 1.0))
    assert "clusters differ in size; each counts alike" in uneven.notes


def test_a_single_cluster_decides_nothing():
    found = clustered_mean_interval(rng(4).normal(size=50), ["a"] * 50, rng=rng())
    assert found.notes[0] == "n = 1 is too few to decide; 16 or more"
    assert "50 items in 1 clusters" in found.notes
    assert found.design.design_effect == 1.0


def test_odd_input_is_refused():
    with pytest.raises(ValueError, match="2 values and 1 clusters"):
        clustered_mean_interval([1.0, 2.0], ["a"], rng=rng())
    with pytest.raises(ValueError, match="outside its bounds"):
        clustered_mean_interval([1.0, 2.0], ["a", "b"], rng=rng(), bounds=(0.0, 1.0))
