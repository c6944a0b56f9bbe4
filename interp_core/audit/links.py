"""What ties prose to claims, and what asks the audit to be silent: links, injections and ignore marks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ID = r"[A-Za-z_][\w.\-]*(?:\[[^\[\]\s]{1,200}\])?(?:@[\w.\-/:]+)?"
_BRACKET = re.compile(rf"\[@claim:\s*({_ID}(?:\s*[;,]\s*@?(?:claim:)?\s*{_ID})*)\s*\]")
_COMMENT = re.compile(rf"<!--\s*claims?:\s*({_ID}(?:\s*[;,]\s*{_ID})*)\s*-->")
_MACRO = re.compile(r"\\claim\{([^{}\n]{1,500})\}")
_INJECTION = re.compile(
    r"\{\{\s*claim\(\s*[\"']([^\"'\n]{1,300})[\"'](?:\s*,\s*(?:model\s*=\s*)?[\"']([^\"'\n]{1,200})[\"'])?\s*\)([^{}\n]{0,200})\}\}"
)
_FIELD = re.compile(r"\.\s*([a-z_]+)")
_IGNORE = re.compile(
    r"(?:<!--|(?<!\\)%|#|//)[ \t]*claims:[ \t]*ignore\b[ \t]*((?:R\d{1,2}[ \t,]*)*)"
    r"(?:reason[ \t]*=[ \t]*(?:\"([^\"\n]{0,500})\"|“([^”\n]{0,500})”))?[^\n>]{0,200}?(?:-->|$)",
    re.MULTILINE,
)
_RULE = re.compile(r"R\d{1,2}")
_SEPARATOR = re.compile(r"\s*[;,]\s*(?![^\[\]]*\])")


@dataclass(frozen=True)
class Link:
    """A mention of a claim's id.

    `kind` is ``link``, ``comment`` or ``injection``; `field` is what an injection prints.
    """

    claim: str
    model: str | None
    start: int
    end: int
    kind: str
    field: str = ""


@dataclass(frozen=True)
class Ignore:
    """A mark that silences rules at its line and the block that follows; without a reason it silences nothing."""

    rules: tuple[str, ...]
    reason: str
    start: int
    end: int


def find_links(text: str) -> list[Link]:
    """Every link and injection in a text whose code is blanked, in order."""
    found = [*_bracketed(text), *_commented(text), *_macros(text), *_injections(text)]
    return sorted(found, key=lambda link: (link.start, link.end))


def find_ignores(text: str) -> list[Ignore]:
    """Every ignore mark in a text whose code is blanked, in order."""
    return [
        Ignore(tuple(_RULE.findall(match[1])), (match[2] or match[3] or "").strip(), *match.span())
        for match in (_IGNORE.finditer(text) if "claims:" in text else ())
    ]


def split_id(text: str) -> tuple[str, str | None]:
    """A claim's id and the model after its ``@``, where there is one."""
    name, _, model = text.replace("\\_", "_").strip().partition("@")
    return name.strip(), model.strip() or None


def _bracketed(text: str) -> Iterator[Link]:
    for match in _BRACKET.finditer(text) if "@claim:" in text else ():
        yield from _several(match, match[1], "link")


def _commented(text: str) -> Iterator[Link]:
    for match in _COMMENT.finditer(text) if "<!--" in text else ():
        yield from _several(match, match[1], "comment")


def _macros(text: str) -> Iterator[Link]:
    for match in _MACRO.finditer(text) if r"\claim{" in text else ():
        yield from _several(match, match[1], "link")


def _several(match: re.Match[str], ids: str, kind: str) -> Iterator[Link]:
    for one in _SEPARATOR.split(ids):
        name, model = split_id(one.strip().removeprefix("@").removeprefix("claim:"))
        yield Link(name, model, *match.span(), kind)


def _injections(text: str) -> Iterator[Link]:
    for match in _INJECTION.finditer(text) if "{{" in text else ():
        name, model = split_id(match[1])
        field = _FIELD.match(match[3].strip())
        yield Link(name, match[2] or model, *match.span(), "injection", field[1] if field else "")
