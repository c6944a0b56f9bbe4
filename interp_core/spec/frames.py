"""Frames: named wrappings of a request, and their length-matched neutral controls."""

import json
import string
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

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
        names = tuple(name for _, name, _, _ in string.Formatter().parse(template) if name is not None)
    except ValueError as error:
        raise PromptError(
            f"{owner} has the template {template!r}, which cannot be read ({error}). "
            "Write a literal brace twice: {{ and }}."
        ) from None
    if not all(name.isidentifier() for name in names):
        raise PromptError(
            f"{owner} has an unnamed placeholder in {template!r}. Name a field of the prompts: {{text}}, {{action}}."
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
    PromptError : the template has no placeholder, so every request would become the same prompt.
    """

    name: str
    template: str

    def __post_init__(self) -> None:
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
        if not self.fillers:
            raise PromptError("a neutral control needs at least one filler clause, and got none.")


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
    def from_json(cls, path: Path | str, name: str) -> Self:
        """The frame set `name` of a JSON file: {name: {frame: template}, "neutral": {"template", "fillers"}}."""
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        if name not in data:
            raise PromptError(
                f"{path} has no frame set {name!r}. It has: {', '.join(sorted(set(data) - {'neutral'}))}."
            )
        frames = tuple(Frame(key, template) for key, template in data[name].items())
        neutral = data.get("neutral")
        if neutral is None:
            return cls(name, frames)
        return cls(name, frames, neutral=Neutral(neutral["template"], tuple(neutral["fillers"])))

    def length_matched(self) -> "FrameSet":
        """The neutral control of each frame: plain requests of exactly equal token count under the tokenizer."""
        return replace(self, control=True)

    def design(self) -> Tree:
        """What of the frames a claim's design depends on: their wording, and whether they are the controls."""
        tree: Tree = {"frames": self.name, "templates": {frame.name: frame.template for frame in self.frames}}
        if self.control:
            tree["length_matched"] = {"template": self.neutral.template, "fillers": list(self.neutral.fillers)}
        return tree
