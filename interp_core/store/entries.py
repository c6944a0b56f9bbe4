"""Values on disk, one file each, addressed by everything that the researcher chose.

An entry's key is the digest of named components (prompt, weights, template, ...). Entries that differ in content but
stand for the same thing (the same prompt id, measured the same way on a model of the same name) share a slot, a
folder; so when a key misses, the entries beside it tell which component changed.
"""

import hashlib
import json
import os
import tempfile
from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from interp_core.errors import StoreError
from interp_core.spec.identity import digest

Components = Mapping[str, str]
Arrays = dict[str, NDArray[Any]]
NAMED = 3  # prompts that changed, of which a report gives the name


@dataclass(frozen=True)
class Address:
    """Where a value lives: the slot it stands in, and the components that its content depends on."""

    slot: str
    components: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, slot: Any, components: Components) -> "Address":
        """The address of `components` (name -> digest) in the slot of `slot` (any JSON)."""
        return cls(digest(slot), tuple(sorted(components.items())))

    @property
    def key(self) -> str:
        """The digest of all components."""
        return digest(list(self.components))

    @property
    def pair(self) -> str:
        """The digest of all components but the quantity: what one pass through the model is made of."""
        return digest([component for component in self.components if component[0] != "quantity"])


@dataclass(frozen=True)
class Entry:
    """A stored value: arrays, and JSON about them (rendered text, counts, provenance)."""

    arrays: Arrays
    info: dict[str, Any]


@dataclass
class Passes:
    """What a run asked of the store: passes saved, passes made, and why each one was made.

    Attributes
    ----------
    saved, made : values that were at hand, and passes that were made, one a prompt.
    reasons : why values were not at hand.
    tokens, seconds : of the passes made.
    pairs : how many of the passes were the first, in this process, of their (prompt, intervention) pair.
    repeats : the other passes, by what they were made for: something that no earlier pass of the pair had kept.
    spared : tokens that were not generated because the judge's decision was settled, counted up to the most new
        tokens: an upper bound, since an answer might have ended by itself.
    changed : how many of the values that were not at hand belong to a prompt that changed, by the prompt's name.
    """

    saved: int = 0
    made: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    tokens: int = 0
    seconds: float = 0.0
    pairs: int = 0
    repeats: Counter[str] = field(default_factory=Counter)
    spared: int = 0
    changed: Counter[str] = field(default_factory=Counter)

    def since(self, earlier: "Passes") -> "Passes":
        """What was added after `earlier` was copied."""
        return Passes(
            self.saved - earlier.saved,
            self.made - earlier.made,
            self.reasons - earlier.reasons,
            self.tokens - earlier.tokens,
            self.seconds - earlier.seconds,
            self.pairs - earlier.pairs,
            self.repeats - earlier.repeats,
            self.spared - earlier.spared,
            self.changed - earlier.changed,
        )

    def copy(self) -> "Passes":
        """The counts as they stand."""
        return deepcopy(self)

    def add(self, other: Mapping[str, Any]) -> None:
        """Count what another process reports in `tree` form."""
        self.saved += other["saved"]
        self.made += other["made"]
        self.reasons.update(other["reasons"])
        self.tokens += other["tokens"]
        self.seconds += other["seconds"]
        self.pairs += other["pairs"]
        self.repeats.update(other["repeats"])
        self.spared += other["spared"]
        self.changed.update(other["changed"])

    def tree(self) -> dict[str, Any]:
        """As JSON; of the prompts that changed, the first names."""
        return {
            "made": self.made,
            "saved": self.saved,
            "reasons": dict(sorted(self.reasons.items())),
            "tokens": self.tokens,
            "seconds": round(self.seconds, 3),
            "pairs": self.pairs,
            "repeats": dict(sorted(self.repeats.items())),
            "spared": self.spared,
            "changed": sorted(self.changed)[:NAMED],
        }


