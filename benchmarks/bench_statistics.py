"""What intervals cost: `pytest benchmarks/bench_statistics.py --benchmark-only`.

Each case is run in turn with what it is compared to, on the same inputs, so that a busy machine slows both alike. Read
the printed ratio, the median over rounds (also in the JSON, as extra_info); the times are the machine's.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from scipy import stats as scipy_stats

from interp_core.stats import (
    bounded_mean_interval,
    crossed_interval,
    decide,
    many_means_interval,
    paired_binary_interval,
    paired_mean_interval,
)
from interp_core.stats.binary import _buehler

OUTCOMES, N, ROUNDS = 64, 100, 5
CLAIMS = 500


def table(rows: int, n: int) -> np.ndarray:
    return np.random.default_rng(0).normal(0.4, 1, (rows, n))


def test_many_outcomes_over_scipys_vectorised_bca(
    benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    values, reference = table(OUTCOMES, N), []

    def theirs() -> None:
        start = time.perf_counter()
        scipy_stats.bootstrap((values,), np.mean, axis=1, vectorized=True, method="BCa", rng=np.random.default_rng(1))
        reference.append(time.perf_counter() - start)

    benchmark.pedantic(
        lambda: many_means_interval(values, rng=np.random.default_rng(1)), setup=theirs, rounds=ROUNDS, warmup_rounds=1
    )
    pairs = zip(benchmark.stats.stats.data, reference[-ROUNDS:], strict=True)
    ratio = statistics.median(bca / ours for ours, bca in pairs)
    benchmark.extra_info["ratio"] = ratio
    with capsys.disabled():
        print(f"\n{OUTCOMES} outcomes at n = {N}: {ratio:.1f} times faster than scipy's BCa")
    assert ratio >= 8


def crossed(seed: int) -> None:
    requests, frames = (index.ravel().tolist() for index in np.indices((128, 10)))
    values = np.random.default_rng(seed).normal(0.5, 1, 1280)
    found = crossed_interval(
        values, requests, frames, random={"request", "frame"}, rng=np.random.default_rng(seed), margin=0.25
    )
    decide(found, margin=0.25, direction="higher")


def paired(seed: int) -> None:
    values = np.random.default_rng(seed).normal(0.5, 1, 128)
    decide(paired_mean_interval(values, rng=np.random.default_rng(seed), margin=0.25), margin=0.25, direction="higher")


def rates(seed: int) -> None:
    rng = np.random.default_rng(seed)
    flips = (rng.random(128) < 0.6) * 1.0 - (rng.random(128) < 0.1)
    decide(paired_binary_interval(flips), margin=0.25, direction="higher")


def scores(seed: int) -> None:
    values = np.random.default_rng(seed).beta(6, 2, 128)
    decide(bounded_mean_interval(values, (-1.0, 1.0)), margin=0.25, direction="higher")


@pytest.mark.parametrize("claim", [paired, rates, scores, crossed])
def test_verdicts_from_measurements_at_hand(
    benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str], claim: Callable[[int], None]
) -> None:
    """128 requests, and ten frames where they are crossed: what one claim's statistics cost."""
    benchmark.pedantic(
        lambda: [claim(seed) for seed in range(20)], setup=_buehler.cache_clear, rounds=ROUNDS, warmup_rounds=1
    )
    each = benchmark.stats.stats.median / 20
    benchmark.extra_info["seconds_for_500_claims"] = CLAIMS * each
    with capsys.disabled():
        print(f"\n{claim.__name__}: {1e3 * each:.1f} ms a claim, {CLAIMS * each:.1f} s for {CLAIMS}")
