"""Every kind of prediction at its margin: how often a verdict that must be wrong is given all the same.

The true effect is the margin, so SUPPORTED and REFUTED are both wrong. Effects are moved so that the margin is 1: then
no verdict of the other sign is mixed in.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from interp_core.stats import (
    Interval,
    JudgeCounts,
    Verdict,
    auc_difference_interval,
    auc_interval,
    bounded_mean_interval,
    carry_calibration,
    clustered_mean_interval,
    confirmed_interval,
    corrected_difference_interval,
    corrected_differences,
    decide,
    decide_equivalence,
    median_interval,
    paired_binary_interval,
    paired_mean_interval,
    pooled_interval,
    pooled_matrix,
    prediction_powered_interval,
    selected_interval,
    spearman_interval,
    t_interval,
    trend_interval,
    trimmed_mean_interval,
    unpaired_mean_interval,
)

Experiment = Callable[[np.random.Generator, float], Interval]


@dataclass(frozen=True)
class Kind:
    """A kind of prediction under one way of making data: an experiment (generator, alpha) and its true effect."""

    name: str
    data: str
    truth: float
    run: Experiment


@dataclass(frozen=True)
class Rates:
    """Shares of wrong verdicts at the margin, and of samples in which no verdict may be read at all."""

    supported: float
    refuted: float
    withheld: float

    @property
    def worst(self) -> float:
        return max(self.supported, self.refuted)


def rates(kind: Kind, *, seed: int, samples: int, alpha: float, equivalence: bool = False) -> Rates:
    rng = np.random.default_rng(seed)
    found = [kind.run(rng, alpha).scaled(1.0, offset=1.0 - kind.truth) for _ in range(samples)]
    # with a few more draws a bound near the margin would be told from it: what is read is the bound itself
    found = [replace(interval, monte_carlo=(0.0, 0.0)) for interval in found]
    judged = [_judge(interval, equivalence) for interval in found]
    counts = [sum(verdict is wanted for verdict in judged) for wanted in (Verdict.SUPPORTED, Verdict.REFUTED)]
    return Rates(counts[0] / samples, counts[1] / samples, float(np.mean([not i.decides for i in found])))


def _judge(interval: Interval, equivalence: bool) -> Verdict:
    if equivalence:
        return decide_equivalence(interval, within=1.0).verdict
    return decide(interval, margin=1.0, direction="higher").verdict


def auc(area: float, n: int, shape: str) -> Kind:
    def run(rng: np.random.Generator, alpha: float) -> Interval:
        if shape == "normal":
            return auc_interval(rng.normal(stats.norm.ppf(area) * 2**0.5, 1, n), rng.normal(size=n), alpha=alpha)
        if shape == "spread 3":
            shift = stats.norm.ppf(area) * 10**0.5
            return auc_interval(rng.normal(shift, 3, n), rng.normal(size=n), alpha=alpha)
        return auc_interval(np.where(rng.random(n) < area, 9.0, -9.0), rng.normal(size=n), alpha=alpha)

    return Kind("AUC", f"{area}, n = {n}, {shape}", area, run)


def auc_difference(first: float, second: float, n: int) -> Kind:
    """Two normal scores of the same items, correlated .5."""
    shifts = stats.norm.ppf([first, second]) * 2**0.5

    def run(rng: np.random.Generator, alpha: float) -> Interval:
        a = rng.normal(size=(2, n))
        b = 0.5 * a + 0.75**0.5 * rng.normal(size=(2, n))
        return auc_difference_interval(a[0] + shifts[0], a[1], b[0] + shifts[1], b[1], rng=rng, alpha=alpha)

    return Kind("AUC difference", f"{first} and {second}, n = {n}", first - second, run)


def auc_failures(share: float, n: int) -> Kind:
    """A perfect score against one that puts a share of the positives below all negatives."""

    def run(rng: np.random.Generator, alpha: float) -> Interval:
        x, y = rng.normal(9, 0.1, n), rng.normal(0, 0.1, n)
        return auc_difference_interval(x, y, np.where(rng.random(n) < share, -9.0, x), y, rng=rng, alpha=alpha)

    return Kind("AUC difference", f"1 and {1 - share}, n = {n}", share, run)


def spearman(rho: float, n: int) -> Kind:
    def run(rng: np.random.Generator, alpha: float) -> Interval:
        x, e = rng.normal(size=(2, n))
        return spearman_interval(x, rho * x + np.sqrt(1 - rho**2) * e, alpha=alpha)

    return Kind("Spearman", f"normal, rho {rho}, n = {n}", float(6 / np.pi * np.arcsin(rho / 2)), run)


def spearman_broken(share: float, n: int) -> Kind:
    """A perfect order but for a share of items that have none."""

    def run(rng: np.random.Generator, alpha: float) -> Interval:
        x, e = rng.random(size=(2, n))
        return spearman_interval(x, np.where(rng.random(n) < share, e, x), alpha=alpha)

    return Kind("Spearman", f"{share:.0%} out of order, n = {n}", 1 - share, run)


def spearman_heavy(n: int) -> Kind:
    """Both values divided by a common chi: a t copula. Its correlation was simulated from 4,000,000 pairs."""

    def run(rng: np.random.Generator, alpha: float) -> Interval:
        x, e = rng.normal(size=(2, n))
        scale = np.sqrt(rng.chisquare(3, n) / 3)
        return spearman_interval(x / scale, (0.6 * x + 0.8 * e) / scale, alpha=alpha)

    return Kind("Spearman", f"t copula, n = {n}", SPEARMAN_OF_T, run)


SPEARMAN_OF_T = 0.562


def trend(skewed: bool, n: int) -> Kind:
    """Five doses; requests differ in level and, if skewed, exponentially in slope. The rise from end to end is 1."""

    def run(rng: np.random.Generator, alpha: float) -> Interval:
        slopes = rng.exponential(0.25, (n, 1)) if skewed else np.full((n, 1), 0.25)
        table = rng.normal(0, 3, (n, 1)) + slopes * np.arange(5) + 0.5 * rng.normal(size=(n, 5))
        return trend_interval(table, np.arange(5.0), rng=rng, alpha=alpha)

    return Kind("trend", f"{'exponential' if skewed else 'equal'} slopes, n = {n}", 1.0, run)


def trend_rates(n: int) -> Kind:
    """Yes-or-no responses whose rate rises from .1 to .5 over five doses."""

    def run(rng: np.random.Generator, alpha: float) -> Interval:
        table = (rng.random((n, 5)) < 0.1 * np.arange(1, 6)) * 1.0
        return trend_interval(table, np.arange(5.0), rng=rng, alpha=alpha, bounds=(0.0, 1.0))

    return Kind("trend", f"rates .1 to .5, n = {n}", 0.4, run)


def judged(t: float, b: float, judge: tuple[float, float], labelled: int, n: int, design: str) -> Kind:
    """Answers of a judge with some sensitivity and specificity, calibrated on as many positives as negatives."""

    def run(rng: np.random.Generator, alpha: float) -> Interval:
        u = rng.random(n)
        truth = u < t, np.where(rng.random(n) < 0.5, u, rng.random(n)) < b
        x, y = (np.where(arm, rng.random(n) < judge[0], rng.random(n) >= judge[1]) * 1.0 for arm in truth)
        own, other = (
            JudgeCounts(labelled, int(right[0]), labelled, int(right[1]))
            for right in rng.binomial(labelled, judge, (2, 2))
        )
        if design == "own calibrations":
            return corrected_difference_interval(x, y, (own, other), rng=rng, alpha=alpha)
        if design == "one calibration":
            return corrected_difference_interval(x, y, own, rng=rng, alpha=alpha)
        values, bounds = corrected_differences(x, y, own)
        plain = paired_mean_interval(values, rng=rng, alpha=alpha, bounds=bounds)
        return carry_calibration(plain, x.mean(), y.mean(), own, rng=rng)

    data = f"{t} and {b}, judge {judge[0]}/{judge[1]} on {labelled}, n = {n}, {design}"
    return Kind("judge-corrected", data, t - b, run)


def powered(rate: float, wrong: float, labelled: int, n: int) -> Kind:
    def run(rng: np.random.Generator, alpha: float) -> Interval:
        truth = (rng.random(n) < rate) * 1.0
        answers = np.where(rng.random(n) < wrong, 1 - truth, truth)
        labels = np.where(np.arange(n) < labelled, truth, np.nan)
        return prediction_powered_interval(answers, labels, rng=rng, alpha=alpha, bounds=(0.0, 1.0))

    return Kind("prediction-powered", f"rate {rate}, judge wrong {wrong:.0%}, {labelled} of {n} labelled", rate, run)


def pooled(models: int, between: float, n: int, *, shared: bool) -> Kind:
    """Models whose effects differ by a normal sd of `between`, on shared requests or each on its own."""

    def run(rng: np.random.Generator, alpha: float) -> Interval:
        effects = 1 + between * rng.normal(size=(models, 1)) * (models >= 5)
        table = effects + rng.normal(size=(models, n))
        if shared:
            return pooled_matrix(table + rng.normal(size=(1, n)), rng=rng, alpha=alpha).interval
        return pooled_interval([t_interval(row, alpha=alpha) for row in table]).interval

    where = "same requests" if shared else "own requests"
    return Kind("pooled", f"{models} models, sd {between}, {where}, n = {n}", 1.0, run)


def located(name: str, n: int) -> Kind:
    """Trimmed mean and median of exponential differences; the trimmed mean's true value by quadrature."""

    def run(rng: np.random.Generator, alpha: float) -> Interval:
        x = rng.exponential(size=n)
        return median_interval(x, alpha=alpha) if name == "median" else trimmed_mean_interval(x, rng=rng, alpha=alpha)

    middle = stats.expon.expect(lambda x: x / 0.6, lb=stats.expon.ppf(0.2), ub=stats.expon.ppf(0.8))
    return Kind(name, f"exponential, n = {n}", float(np.log(2)) if name == "median" else float(middle), run)


