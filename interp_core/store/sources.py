"""Where a model's files are, and what identifies them. Torch-free, so that a warm run stays so."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from interp_core.errors import ModelError

_TOKENIZER = (
    "tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "merges.txt", "added_tokens.json",
    "special_tokens_map.json", "spiece.model", "sentencepiece.bpe.model", "source.spm", "tekken.json",
)  # fmt: skip
_TEMPLATES = ("chat_template.jinja", "chat_template.json")


@dataclass(frozen=True)
class ModelFiles:
    """SHA-256 of each part of a model folder that can change what the model does."""

    weights: str
    tokenizer: str
    template: str
    config: str

    def tree(self) -> dict[str, str]:
        """As JSON."""
        return asdict(self)


def find_model(source: str, *, revision: str | None, search: Sequence[Path], download: bool) -> Path:
    """The folder that holds a model.

    Parameters
    ----------
    source : an organism's name, a path, or a hub id.
    revision : the hub revision of a hub id.
    search : folders that hold organisms by name; the one in this package comes last.
    download : whether a hub id that is not on this machine may be fetched.

    Raises
    ------
    ModelError : there is no such model, or a folder is given with a revision; nothing was fetched.
    """
    for folder in (Path(source).expanduser(), *(root / source for root in _roots(search))):
        if (folder / "config.json").is_file():
            _refuse_revision(source, revision)
            return folder.resolve()
    if Path(source).expanduser().exists():
        raise ModelError(f"{source} is no model folder: it has no config.json. Save one with save_pretrained(path).")
    if _looks_like_hub_id(source):
        return _from_hub(source, revision, download=download)
    names = ", ".join(organisms(search)) or "none"
    raise ModelError(
        f"there is no model {source!r}: no folder of that name holds a config.json, and it is none of the organisms "
        f"({names}). Give a path of a save_pretrained folder, an organism's name or a hub id such as Qwen/Qwen3-14B. "
        "Nothing was fetched."
    )


def organisms(search: Sequence[Path]) -> tuple[str, ...]:
    """The names of the model organisms at hand."""
    found = {entry.parent.name for root in _roots(search) for entry in root.glob("*/config.json")}
    return tuple(sorted(found))


def _roots(search: Sequence[Path]) -> tuple[Path, ...]:
    return (*search, Path(str(files("interp_core"))) / "organisms")


def _refuse_revision(source: str, revision: str | None) -> None:
    if revision is not None:
        raise ModelError(
            f"{source} is a folder, which holds one revision, so @{revision} cannot be told from any other. "
            f"Write --model {source}, or a hub id with the revision."
        )


def _looks_like_hub_id(source: str) -> bool:
    owner, _, name = source.partition("/")
    return bool(owner and name) and "/" not in name and not source.startswith((".", "~", "/"))


def _from_hub(source: str, revision: str | None, *, download: bool) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    patterns = ["*.json", "*.safetensors", "*.jinja", "*.txt", "*.model"]
    try:
        found = snapshot_download(source, revision=revision, local_files_only=not download, allow_patterns=patterns)
    except (LocalEntryNotFoundError, HfHubHTTPError, HFValidationError, OSError) as error:
        raise ModelError(
            f"the hub model {source!r} is not on this machine ({type(error).__name__}). Nothing is fetched unless you "
            "say so: add --claims-download, or give the path of a folder."
        ) from None
    return Path(found)


def layers_of(folder: Path) -> int:
    """The number of decoder layers, read from config.json."""
    return _number(folder, ("num_hidden_layers", "n_layer", "num_layers"), "how many layers the model has")


def width_of(folder: Path) -> int:
    """The width of the residual stream, read from config.json."""
    return _number(folder, ("hidden_size", "n_embd", "d_model"), "how wide the model's residual stream is")


def vocabulary_of(folder: Path) -> int:
    """The number of tokens that the model tells apart, read from config.json."""
    return _number(folder, ("vocab_size",), "how many tokens the model knows")


def _number(folder: Path, keys: Sequence[str], what: str) -> int:
    config = read_config(folder)
    text = config.get("text_config") or config
    for key in keys:
        if isinstance(text.get(key), int):
            return int(text[key])
    raise ModelError(f"{folder}/config.json does not say {what}. Add {keys[0]} to it.")


def read_config(folder: Path) -> dict[str, Any]:
    """config.json; raises ModelError where it is not a JSON object."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder}/config.json cannot be read ({error}). Save the model again.") from None
    if not isinstance(config, dict):
        raise ModelError(f"{folder}/config.json is not a JSON object. Save the model again.")
    return config


class Hasher:
    """SHA-256 of files, remembered by size and times so that gigabytes are read once.

    The time of the last change of the inode counts besides that of the content, which copying tools put back.
    """

    def __init__(self, memory: Path) -> None:
        self._memory = memory
        self._known: dict[str, str] = _read_memory(memory)

    def model_files(self, folder: Path) -> ModelFiles:
        """The identity of the model in `folder`; raises ModelError where it has no safetensors weights."""
        weights = sorted(folder.glob("*.safetensors"))
        if not weights:
            raise ModelError(
                f"{folder} holds no *.safetensors weights; pickled weights are not loaded. "
                "Save the model with save_pretrained(path)."
            )
        return ModelFiles(
            weights=self._digest(weights),
            tokenizer=_with(self._digest(_present(folder, _TOKENIZER)), _tokenizer_settings(folder)),
            template=_with(self._digest(_present(folder, _TEMPLATES)), _embedded_template(folder)),
            config=self._digest(_present(folder, ("config.json", "generation_config.json"))),
        )

    def _digest(self, paths: Iterable[Path]) -> str:
        return hashlib.sha256("\n".join(f"{path.name} {self._of(path)}" for path in paths).encode()).hexdigest()

    def _of(self, path: Path) -> str:
        stat = path.stat()
        key = f"{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}|{stat.st_ctime_ns}"
        if key not in self._known:
            with path.open("rb") as file:
                self._known[key] = hashlib.file_digest(file, "sha256").hexdigest()
            self._memory.parent.mkdir(parents=True, exist_ok=True)
            with self._memory.open("a", encoding="utf-8") as file:
                file.write(json.dumps([key, self._known[key]]) + "\n")
        return self._known[key]


def _read_memory(memory: Path) -> dict[str, str]:
    known: dict[str, str] = {}
    lines = memory.read_text(encoding="utf-8", errors="replace").splitlines() if memory.is_file() else []
    for line in lines:
        try:
            key, value = json.loads(line)
        except (ValueError, TypeError):
            continue  # a line that was cut off: its file is hashed again
        known[str(key)] = str(value)
    return known


def _present(folder: Path, names: Iterable[str]) -> list[Path]:
    return [folder / name for name in names if (folder / name).is_file()]


def _tokenizer_config(folder: Path) -> dict[str, Any]:
    path = folder / "tokenizer_config.json"
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
    except (ValueError, TypeError) as error:
        raise ModelError(
            f"{path} is no JSON object ({error}). Save the tokenizer again with save_pretrained."
        ) from None


def _tokenizer_settings(folder: Path) -> str:
    settings = {key: value for key, value in _tokenizer_config(folder).items() if key != "chat_template"}
    return json.dumps(settings, sort_keys=True)


def _embedded_template(folder: Path) -> str:
    return json.dumps(_tokenizer_config(folder).get("chat_template"))


def _with(digest: str, text: str) -> str:
    return hashlib.sha256(f"{digest}\n{text}".encode()).hexdigest()
