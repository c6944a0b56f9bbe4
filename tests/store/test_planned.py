"""Hints about what will be asked of a pair: kept, read by another process, and harmless when damaged."""

from interp_core.store import Address, Planned

RESIDUAL, ANSWER = {"residual": [1], "position": "end_of_template"}, {"answer": 48}


def place(prompt, quantity="residual"):
    return Address.of({"prompt": prompt}, {"prompt": prompt, "quantity": quantity, "weights": "w"})


def test_hints_are_those_of_the_pair_whatever_the_quantity(tmp_path):
    planned = Planned(tmp_path / "planned.jsonl")
    planned.note([place("a"), place("b")], RESIDUAL)
    planned.note([place("a", "answer")], ANSWER)
    for reader in (planned, Planned(tmp_path / "planned.jsonl")):
        assert reader.of(place("a", "logits")) == [ANSWER, RESIDUAL]
        assert reader.of(place("b")) == [RESIDUAL]
        assert reader.of(place("c")) == []


def test_what_is_known_is_not_written_twice(tmp_path):
    for _ in range(3):
        Planned(tmp_path / "planned.jsonl").note([place("a")], RESIDUAL)
    assert len((tmp_path / "planned.jsonl").read_text().splitlines()) == 1


def test_a_damaged_line_is_passed_over(tmp_path):
    path = tmp_path / "planned.jsonl"
    Planned(path).note([place("a")], RESIDUAL)
    path.write_bytes(b'{"cut o\n[1]\n[3, 4]\n\xff\xfe\n' + path.read_bytes() + b'[{"answer": 48}, ["')
    assert Planned(path).of(place("a")) == [RESIDUAL]
