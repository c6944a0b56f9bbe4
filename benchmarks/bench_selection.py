"""Direction selection against the straightforward sweep: `pytest benchmarks/bench_selection.py --benchmark-only`.

The reference is written from the description of Arditi et al. 2024 (section 2.3 and appendix C) and does what a first
implementation does: three scans over all candidates (ablation on harmful prompts, addition on harmless ones, KL on
harmless ones), each with full logits, its own baseline, and hooks installed anew for every pass. Same model, prompts,
batch of prompts, dtype and threads as ours. Both must choose the same winner with the same scores, to 1e-4.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from torch import Tensor

from fixtures.study import HARMFUL, HARMLESS, REFUSALS
from interp_core import select_direction
from interp_core.bench.selecting import INDUCE, KL, Table
from interp_core.engine import LiveModel
from interp_core.engine.batches import Batch
from interp_core.engine.capture import inputs_of
from interp_core.engine.hooks import last_position_only
from interp_core.engine.resume import resumed, streams
from interp_core.engine.sweep import Sweep, template_means

ORGANISM = Path(__file__).parents[1] / "fixtures" / "organisms" / "trained" / "mediated"
DIRECTION = select_direction(HARMFUL, HARMLESS, refusals=REFUSALS)
ROUNDS = 3
PROMPTS = 32  # of each side, as in the paper


@dataclass(frozen=True)
class Ideas:
    """Which of the ideas the reference is given, one at a time."""

    last_logits: bool = False
    one_baseline: bool = False
    discard: bool = False
    prefix: bool = False
    last_position: bool = False


@dataclass(frozen=True)
class Setting:
    """What both implementations are given: the candidates' vectors by layer and position, and the prompts."""

    live: LiveModel
    vectors: np.ndarray  # [position, layer, d_model]
    tokens: list[int]
    positions: tuple[str, ...]


@pytest.fixture(scope="module")
def setting() -> Iterator[Setting]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    live = LiveModel.load(ORGANISM, dtype="float32", device="cpu")
    rendered = live.renderer.render(HARMFUL.fit.prompts[:1])[0]
    count = rendered.end_of_template - rendered.end_of_instruction
    positions = (*(f"end_of_instruction+{k}" for k in range(1, count)), "end_of_template")
    means = [template_means(live, side.fit.prompts, positions) for side in (HARMFUL, HARMLESS)]
    tokens = live.renderer.first_tokens(REFUSALS, HARMLESS.select.prompts[0])
    yield Setting(live, (means[0] - means[1]).astype(np.float32), tokens, positions)
    torch.set_num_threads(threads)


Compare = Callable[[Callable[[], object], Callable[[], object]], None]


@pytest.fixture
def compare(benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str]) -> Compare:
    """Run two in turn, and print how many times less processor time the second takes: others use the machine, too."""
    times: dict[str, list[float]] = {"slow": [], "fast": []}

    def timed(name: str, run: Callable[[], object]) -> None:
        start = time.process_time()
        run()
        times[name].append(time.process_time() - start)

    def measure(slow: Callable[[], object], fast: Callable[[], object]) -> None:
        benchmark.pedantic(lambda: timed("fast", fast), setup=lambda: timed("slow", slow), rounds=ROUNDS)
        ratio = statistics.median(a / b for a, b in zip(times["slow"], times["fast"], strict=True))
        benchmark.extra_info["speed-up"] = ratio
        with capsys.disabled():
            print(f"\n{benchmark.name}: {ratio:.2f} times faster")

    return measure


