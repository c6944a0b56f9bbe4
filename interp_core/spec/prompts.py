"""Prompt sets: ordered, content-hashed, split-carrying prompts whose identities survive framing."""

import json
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from interp_core.errors import PromptError
from interp_core.spec.frames import FrameSet, LengthMatched, fill, placeholders
from interp_core.spec.identity import Tree, digest, seed_from

SPLITS = ("fit", "select", "test")


@dataclass(frozen=True)
class Prompt:
    """One prompt: what the user says, and which base request and frame it belongs to.

    `request` and `frame` are its identity for pairing and clustering; `user` is its content, or the recipe of a
    length-matched control that the engine resolves with the model's own tokenizer.
    """

    request: str
    user: str | LengthMatched
    frame: str = ""
    split: str = "test"
    fields: tuple[tuple[str, str], ...] = ()
    system: str | None = None
    prefill: str = ""
    thinking: bool = False
    thought: str = ""
    thought_ends: bool = True

    @property
    def id(self) -> str:
        """The base request, and the frame where there is one: "lock-shed/story"."""
        return f"{self.request}/{self.frame}" if self.frame else self.request

    @property
    def direct(self) -> str:
        """The request as it is asked without a frame."""
        return dict(self.fields)["text"]

    def content(self) -> Tree:
        """Everything that decides what the model reads, apart from the model's own template and tokenizer."""
        user: Tree = self.user
        if isinstance(self.user, LengthMatched):
            user = {
                "length_matched": self.user.template,
                "fillers": list(self.user.fillers),
                "target": self.user.target,
                "seed": self.user.seed,
            }
        thought = {"thought": self.thought, "thought_ends": self.thought_ends} if self.thought else {}
        return {"user": user, "system": self.system, "prefill": self.prefill, "thinking": self.thinking, **thought}


