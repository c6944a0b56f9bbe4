"""Benches: where the numbers of a measurement come from, a live model behind a store or a recording."""

from interp_core.bench.live import LiveBench
from interp_core.bench.recorded import RecordedBench
from interp_core.bench.two_models import TwoModelBench
from interp_core.bench.values import Bench

__all__ = [
    "Bench",
    "LiveBench",
    "RecordedBench",
    "TwoModelBench",
]
