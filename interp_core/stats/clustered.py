"""One random factor with several items in each level: requests of one topic, paraphrases of one request."""

from collections.abc import Hashable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from interp_core.stats._values import Bounds, check_alpha, finite, within
from interp_core.stats.interval import Design, Interval
from interp_core.stats.paired import paired_mean_interval


def clustered_mean_interval(
    values: ArrayLike,
    clusters: Sequence[Hashable],
    *,
    rng: np.random.Generator,
    alpha: float = 0.025,
    bounds: Bounds | None = None,
    margin: float | None = None,
) -> Interval:
    """Interval for the mean of paired differences that come in clusters.

    The default interval of one number per cluster: its mean difference plus its share in the linearised mean over
    items [1]_, which resamples whole clusters. With bounds each cluster counts alike, whatever its size, so that a
    method valid at every n applies.

    Parameters
    ----------
    values : treatment minus baseline, shape [n].
    clusters : the cluster of each.
    rng : where bootstrap draws come from.
    alpha : error of each tail.
    bounds : smallest and largest possible difference, where there are such.
    margin : the claim's margin; see `paired_mean_interval`.

    Returns
    -------
    Interval : with its `design`; `n` counts clusters.

    Raises
    ------
    ValueError : lengths differ, a value is not finite or outside `bounds`, or `alpha` outside (0, .5).

    References
    ----------
    .. [1] Liang and Zeger (1986), Biometrika 73, 13-22.
    """
    check_alpha(alpha)
    x = finite(values, "values")
    if len(x) != len(clusters):
        raise ValueError(f"{len(x)} values and {len(clusters)} clusters: one of each per item is needed.")
    if bounds is not None:
        within(x, bounds, "values")
    order = {label: i for i, label in enumerate(dict.fromkeys(clusters))}
    index = np.array([order[label] for label in clusters])
    sizes, sums = np.bincount(index), np.bincount(index, x)
    linearised = x.mean() + (sums - x.mean() * sizes) / sizes.mean()
    units = linearised if bounds is None else np.clip(sums / sizes, *bounds)
    found = paired_mean_interval(units, rng=rng, alpha=alpha, bounds=bounds, margin=margin)
    if bounds is not None and len(set(sizes.tolist())) > 1:
        found = found.noted("clusters differ in size; each counts alike")
    n, k = len(x), len(sizes)
    alone = float(x.var(ddof=1)) / n if n > 1 else 0.0
    spread = float(units.var(ddof=1)) / k if k > 1 else alone
    effect = spread / alone if alone > 0 and spread > 0 else 1.0
    return replace(found.noted(f"{n} items in {k} clusters"), design=Design(n, {"cluster": k}, effect, n / effect))
