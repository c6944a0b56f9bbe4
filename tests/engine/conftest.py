"""Tiny models of every architecture, loaded once, and what must hold of them after every test."""

import hashlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
import torch

from interp_core.engine import LiveModel
from tests.engine.tiny import ARCHITECTURES, save_tiny


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a tiny model of an architecture."""
    return cache(lambda name: save_tiny(name, tmp_path_factory.mktemp(name)))


@pytest.fixture(scope="session")
def loaded(folder: Callable[[str], Path]) -> Callable[[str], LiveModel]:
    """A tiny model of an architecture, loaded in float32."""
    return cache(lambda name: LiveModel.load(folder(name), dtype="float32", device="cpu"))


@pytest.fixture(params=ARCHITECTURES)
def live(request: pytest.FixtureRequest, loaded: Callable[[str], LiveModel]) -> Iterator[LiveModel]:
    """Every architecture in turn; after the test its hooks, its modules' attributes and its weights are as before."""
    yield from _watched(loaded(request.param))


@pytest.fixture
def qwen(loaded: Callable[[str], LiveModel]) -> Iterator[LiveModel]:
    """A tiny Qwen 3, watched as `live` is."""
    yield from _watched(loaded("qwen3"))


def _watched(live: LiveModel) -> Iterator[LiveModel]:
    before = _fingerprint(live.model)
    yield live
    assert _fingerprint(live.model) == before, "a test left hooks, attributes or changed weights behind"


def _fingerprint(model: torch.nn.Module) -> tuple[object, ...]:
    hooks = tuple((len(m._forward_hooks), len(m._forward_pre_hooks), tuple(vars(m))) for m in model.modules())
    weights = b"".join(parameter.numpy().tobytes() for parameter in model.parameters())
    return (*hooks, hashlib.sha256(weights).hexdigest())
