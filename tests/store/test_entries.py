import json
import multiprocessing
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from interp_core.errors import StoreError
from interp_core.store import Address, Passes, Store
from tests.store.writer import ADDRESS, COMPONENTS, SLOT, write_often

ARRAYS = {"residual": np.arange(12, dtype=np.float32).reshape(3, 4)}
INFO = {"prompt": "<user>é\u2028", "token": "\n", "count": 3}


def changed(**components):
    return Address.of(SLOT, {**COMPONENTS, **components})


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache")


@pytest.fixture
def full(store):
    store.put(ADDRESS, ARRAYS, INFO, tokens=7)
    return store


def file_of(store):
    (path,) = store.root.rglob("*.safetensors")
    return path


def files(store):
    return sorted(path.name for path in store.root.rglob("*") if path.is_file() and path.name != ".gitignore")


def test_what_was_put_is_got(full):
    entry = full.get(ADDRESS)
    assert entry.info == {**INFO, "components": COMPONENTS}
    np.testing.assert_array_equal(entry.arrays["residual"], ARRAYS["residual"], strict=True)
    assert full.counts == Passes(saved=1, made=1, tokens=7, pairs=1)


DTYPES = st.sampled_from([np.float16, np.float32, np.float64, np.int8, np.int64, np.uint8, np.bool_])
ANY_ARRAY = DTYPES.flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
)
ANY_INFO = st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text()))


@settings(max_examples=60)
@given(st.dictionaries(st.text(min_size=1, max_size=3), ANY_ARRAY, max_size=3), ANY_INFO)
def test_any_arrays_and_info_come_back(tmp_path_factory, arrays, info):
    info.pop("components", None)
    names = {f"a{index}": array for index, array in enumerate(arrays.values())}
    store = Store(tmp_path_factory.mktemp("cache"))
    store.put(ADDRESS, names, info, tokens=1)
    entry = store.get(ADDRESS)
    assert entry.info == {**info, "components": COMPONENTS}
    assert set(entry.arrays) == set(names)
    for name, array in names.items():
        np.testing.assert_array_equal(entry.arrays[name], array, strict=True)


def test_arrays_that_are_views_come_back_as_they_look(store):
    array = np.arange(12.0).reshape(3, 4)
    views = {"turned": array.T, "thinned": array[::2, ::-1]}
    store.put(ADDRESS, views, {}, tokens=1)
    for name, view in views.items():
        np.testing.assert_array_equal(store.get(ADDRESS).arrays[name], view, strict=True)


def test_info_cannot_overwrite_the_components(store):
    store.put(ADDRESS, {}, {"components": {"prompt": "other"}}, tokens=None)
    assert store.get(ADDRESS).info["components"] == COMPONENTS


def test_addresses_depend_on_every_component_and_on_the_slot():
    addresses = [ADDRESS, changed(prompt="p2"), changed(extra="x"), Address.of({}, COMPONENTS)]
    assert len({(address.slot, address.key) for address in addresses}) == 4
    assert Address.of(dict(reversed(SLOT.items())), dict(reversed(COMPONENTS.items()))) == ADDRESS


def test_peek_and_has_do_not_count(full):
    assert full.peek(ADDRESS).info["count"] == 3
    assert full.peek(changed(prompt="p2")) is None
    assert (full.has(ADDRESS), full.has(changed(prompt="p2"))) == (True, False)
    assert (full.counts.saved, full.counts.reasons) == (0, Counter())


def test_what_took_no_pass_is_not_counted(store):
    store.put(ADDRESS, {}, {}, tokens=None)
    assert store.counts == Passes()


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        (changed(prompt="p2"), "prompt changed"),
        (changed(weights="w2"), "weights changed"),
        (changed(template="t2", weights="w2"), "template, weights changed"),
        (changed(engine="2"), "engine changed"),
        (Address.of(SLOT, {"prompt": "p1", "weights": "w1"}), "template changed"),
        (Address.of({**SLOT, "prompt": "other"}, COMPONENTS), "new"),
    ],
)  # fmt: skip
def test_a_miss_names_what_changed(full, address, reason):
    assert full.get(address) is None
    assert full.counts.reasons == {reason: 1}
    assert full.get(ADDRESS) is not None, "a miss drops nothing"


def test_prompts_that_changed_are_named_up_to_three(full):
    for name in ("r5", "r4", "r4", "r2", "r3"):
        full.get(changed(prompt=name), prompt=name)
    full.get(changed(weights="w2"), prompt="r0")
    full.get(Address.of({**SLOT, "prompt": "other"}, COMPONENTS), prompt="r1")
    full.get(ADDRESS, prompt="r1")
    assert full.counts.tree()["changed"] == ["r2", "r3", "r4"]


def test_a_miss_compares_with_the_newest_value_in_the_slot(full):
    import os

    old = file_of(full)
    full.put(changed(prompt="p2", weights="w2"), ARRAYS, INFO, tokens=1)
    os.utime(old, ns=(1, 1))
    assert full.get(changed(prompt="p2", weights="w3")) is None
    assert full.counts.reasons == {"weights changed": 1}


def test_a_miss_passes_over_damaged_neighbours(full):
    file_of(full).write_bytes(b"")
    assert full.get(changed(prompt="p2")) is None
    assert full.counts.reasons == {"new": 1}


def rewritten(info):
    """A well-formed file with other JSON in its header, as an editor would leave it."""

    def damage(data):
        size = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + size])
        header["__metadata__"].update(info) if info else header.pop("__metadata__")
        text = json.dumps(header).encode()
        return len(text).to_bytes(8, "little") + text + data[8 + size :]

    return damage