@dataclass(frozen=True)
class PromptSet:
    """An ordered set of prompts with unique ids, a split each, and the framing in force.

    Build one with `from_jsonl`, `from_texts` or `from_splits`; derive others with `fit`, `select`, `test`, `framed`,
    `prefilled`, `with_system`, `with_thinking` and `with_thought`. Pairing and clustering follow the base request
    through all of them.
    """

    name: str
    prompts: tuple[Prompt, ...]
    split: str | None = None
    framing: FrameSet | None = None
    system: str | None = None
    prefill: str = ""
    thinking: bool = False
    thought: str = ""

    def __post_init__(self) -> None:
        if not self.prompts:
            raise PromptError(f"the prompt set {self.name!r} is empty. A claim needs prompts to be about.")

    @classmethod
    def from_jsonl(
        cls, path: Path | str, *, name: str | None = None, text: str = "text", id: str = "id", split: str | None = None
    ) -> "PromptSet":
        """Read one prompt a line.

        Parameters
        ----------
        path : a file of JSON objects, one a line; blank lines are passed over.
        name : the set's name; the file's stem by default.
        text, id : the fields that hold the request and its id. A row without an id is called ``<name>-<position>``.
        split : the split of all rows; otherwise each row's own ``split`` (``test`` where it has none).

        Raises
        ------
        PromptError : naming file and line, for a line that is not a JSON object, lacks the text, repeats an id or
            names an unknown split.
        """
        source = Path(path)
        label = name or source.stem
        rows = [_row(line, f"{path}:{number}") for number, line in _lines(source)]
        prompts = tuple(
            _prompt(row, where, f"{label}-{position}", text, id, split) for position, (row, where) in enumerate(rows)
        )
        _refuse_repeated_ids([(p.request, where) for p, (_, where) in zip(prompts, rows, strict=True)])
        if not prompts:
            raise PromptError(f"{path} holds no prompts. Write one JSON object a line, with at least {text!r}.")
        return cls(label, prompts)

    @classmethod
    def from_texts(cls, name: str, texts: Sequence[str], *, split: str = "test") -> "PromptSet":
        """Requests typed in by hand; ids are ``<name>-<position>``."""
        if isinstance(texts, str):
            raise PromptError(f"from_texts({name!r}, {texts[:40]!r}) got one text, and wants a list: [{texts[:40]!r}].")
        rows = [({"text": text}, f"{name}[{position}]") for position, text in enumerate(texts)]
        return cls(
            name, tuple(_prompt(row, where, f"{name}-{i}", "text", "id", split) for i, (row, where) in enumerate(rows))
        )

    @classmethod
    def from_splits(cls, name: str, **splits: "PromptSet") -> "PromptSet":
        """One set from several: ``from_splits("harmful", fit=train, select=val, test=test)``."""
        merged = tuple(
            replace(prompt, split=_known_split(split, name)) for split, part in splits.items() for prompt in part
        )
        _refuse_repeated_ids([(prompt.request, f"{name}.{prompt.split}") for prompt in merged])
        return cls(name, merged)

    def __iter__(self) -> Iterator[Prompt]:
        return iter(self.prompts)

    def __len__(self) -> int:
        return len(self.prompts)

    def __repr__(self) -> str:
        return f"<PromptSet {self.label}: {len(self)} prompts>"

    def __str__(self) -> str:
        shown = [f"  {prompt.id}: {_shown(prompt.user)}" for prompt in self.prompts[:3]]
        return "\n".join([repr(self), *shown, *(["  ..."] if len(self) > 3 else [])])

    @property
    def fit(self) -> "PromptSet":
        """The prompts that directions are fitted on."""
        return self._of_split("fit")

    @property
    def select(self) -> "PromptSet":
        """The prompts on which sites and scales are chosen; a projection's unit is estimated here."""
        return self._of_split("select")

    @property
    def test(self) -> "PromptSet":
        """The prompts that claims are judged on."""
        return self._of_split("test")

    def take(self, count: int) -> "PromptSet":
        """The `count` requests that come first in an order fixed by their ids, so that adding prompts moves few."""
        if count < 1:
            raise PromptError(f"take({count}) takes no prompts. Write a number from 1 to {len(self.requests)}.")
        chosen = frozenset(sorted(self.requests, key=digest)[:count])
        return replace(self, prompts=tuple(prompt for prompt in self if prompt.request in chosen))

    def framed(self, frames: FrameSet) -> "PromptSet":
        """Every request behind every frame, in the order of the requests."""
        if self.framing is not None:
            raise PromptError(f"{self.name!r} is framed by {self.framing.name!r} already. Frame the requests once.")
        crossed = tuple(_framed(prompt, frames, index) for prompt in self for index in range(len(frames.frames)))
        return replace(self, prompts=crossed, framing=frames)

    def prefilled(self, text: str) -> "PromptSet":
        """The same prompts with `text` as the beginning of the model's answer (after an empty think block, if any)."""
        return replace(self, prompts=tuple(replace(p, prefill=text) for p in self), prefill=text)

    def with_system(self, text: str) -> "PromptSet":
        """The same prompts behind the system prompt `text`."""
        return replace(self, prompts=tuple(replace(p, system=text) for p in self), system=text)

    def with_thinking(self, on: bool = True) -> "PromptSet":
        """The same prompts with the model's thinking on or off (off unless said)."""
        plain = tuple(replace(p, thinking=on, thought="", thought_ends=True) for p in self)
        return replace(self, prompts=plain, thinking=on, thought="")

    def with_thought(self, text: str, *, ends: bool = True) -> "PromptSet":
        """The same prompts with thinking on and `text` as the model's thoughts.

        A thought that `ends` is closed, and a prefill or the answer follows; one that does not is left open, and the
        model thinks on from there: sample it to resample the rest of a chain of thought from a sentence on.
        """
        if not text.strip():
            raise PromptError(
                "with_thought('') puts no thought. Write one, or with_thinking(False) for an empty block."
            )
        thoughtful = tuple(replace(p, thinking=True, thought=text, thought_ends=ends) for p in self)
        return replace(self, prompts=thoughtful, thinking=True, thought=text if ends else f"{text} ...")

    @property
    def requests(self) -> tuple[str, ...]:
        """The base requests, each once, in order."""
        return tuple(dict.fromkeys(prompt.request for prompt in self))

    @property
    def label(self) -> str:
        """What a table calls the set: "harmful.test framed by fiction"."""
        parts = [self.name + (f".{self.split}" if self.split else "")]
        if self.framing is not None:
            parts.append(f"behind {'length-matched neutral' if self.framing.control else self.framing.name} frames")
        parts += ["with a system prompt"] if self.system else []
        parts += [f"prefilled {self.prefill!r}"] if self.prefill else []
        parts += ["thinking"] if self.thinking and not self.thought else []
        parts += [f"thinking {self.thought!r}"] if self.thought else []
        return " ".join(parts)

    def design(self) -> Tree:
        """What of the prompts a claim's design depends on: not their texts, which may change without an amendment."""
        return {
            "prompts": self.name,
            "split": self.split,
            "framing": self.framing.design() if self.framing else None,
            "system": self.system,
            "prefill": self.prefill,
            "thinking": self.thinking,
            **({"thought": self.thought} if self.thought else {}),
        }

    def data(self) -> Tree:
        """The content hash of the prompts and their ids, in order."""
        return digest([[prompt.id, prompt.content()] for prompt in self])

    def _of_split(self, split: str) -> "PromptSet":
        chosen = tuple(prompt for prompt in self if prompt.split == split)
        if not chosen:
            have = sorted({prompt.split for prompt in self})
            raise PromptError(
                f"{self.name!r} has no prompts in the split {split!r}; it has: {', '.join(have)}. Give rows a "
                f'"split" of fit, select or test, or join files with PromptSet.from_splits({self.name!r}, {split}=...).'
            )
        return replace(self, prompts=chosen, split=split)


