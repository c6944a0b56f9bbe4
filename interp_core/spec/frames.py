"""Frames: named wrappings of a request, and their length-matched neutral controls."""

import json
import string
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from interp_core.errors import PromptError
from interp_core.spec.identity import Tree

FILLERS = (
    "Today,", "This week,", "If you can,", "For my notes,", "On a quiet morning,", "After a short walk by the lake,",
    "While I am sitting at the kitchen table,", "Because I have a free hour this evening,",
    "Before the shops close and the street is quiet,", "As I told you on the phone last week,",
)  # fmt: skip


def placeholders(template: str, *, owner: str) -> tuple[str, ...]:
    """The names in braces of `template`; raises PromptError where a brace is not closed or has no name."""
    try:
        parts = [part for part in string.Formatter().parse(template) if part[1] is not None]
    except ValueError as error:
        raise PromptError(
            f"{owner} has the template {template!r}, which cannot be read ({error}). "
            "Write a literal brace twice: {{ and }}."
        ) from None
    names = tuple(str(name) for _, name, _, _ in parts)
    if not all(name.isidentifier() for name in names):
        raise PromptError(
            f"{owner} has an unnamed placeholder in {template!r}. Name a field of the prompts: {{text}}, {{action}}."
        )
    if any(spec or conversion for _, _, spec, conversion in parts):
        raise PromptError(
            f"{owner} formats a placeholder in {template!r}. Fields go in as they are: write the name alone, {{text}}."
        )
    return names


def fill(template: str, fields: Mapping[str, str], *, owner: str) -> str:
    """`template` with its placeholders replaced by `fields`; raises PromptError for a field that is missing."""
    missing = sorted(set(placeholders(template, owner=owner)) - set(fields))
    if missing:
        raise PromptError(
            f"{owner} wants the field {missing[0]!r}, which the prompts do not have. "
            f"Their fields are: {', '.join(sorted(fields))}. Change the template or add the field to the JSONL."
        )
    return template.format(**fields)


@dataclass(frozen=True)
class Frame:
    """A named text-to-text wrapping of a request.

    Parameters
    ----------
    name : the frame's name, unique in its set.
    template : text with at least one placeholder, each a field of the prompts: ``{text}`` is the request as asked
        directly, other fields come from the prompts' JSONL.

    Raises
    ------
    PromptError : the template has no placeholder, so every request would become the same prompt; or the name is empty
        or holds a slash, which separates request and frame in a prompt's id.
    """

    name: str
    template: str

    def __post_init__(self) -> None:
        if not self.name or "/" in self.name:
            raise PromptError(
                f"a frame cannot be named {self.name!r}: prompts' ids read request/frame. Use a word without a slash."
            )
        if not placeholders(self.template, owner=f"frame {self.name!r}"):
            raise PromptError(
                f"frame {self.name!r} has no placeholder in {self.template!r}: every request would become the same "
                "prompt. Put {text} (the whole request) or another field of the prompts where the request belongs."
            )


@dataclass(frozen=True)
class Neutral:
    """How a length-matched neutral control is written: the request asked plainly behind neutral clauses.

    The engine chooses the clauses so that the control has exactly as many tokens as the framed prompt that it
    controls for, under the model's own tokenizer.
    """

    template: str = "{filler} {text}"
    fillers: tuple[str, ...] = FILLERS

    def __post_init__(self) -> None:
        if "filler" not in placeholders(self.template, owner="the neutral template"):
            raise PromptError(
                f"the neutral template {self.template!r} has no {{filler}}: without it no length can be matched. "
                "Write for instance '{filler} {text}'."
            )
        if isinstance(self.fillers, str) or not self.fillers or not all(filler.strip() for filler in self.fillers):
            raise PromptError(
                f"a neutral control wants filler clauses, none of them empty, and got {self.fillers!r}. "
                "Write for instance ('Today,', 'If you can,')."
            )


@dataclass(frozen=True)
class LengthMatched:
    """A user message that the engine writes: `template` with a filler, exactly as many tokens as `target`.

    `template` already holds the request; only ``{filler}`` is open. `seed` fixes the order in which clauses are tried.
    """

    template: str
    fillers: tuple[str, ...]
    target: str
    seed: int


@dataclass(frozen=True)
class FrameSet:
    """Several frames that say the same thing in different words: one claim is about all of them together."""

    name: str
    frames: tuple[Frame, ...]
    neutral: Neutral = field(default_factory=Neutral)
    control: bool = False

    def __post_init__(self) -> None:
        if not self.frames:
            raise PromptError(f"the frame set {self.name!r} is empty. Give it at least one Frame(name, template).")
        names = [frame.name for frame in self.frames]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise PromptError(f"the frame set {self.name!r} names {repeated[0]!r} twice. Give each frame its own name.")

    @classmethod
    def from_json(cls, path: Path | str, name: str) -> "FrameSet":
        """The frame set `name` of a JSON file: {name: {frame: template}, "neutral": {"template", "fillers"}}.

        Raises
        ------
        PromptError : the file is missing or is not such JSON, or has no set of that name.
        """
        data = _read_json(Path(path))
        sets = sorted(set(data) - {"neutral"})
        if name not in sets:
            raise PromptError(f"{path} has no frame set {name!r}. It has: {', '.join(sets) or 'none'}.")
        if not _is_text_by_name(data[name]):
            raise PromptError(f'the frame set {name!r} of {path} must be an object: {{"frame": "template"}}.')
        frames = tuple(Frame(key, template) for key, template in data[name].items())
        return cls(name, frames, neutral=_neutral(data["neutral"], path)) if "neutral" in data else cls(name, frames)

    def length_matched(self) -> "FrameSet":
        """The neutral control of each frame: plain requests of exactly equal token count under the tokenizer."""
        return replace(self, control=True)

    def design(self) -> Tree:
        """What of the frames a claim's design depends on: their wording, and whether they are the controls."""
        tree: Tree = {"frames": self.name, "templates": {frame.name: frame.template for frame in self.frames}}
        if self.control:
            tree["length_matched"] = {"template": self.neutral.template, "fillers": list(self.neutral.fillers)}
        return tree


def _read_json(path: Path) -> Mapping[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_unique)
    except OSError as error:
        raise PromptError(f"the frames file {path} cannot be read ({error.strerror}). Give a JSON file.") from None
    except ValueError as error:
        raise PromptError(f"{path} is not JSON that can be used ({error}). Mend the file.") from None
    if not isinstance(data, dict):
        raise PromptError(f'{path} must hold an object of frame sets: {{"fiction": {{"story": "... {{text}}"}}}}.')
    return data


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"the name {repeated[0]!r} stands there twice, and the last one would win")
    return dict(pairs)


def _is_text_by_name(tree: Tree) -> bool:
    return isinstance(tree, dict) and all(isinstance(text, str) for text in tree.values())


def _neutral(tree: Tree, path: Path | str) -> Neutral:
    known = tree if isinstance(tree, dict) else {}
    template, fillers = known.get("template"), known.get("fillers")
    if not isinstance(fillers, list) or not all(isinstance(text, str) for text in (template, *fillers)):
        raise PromptError(
            f'"neutral" in {path} must be an object: {{"template": "{{filler}} {{text}}", "fillers": ["Today,", ...]}}.'
        )
    return Neutral(str(template), tuple(fillers))
