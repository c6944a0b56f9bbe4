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

from interp_core.engine import LiveModel, capture
from interp_core.engine.batches import Batch
from interp_core.engine.generate import generate
from interp_core.engine.hooks import BatchEdit
from interp_core.engine.traced import TracedModel
from tests.engine.tiny import train_tokenizer

PROMPTS, LENGTH, NEW = 8, 64, 32
ROUNDS = 20

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


# Last: a traced model leaves its wrappers on the modules.
def test_nnsight_over_hooks(compare: Compare, live: LiveModel, batch: Batch, everywhere: Capture) -> None:
    traced = TracedModel(live.model, live.renderer.tokenizer, live.adapter)
    every, columns = tuple(range(live.n_layers + 1)), batch.columns([LENGTH - 1] * PROMPTS)
    compare(everywhere, lambda: traced.residuals(batch, layers=every, columns=columns))
