import json
import multiprocessing

import pytest

from interp_core import ledger
from interp_core.errors import LedgerError
from tests.ledger.writer import append_often


@pytest.fixture
def path(tmp_path):
    return tmp_path / "reports" / "ledger.jsonl"


@pytest.fixture
def three(path):
    ledger.append(path, [{"claim": f"c{number}", "effect": 0.1 * number, "note": "é\u2028"} for number in range(3)])
    return path


def claims(path):
    return [line["claim"] for line in ledger.read(path)]


def test_lines_are_read_as_they_were_written(three):
    lines = ledger.read(three)
    assert [(line["claim"], line["effect"], line["note"]) for line in lines] == [
        ("c0", 0.0, "é\u2028"), ("c1", 0.1, "é\u2028"), ("c2", 0.2, "é\u2028"),
    ]  # fmt: skip
    assert [line["previous"] for line in lines] == ["0" * 64, lines[0]["hash"], lines[1]["hash"]]


def test_no_file_and_an_empty_file_are_empty_ledgers(path):
    assert ledger.read(path) == []
    path.parent.mkdir()
    path.touch()
    assert ledger.read(path) == []
    ledger.append(path, [{"claim": "first"}])
    assert claims(path) == ["first"]


def test_nothing_to_append_changes_nothing(three):
    before = three.read_bytes()
    ledger.append(three, [])
    assert three.read_bytes() == before


def edit(path, change):
    lines = path.read_text(encoding="utf-8").split("\n")
    path.write_text("\n".join(change(lines)), encoding="utf-8")


def changed_field(lines):
    return [lines[0], lines[1].replace('"c1"', '"c9"'), *lines[2:]]


def rehashed(lines):
    """A forger's edit: the line's own hash is right again, and the next line tells."""
    from interp_core.spec.identity import digest

    body = {**json.loads(lines[0]), "claim": "c9"}
    del body["hash"]
    return [json.dumps({**body, "hash": digest(body)}), *lines[1:]]


EDITS = {
    "a changed field": (changed_field, 2),
    "an added field": (lambda lines: [lines[0], '{"x": 1, ' + lines[1][1:], *lines[2:]], 2),
    "a number that JSON does not know": (lambda lines: [lines[0].replace("0.0", "NaN"), *lines[1:]], 1),
    "a first line taken out": (lambda lines: lines[1:], 1),
    "a middle line taken out": (lambda lines: [lines[0], *lines[2:]], 2),
    "two lines exchanged": (lambda lines: [lines[1], lines[0], *lines[2:]], 1),
    "a line repeated": (lambda lines: [lines[0], lines[0], *lines[1:]], 2),
    "a changed line with a new hash": (rehashed, 2),
    "a line without a hash": (lambda lines: ['{"claim": "c0"}', *lines[1:]], 1),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_named_by_its_line(three, name):
    change, number = EDITS[name]
    edit(three, change)
    for use in (lambda: ledger.read(three), lambda: ledger.append(three, [{"claim": "more"}])):
        with pytest.raises(LedgerError, match=rf"ledger.jsonl:{number}: this line was changed.*Restore the file from"):
            use()


@pytest.mark.parametrize("text", ["{broken", "[]", "null", "", "\udcff"])
def test_a_line_that_is_no_object_is_named(three, text):
    lines = three.read_bytes().split(b"\n")
    three.write_bytes(b"\n".join([lines[0], text.encode("utf-8", "surrogateescape"), *lines[1:]]))
    with pytest.raises(LedgerError, match=r"ledger.jsonl:2: this line is no JSON object. Restore it"):
        ledger.read(three)


@pytest.mark.parametrize("kept", [1, 50, -2])
def test_a_last_line_that_was_cut_off_is_left_out_and_repaired(three, kept):
    whole, last = three.read_bytes()[:-1].rsplit(b"\n", 1)
    three.write_bytes(whole + b"\n" + last[:kept])
    assert claims(three) == ["c0", "c1"]
    ledger.append(three, [{"claim": "next"}])
    assert claims(three) == ["c0", "c1", "next"]


def test_a_first_line_that_was_cut_off_is_repaired(path):
    path.parent.mkdir()
    path.write_bytes(b'{"claim": "c')
    assert ledger.read(path) == []
    ledger.append(path, [{"claim": "next"}])
    assert claims(path) == ["next"]


def test_a_whole_last_line_that_lost_its_newline_is_kept(three):
    """Editors take the last newline away; the finding before it was made all the same."""
    three.write_bytes(three.read_bytes()[:-1])
    assert claims(three) == ["c0", "c1", "c2"]
    ledger.append(three, [{"claim": "next"}])
    assert claims(three) == ["c0", "c1", "c2", "next"]


def test_an_edited_last_line_without_a_newline_is_named(three):
    three.write_bytes(three.read_bytes()[:-1].replace(b'"c2"', b'"c9"'))
    with pytest.raises(LedgerError, match=r"ledger\.jsonl:3: this line was changed"):
        ledger.read(three)


def test_processes_that_append_at_once_leave_one_valid_chain(path):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=append_often, args=(path, writer)) for writer in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=60)
    assert [writer.exitcode for writer in writers] == [0] * 4
    lines = ledger.read(path)
    assert sorted((line["claim"], line["part"]) for line in lines) == sorted(
        (f"{writer}-{number}", part) for writer in range(4) for number in range(10) for part in "ab"
    )
    assert [line["part"] for line in lines] == ["a", "b"] * 40, "what one call appends stays together"
