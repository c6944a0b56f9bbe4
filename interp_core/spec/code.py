"""Fingerprints of code: the source of a function, and of everything that it reaches in the user's own files."""

import builtins
import dataclasses
import dis
import enum
import functools
import importlib.util
import inspect
import re
import types
from collections.abc import Callable, Iterable
from typing import Any

from interp_core.spec.identity import Tree, canonical, is_library

_GLOBALS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
_SLOTS = types.MemberDescriptorType | types.GetSetDescriptorType
_ABSENT = object()


def code_fingerprint(function: Callable[..., Any]) -> Tree:
    """The source of `function` and of everything it reaches in the user's own files, by the path that leads there.

    It follows globals (those of nested functions too), closures, defaults, attributes of the user's modules, methods,
    partial functions, decorated functions and containers of any of these; constants count by their value, regular
    expressions by pattern and flags. Functions of installed libraries are named and not followed: their versions are
    in the run's environment. What cannot be read (code typed at a prompt, an object without a JSON form, an import
    inside the function) is listed under "not_pinned", and the report then says "code not pinned".
    """
    reader = _Reader()
    reader.pin(_qualname(function), function)
    return {"code": reader.found, "not_pinned": sorted(reader.not_pinned)}


def _qualname(value: Any) -> str:
    return str(getattr(value, "__qualname__", type(value).__qualname__))


class _Reader:
    """Walks from a function to all it reaches, each thing once; `found` maps the way there to what stands there."""

    def __init__(self) -> None:
        self.found: dict[str, Tree] = {}
        self.not_pinned: set[str] = set()
        self._first: dict[int, str] = {}
        self._kept: list[Any] = []  # so that no id is reused while we walk
        self._modules: set[tuple[str, frozenset[str]]] = set()

    def pin(self, label: str, value: Any, attributes: frozenset[str] = frozenset()) -> None:
        """Note what `value` is, under `label`; of a user's module, the `attributes` that the code names."""
        if isinstance(value, types.ModuleType):
            self._module(label, value, attributes)
        elif isinstance(value, types.FunctionType):
            self._once(label, value, self._function)
        elif isinstance(value, type):
            self._once(label, value, self._class)
        elif isinstance(value, re.Pattern):
            self.found[label] = [repr(value.pattern), value.flags]
        elif (tree := _json(value)) is not _ABSENT:
            self.found[label] = tree
        else:
            self._once(label, value, self._parts)

    def _once(self, label: str, value: Any, visit: Callable[[str, Any], None]) -> None:
        if id(value) in self._first:
            self.found[label] = {"as": self._first[id(value)]}  # the same helper under another name
            return
        self._first[id(value)] = label
        self._kept.append(value)
        visit(label, value)

    def _function(self, label: str, function: types.FunctionType) -> None:
        code = function.__code__
        if is_library(code.co_filename):
            self.found[label] = f"{function.__module__}.{function.__qualname__}"
            return
        self._source(label, code)
        self._reached(label, function)

    def _source(self, label: str, code: types.CodeType | type) -> None:
        text = _text(code)
        if text is None:
            self.not_pinned.add(label)
        else:
            self.found[label] = text

    def _reached(self, label: str, function: types.FunctionType) -> None:
        codes = list(_codes(function.__code__))
        attributes = frozenset(name for code in codes for name in code.co_names)
        for name, value in _values(function, codes).items():
            if value is _ABSENT:
                self.not_pinned.add(f"{label}:{name}")
            else:
                self.pin(f"{label}:{name}", value, attributes)
        self.not_pinned |= {f"{label}:import {name}" for name in _imports(codes)}

    def _module(self, label: str, module: types.ModuleType, attributes: frozenset[str]) -> None:
        self.found[label] = module.__name__
        path = getattr(module, "__file__", None)
        if path is None or is_library(path) or (module.__name__, attributes) in self._modules:
            return
        self._modules.add((module.__name__, attributes))
        for name in sorted(attributes & set(vars(module))):
            self.pin(f"{label}.{name}", vars(module)[name], attributes)

    def _class(self, label: str, kind: type) -> None:
        if _of_library(kind):
            self.found[label] = f"{kind.__module__}.{kind.__qualname__}"
            return
        self._source(label, kind)
        for name, member in sorted(_members(kind).items()):
            self._member(f"{label}.{name}", member)
        for base in kind.__bases__:
            self.pin(f"{label}({base.__name__})", base)

    def _member(self, label: str, member: Any) -> None:
        for wrapper in ("__func__", "fget", "func"):  # static and class methods, properties, cached properties
            member = getattr(member, wrapper, member)
        if isinstance(member, types.FunctionType):
            path = member.__code__.co_filename
            if not path.startswith("<") and not is_library(path):  # what dataclasses write follows from the source
                self.pin(label, member)
        elif not label.rpartition(".")[2].startswith("__"):
            self.pin(label, member)

    def _parts(self, label: str, value: Any) -> None:
        """What has no JSON form: containers, methods, partial and decorated functions, the user's objects."""
        parts = _parts_of_callable(value) or _parts_of_container(value)
        if parts:
            for name, part in parts:
                self.pin(f"{label}{name}", part)
        elif callable(value) and isinstance(getattr(value, "__name__", None), str):
            self.found[label] = f"{getattr(value, '__module__', None)}.{value.__name__}"
        else:
            self.not_pinned.add(label)


