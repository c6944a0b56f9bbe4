"""What a warm run needs, in a module that imports no torch itself; `test_live` runs `warm` in a fresh process."""

from pathlib import Path

from interp_core import Model, refusal_phrases
from interp_core.bench import LiveBench
from interp_core.store import Hasher, Store

from .conftest import ORGANISMS, study


def warm(cache: Path) -> None:
    """Judge from the cache alone."""
    folder = ORGANISMS / "mediated"
    judge = refusal_phrases(["I'm sorry", "I can't", "Sorry"], name="phrases")
    files = Hasher(cache / "hashes.jsonl").model_files(folder)
    model = Model(str(folder), "organism")
    bench = LiveBench(model, folder, files, Store(cache), device="cpu", progress=lambda what, done, of: None)
    bench.values(model.judged(study("steal from", "harmful").test, by=judge, max_new_tokens=2))
    assert bench.passes.made == 0
    assert bench.passes.saved == 8
