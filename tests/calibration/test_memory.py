"""Resampling in chunks: memory does not grow with draws times items."""

import subprocess
import sys

import pytest

MEMORY = """
import resource
import numpy as np
from interp_core.stats import paired_mean_interval
paired_mean_interval(np.random.default_rng(0).normal(size=100), rng=np.random.default_rng(1))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
x = np.random.default_rng(0).normal(size={n})
found = paired_mean_interval(x, rng=np.random.default_rng(1))
assert found.decides
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.slow
def test_a_hundred_thousand_items_stay_within_a_gibibyte():
    """About a minute: 9,999 resamples of 100,000 items, of which a few are in memory at a time."""
    assert _kibibytes(100_000) < 2**20


def test_memory_hardly_grows_with_the_number_of_items():
    assert _kibibytes(8_000) < 150 * 2**10


def _kibibytes(n: int) -> int:
    done = subprocess.run([sys.executable, "-c", MEMORY.format(n=n)], capture_output=True, text=True, check=True)
    return int(done.stdout)
