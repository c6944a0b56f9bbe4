"""Identity: canonical JSON, SHA-256 digests, and where in the user's files a recipe was built."""

import hashlib
import json
import os
import sys
import sysconfig
import types
from pathlib import Path
from typing import Any

Tree = Any  # JSON: dict, list, str, int, float, bool or None

_PACKAGE = Path(__file__).parent.parent
_INSTALLED = {sysconfig.get_paths()[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")}
_FOLDERS = {*_INSTALLED, str(_PACKAGE), str(_PACKAGE.resolve())}
# with a separator at the end, so that a folder "interp_core_study" beside this package is the user's
_LIBRARIES = tuple(folder + os.sep for folder in sorted(_FOLDERS))


def canonical(tree: Tree) -> str:
    """The one JSON text of a tree: keys sorted, no white space, NaN refused."""
    return json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def digest(tree: Tree) -> str:
    """SHA-256 of the canonical JSON of `tree`, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(tree).encode()).hexdigest()


def seed_from(*parts: str) -> int:
    """A 64-bit seed that depends on `parts` alone, the same on every machine and in every run."""
    return int.from_bytes(hashlib.sha256("\0".join(parts).encode()).digest()[:8], "big")


def is_library(path: str) -> bool:
    """Whether a source file belongs to this package, the standard library or an installed one."""
    return path.startswith((*_LIBRARIES, "<frozen "))


def caller() -> str:
    """The innermost line outside this package and the libraries, as "path:line"; "" where there is none."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        path = frame.f_code.co_filename
        if not is_library(path) and not path.startswith("<"):
            return f"{_relative(path)}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


def _relative(path: str) -> str:
    try:
        return str(Path(path).resolve().relative_to(Path.cwd()))
    except ValueError:
        return path
