"""A function whose behaviour changes has to change its fingerprint, or be listed as not pinned."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from interp_core import Site, judge, measure
from interp_core.spec.code import code_fingerprint
from interp_core.spec.identity import digest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Write a user's file and import it, under one name whatever its text is."""
    count = 0

    def load(source, name="study"):
        nonlocal count
        count += 1
        path = tmp_path / str(count) / f"{name}.py"
        path.parent.mkdir()
        path.write_text(source, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        return module

    return load


# Name, LIMIT before and after the change, and the user's file.
HOLES = r"""
## its own text: 1.0 | 2.0
def score(a):
    return LIMIT

## a constant: 1.0 | 2.0
LOW = LIMIT
def score(a):
    return LOW

## a helper: 1.0 | 2.0
def helper(a):
    return LIMIT
def score(a):
    return helper(a)

## a helper defined below: 1.0 | 2.0
def score(a):
    return helper(a)
def helper(a):
    return LIMIT

## a helper's constant: 1.0 | 2.0
LOW = LIMIT
def helper(a):
    return LOW
def score(a):
    return helper(a)

## a set: {'a', 'b'} | {'a', 'c'}
WORDS = LIMIT
def score(a):
    return float(a in WORDS)

## a regular expression: re.compile('a') | re.compile('b')
import re
R = LIMIT
def score(a):
    return R.match(a)

## its flags: re.compile('a') | re.compile('a', re.I)
import re
R = LIMIT
def score(a):
    return R.match(a)

## regular expressions in a list: re.compile('a') | re.compile('b')
import re
R = [LIMIT]
def score(a):
    return R[0].match(a)

## a bound method of one: re.compile('a') | re.compile('b')
import re
match = LIMIT.match
def score(a):
    return match(a)

## functions in a dictionary: 1.0 | 2.0
def one(a):
    return LIMIT
TABLE = {'x': one}
def score(a):
    return TABLE['x'](a)

## a helper named in a generator: 1.0 | 2.0
def helper(a):
    return LIMIT
def score(a):
    return max(helper(w) for w in a)

## a helper named in an inner function: 1.0 | 2.0
def helper(a):
    return LIMIT
def score(a):
    def inner():
        return helper(a)
    return inner()

## the second of two lambdas: 1.0 | 2.0
one = lambda a: 1.0
two = lambda a: LIMIT
def score(a):
    return one(a) + two(a)

## a closure: 1.0 | 2.0
def make(low):
    def score(a):
        return low
    return score
score = make(LIMIT)

## the second of two closures: 1.0 | 2.0
def make(low):
    def inner(a):
        return low
    return inner
one, two = make(0.0), make(LIMIT)
def score(a):
    return one(a) + two(a)

## which helper an alias stands for: one | two
def one(a):
    return 1.0
def two(a):
    return 2.0
both = LIMIT
def score(a):
    return both(a) if a else one(a) + two(a)

## a default: 1.0 | 2.0
LOW = LIMIT
def score(a, low=LOW):
    return low

## a keyword's default: 1.0 | 2.0
LOW = LIMIT
def score(a, *, low=LOW):
    return low

## what a decorator wraps: 1.0 | 2.0
import functools
def shout(f):
    @functools.wraps(f)
    def call(a):
        return f(a)
    return call
def helper(a):
    return LIMIT
@shout
def score(a):
    return helper(a)

## the decorator: 1.0 | 2.0
import functools
def shout(f):
    @functools.wraps(f)
    def call(a):
        return f(a) + LIMIT
    return call
@shout
def score(a):
    return 1.0

## a cached helper: 1.0 | 2.0
import functools
@functools.cache
def helper(a):
    return LIMIT
def score(a):
    return helper(a)

## a partial function's argument: 1.0 | 2.0
import functools
def f(low, a):
    return low
score = functools.partial(f, LIMIT)

## a partial function's keyword: 1.0 | 2.0
import functools
def f(a, low):
    return low
score = functools.partial(f, low=LIMIT)

## a partial function's function: 1.0 | 2.0
import functools
def f(low, a):
    return LIMIT
score = functools.partial(f, 0.0)

## a bound method's body: 1.0 | 2.0
class Scorer:
    def score(self, a):
        return LIMIT
score = Scorer().score

## a bound method's object: 1.0 | 2.0
class Scorer:
    def __init__(self, low):
        self.low = low
    def score(self, a):
        return self.low
score = Scorer(LIMIT).score

## a callable object's attribute: 1.0 | 2.0
class Scorer:
    def __init__(self, low):
        self.low = low
    def __call__(self, a):
        return self.low
score = Scorer(LIMIT)

## a callable object's helper: 1.0 | 2.0
def helper():
    return LIMIT
class Scorer:
    def __call__(self, a):
        return helper()
score = Scorer()

## a dataclass's field: 1.0 | 2.0
from dataclasses import dataclass
@dataclass(frozen=True)
class Scorer:
    low: float
    def __call__(self, a):
        return self.low
score = Scorer(LIMIT)

## a class's constant: 1.0 | 2.0
LOW = LIMIT
class Table:
    low = LOW
def score(a):
    return Table.low

## a static method's helper: 1.0 | 2.0
def helper():
    return LIMIT
class Table:
    @staticmethod
    def low():
        return helper()
def score(a):
    return Table.low()

## a property's helper: 1.0 | 2.0
def helper():
    return LIMIT
class Table:
    @property
    def low(self):
        return helper()
def score(a):
    return Table().low

## a base class: 1.0 | 2.0
class Base:
    def low(self):
        return LIMIT
class Table(Base):
    pass
def score(a):
    return Table().low()

## an enumeration's value: 1.0 | 2.0
import enum
LOW = LIMIT
class Level(enum.Enum):
    low = LOW
def score(a):
    return Level.low.value

## which library function a name stands for: sin | cos
from math import LIMIT as f
def score(a):
    return f(1.0)

## which library class: Counter | deque
from collections import LIMIT as f
def score(a):
    return len(f(a))

## which library module: math | cmath
import LIMIT as m
def score(a):
    return m.sqrt(1.0)

## which library's Python function: basename | dirname
from os.path import LIMIT as f
def score(a):
    return float(len(f(a)))
"""


def holes():
    for block in HOLES.split("\n## ")[1:]:
        head, source = block.split("\n", 1)
        name, change = head.split(": ", 1)
        yield pytest.param(source, *change.split(" | "), id=name)


@pytest.mark.parametrize(("source", "before", "after"), list(holes()))
def test_what_changes_behaviour_changes_the_fingerprint(load, source, before, after):
    one, same, other = (code_fingerprint(load(source.replace("LIMIT", v)).score) for v in (before, before, after))
    assert one == same
    assert digest(one) != digest(other)
    assert one["not_pinned"] == []


def test_functions_of_the_users_own_modules_are_followed(load):
    def fingerprint(value):
        load(
            f"def scale(a):\n    return helper()\ndef helper():\n    return {value}\ndef other():\n    return {value}",
            "mine",
        )
        return code_fingerprint(load("import mine\ndef score(a):\n    return mine.scale(a)").score)

    assert digest(fingerprint(1.0)) != digest(fingerprint(2.0))
    assert not any("other" in label for label in fingerprint(1.0)["code"])


def test_modules_that_name_each_other_come_to_an_end(load):
    module = load("import study\ndef score(a):\n    return study.score(a)")
    assert code_fingerprint(module.score)["not_pinned"] == []


def test_recursion_comes_to_an_end(load):
    module = load(
        "def score(a):\n    return other(a)\ndef other(a):\n    return score(a)\nLOOP = [score]\nLOOP.append(LOOP)"
    )
    assert code_fingerprint(module.score)["code"]["score:other:score"] == {"as": "score"}
    looped = load("LOOP = []\nLOOP.append(LOOP)\ndef score(a):\n    return LOOP")
    assert code_fingerprint(looped.score)["code"]["score:LOOP[0]"] == {"as": "score:LOOP"}


@pytest.mark.parametrize(
    ("source", "label"),
    [
        ("exec('def helper(a): return 1.0')\ndef score(a):\n    return helper(a)", "score:helper"),
        ("exec('class Table: low = 1.0')\ndef score(a):\n    return Table.low", "score:Table"),
        ("import threading\nLOCK = threading.Lock()\ndef score(a):\n    return LOCK", "score:LOCK"),
        ("from pathlib import Path\nWORDS = Path('words')\ndef score(a):\n    return WORDS.read_text()", "score:WORDS"),
        ("def score(a):\n    return nowhere(a)", "score:nowhere"),
        ("def score(a):\n    import study\n    return study.LOW", "score:import study"),
        ("def score(a):\n    from study_of_mine.words import LOW\n    return LOW", None),
        ("BLOB = b'abc'\ndef score(a):\n    return BLOB", "score:BLOB"),
        ("LOW = float('nan')\ndef score(a):\n    return LOW", "score:LOW"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_listed(load, source, label):
    not_pinned = code_fingerprint(load(source).score)["not_pinned"]
    assert not_pinned == ["score:import study_of_mine.words" if label is None else label]


def test_imports_of_libraries_inside_the_function_are_pinned(load):
    source = "def score(a):\n    import math, numpy.linalg\n    from os import path\n    return math.pi"
    assert code_fingerprint(load(source).score)["not_pinned"] == []


def test_moving_the_file_or_its_folder_keeps_the_fingerprint(load):
    source = "LOW = 1.0\ndef helper():\n    return LOW, __file__\ndef score(a):\n    return helper()"
    assert digest(code_fingerprint(load(source).score)) == digest(code_fingerprint(load(source, "moved").score))


def test_the_order_of_sets_and_dictionaries_is_no_difference(load):
    """Python orders sets of texts anew in every process."""
    source = "WORDS = {'yes', 'no', 'well', 'maybe'}\ndef score(a):\n    return a in WORDS"
    path = Path(load(source).__file__)
    probe = f"import sys; sys.path.insert(0, {str(path.parent)!r}); import study; from interp_core.spec.code import "
    probe += "code_fingerprint; import json; print(json.dumps(code_fingerprint(study.score)))"
    run = [subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, cwd=ROOT,
                          env={"PYTHONHASHSEED": seed}) for seed in "12"]  # fmt: skip
    assert json.loads(run[0].stdout) == json.loads(run[1].stdout) != {}


def test_a_judges_helpers_may_stand_below_it(load):
    """The decorator runs before they exist, so the code is read when the design is asked for."""
    source = "from interp_core import judge\n@judge(measures='x')\n"
    source += "def score(a):\n    return helper(a)\ndef helper(a):\n    return LIMIT"
    one, other = (load(source.replace("LIMIT", value)).score for value in ("1.0", "2.0"))
    assert one.design() != other.design()
    assert one.not_pinned == ()


def norm(residual):
    return float(sum(residual)) * SCALE


SCALE = 1.0


def test_judges_and_measures_know_their_code(monkeypatch):
    def design():
        return (
            judge(measures="x", name="n")(norm).design(),
            measure(of=Site(depth=0.5), unit="u", name="n")(norm).design(),
        )

    before = design()
    assert design() == before
    monkeypatch.setattr(sys.modules[__name__], "SCALE", 2.0)
    assert all(one != other for one, other in zip(before, design(), strict=True))


def test_a_judge_made_of_another_judge_follows_it(load):
    source = "from interp_core import judge\n@judge(measures='x')\ndef one(a):\n    return LIMIT\n"
    source += "def score(a):\n    return one.score(a)"
    prints = []
    for value in ("1.0", "2.0"):
        module = load(source.replace("LIMIT", value))
        first = code_fingerprint(module.score)
        module.one.design()  # asking for the design leaves no trace in the fingerprint
        assert code_fingerprint(module.score) == first
        prints.append(digest(first))
    assert prints[0] != prints[1]
