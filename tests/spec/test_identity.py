import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interp_core.spec import identity
from interp_core.spec.identity import caller, canonical, digest, seed_from

ROOT = Path(__file__).parents[2]
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)


def reversed_keys(tree):
    if isinstance(tree, dict):
        return {key: reversed_keys(tree[key]) for key in reversed(tree)}
    return [reversed_keys(part) for part in tree] if isinstance(tree, list) else tree


@settings(max_examples=40)
@given(TREES)
def test_digests_do_not_depend_on_the_order_of_keys(tree):
    assert digest(tree) == digest(reversed_keys(tree))


@settings(max_examples=40)
@given(TREES, TREES)
def test_different_trees_have_different_digests(one, other):
    assert (digest(one) == digest(other)) == (canonical(one) == canonical(other))


def test_the_digest_is_sha256_of_the_canonical_text():
    """As sha256sum gives it for the text {"a":[1,"\\u00e9"],"b":null}."""
    assert canonical({"b": None, "a": [1, "é"]}) == '{"a":[1,"\\u00e9"],"b":null}'
    assert digest([]) == "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_json_does_not_know_is_refused(number):
    with pytest.raises(ValueError, match="not JSON compliant"):
        digest([number])


def test_seeds_are_the_same_in_every_run_and_depend_on_every_part():
    assert seed_from("a", "b") == seed_from("a", "b") < 2**64
    assert len({seed_from("a", "b"), seed_from("b", "a"), seed_from("ab"), seed_from("a", "b", "")}) == 4
    probe = "from interp_core.spec.identity import seed_from; print(seed_from('a', 'b'))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, cwd=ROOT)
    assert int(done.stdout) == seed_from("a", "b")


def line_of(marker):
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.endswith(f"# {marker}"))


def test_caller_is_the_users_innermost_line(monkeypatch):
    def helper():
        return caller()  # innermost

    monkeypatch.chdir(ROOT)
    assert helper() == f"tests/spec/test_identity.py:{line_of('innermost')}"
    monkeypatch.chdir("/")
    assert helper() == f"{ROOT.relative_to('/')}/tests/spec/test_identity.py:{line_of('innermost')}"


def test_caller_passes_over_this_package_and_the_libraries(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = "from functools import reduce\nfrom interp_core.spec.identity import caller\nfound = reduce(lambda a, b: "
    source += "max(map(lambda _: caller(), [0])), [1, 2])\n"
    inside = Path(identity.__file__).with_name("inside.py")
    for path, expected in [(tmp_path / "mine.py", "mine.py:3"), (inside, "")]:
        scope = {}
        frames = compile(source, str(path), "exec")
        exec(compile("exec(frames, scope)", "<string>", "exec"), {"frames": frames, "scope": scope})
        assert (scope["found"] == expected) if expected else ("inside.py" not in scope["found"])


@pytest.mark.parametrize("neighbour", ["interp_core_study", "interp_core2"])
def test_a_folder_whose_name_begins_like_this_packages_is_the_users(neighbour):
    package = Path(identity.__file__).parents[1]
    assert identity.is_library(str(package / "spec" / "x.py"))
    assert not identity.is_library(str(package.with_name(neighbour) / "claims.py"))
