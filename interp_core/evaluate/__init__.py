"""Claims judged: a claim and a bench give a finding."""

from interp_core.evaluate.across import adjusted, families, over_models
from interp_core.evaluate.finding import Row, evaluate
from interp_core.evaluate.look import look
from interp_core.evaluate.reader import Reader
from interp_core.evaluate.registration import registered

__all__ = [
    "Reader",
    "Row",
    "adjusted",
    "evaluate",
    "families",
    "look",
    "over_models",
    "registered",
]
