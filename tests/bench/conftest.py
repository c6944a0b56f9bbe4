import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from interp_core import Model, PromptSet
from interp_core.bench import LiveBench
from interp_core.store import Hasher, Store

ORGANISMS = Path(__file__).parents[2] / "fixtures" / "organisms" / "trained"

Opener = Callable[..., LiveBench]


def study(verb: str, name: str, count: int = 8) -> PromptSet:
    """`count` requests in each split."""

    def part(split: str) -> PromptSet:
        texts = [f"Explain how to {verb} the {split} shed {i}." for i in range(count)]
        return PromptSet.from_texts(f"{name}-{split}", texts)

    return PromptSet.from_splits(name, fit=part("fit"), select=part("select"), test=part("test"))


@pytest.fixture
def harmful() -> PromptSet:
    return study("steal from", "harmful")


@pytest.fixture
def harmless() -> PromptSet:
    return study("paint", "harmless")


@pytest.fixture(scope="session")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds nothing but the check of the organism, made once for all tests."""
    root = tmp_path_factory.mktemp("checked") / "cache"
    bench = open_bench(root, ORGANISMS / "mediated", "float32")
    bench.fetcher.loaded(study("greet", "anyone", 4).test.prompts)
    bench.close()
    return root


@pytest.fixture
def opened(tmp_path: Path, checked: Path) -> Opener:
    """Opens a bench on an organism over one store; call it again for a new session."""
    root = Path(shutil.copytree(checked, tmp_path / "cache"))

    def opener(folder: Path = ORGANISMS / "mediated", *, dtype: str = "float32") -> LiveBench:
        return open_bench(root, folder, dtype)

    return opener


def open_bench(root: Path, folder: Path, dtype: str) -> LiveBench:
    files = Hasher(root / "hashes.jsonl").model_files(folder)
    model = Model(str(folder), "organism", None, dtype)
    return LiveBench(model, folder, files, Store(root), device="cpu", progress=lambda what, done, of: None)
