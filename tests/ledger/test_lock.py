"""Nothing of a lock can be changed, taken out or added by hand without being told; amending keeps the old row."""

import json

import pytest

from interp_core import ledger
from interp_core.errors import LedgerError
from interp_core.ledger import Lock
from interp_core.spec.identity import canonical
from tests.ledger.rows import locked


@pytest.fixture
def path(tmp_path):
    return tmp_path / "claims" / "claims.lock"


def registered(*rows, lock=Lock(), reason=""):  # noqa: B008
    return ledger.register(lock, rows, reason=reason)


def test_a_lock_is_one_canonical_row_for_each_claim_and_reads_back(path):
    lock = registered(locked("b"), locked("a", "n"), locked("a", "m")).lock
    ledger.write_lock(path, lock)
    lines = path.read_text().splitlines()
    assert [json.loads(line)["claim"] for line in lines[1:]] == ["a", "a", "b"]
    assert all(canonical(json.loads(line)) == line for line in lines)
    again = ledger.read_lock(path)
    assert again == lock
    assert again.digest == lock.digest != ""


def test_no_file_is_an_empty_lock(path):
    assert ledger.read_lock(path) == Lock()
    assert Lock().digest == ""


def leaves(tree, at=()):
    if isinstance(tree, dict):
        return [leaf for name, value in tree.items() for leaf in leaves(value, (*at, name))]
    if isinstance(tree, list) and tree:
        return [leaf for i, value in enumerate(tree) for leaf in leaves(value, (*at, i))]
    return [at]


@pytest.mark.parametrize("leaf", leaves(locked(expected=0.8)), ids=lambda leaf: ".".join(map(str, leaf)))
def test_each_field_changed_by_hand_is_told_with_its_line(path, leaf):
    ledger.write_lock(path, registered(locked("0"), locked("a", expected=0.8)).lock)
    header, first, line = path.read_text().splitlines()
    row = json.loads(line)
    place = row
    for name in leaf[:-1]:
        place = place[name]
    place[leaf[-1]] = "changed" if place[leaf[-1]] != "changed" else "other"
    path.write_text("\n".join([header, first, canonical(row)]) + "\n")
    with pytest.raises(LedgerError, match=r"claims\.lock:3: .* was changed by hand"):
        ledger.read_lock(path)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("", "no lock of this version begins so"),
        ("{}\n", "no lock of this version begins so"),
        ('{"interp-claims lock":1}\nnot json\n', "claims.lock:2: this line is no JSON"),
        ('{"interp-claims lock":1}\n[]\n', "claims.lock:2: the row of 'no claim' was changed by hand"),
    ],
)
def test_what_is_no_lock_is_told(path, broken, message):
    path.parent.mkdir()
    path.write_text(broken)
    with pytest.raises(LedgerError, match=message):
        ledger.read_lock(path)


def test_a_claim_locked_twice_is_told(path):
    ledger.write_lock(path, registered(locked()).lock)
    line = path.read_text().splitlines()[1]
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(LedgerError, match="is locked twice"):
        ledger.read_lock(path)


def test_registering_the_same_again_changes_nothing():
    first = registered(locked())
    again = registered(locked(), lock=first.lock)
    assert again.lock == first.lock
    assert again.told == ("a on m: as registered",)


def test_new_data_need_no_reason():
    again = registered(locked(prompts="p2"), lock=registered(locked()).lock)
    assert again.told == ("a on m: registered on new data, with the same design",)
    assert again.lock.rows["a", "m"]["amended"] == []


@pytest.mark.parametrize("change", [{"margin": 0.2}, {"expected": 0.5}])
def test_a_changed_claim_needs_a_reason_and_keeps_its_old_row(change):
    before = registered(locked()).lock
    with pytest.raises(LedgerError, match=r"differs from the lock in .*is amended, never overwritten"):
        registered(locked(**change), lock=before)
    after = registered(locked(data_seen=True, **change), lock=before, reason="a slip").lock.rows["a", "m"]
    (step,) = after["amended"]
    assert (step["reason"], step["data_seen"]) == ("a slip", True)
    assert step["was"] == {name: value for name, value in locked().items() if name != "amended"}
    twice = registered(locked(margin=0.1), lock=Lock({("a", "m"): after}), reason="again").lock.rows["a", "m"]
    assert [step["reason"] for step in twice["amended"]] == ["a slip", "again"]


def test_a_family_has_three_headlines_and_is_closed_when_registered():
    four = [locked(name, headline=True) for name in "abcd"]
    with pytest.raises(LedgerError, match=r"has 4 headline claims: a, b, c, d\. At most 3 share alpha"):
        registered(*four)
    lock = registered(*four[:2], locked("x")).lock
    assert lock.headlines("study") == {"a", "b"}
    with pytest.raises(LedgerError, match=r"was closed with 2 headline claims .* 'c' is none of them"):
        registered(four[2], lock=lock)
    assert registered(locked("c", headline=True, family="followup"), lock=lock).lock.headlines("followup") == {"c"}


def test_differences_are_named_leaf_by_leaf():
    old, new = {"a": [1, {"b": 2}], "c": 3}, {"a": [1, {"b": 4}], "d": 5}
    assert ledger.differences(old, new) == [("a.1.b", 2, 4), ("c", 3, None), ("d", None, 5)]
    told = ledger.changes([("design_fields.predictions.0.margin", 0.25, 0.2)])
    assert told == "predictions.0.margin (0.25, now 0.2)"
