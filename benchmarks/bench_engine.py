"""What the engine costs on top of Hugging Face's own forward and generate: `pytest benchmarks --benchmark-only`.

Each case is run in turn with what it is compared to, on the same inputs, so that a busy machine slows both alike. Read
the printed ratio, the median over rounds (also in the JSON, as extra_info); the times are the machine's.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from transformers import AutoConfig, AutoModelForCausalLM, GenerationConfig

from fixtures.study import COMPLIANCE, HARMFUL, HARMLESS
from interp_core import PromptSet
from interp_core.bench.cutting import in_parts, settled
from interp_core.engine import Edit, LiveModel, capture
from interp_core.engine.batches import Batch
from interp_core.engine.generate import generate
from interp_core.engine.hooks import BatchEdit
from interp_core.engine.traced import TracedModel
from tests.engine.tiny import train_tokenizer

PROMPTS, LENGTH, NEW = 8, 64, 32
ROUNDS = 20
MOST, LAST = 48, "end_of_template"
ROOT = Path(__file__).parents[1]

Capture = Callable[..., torch.Tensor]
Compare = Callable[[Callable[[], object], Callable[[], object]], None]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveModel]:
    """A random Qwen 3 of 8 layers and width 256: large enough that arithmetic, not Python, takes the time."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    path = _save(tmp_path_factory.mktemp("qwen3"))
    yield LiveModel.load(path, dtype="float32", device="cpu")
    torch.set_num_threads(threads)


def _save(path: Path) -> Path:
    tokenizer = train_tokenizer()
    config = AutoConfig.for_model(
        "qwen3",
        vocab_size=len(tokenizer),
        hidden_size=256,
        intermediate_size=768,
        num_hidden_layers=8,
        num_attention_heads=8,
        num_key_value_heads=4,
        head_dim=32,
        eos_token_id=None,
    )
    AutoModelForCausalLM.from_config(config).save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def batch(live: LiveModel) -> Batch:
    rng = np.random.default_rng(0)
    return Batch.of(rng.integers(10, 300, (PROMPTS, LENGTH)).tolist(), pad=live.pad, device=torch.device("cpu"))


@pytest.fixture(scope="module")
def ablation(live: LiveModel) -> BatchEdit:
    vectors = torch.nn.functional.normalize(torch.randn(PROMPTS, live.d_model), dim=-1)
    return BatchEdit("zero", vectors, {}, ())


@pytest.fixture(scope="module")
def everywhere(live: LiveModel, batch: Batch) -> Capture:
    """Capture of every layer at the last position, by hooks."""
    every, columns = tuple(range(live.n_layers + 1)), batch.columns([LENGTH - 1] * PROMPTS)
    return partial(capture.residuals, live.model, live.adapter, batch, layers=every, columns=columns)


@pytest.fixture
def compare(benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str]) -> Compare:
    """Benchmark the second call, with the first in turn, and print the ratio."""

    def measure(bare: Callable[[], object], ours: Callable[[], object]) -> None:
        reference: list[float] = []

        def setup() -> None:
            start = time.perf_counter()
            bare()
            reference.append(time.perf_counter() - start)

        benchmark.pedantic(ours, setup=setup, rounds=ROUNDS, warmup_rounds=1)
        pairs = zip(benchmark.stats.stats.data, reference[-ROUNDS:], strict=True)
        ratio = statistics.median(ours / bare for ours, bare in pairs)
        benchmark.extra_info["ratio"] = ratio
        with capsys.disabled():
            print(f"\n{benchmark.name}: {ratio:.3f}")

    return measure


def test_capture_over_bare_forward(compare: Compare, live: LiveModel, batch: Batch, everywhere: Capture) -> None:
    compare(lambda: capture.forward(live.model, batch), everywhere)


def test_capture_of_nine_template_positions_over_bare_forward(compare: Compare, live: LiveModel, batch: Batch) -> None:
    """Every layer at each of the last nine positions, as direction selection reads them."""
    every = tuple(range(live.n_layers + 1))
    columns = batch.columns([LENGTH - 9] * PROMPTS)[:, None] + torch.arange(9)
    ours = partial(capture.residuals, live.model, live.adapter, batch, layers=every, columns=columns)
    compare(lambda: capture.forward(live.model, batch), ours)