def clustered(clusters: int) -> Kind:
    """Clusters of one to six items that share half of their variance."""

    def run(rng: np.random.Generator, alpha: float) -> Interval:
        labels = np.repeat(np.arange(clusters), rng.integers(1, 7, clusters))
        x = 1 + rng.normal(size=clusters)[labels] + rng.normal(size=len(labels))
        return clustered_mean_interval(x, labels.tolist(), rng=rng, alpha=alpha)

    return Kind("clustered", f"{clusters} clusters of 1 to 6", 1.0, run)


def selected(tried: int, n: int, *, alike: float, confirmed: bool = False) -> Kind:
    """The best of several configurations without any effect, correlated `alike`."""

    def run(rng: np.random.Generator, alpha: float) -> Interval:
        table = 1 + np.sqrt(alike) * rng.normal(size=(1, n)) + np.sqrt(1 - alike) * rng.normal(size=(tried, n))
        found = (confirmed_interval if confirmed else selected_interval)(table, rng=rng, alpha=alpha)
        return found.interval

    name = "best of k, confirmed on a half" if confirmed else "best of k, same data"
    return Kind(name, f"k = {tried}, correlated {alike}, n = {n}", 1.0, run)


def means(draw: Callable[[np.random.Generator], np.ndarray], data: str, truth: float) -> Kind:
    return Kind("mean", data, truth, lambda rng, alpha: paired_mean_interval(draw(rng), rng=rng, alpha=alpha))