def _lines(source: Path) -> Iterable[tuple[int, str]]:
    try:
        text = source.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise PromptError(f"{source} is not UTF-8 text ({error}). Save it as UTF-8.") from None
    except FileNotFoundError:
        raise PromptError(f"there is no prompts file {source}. Give the path of a JSONL file.") from None
    except OSError as error:
        raise PromptError(f"{source} cannot be read ({error.strerror}). Give the path of a JSONL file.") from None
    # not splitlines(): JSON leaves U+2028 and its like as they are inside a text
    return ((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())


def _row(line: str, where: str) -> tuple[dict[str, Any], str]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise PromptError(
            f"this line is not JSON ({error.msg} at column {error.colno}): {line[:60]!r}. "
            'Write one object a line: {"id": "...", "text": "..."}.',
            where=where,
        ) from None
    if not isinstance(row, dict):
        raise PromptError(
            f'expected a JSON object such as {{"id": "...", "text": "..."}}, got {line[:60]!r}.', where=where
        )
    return row, where


def _prompt(row: Mapping[str, Any], where: str, fallback: str, text: str, id: str, split: str | None) -> Prompt:
    request = row.get(text)
    if not isinstance(request, str) or not request.strip():
        raise PromptError(
            f"the field {text!r} is missing or empty; the row has: {', '.join(sorted(row)) or 'nothing'}. "
            f"Name the field that holds the request: PromptSet.from_jsonl(..., text='...').",
            where=where,
        )
    fields = {key: value for key, value in row.items() if isinstance(value, str)} | {"text": request}
    chosen = _known_split(split or str(row.get("split", "test")), where)
    return Prompt(_id(row.get(id, fallback), id, where), request, split=chosen, fields=tuple(sorted(fields.items())))


def _id(given: object, field: str, where: str) -> str:
    if isinstance(given, bool) or not isinstance(given, str | int) or not str(given).strip():
        raise PromptError(
            f"{field!r} is {given!r}, which names no request. Write a text or a whole number, or leave it out.",
            where=where,
        )
    return str(given)


def _known_split(split: str, where: str) -> str:
    if split not in SPLITS:
        raise PromptError(f"unknown split {split!r}. The splits are fit, select and test.", where=where)
    return split


def _refuse_repeated_ids(ids: Sequence[tuple[str, str]]) -> None:
    first: dict[str, str] = {}
    for request, where in ids:
        if request in first:
            raise PromptError(
                f"the id {request!r} was used already at {first[request]}. Ids pair and cluster prompts: "
                "give each request its own.",
                where=where,
            )
        first[request] = where


def _framed(prompt: Prompt, frames: FrameSet, index: int) -> Prompt:
    frame = frames.frames[index]
    fields = dict(prompt.fields)
    target = fill(frame.template, fields, owner=f"frame {frame.name!r}")
    if not frames.control:
        return replace(prompt, user=target, frame=frame.name)
    owner = f"the neutral template of {frames.name!r}"
    template = fill(frames.neutral.template, fields | {"filler": "{filler}"}, owner=owner)
    if template.count("{filler}") != placeholders(frames.neutral.template, owner=owner).count("filler"):
        raise PromptError(
            f"the request {prompt.request!r} holds the text '{{filler}}', where {owner} would put its clauses, too. "
            "Reword the request."
        )
    seed = seed_from("length-matched", prompt.request, frame.name)
    return replace(prompt, user=LengthMatched(template, frames.neutral.fillers, target, seed), frame=frame.name)


def _shown(user: str | LengthMatched) -> str:
    if isinstance(user, LengthMatched):
        return f"{user.template} (as many tokens as: {user.target})"
    return user


_WORD = re.compile(r"\w+", re.UNICODE)


def normalised(text: str) -> str:
    """The words of `text`, letter case and Unicode forms apart: what counts as the same prompt."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(_WORD.findall(plain)) or plain.strip()


@dataclass(frozen=True)
class Overlap:
    """How far two sets share requests: equal after normalisation, and near-duplicates (Jaccard of 3-word shingles)."""

    equal: tuple[str, ...]
    near: tuple[str, ...]


def overlap(seen: PromptSet, held_out: PromptSet, *, threshold: float = 0.8) -> Overlap:
    """The ids of `held_out` whose direct request is in `seen`, word for word or nearly.

    Near-duplicates are found by an index of rare shingles, so that thousands of prompts take well under a second.
    """
    texts = {normalised(prompt.direct) for prompt in seen}
    known = _Shingled(texts, threshold)
    equal, near = [], []
    for request, text in {prompt.request: normalised(prompt.direct) for prompt in held_out}.items():
        if text in texts:
            equal.append(request)
        elif known.nearly(text):
            near.append(request)
    return Overlap(tuple(equal), tuple(near))


class _Shingled:
    """Texts by their rarest shingles, to find those with a Jaccard index of at least `threshold`."""

    def __init__(self, texts: Iterable[str], threshold: float) -> None:
        shingled = [_shingles(text) for text in texts]
        self._threshold = threshold
        self._counts = Counter(shingle for shingles in shingled for shingle in shingles)
        self._index: dict[str, list[frozenset[str]]] = {}
        for shingles in shingled:
            for shingle in self._rarest(shingles):
                self._index.setdefault(shingle, []).append(shingles)

    def nearly(self, text: str) -> bool:
        """Whether one of the texts nearly is `text`."""
        own = _shingles(text)
        candidates = (other for shingle in self._rarest(own) for other in self._index.get(shingle, ()))
        return any(_jaccard(own, other) >= self._threshold for other in candidates)

    def _rarest(self, shingles: frozenset[str]) -> list[str]:
        """So few that the rest alone cannot reach the threshold: two near texts share one (Bayardo et al. 2007)."""
        enough = math.ceil(self._threshold * len(shingles) - 1e-9)
        return sorted(shingles, key=lambda shingle: (self._counts[shingle], shingle))[: len(shingles) - enough + 1]


def _shingles(text: str) -> frozenset[str]:
    words = text.split()
    return frozenset(" ".join(words[i : i + 3]) for i in range(max(1, len(words) - 2)))


def _jaccard(first: frozenset[str], second: frozenset[str]) -> float:
    return len(first & second) / len(first | second)