class Store:
    """Content-addressed values under one folder; safe for several processes at once.

    Writes are atomic: a file appears whole or not at all. A damaged entry (cut off, edited, wrong checksum) is
    dropped and reported as missing, so that it is computed again.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.counts = Passes()
        self._passed: set[str] = set()
        try:
            root.mkdir(parents=True, exist_ok=True)
            ignore = root / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n", encoding="utf-8")
        except OSError as error:
            raise _unwritable(root, error) from None

    def has(self, address: Address) -> bool:
        """Whether a file stands at `address`; it may still turn out to be damaged."""
        return self._path(address).is_file()

    def get(self, address: Address, *, prompt: str = "") -> Entry | None:
        """The entry at `address`, or None. Counts a saved pass, or the reason why one has to be made.

        `prompt` is the name of the prompt that the value is of.
        """
        path = self._path(address)
        data = _bytes(path)
        entry = None if data is None else _parse(data)
        if entry is not None:
            self.counts.saved += 1
        elif data is None:
            changed = _why_missing(address, path)
            self.counts.reasons[_words(changed)] += 1
            if changed and "prompt" in changed and prompt:
                self.counts.changed[prompt] += 1
        else:
            self.counts.reasons["damaged entry"] += 1
            path.unlink(missing_ok=True)
        return entry

    def peek(self, address: Address) -> Entry | None:
        """The entry at `address`, or None, without counting."""
        data = _bytes(self._path(address))
        return None if data is None else _parse(data)

    def put(
        self, address: Address, arrays: Arrays, info: Mapping[str, Any], *, tokens: int | None, what: str = ""
    ) -> None:
        """Store a value that took one pass over `tokens` tokens; None where it took no pass that counts.

        `what` says in words what it is, should the pass be another one of its pair.

        Raises
        ------
        StoreError : the folder cannot be written, or the disk is full.
        """
        path = self._path(address)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, arrays, {**info, "components": dict(address.components)})
        except OSError as error:
            raise _unwritable(self.root, error) from None
        if tokens is not None:
            self._count(address, tokens, what)

    def _count(self, address: Address, tokens: int, what: str) -> None:
        counts, pair = self.counts, address.pair
        counts.made += 1
        counts.tokens += tokens
        if pair in self._passed:
            counts.repeats[what] += 1
        else:
            self._passed.add(pair)
            counts.pairs += 1

    def _path(self, address: Address) -> Path:
        return self.root / address.slot[:2] / address.slot[:32] / f"{address.key[:48]}.safetensors"


def _unwritable(root: Path, error: OSError) -> StoreError:
    return StoreError(f"the cache folder {root} cannot be written ({error}). Name another: --claims-cache DIR.")


def _why_missing(address: Address, path: Path) -> list[str] | None:
    """Which components changed since the newest value in the same slot; None where it holds none."""
    for sibling in sorted(path.parent.glob("*.safetensors"), key=_age):
        data = _bytes(sibling)
        entry = None if data is None else _parse(data)
        if entry is not None:
            return _difference(entry.info["components"], dict(address.components))
    return None


def _words(changed: list[str] | None) -> str:
    return "new" if changed is None else f"{', '.join(changed)} changed"


def _age(path: Path) -> int:
    try:
        return -path.stat().st_mtime_ns
    except OSError:  # another process has just dropped it
        return 0


def _difference(old: Components, new: Components) -> list[str]:
    return sorted(name for name in {*old, *new} if old.get(name) != new.get(name))


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _parse(data: bytes) -> Entry | None:
    """The entry, or None where a single bit is not as it was written."""
    try:
        metadata = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
        text, checksum = metadata["info"], metadata["checksum"]
        arrays = load(data)
        info: dict[str, Any] = json.loads(text)
    except (ValueError, KeyError, TypeError, SafetensorError):
        return None
    return Entry(arrays, info) if checksum == _checksum(arrays, text) else None


def _write(path: Path, arrays: Arrays, info: Mapping[str, Any]) -> None:
    text = json.dumps(info, sort_keys=True)
    arrays = {name: np.asarray(array, order="C") for name, array in arrays.items()}  # save() mistakes views
    data = save(arrays, metadata={"info": text, "checksum": _checksum(arrays, text)})
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _checksum(arrays: Arrays, text: str) -> str:
    hasher = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        array = arrays[name]
        hasher.update(f"\0{name}\0{array.dtype.str}\0{array.shape}\0".encode())
        hasher.update(array.tobytes())
    return hasher.hexdigest()