class Reference:
    """Three scans, one candidate after the other."""

    def __init__(self, setting: Setting, ideas: Ideas) -> None:
        self.setting, self.ideas, self.live = setting, ideas, setting.live
        self.batches = {
            side: self.live.batch(self.live.renderer.render(prompts.select.take(PROMPTS).prompts))
            for side, prompts in (("harmful", HARMFUL), ("harmless", HARMLESS))
        }
        self.baselines: dict[str, Tensor] = {}
        self.below: dict[int, Tensor] = {}

    def run(self) -> dict[tuple[int, str], tuple[float, float, float]]:
        """Induced log-odds, divergence and bypass log-odds of every candidate that a filter did not reject before."""
        places = [(layer, at) for layer in range(self.live.n_layers) for at in range(len(self.setting.positions))]
        induced = {place: self.induced(*place) for place in places if not self.left_out(place)}
        kept = [p for p in induced if not self.ideas.discard or induced[p] > DIRECTION.induce_above]
        self.baseline("harmless")
        divergence = {place: self.divergence(*place) for place in kept}
        kept = [p for p in kept if not self.ideas.discard or divergence[p] < DIRECTION.kl_below]
        self.baseline("harmful")
        bypassed = {place: self.bypassed(*place) for place in kept}
        return {(layer, self.setting.positions[at]): (induced[layer, at], divergence[layer, at], bypassed[layer, at])
                for layer, at in bypassed}  # fmt: skip

    def left_out(self, place: tuple[int, int]) -> bool:
        layer, at = place
        cut = layer >= DIRECTION.layers_below * self.live.n_layers
        return self.ideas.discard and (cut or not self.setting.vectors[at, layer].any())

    def winner(self, scores: dict[tuple[int, str], tuple[float, float, float]]) -> tuple[int, str]:
        admissible = {
            place: bypass
            for place, (induced, kl, bypass) in scores.items()
            if induced > DIRECTION.induce_above
            and kl < DIRECTION.kl_below
            and place[0] < DIRECTION.layers_below * self.live.n_layers
        }
        return min(admissible, key=admissible.__getitem__)

    def induced(self, layer: int, at: int) -> float:
        vector = torch.from_numpy(self.setting.vectors[at, layer])
        batch = self.batches["harmless"]
        if self.ideas.prefix and not self.below:
            self.below = streams(self.live.model, self.live.adapter, batch, range(self.live.n_layers))[0]
        start = resumed(self.live.adapter, layer, self.below[layer]) if self.ideas.prefix else nullcontext()
        with start, ExitStack() as stack:
            change = lambda _, args: (args[0] + vector, *args[1:])  # noqa: E731
            stack.callback(self.live.adapter.layers[layer].register_forward_pre_hook(change).remove)
            return self.odds(self.logits(batch))

    def divergence(self, layer: int, at: int) -> float:
        after = self.ablated(layer, at, "harmless").double().log_softmax(-1)
        before = self.baseline("harmless").double().log_softmax(-1)
        return float((before.exp() * (before - after)).sum(-1).mean())

    def bypassed(self, layer: int, at: int) -> float:
        return self.odds(self.ablated(layer, at, "harmful"))

    def baseline(self, side: str) -> Tensor:
        if side not in self.baselines:
            self.baselines[side] = self.logits(self.batches[side])
            if not self.ideas.one_baseline:  # each scan takes its own
                self.logits(self.batches[side])
        return self.baselines[side]

    def ablated(self, layer: int, at: int, side: str) -> Tensor:
        vector = torch.from_numpy(self.setting.vectors[at, layer])
        unit = vector / (vector.norm() + 1e-8)

        def off(stream: Tensor) -> Tensor:
            return stream - (stream * unit).sum(-1, keepdim=True) * unit

        def after(_: object, __: object, output: Tensor | tuple[Tensor, ...]) -> Tensor | tuple[Tensor, ...]:
            return (off(output[0]), *output[1:]) if isinstance(output, tuple) else off(output)

        with ExitStack() as stack:
            for module, writes in zip(self.live.adapter.layers, self.live.adapter.writes, strict=True):
                before = lambda _, args: (off(args[0]), *args[1:])  # noqa: E731
                stack.callback(module.register_forward_pre_hook(before).remove)
                for write in writes:
                    stack.callback(write.register_forward_hook(after).remove)
            return self.logits(self.batches[side])

    def logits(self, batch: Batch) -> Tensor:
        kept = 1 if self.ideas.last_logits else 0  # 0 keeps every position
        only = last_position_only(self.live.adapter) if self.ideas.last_position else nullcontext()
        with torch.inference_mode(), only:
            output = self.live.model(**inputs_of(self.live.model, batch), logits_to_keep=kept, use_cache=False)
        return output.logits[:, -1]

    def odds(self, logits: Tensor) -> float:
        p = logits.double().softmax(-1)[:, self.setting.tokens].sum(-1)
        return float((p.log() - (1 - p).log()).mean())


def ours(setting: Setting) -> list[dict[str, object]]:
    """What `interp_core.bench.selecting` does, without the store."""
    harmful, harmless = (
        Sweep(setting.live, side.select.take(PROMPTS).prompts, setting.tokens) for side in (HARMFUL, HARMLESS)
    )
    table = Table(setting.positions, setting.vectors, DIRECTION.layers_below * setting.live.n_layers)
    table.reject(table.score("induced", harmless.added).mean(1) <= DIRECTION.induce_above, INDUCE)
    harmful.baseline(), harmless.baseline()
    table.reject(table.score("divergence", harmless.divergence).mean(1) >= DIRECTION.kl_below, KL)
    table.score("bypassed", harmful.ablated)
    return table.rows()


def test_the_sweep_finds_what_the_reference_finds(setting: Setting) -> None:
    reference = Reference(setting, Ideas())
    expected = reference.run()
    rows = ours(setting)
    assert (rows[0]["layer"], rows[0]["position"]) == reference.winner(expected)
    for row in rows:
        scores = expected[row["layer"], row["position"]]
        for name, score in zip(("induced", "divergence", "bypassed"), scores, strict=True):
            assert name not in row or abs(row[name] - score) < 1e-4, (row, name, score)


@pytest.mark.parametrize(
    "ideas",
    [
        Ideas(last_logits=True),
        Ideas(one_baseline=True),
        Ideas(discard=True),
        Ideas(prefix=True),
        Ideas(last_position=True),
        Ideas(True, True, True, True, True),
    ],
    ids=[
        "last-position logits",
        "one baseline",
        "cheapest filter first",
        "prefix reused",
        "last layer at the last position",
        "all of them",
    ],
)
def test_each_idea_alone(compare: Compare, setting: Setting, ideas: Ideas) -> None:
    compare(lambda: Reference(setting, Ideas()).run(), lambda: Reference(setting, ideas).run())


def test_several_candidates_in_a_batch(compare: Compare, setting: Setting) -> None:
    """Against our own sweep with one candidate in a batch."""

    def one_by_one() -> None:
        budget, setting.live.budget = setting.live.budget, PROMPTS * 30
        ours(setting)
        setting.live.budget = budget

    compare(one_by_one, lambda: ours(setting))


def test_the_whole_sweep(compare: Compare, setting: Setting) -> None:
    compare(lambda: Reference(setting, Ideas()).run(), lambda: ours(setting))