def paired_rates(up: float, down: float, n: int) -> Kind:
    def run(rng: np.random.Generator, alpha: float) -> Interval:
        u = rng.random(n)
        return paired_binary_interval((u < up) * 1.0 - (u > 1 - down), alpha=alpha)

    return Kind("paired rates", f"flips {up:.0%}/{down:.0%}, n = {n}", up - down, run)


def scores(n: int) -> Kind:
    def run(rng: np.random.Generator, alpha: float) -> Interval:
        return bounded_mean_interval(rng.beta(8, 1, n), (0.0, 1.0), alpha=alpha)

    return Kind("bounded scores", f"Beta(8, 1), n = {n}", 8 / 9, run)


def two_samples(n: int) -> Kind:
    def run(rng: np.random.Generator, alpha: float) -> Interval:
        return unpaired_mean_interval(1 + rng.exponential(size=n), rng.exponential(size=n), rng=rng, alpha=alpha)

    return Kind("unpaired", f"exponential, n = {n} each", 1.0, run)


def everything() -> Iterator[Kind]:
    """All kinds that docs/calibration.md lists."""
    for n in (32, 64):
        yield means(lambda rng, n=n: rng.normal(0.5, 1, n), f"normal, n = {n}", 0.5)
        yield means(lambda rng, n=n: rng.exponential(size=n), f"exponential, n = {n}", 1.0)
        yield paired_rates(0.3, 0.05, n)
        yield paired_rates(0.1, 0.02, n)
        yield scores(n)
        yield two_samples(n)
        yield from (auc(area, n, "normal") for area in (0.75, 0.95))
        yield auc(0.95, n, "spread 3")
        yield auc(0.9, n, "a share of positives fails")
        yield auc_difference(0.9, 0.75, n)
        yield auc_failures(0.1, n)
        yield from (spearman(rho, n) for rho in (0.0, 0.6, 0.95))
        yield spearman_broken(0.1, n)
        yield spearman_heavy(n)
        yield from (trend(skewed, n) for skewed in (False, True))
        yield trend_rates(n)
        yield judged(0.9, 0.5, (0.95, 0.9), 100, n, "one calibration")
        yield judged(0.9, 0.5, (0.95, 0.9), 100, n, "own calibrations")
        yield judged(0.3, 0.1, (0.8, 0.95), 50, n, "by MOVER")
        yield powered(0.7, 0.1, n, 4 * n)
        yield from (pooled(8, sd, n, shared=True) for sd in (0.0, 1.0))
        yield from (pooled(8, sd, n, shared=False) for sd in (0.0, 1.0))
        yield pooled(3, 0.0, n, shared=True)
        yield located("trimmed mean", n)
        yield located("median", n)
        yield clustered(n)
    for tried in (5, 12, 24, 48):
        yield selected(tried, 64, alike=0.0)
        yield selected(tried, 64, alike=0.7)
        yield selected(tried, 64, alike=0.0, confirmed=True)
