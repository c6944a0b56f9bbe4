"""Running models: the only place that knows torch, transformers and nnsight; it gives back numpy and plain Python."""

import os

# OpenMP's threads spin for work by default, which starves other processes on a shared machine; read at torch's import.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from interp_core.engine.live import LiveModel
from interp_core.engine.selfcheck import check_model
from interp_core.engine.values import Also, Answer, Edit, Gate, Kept, Logits, Place, Residual, TextScore

__all__ = [
    "Also",
    "Answer",
    "Edit",
    "Gate",
    "Kept",
    "LiveModel",
    "Logits",
    "Place",
    "Residual",
    "TextScore",
    "check_model",
]
