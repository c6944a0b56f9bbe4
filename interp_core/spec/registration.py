"""What a researcher says about a claim before the data: its family, its forecast, its rivals, its reasons."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from interp_core.errors import ClaimError
from interp_core.spec.identity import Tree

MOST_HEADLINES = 3
STATUSES = ("confirmatory", "replication", "amended", "exploratory", "post hoc")  # of a finding, strongest first


@dataclass(frozen=True)
class Alternative:
    """A way in which a claim could be false although its prediction holds.

    Attributes
    ----------
    explanation : the rival explanation, in words.
    separated_by : the id of the claim that would separate it; "" where none does, and it is printed as not ruled out.
    """

    explanation: str
    separated_by: str = ""


@dataclass(frozen=True)
class Registration:
    """The fields of a claim that decide nothing about its arithmetic and much about what it may be called.

    Attributes
    ----------
    headline : one of at most three claims of its family that share alpha.
    family : the claims that are judged together; a family of headlines is closed when it is registered.
    expected : the researcher's forecast that the claim comes out SUPPORTED, 0 to 1; scored in the report.
    alternatives : the rival explanations.
    rests_on : ids of the behavioural claims that a mechanistic one needs.
    margin_reason : why the margin is the smallest effect of interest.
    planning_effect : the effect that n was chosen for, in the margin's unit.
    seen : what of the data had been seen before.
    exclusions : which prompts or answers are left out, and why.
    stopping : when data collection stops.
    looks : how often the data are looked at; alpha is shared among the looks.
    """

    headline: bool = False
    family: str = "study"
    expected: float | None = None
    alternatives: tuple[Alternative, ...] = ()
    rests_on: tuple[str, ...] = ()
    margin_reason: str = ""
    planning_effect: float | None = None
    seen: str = ""
    exclusions: str = ""
    stopping: str = ""
    looks: int = 1

    def tree(self) -> Mapping[str, Tree]:
        """As JSON, for the lock."""
        rivals: list[Tree] = [[rival.explanation, rival.separated_by] for rival in self.alternatives]
        return {
            **{field.name: getattr(self, field.name) for field in fields(self)},
            "alternatives": rivals,
            "rests_on": list(self.rests_on),
        }


UNREGISTERED = Registration()
KEYWORDS = tuple(field.name for field in fields(Registration))


def registration(given: Mapping[str, object], *, where: str) -> Registration:
    """The registration that a marker's keywords say.

    Raises
    ------
    ClaimError : a keyword of the wrong kind, with what to write instead.
    """
    known = {name: value for name, value in given.items() if name in KEYWORDS}
    for name, value in known.items():
        _check(name, value, where)
    changed: dict[str, Any] = {**known}
    if "alternatives" in known:
        changed["alternatives"] = tuple(_alternative(rival) for rival in _sequence(known["alternatives"]))
    if "rests_on" in known:
        changed["rests_on"] = tuple(_sequence(known["rests_on"]))
    return Registration(**changed)


def _check(name: str, value: object, where: str) -> None:
    right, write = _FORMS[name]
    if not right(value):
        raise ClaimError(f"@pytest.mark.claim({name}={value!r}): {write}", where=where)


def _sequence(value: object) -> Sequence[Any]:
    assert isinstance(value, list | tuple)
    return value


def _alternative(rival: Any) -> Alternative:
    return Alternative(rival) if isinstance(rival, str) else Alternative(*rival)


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _texts(value: object) -> bool:
    return isinstance(value, list | tuple) and all(_text(item) for item in value)


def _rivals(value: object) -> bool:
    if not isinstance(value, list | tuple):
        return False
    return all(_text(rival) or (_texts(rival) and len(rival) == 2) for rival in value)


_FORMS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "headline": (lambda v: isinstance(v, bool), "write headline=True on at most three claims."),
    "family": (_text, "write the family's name: family='refusal'."),
    "expected": (lambda v: _number(v) and 0 <= v <= 1, "write your forecast as a probability: expected=0.8."),
    "alternatives": (_rivals, "write a list: alternatives=['the frame is longer', ('a style effect', 'claim_id')]."),
    "rests_on": (_texts, "write a list of claim ids: rests_on=['fiction_raises_compliance']."),
    "margin_reason": (_text, "write a sentence: margin_reason='half of what the paper reports'."),
    "planning_effect": (lambda v: _number(v) and v > 0, "write the effect that n was chosen for: planning_effect=0.5."),
    "seen": (_text, "write what had been seen: seen='ten prompts, in a pilot'."),
    "exclusions": (_text, "write what is left out: exclusions='prompts over 512 tokens'."),
    "stopping": (_text, "write when collection stops: stopping='at 128 requests'."),
    "looks": (lambda v: isinstance(v, int) and not isinstance(v, bool) and v >= 1, "write a count: looks=1."),
}
