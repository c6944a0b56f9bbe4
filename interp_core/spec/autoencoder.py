"""Sparse autoencoders and their features as recipes: a file by its content, one feature of it, and others like it."""

import hashlib
import json
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from interp_core.errors import ClaimError, ModelError
from interp_core.spec.identity import Tree, caller
from interp_core.spec.prompts import PromptSet
from interp_core.spec.site import Site


@dataclass(frozen=True)
class Autoencoder:
    """A sparse autoencoder in a safetensors file.

    Attributes
    ----------
    path : where the file is; not part of its identity.
    sha256 : of the file.
    features, width : how many features it has, and how wide the stream is that it reads.
    centred : whether the decoder's bias is taken off before encoding.
    """

    path: Path = field(compare=False)
    sha256: str
    features: int
    width: int
    centred: bool

    def feature(self, index: int, *, at: Site) -> "Feature":
        """One of its features, read at a site.

        Raises
        ------
        ClaimError : it has no such feature.
        """
        if not 0 <= index < self.features:
            raise ClaimError(
                f"feature {index} is out of range: {self.path} has {self.features} features, counted from 0.",
                where=caller(),
            )
        return Feature(self, index, at)

    def design(self) -> Tree:
        """What a claim's design depends on: the file's content."""
        return {"autoencoder": self.sha256, "centred": self.centred}


@dataclass(frozen=True)
class Feature:
    """A feature of a sparse autoencoder, at a site: f = act(x . w_enc + b), written as f w_dec."""

    sae: Autoencoder
    index: int
    site: Site

    @property
    def name(self) -> str:
        """What a table calls it."""
        return f"feature {self.index}"

    @property
    def source(self) -> "Feature":
        """Itself."""
        return self

    def random(self, *, like: PromptSet, draws: int = 19) -> "RandomFeatures":
        """The sham: the `draws` other features that fire about as often and as strongly on `like`; see RandomFeatures.

        Raises
        ------
        ClaimError : no draws.
        """
        if draws < 1:
            raise ClaimError(f"random(draws={draws}) draws nothing. Write a number of features.", where=caller())
        return RandomFeatures(self, like, draws)

    def design(self) -> Tree:
        """What a claim's design depends on."""
        return {**self.sae.design(), "feature": self.index, "site": self.site.design()}


@dataclass(frozen=True)
class RandomFeatures:
    """Other features of the same autoencoder that stand in for one; each request meets one of them, by its id.

    They are the `draws` ones nearest to it in how often they fire on the prompts `like`, at the site, and in how much
    they then write (mean activation times the length of the decoder's row), both on a logarithmic scale. Features that
    never fire there are left out.
    """

    of: Feature
    like: PromptSet
    draws: int

    @property
    def name(self) -> str:
        """What a table calls it."""
        return f"another feature like {self.of.index} ({self.draws})"

    @property
    def source(self) -> Feature:
        """The feature that they stand in for."""
        return self.of

    def design(self) -> Tree:
        """What a claim's design depends on."""
        return {"random": self.of.design(), "like": self.like.design(), "draws": self.draws}


def sparse_autoencoder(path: Path | str, *, centred: bool | None = None) -> Autoencoder:
    """The autoencoder in a safetensors file with W_enc, W_dec and perhaps b_enc, b_dec and threshold (JumpReLU).

    Parameters
    ----------
    path : the file; it is hashed, and what depends on it is keyed by that.
    centred : whether b_dec is taken off before encoding; by default where there is no threshold.

    Raises
    ------
    ModelError : the file cannot be read, or lacks a matrix.
    """
    source = Path(path)
    shapes = _shapes(source)
    missing = [name for name in ("W_enc", "W_dec") if len(shapes.get(name, ())) != 2]
    if missing:
        raise ModelError(
            f"{source} has no matrix {missing[0]!r}; it holds: {', '.join(sorted(shapes))}. Rename its tensors to "
            "W_enc, b_enc, W_dec, b_dec and threshold.",
            where=caller(),
        )
    width, features = shapes["W_enc"]
    stat = source.stat()
    digest = _sha256(source, stat.st_size, stat.st_mtime_ns)
    return Autoencoder(source, digest, features, width, "threshold" not in shapes if centred is None else centred)


def _shapes(path: Path) -> dict[str, list[int]]:
    """The shapes of a safetensors file's tensors, read from its header alone."""
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            header: dict[str, Any] = json.loads(file.read(min(size, 2**26)))
        return {name: list(about["shape"]) for name, about in header.items() if name != "__metadata__"}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{path} is no safetensors file that can be read ({error}). Give the path of one.", where=caller()
        ) from None


@lru_cache(maxsize=64)
def _sha256(path: Path, _size: int, _changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
