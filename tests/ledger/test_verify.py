"""Every manipulation of lock and ledger is found, and the first bad row is named."""

import json

import pytest

from interp_core import ledger
from tests.ledger.rows import locked, on_record


@pytest.fixture
def study(tmp_path):
    """A registration, then three findings: the ledger, the lock, and what the last report remembers."""
    book, lock_path = tmp_path / "ledger.jsonl", tmp_path / "claims.lock"
    done = ledger.register(ledger.Lock(), [locked()], reason="")
    ledger.write_lock(lock_path, done.lock)
    ledger.append(book, [{"kind": "registration", "lock": done.lock.digest, "rows": list(done.told)}])
    head = ledger.append(book, [on_record(prompts=f"p{i}") for i in range(3)])
    return book, lock_path, {"ledger": head}


def broken(study):
    return [check.name for check in ledger.verify(*study) if not check.holds]


def test_an_honest_record_holds(study):
    checks = ledger.verify(*study)
    assert [check.name for check in checks] == ["ledger", "lock", "registration", "ledger's end"]
    assert not broken(study)
    assert checks[0].found == "4 lines, each following from the one before"


def lines_of(path):
    return path.read_text().splitlines()


@pytest.mark.parametrize("number", range(4))
def test_each_field_of_each_line_changed_is_found(study, number):
    lines = lines_of(study[0])
    for name in json.loads(lines[number]):
        line = {**json.loads(lines[number]), name: "changed"}
        study[0].write_text("\n".join([*lines[:number], json.dumps(line), *lines[number + 1 :]]) + "\n")
        (bad,) = [check for check in ledger.verify(*study) if not check.holds]
        assert f"ledger.jsonl:{number + 1}:" in bad.found, (name, bad)


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: [lines[0], *lines[2:]],
        lambda lines: [lines[0], lines[2], lines[1], lines[3]],
        lambda lines: lines[1:],
        lambda lines: [*lines, lines[-1]],
    ],
    ids=["a row deleted", "two rows reordered", "the registration deleted", "a row repeated"],
)
def test_rows_deleted_reordered_or_repeated_are_found(study, change):
    study[0].write_text("\n".join(change(lines_of(study[0]))) + "\n")
    assert broken(study) == ["ledger"]


def test_an_end_that_was_cut_off_is_found_while_something_remembers_it(study):
    study[0].write_text("\n".join(lines_of(study[0])[:-1]) + "\n")
    assert broken(study) == ["ledger's end"]
    assert [check.holds for check in ledger.verify(study[0], study[1], None)] == [True, True, True, True]


def test_a_lock_exchanged_for_another_honest_one_is_found(study):
    ledger.write_lock(study[1], ledger.register(ledger.Lock(), [locked(margin=0.1)], reason="").lock)
    assert broken(study) == ["registration"]


def test_a_lock_beside_a_new_ledger_is_found(study):
    study[0].unlink()
    assert broken(study) == ["registration", "ledger's end"]
