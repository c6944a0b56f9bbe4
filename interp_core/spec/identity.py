"""Identity: canonical JSON, SHA-256 digests, fingerprints of code, and where in the user's files a recipe was built."""

import hashlib
import inspect
import json
import sys
import sysconfig
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

Tree = Any  # JSON: dict, list, str, int, float, bool or None

_PACKAGE = str(Path(__file__).resolve().parent.parent)
_LIBRARIES = tuple({sysconfig.get_paths()[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")})


def canonical(tree: Tree) -> str:
    """The one JSON text of a tree: keys sorted, no white space, NaN refused."""
    return json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def digest(tree: Tree) -> str:
    """SHA-256 of the canonical JSON of `tree`, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(tree).encode()).hexdigest()


def seed_from(*parts: str) -> int:
    """A 64-bit seed that depends on `parts` alone, the same on every machine and in every run."""
    return int.from_bytes(hashlib.sha256("\0".join(parts).encode()).digest()[:8], "big")


def caller() -> str:
    """The innermost line outside this package and the libraries, as "path:line"; "" where there is none."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        path = frame.f_code.co_filename
        if not path.startswith((_PACKAGE, *_LIBRARIES)) and not path.startswith("<"):
            return f"{_relative(path)}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


def _relative(path: str) -> str:
    try:
        return str(Path(path).resolve().relative_to(Path.cwd()))
    except ValueError:
        return path


def code_fingerprint(function: Callable[..., Any]) -> Tree:
    """The source of `function` and of everything it reaches in the user's own files.

    Functions of installed libraries are named and not followed: their versions are in the run's environment. What
    cannot be read (a lambda typed at a prompt, an object without a JSON form) is listed under "not_pinned", and the
    report then says "code not pinned".
    """
    found: dict[str, str] = {}
    not_pinned: list[str] = []
    _reach(function, found, not_pinned)
    return {"code": found, "not_pinned": sorted(set(not_pinned))}


def _reach(function: Callable[..., Any], found: dict[str, str], not_pinned: list[str]) -> None:
    name = f"{getattr(function, '__module__', '?')}.{getattr(function, '__qualname__', repr(function))}"
    if name in found or not isinstance(function, types.FunctionType):
        return
    try:
        found[name] = inspect.getsource(function)
    except (OSError, TypeError):
        found[name] = ""
        not_pinned.append(name)
        return
    for label, value in _names_used(function):
        _pin(f"{name}:{label}", value, found, not_pinned)


def _names_used(function: types.FunctionType) -> list[tuple[str, Any]]:
    closure = inspect.getclosurevars(function)
    defaults = {f"default{i}": value for i, value in enumerate(function.__defaults__ or ())}
    return sorted({**closure.globals, **closure.nonlocals, **defaults, **(function.__kwdefaults__ or {})}.items())


def _pin(label: str, value: Any, found: dict[str, str], not_pinned: list[str]) -> None:
    if isinstance(value, types.FunctionType):
        if _is_users(value):
            _reach(value, found, not_pinned)
    elif isinstance(value, types.ModuleType | types.BuiltinFunctionType | type):
        if isinstance(value, type) and _is_users(value):
            found[label] = inspect.getsource(value)
    else:
        _pin_constant(label, value, found, not_pinned)


def _pin_constant(label: str, value: Any, found: dict[str, str], not_pinned: list[str]) -> None:
    pattern = getattr(value, "pattern", value)  # a compiled regular expression is its pattern
    try:
        found[label] = canonical(sorted(pattern) if isinstance(pattern, set | frozenset) else pattern)
    except (TypeError, ValueError):
        not_pinned.append(label)


def _is_users(value: Any) -> bool:
    try:
        path = inspect.getsourcefile(value)
    except TypeError:
        return False
    return path is not None and not path.startswith((_PACKAGE, *_LIBRARIES))
