import json
import os
import socket
from pathlib import Path

import pytest

from interp_core.errors import ModelError
from interp_core.store import Hasher, find_model, layers_of, organisms

ORGANISMS = Path(__file__).parents[2] / "fixtures" / "organisms" / "trained"


def model_folder(folder, config='{"num_hidden_layers": 4}'):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(config, encoding="utf-8")
    return folder


def find(source, *search, revision=None):
    return find_model(str(source), revision=revision, search=search, download=False)


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    def connect(self, address):
        raise AssertionError(f"a connection to {address} was tried")

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", connect)


def test_folders_are_found_by_any_path(tmp_path, monkeypatch):
    folder = model_folder(tmp_path / "runs" / "mine")
    monkeypatch.chdir(tmp_path / "runs")
    monkeypatch.setenv("HOME", str(tmp_path))
    paths = [folder, "mine", "./mine", "../runs/mine", "~/runs/mine", f"{folder}/"]
    assert {find(path) for path in paths} == {folder.resolve()}


def test_organisms_are_found_by_name_in_the_search_folders(tmp_path):
    one, two = model_folder(tmp_path / "a" / "tiny"), model_folder(tmp_path / "b" / "tiny")
    model_folder(tmp_path / "b" / "other")
    (tmp_path / "b" / "nothing").mkdir()
    assert find("tiny", tmp_path / "a", tmp_path / "b") == one.resolve()
    assert find("tiny", tmp_path / "b", tmp_path / "a") == two.resolve()
    assert set(organisms([tmp_path / "a", tmp_path / "b"])) >= {"other", "tiny"}
    assert "nothing" not in organisms([tmp_path / "b"])


def test_the_shipped_organism_is_found():
    assert find("mediated", ORGANISMS) == (ORGANISMS / "mediated").resolve()


def test_a_folder_beside_the_claims_goes_before_an_organism(tmp_path, monkeypatch):
    here = model_folder(tmp_path / "here" / "mediated")
    monkeypatch.chdir(tmp_path / "here")
    assert find("mediated", ORGANISMS) == here.resolve()
    (here / "config.json").unlink()
    assert find("mediated", ORGANISMS) == (ORGANISMS / "mediated").resolve()


def test_an_unknown_model_is_explained(tmp_path):
    model_folder(tmp_path / "tiny")
    with pytest.raises(
        ModelError, match=r"there is no model 'gpt'.*none of the organisms \(.*tiny.*Nothing was fetched"
    ):
        find("gpt", tmp_path)


@pytest.mark.parametrize("source", ["/nowhere/at/all", "../nowhere/x", "./nowhere", "~/nowhere/x", "a/b/c"])
def test_a_mistyped_path_is_no_hub_id(source):
    with pytest.raises(ModelError, match="there is no model"):
        find(source)


def test_a_folder_without_a_config_is_explained(tmp_path):
    with pytest.raises(ModelError, match=r"is no model folder: it has no config.json. Save one with save_pretrained"):
        find(tmp_path)


@pytest.mark.parametrize("source", ["org/model-that-is-nowhere", "org/--bad..name", "org/has space"])
def test_a_hub_id_is_not_fetched_unless_asked(source, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelError, match=r"the hub model .* is not on this machine .*add --claims-download"):
        find(source, revision="main")


def test_a_folder_has_no_revisions(tmp_path):
    folder = model_folder(tmp_path / "mine")
    with pytest.raises(ModelError, match=r"is a folder, which holds one revision, so @v2 cannot be told"):
        find(folder, revision="v2")
    with pytest.raises(ModelError, match="Write --model mine, or a hub id with the revision"):
        find("mine", tmp_path, revision="v2")


@pytest.mark.parametrize(
    ("config", "layers"),
    [
        ({"num_hidden_layers": 4}, 4),
        ({"n_layer": 12}, 12),
        ({"num_layers": 6}, 6),
        ({"num_hidden_layers": 2, "text_config": {"num_hidden_layers": 36}}, 36),
        ({"num_hidden_layers": 2, "text_config": None}, 2),
    ],
)  # fmt: skip
def test_layers_are_read_from_the_config(tmp_path, config, layers):
    assert layers_of(model_folder(tmp_path, json.dumps(config))) == layers


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("{}", "does not say how many layers the model has. Add num_hidden_layers"),
        ('{"num_hidden_layers": "4"}', "does not say how many layers"),
        ('{"text_config": {"hidden_size": 4}, "num_hidden_layers": 2}', "does not say how many layers"),
        ("{", "cannot be read .*Save the model again"),
        ("[]", "is not a JSON object. Save the model again"),
    ],
)  # fmt: skip
def test_a_config_that_says_too_little_is_explained(tmp_path, config, message):
    with pytest.raises(ModelError, match=message):
        layers_of(model_folder(tmp_path, config))