_Parts = list[tuple[str, Any]]


def _parts_of_callable(value: Any) -> _Parts:
    if isinstance(value, functools.partial):
        return [(".func", value.func), (".args", list(value.args)), (".keywords", value.keywords)]
    if isinstance(value, types.MethodType):
        return [("", value.__func__), (".self", value.__self__)]
    if isinstance(value, types.BuiltinFunctionType | types.MethodWrapperType):
        bound = [] if isinstance(value.__self__, types.ModuleType | None) else [(".self", value.__self__)]
        return [(".name", value.__qualname__), (".module", getattr(value, "__module__", None)), *bound]
    if hasattr(value, "__wrapped__"):
        return [(".wrapper", type(value).__qualname__), (".wrapped", value.__wrapped__)]
    return []


def _parts_of_container(value: Any) -> _Parts:
    if isinstance(value, list | tuple):
        return [(f"[{index}]", part) for index, part in enumerate(value)]
    if isinstance(value, dict) and all(isinstance(key, str | int) for key in value):
        return [(f"[{key!r}]", part) for key, part in value.items()]
    if dataclasses.is_dataclass(value):
        return [(".type", type(value)), *((f".{f.name}", getattr(value, f.name)) for f in dataclasses.fields(value))]
    if hasattr(value, "__dict__") and not _of_library(type(value)):
        return [(".type", type(value)), *((f".{name}", part) for name, part in sorted(vars(value).items()))]
    return []


def _members(kind: type) -> dict[str, Any]:
    """What a class holds, without what Python itself keeps there."""
    own = {name: member for name, member in vars(kind).items() if not isinstance(member, _SLOTS | kind)}
    if issubclass(kind, enum.Enum):
        public = {name: member for name, member in own.items() if not name.startswith("_")}
        return public | {"values": [member.value for member in kind]}
    return {name: member for name, member in own.items() if name != "_abc_impl"}


def _json(value: Any) -> Tree:
    """The value as JSON, a set in order; `_ABSENT` where it has no such form."""
    plain = sorted(value, key=repr) if isinstance(value, set | frozenset) else value
    try:
        return canonical(plain)
    except (TypeError, ValueError, RecursionError):
        return _ABSENT


def _text(code: types.CodeType | type) -> str | None:
    """The source of a function or class; None where what Python finds cannot be it.

    From Python 3.13 on, code that was exec'd is given the lines of `python -c` or of the module around it.
    """
    if isinstance(code, types.CodeType) and code.co_filename == "<string>":
        return None
    try:
        text = inspect.getsource(code)
    except (OSError, TypeError):
        return None
    if isinstance(code, type) and not text.lstrip().startswith((f"class {code.__name__}", "@")):
        return None
    return text


def _of_library(kind: type) -> bool:
    try:
        return is_library(inspect.getfile(kind))
    except (TypeError, OSError):  # built in, or typed at a prompt
        return _is_installed(kind.__module__.partition(".")[0])


def _codes(code: types.CodeType) -> Iterable[types.CodeType]:
    """A function's code and that of the functions and comprehensions inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _values(function: types.FunctionType, codes: Iterable[types.CodeType]) -> dict[str, Any]:
    """Globals, closure and defaults, by name in order; `_ABSENT` where a name stands for nothing yet."""
    names = {i.argval for code in codes for i in dis.get_instructions(code) if i.opname in _GLOBALS}
    known = [name for name in names if name in function.__globals__ or not hasattr(builtins, name)]
    values = {name: function.__globals__.get(name, _ABSENT) for name in known}
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    values |= {name: _content(cell) for name, cell in cells}
    values |= {f"default{index}": value for index, value in enumerate(function.__defaults__ or ())}
    values |= function.__kwdefaults__ or {}
    return {name: values[name] for name in sorted(values) if not name.startswith("__")}  # __file__, __class__


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # an empty cell
        return _ABSENT


def _imports(codes: Iterable[types.CodeType]) -> set[str]:
    """The user's modules that a function imports when it is called: they are not read."""
    names = {i.argval for code in codes for i in dis.get_instructions(code) if i.opname == "IMPORT_NAME"}
    return {name for name in names if not _is_installed(name.partition(".")[0])}


def _is_installed(name: str) -> bool:
    try:
        spec = importlib.util.find_spec(name) if name else None
    except ValueError:
        spec = None
    if spec is None:
        return False
    return spec.origin in ("built-in", "frozen") or (spec.origin is not None and is_library(spec.origin))
