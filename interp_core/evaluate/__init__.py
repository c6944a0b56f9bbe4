"""Claims judged: a claim and a bench give a finding."""

from interp_core.evaluate.finding import Row, evaluate
from interp_core.evaluate.live import LiveBench
from interp_core.evaluate.recorded import RecordedBench
from interp_core.evaluate.values import Bench

__all__ = ["Bench", "LiveBench", "RecordedBench", "Row", "evaluate"]