def test_a_config_that_is_missing_or_no_text_is_explained(tmp_path):
    with pytest.raises(ModelError, match="cannot be read"):
        layers_of(tmp_path)
    (tmp_path / "config.json").write_bytes(b"\xff\xfe")
    with pytest.raises(ModelError, match="cannot be read"):
        layers_of(tmp_path)


# the identity of model files


@pytest.fixture
def folder(tmp_path):
    folder = model_folder(tmp_path / "model")
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "tokenizer.json").write_text("{}")
    (folder / "tokenizer_config.json").write_text(json.dumps({"bos": "<s>", "chat_template": "{{ one }}"}))
    (folder / "README.md").write_text("nothing that matters")
    return folder


@pytest.fixture
def memory(tmp_path):
    return tmp_path / "cache" / "hashes.jsonl"


CHANGES = {
    "weights": lambda f: (f / "model.safetensors").write_bytes(b"Weights"),
    "weights of a second file": lambda f: (f / "model-2.safetensors").write_bytes(b"more"),
    "tokenizer": lambda f: (f / "tokenizer.json").write_text("[]"),
    "tokenizer by its settings": lambda f: (f / "tokenizer_config.json").write_text('{"chat_template": "{{ one }}"}'),
    "tokenizer by added tokens": lambda f: (f / "added_tokens.json").write_text("{}"),
    "template": lambda f: (f / "tokenizer_config.json").write_text('{"bos": "<s>", "chat_template": "{{ two }}"}'),
    "template taken away": lambda f: (f / "tokenizer_config.json").write_text('{"bos": "<s>"}'),
    "template in a file": lambda f: (f / "chat_template.jinja").write_text("{{ one }}"),
    "config": lambda f: (f / "config.json").write_text('{"num_hidden_layers": 5}'),
    "config of generation": lambda f: (f / "generation_config.json").write_text("{}"),
    "nothing by a note": lambda f: (f / "README.md").write_text("another note"),
    "nothing by formatting": lambda f: (f / "tokenizer_config.json").write_text(
        json.dumps({"chat_template": "{{ one }}", "bos": "<s>"}, indent=2)
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_is_told_as_what_it_is(folder, memory, change):
    """A template inside tokenizer_config.json is a template; the store then says "template changed"."""
    before = Hasher(memory).model_files(folder).tree()
    CHANGES[change](folder)
    after = Hasher(memory).model_files(folder).tree()
    changed = [part for part in before if before[part] != after[part]]
    assert changed == [part for part in before if part == change.split()[0]]


def test_the_identity_does_not_depend_on_where_the_folder_is(folder, memory):
    before = Hasher(memory).model_files(folder)
    assert Hasher(memory).model_files(folder.rename(folder.with_name("moved"))) == before


def test_a_folder_without_safetensors_is_explained(folder, memory):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(
        ModelError, match=r"holds no \*.safetensors weights; pickled weights are not loaded. Save the model"
    ):
        Hasher(memory).model_files(folder)


@pytest.mark.parametrize("text", ["{", "[1, 2]", "null"])
def test_tokenizer_settings_that_are_no_object_are_explained(folder, memory, text):
    (folder / "tokenizer_config.json").write_text(text)
    with pytest.raises(ModelError, match=r"tokenizer_config.json is no JSON object .*Save the tokenizer again"):
        Hasher(memory).model_files(folder)


class Reads:
    """Counts the files that are read to be hashed."""

    def __init__(self, monkeypatch):
        import hashlib

        self.names, digest = [], hashlib.file_digest
        monkeypatch.setattr(
            hashlib, "file_digest", lambda f, kind: self.names.append(Path(f.name).name) or digest(f, kind)
        )


def test_files_are_read_once_and_remembered_over_runs(folder, memory, monkeypatch):
    reads = Reads(monkeypatch)
    hasher = Hasher(memory)
    assert hasher.model_files(folder) == hasher.model_files(folder) == Hasher(memory).model_files(folder)
    assert sorted(reads.names) == ["config.json", "model.safetensors", "tokenizer.json"]


def test_a_changed_file_is_noticed_though_size_and_time_are_put_back(folder, memory):
    weights = folder / "model.safetensors"
    stat, before = weights.stat(), Hasher(memory).model_files(folder)
    weights.write_bytes(b"WEIGHTS")
    os.utime(weights, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert (weights.stat().st_size, weights.stat().st_mtime_ns) == (stat.st_size, stat.st_mtime_ns)
    assert Hasher(memory).model_files(folder).weights != before.weights


@pytest.mark.parametrize("garbage", [b'["/x|1|2|3", "ab', b"\xff\xfe\n", b"3\n", b"null\n", b'["a"]\n'])
def test_a_memory_that_was_cut_off_costs_a_second_reading_at_most(folder, memory, garbage):
    before = Hasher(memory).model_files(folder)
    whole = memory.read_bytes()
    memory.write_bytes(whole + garbage)
    assert Hasher(memory).model_files(folder) == before
    memory.write_bytes(whole[:-20])
    assert Hasher(memory).model_files(folder) == before
    assert Hasher(memory).model_files(folder) == before