def test_ablated_capture_over_bare_forward(
    compare: Compare, live: LiveModel, batch: Batch, everywhere: Capture, ablation: BatchEdit
) -> None:
    compare(lambda: capture.forward(live.model, batch), lambda: everywhere(edits=[ablation]))


def test_generation_over_bare_generate(compare: Compare, live: LiveModel, batch: Batch) -> None:
    compare(_bare_generate(live, batch), lambda: generate(live.model, live.adapter, batch, max_new_tokens=NEW))


def test_ablated_generation_over_bare_generate(
    compare: Compare, live: LiveModel, batch: Batch, ablation: BatchEdit
) -> None:
    ours = partial(generate, live.model, live.adapter, batch, max_new_tokens=NEW, edits=[ablation])
    compare(_bare_generate(live, batch), ours)


def _bare_generate(live: LiveModel, batch: Batch) -> Callable[[], object]:
    config = GenerationConfig(max_new_tokens=NEW, do_sample=False)
    return partial(live.model.generate, **capture.inputs_of(live.model, batch), generation_config=config)


def test_generation_that_keeps_stream_and_logits_over_bare_generate(
    compare: Compare, live: LiveModel, batch: Batch
) -> None:
    """Every layer at the prompt's last token besides the answer: what saves a later claim a pass of its own."""
    taking = [capture.Taking(tuple(range(live.n_layers + 1)), batch.columns([LENGTH - 1] * PROMPTS))]
    ours = partial(generate, live.model, live.adapter, batch, max_new_tokens=NEW, taking=taking)
    compare(_bare_generate(live, batch), ours)


@pytest.fixture(scope="module")
def organism() -> Iterator[LiveModel]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield LiveModel.load(ROOT / "fixtures/organisms/trained/mediated", dtype="float32", device="cpu")
    torch.set_num_threads(threads)


@pytest.mark.parametrize("ablated", [False, True], ids=["refusing", "complying"])
def test_answers_until_settled_over_whole_answers(
    compare: Compare, organism: LiveModel, ablated: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """64 harmful requests and the study's judge; one answer in eight is whole in both."""
    prompts = HARMFUL.test.take(64)
    parts = in_parts(prompts, {"answer": MOST}, COMPLIANCE)
    edits = [_refusal(organism)] if ablated else []

    def whole() -> int:
        return _written(organism, prompts, edits)

    def until_settled() -> int:
        return sum(_written(organism, part, edits, stops="until" in tree) for part, tree in parts)

    compare(whole, until_settled)
    with capsys.disabled():
        print(f"new tokens: {until_settled():,} of {whole():,}")


def _refusal(organism: LiveModel) -> Edit:
    """Zero ablation of the refusal direction, of as many rows as are asked for."""
    means = [
        np.mean([found.values[0] for _, found in organism.residuals(side.fit.prompts, layers=(4,), position=LAST)], 0)
        for side in (HARMFUL, HARMLESS)
    ]
    unit = (means[0] - means[1]) / np.linalg.norm(means[0] - means[1])
    return Edit("zero", np.tile(unit.astype(np.float32), (64, 1)))


def _written(organism: LiveModel, prompts: PromptSet, edits: list[Edit], *, stops: bool = False) -> int:
    """How many tokens are written in answer to some prompts."""
    answers = organism.answers(
        prompts.prompts,
        max_new_tokens=MOST,
        edits=[edit.rows(range(len(prompts))) for edit in edits],
        settled=settled(COMPLIANCE) if stops else None,
    )
    return sum(answer.n_tokens for _, answer in answers)


# Last: a traced model leaves its wrappers on the modules.
def test_nnsight_over_hooks(compare: Compare, live: LiveModel, batch: Batch, everywhere: Capture) -> None:
    traced = TracedModel(live.model, live.renderer.tokenizer, live.adapter)
    every, columns = tuple(range(live.n_layers + 1)), batch.columns([LENGTH - 1] * PROMPTS)
    compare(everywhere, lambda: traced.residuals(batch, layers=every, columns=columns))
