"""Claims judged: a claim and a bench give a finding."""

from interp_core.evaluate.across import adjusted, families, over_models
from interp_core.evaluate.finding import Row, evaluate
from interp_core.evaluate.live import LiveBench
from interp_core.evaluate.look import look
from interp_core.evaluate.reader import Reader
from interp_core.evaluate.recorded import RecordedBench
from interp_core.evaluate.registration import registered
from interp_core.evaluate.two_models import TwoModelBench
from interp_core.evaluate.values import Bench

__all__ = [
    "Bench",
    "LiveBench",
    "Reader",
    "RecordedBench",
    "Row",
    "TwoModelBench",
    "adjusted",
    "evaluate",
    "families",
    "look",
    "over_models",
    "registered",
]
