"""What the packages promise by their form: public names, docstrings, and names that `-k` cannot confuse."""

import ast
import inspect
import pkgutil
import types
from pathlib import Path

import pytest

import interp_core

ROOT = Path(__file__).parents[1]
SUBPACKAGES = [m.name for m in pkgutil.iter_modules(interp_core.__path__) if m.ispkg and m.name != "pytest_plugin"]
SOURCES = sorted((ROOT / "interp_core").rglob("*.py"))
CLAIMS = sorted((ROOT / "claims").glob("test_*.py"))
ORGANISMS = sorted(path.parent.name for path in (ROOT / "fixtures" / "organisms" / "trained").glob("*/config.json"))


def test_there_is_something_to_look_at():
    assert len(SUBPACKAGES) >= 7
    assert len(SOURCES) > 30
    assert CLAIMS
    assert "mediated" in ORGANISMS


def bound(node):
    """The names that a statement at the top of a module gives it, modules themselves apart."""
    if isinstance(node, ast.ImportFrom):
        return [alias.asname or alias.name for alias in node.names]
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    return [target.id for target in getattr(node, "targets", []) if isinstance(target, ast.Name)]


@pytest.mark.parametrize("name", SUBPACKAGES)
def test_all_equals_the_public_names(name):
    """Read, not imported, since the engine's imports take seconds."""
    tree = ast.parse((ROOT / "interp_core" / name / "__init__.py").read_text(encoding="utf-8"))
    names = {n: node for node in tree.body for n in bound(node)}
    exported = ast.literal_eval(names.pop("__all__").value)
    assert sorted(exported) == sorted(n for n in names if not n.startswith("_"))
    assert len(exported) == len(set(exported))


def test_the_package_exports_the_language_of_claims():
    assert interp_core.__all__ == interp_core.spec.__all__
    names = [n for n, value in vars(interp_core).items() if not n.startswith("_") and not inspect.ismodule(value)]
    assert sorted(interp_core.__all__) == sorted(names)


@pytest.mark.parametrize("name", interp_core.__all__)
def test_every_public_name_is_explained(name):
    value = getattr(interp_core, name)
    if isinstance(value, types.UnionType):
        assert all(inspect.getdoc(kind) for kind in value.__args__)
        return
    assert inspect.getdoc(value)
    kind = value if isinstance(value, type) else type(value)
    members = {
        n: m for n, m in vars(kind).items() if not n.startswith("_") and (callable(m) or isinstance(m, property))
    }
    assert [n for n, member in members.items() if not inspect.getdoc(member)] == []


def public_definitions(tree):
    """Public functions and classes of a module, and the public methods of those classes."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).with_suffix("").as_posix())
def test_modules_and_public_definitions_have_docstrings(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    assert [node.name for node in public_definitions(tree) if not ast.get_docstring(node)] == []


def claim_words():
    functions = [node for path in CLAIMS for node in ast.parse(path.read_text(encoding="utf-8")).body]
    names = [node.name for node in functions if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    return {word for name in names for word in name.split("_")} - {"test"}


@pytest.mark.parametrize("organism", ORGANISMS)
def test_no_organisms_name_holds_a_word_of_a_claim(organism):
    """`-k fiction` selects the same claims for every --model."""
    assert "fiction" in claim_words()
    assert sorted(word for word in claim_words() if len(word) > 2 and word in organism) == []


@pytest.mark.parametrize("path", CLAIMS, ids=lambda path: path.stem)
def test_claim_files_hold_claims_and_no_helpers(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assert functions
    assert [node.name for node in functions if not node.name.startswith("test_")] == []
    assert [node.name for node in functions if node.end_lineno - node.lineno >= 25] == []
