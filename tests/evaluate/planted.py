"""A bench whose truth is planted, and the claims that are judged on it."""

from collections.abc import Callable

import numpy as np

from interp_core import Frame, FrameSet, Model, Site, difference_in_means, refusal_phrases
from interp_core.bench.values import Value
from interp_core.evaluate.evidence import gather
from interp_core.spec.claim import Claim
from interp_core.spec.model import Measurement
from interp_core.spec.prediction import Prediction
from interp_core.stats import Verdict
from interp_core.store import Passes
from tests.evaluate.conftest import study

MODEL = Model("planted")
HARMFUL, HARMLESS = study("steal from", "harmful", 64), study("paint", "harmless", 64)
DIRECTION = difference_in_means(HARMFUL, HARMLESS, at=Site(layer=1), name="refusal")
FRAMES = FrameSet("tales", tuple(Frame(f"f{i}", f"Tale {i}: {{text}}") for i in range(8)))
JUDGE = refusal_phrases(["no"], name="phrases")
RUNS = 100
Draw = Callable[[Measurement], np.ndarray]


class PlantedBench:
    """Gives each arm the numbers that `draw` makes for it."""

    def __init__(self, draw: Draw, gap: float = 1.0) -> None:
        self.passes = Passes()
        self._draw = draw
        self._gap = gap

    def values(self, arm: Measurement) -> tuple[Value, ...]:
        numbers = self._draw(arm)
        return tuple(
            Value(p.id, p.request, p.frame, None if np.isnan(x) else float(x))
            for p, x in zip(arm.prompts, numbers, strict=True)
        )

    def gap(self, direction: object) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(0)
        return self._gap + 0.1 * rng.standard_normal(64), 0.1 * rng.standard_normal(64)

    def demands(self, arm: Measurement) -> frozenset[object]:
        return frozenset()

    def identity(self) -> dict[str, str]:
        return {}

    def close(self) -> None:
        pass


def claim(prediction: Prediction, **fields: object) -> Claim:
    about = {
        "id": "c",
        "statement": "It holds.",
        "baseline": "b",
        "kind": "correlational",
        "model": MODEL,
        "where": "t.py:1",
    }
    return Claim(**(about | {"predictions": (prediction,)} | fields))  # type: ignore[arg-type]


def wrong(prediction: Prediction, draws: Callable[[np.random.Generator], Draw], **fields: object) -> float:
    """How often a claim whose true effect is the margin itself comes out SUPPORTED."""
    found = [
        gather(prediction, claim(prediction, **fields), PlantedBench(draws(np.random.default_rng(seed))))
        for seed in range(RUNS)
    ]
    return sum(one.decision.verdict is Verdict.SUPPORTED for one in found) / RUNS


# With 100 runs, a method that errs .025 of the time shows more than .09 about once in 3,000 suites.
CEILING = 0.09