def transposed(data):
    return data.replace(b'"shape":[3,4]', b'"shape":[4,3]')


DAMAGE = {
    "empty": lambda data: b"",
    "cut in the length": lambda data: data[:5],
    "cut in the header": lambda data: data[:60],
    "cut in the payload": lambda data: data[:-1],
    "one byte more": lambda data: data + b"\0",
    "bit flipped in the last byte": lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    "bit flipped in the payload": lambda data: data[:-20] + bytes([data[-20] ^ 128]) + data[-19:],
    "length of the header": lambda data: b"\xff" * 8 + data[8:],
    "header garbage": lambda data: data[:8] + b"\x80" * 50 + data[58:],
    "header no object": lambda data: (4).to_bytes(8, "little") + b"null",
    "no metadata": rewritten({}),
    "other info": rewritten({"info": '{"components": {}}'}),
    "broken info": rewritten({"info": "{"}),
    "other checksum": rewritten({"checksum": "0" * 64}),
    "another shape": transposed,
    "other text": lambda data: b"not a value at all, whatever it is called",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_entry_is_dropped_and_made_again(full, damage):
    path = file_of(full)
    data = path.read_bytes()
    assert DAMAGE[damage](data) != data
    path.write_bytes(DAMAGE[damage](data))
    assert full.peek(ADDRESS) is None
    assert full.get(ADDRESS) is None
    assert full.counts.reasons == {"damaged entry": 1}
    assert not path.exists()
    full.put(ADDRESS, ARRAYS, INFO, tokens=7)
    assert full.get(ADDRESS).info["count"] == 3


@settings(max_examples=60)
@given(st.data())
def test_no_flipped_bit_goes_unnoticed(tmp_path_factory, data):
    store = Store(tmp_path_factory.mktemp("cache"))
    store.put(ADDRESS, ARRAYS, INFO, tokens=7)
    path = file_of(store)
    content = bytearray(path.read_bytes())
    bit = data.draw(st.integers(0, 8 * len(content) - 1))
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)
    entry = store.get(ADDRESS)
    if entry is not None:  # white space of the header may be other white space
        assert entry.info == {**INFO, "components": COMPONENTS}
        np.testing.assert_array_equal(entry.arrays["residual"], ARRAYS["residual"], strict=True)


class Unwritable(BaseException):
    """What a killed run raises in the middle of a write."""


def test_a_write_that_raises_leaves_nothing(store, monkeypatch):
    from pathlib import Path

    def replace(self, target):
        raise Unwritable

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        with pytest.raises(Unwritable):
            store.put(ADDRESS, ARRAYS, INFO, tokens=7)
    assert files(store) == []
    assert store.counts == Passes(), "nothing was made that could be counted"


def test_what_a_killed_run_left_is_harmless(full):
    (file_of(full).parent / "tmpx.part").write_bytes(b"half a valu")
    assert full.get(ADDRESS) is not None
    assert full.get(changed(prompt="p2")) is None
    assert full.counts.reasons == {"prompt changed": 1}


def test_a_value_that_appears_while_it_is_looked_for_is_kept(store, monkeypatch):
    """Two processes may miss one key; the slower reader must not drop what the faster one has just written."""
    from interp_core.store import entries

    def late(path):
        Store(store.root).put(ADDRESS, ARRAYS, INFO, tokens=7)

    with monkeypatch.context() as patch:
        patch.setattr(entries, "_bytes", late)
        assert store.get(ADDRESS) is None
    assert "damaged entry" not in store.counts.reasons
    assert store.get(ADDRESS).info["count"] == 3


def test_processes_that_write_one_key_leave_one_whole_value(tmp_path):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_often, args=(tmp_path, number)) for number in (1, 2)]
    for writer in writers:
        writer.start()
    store, seen = Store(tmp_path), set()
    while any(writer.is_alive() for writer in writers):
        seen.add(store.get(ADDRESS) is not None)
    for writer in writers:
        writer.join(timeout=60)
    assert [writer.exitcode for writer in writers] == [0, 0]
    entry = store.get(ADDRESS)
    assert set(entry.arrays["residual"]) == {entry.info["by"]}
    assert store.counts.reasons["damaged entry"] == 0
    assert len(files(store)) == 1


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(
        StoreError, match=r"the cache folder .*file cannot be written .*Name another: --claims-cache DIR"
    ):
        Store(tmp_path / "file")


def test_a_write_that_fails_later_is_explained(store):
    (store.root / ADDRESS.slot[:2]).write_text("a file where a folder should be")
    with pytest.raises(StoreError, match=r"cannot be written .*--claims-cache DIR"):
        store.put(ADDRESS, ARRAYS, INFO, tokens=7)


def test_the_cache_keeps_itself_out_of_version_control(store):
    assert (store.root / ".gitignore").read_text(encoding="utf-8") == "*\n"
    (store.root / ".gitignore").write_text("mine", encoding="utf-8")
    Store(store.root)
    assert (store.root / ".gitignore").read_text(encoding="utf-8") == "mine"


def test_passes_since_a_copy_are_those_added():
    passes = Passes(saved=2, made=1, reasons=Counter(new=1), tokens=5, seconds=1.0, pairs=1)
    before = passes.copy()
    told = {
        "made": 2, "saved": 3, "reasons": {"new": 1, "prompt changed": 2}, "tokens": 4, "seconds": 0.5,
        "pairs": 1, "repeats": {"the answer": 1}, "spared": 9, "changed": ["r1"],
    }  # fmt: skip
    passes.add(told)
    assert before == Passes(saved=2, made=1, reasons=Counter(new=1), tokens=5, seconds=1.0, pairs=1)
    assert passes.since(before).tree() == told
