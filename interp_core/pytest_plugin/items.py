"""From a pytest item to a claim: its id, its statement, its parameters and its line."""

import re
import unittest

import pytest

from interp_core.errors import ClaimError
from interp_core.spec.claim import ALPHA, MAX_ALPHA, Claim, ClaimRecorder, read_docstring, subject
from interp_core.spec.model import Model
from interp_core.spec.registration import KEYWORDS, Registration, registration

MARKER_KEYWORDS = ("kind", "random", "alpha", "id", "known", *KEYWORDS)


def said(item: pytest.Item) -> dict[str, object]:
    """The keywords of an item's claim markers: its own, over those of its class and its module (`pytestmark`)."""
    markers = list(item.iter_markers("claim"))
    return {name: value for marker in reversed(markers) for name, value in marker.kwargs.items()}


def known_of(item: pytest.Item) -> dict[str, str]:
    """The refutations on record of an item's claim, by model; none where they are written wrongly, which is told."""
    known = said(item).get("known", {})
    return dict(known) if isinstance(known, dict) else {}


def statement_or_nothing(item: pytest.Function) -> str:
    """The claim's statement with its parameters filled in; "" where the docstring has none."""
    try:
        return read_docstring(item.function.__doc__, parameters(item), "")[0]
    except ClaimError:
        return ""  # told when the claim runs


def parameters(item: pytest.Function) -> dict[str, object]:
    """The parameters of a claim, the models apart."""
    callspec = getattr(item, "callspec", None)
    return {key: value for key, value in callspec.params.items() if key != "model"} if callspec else {}


def subject_of(item: pytest.Function, base: Model | None) -> str:
    """The name of the model that an item is about, or of the pair where it asks for `base`; "" where it has none."""
    callspec = getattr(item, "callspec", None)
    if not callspec or "model" not in callspec.params:
        return ""
    return subject(callspec.params["model"], base if "base" in item.fixturenames else None)


def claim_id(item: pytest.Function) -> str:
    """The marker's id or the function's name, and a readable slug of its parameters: stable over files and runs."""
    name = said(item).get("id") or item.originalname.removeprefix("test_")
    slug = "-".join(_slug(value, item) for value in parameters(item).values())
    return f"{name}[{slug}]" if slug else str(name)


def _slug(value: object, item: pytest.Function) -> str:
    text = str(value)
    if re.search(r" at 0x[0-9a-f]+", text):
        raise ClaimError(
            f"the parameter {text} has another name in every run, and a claim's id and seed come from it. Give its "
            "class a __str__, or parametrize with a word.",
            where=where_of(item),
        )
    return text


def where_of(item: pytest.Item) -> str:
    """The line of an item's function, as "path:line"."""
    path, line, _ = item.location
    return f"{path}:{(line or 0) + 1}"


def build_claim(
    item: pytest.Function, recorder: ClaimRecorder, chosen: Model, base: Model | None, *, share: float
) -> Claim:
    """The claim that an item's body recorded; raises ClaimError for a marker or docstring that says too little.

    `share` is the part of its family's alpha that a headline claim is judged at.
    """
    given, where = said(item), where_of(item)
    _check_keywords(item, given, where)
    about = registration(given, where=where)
    statement, baseline = read_docstring(item.function.__doc__, parameters(item), where)
    return Claim(
        id=claim_id(item),
        statement=statement,
        baseline=baseline,
        kind=str(given["kind"]),
        model=chosen,
        predictions=tuple(recorder.predictions),
        controls=tuple(recorder.controls),
        random=_factors(given, where),
        alpha=_alpha(given, where) * (share if about.headline else 1.0) / about.looks,
        variants=tuple(recorder.variants),
        registration=about,
        base=base,
        where=where,
    )


def _check_keywords(item: pytest.Function, given: dict[str, object], where: str) -> None:
    unknown = sorted(set(given) - set(MARKER_KEYWORDS))
    positional = any(marker.args for marker in item.iter_markers("claim"))
    if unknown or positional or "kind" not in given:
        wrong = unknown[0] if unknown else "no kind" if "kind" not in given else "positional arguments"
        raise ClaimError(
            f"@pytest.mark.claim got {wrong}. Write @pytest.mark.claim(kind='correlational', random=('request',)); it "
            f"also takes {', '.join(MARKER_KEYWORDS[2:])}.",
            where=where,
        )
    known = given.get("known", {})
    if not isinstance(known, dict) or set(known.values()) - {"refuted"}:
        raise ClaimError(f"known={known!r} names refutations on record: known={{'inert': 'refuted'}}.", where=where)


def _alpha(given: dict[str, object], where: str) -> float:
    alpha = given.get("alpha", ALPHA)
    if isinstance(alpha, int | float) and not isinstance(alpha, bool) and 0 < alpha <= MAX_ALPHA:
        return float(alpha)
    raise ClaimError(
        f"alpha={alpha!r} is no one-sided error of a verdict: it lies above 0 and is at most {MAX_ALPHA}, and the "
        f"interval shown is 1 - 2 alpha. Leave it out for {ALPHA}.",
        where=where,
    )


def _factors(given: dict[str, object], where: str) -> tuple[str, ...]:
    random = given.get("random", ("request",))
    if isinstance(random, list | tuple):
        return tuple(random)
    raise ClaimError(f"random={random!r}: write the factors in a tuple, random=('request', 'frame').", where=where)


def headline_family(item: pytest.Item) -> str | None:
    """The family that an item is a headline claim of; None for the others."""
    given = said(item)
    return str(given.get("family", Registration.family)) if given.get("headline") is True else None


def refuse_unusable(item: pytest.Function) -> None:
    """Raise ClaimError for a claim whose verdict pytest would hide or never ask for: xfail, or a unittest method."""
    if item.get_closest_marker("xfail"):
        raise ClaimError(
            "xfail would hide any verdict of a claim. A refutation on record is known={'model name': 'refuted'} in the "
            "claim's marker: it stays green until it changes.",
            where=where_of(item),
        )
    if isinstance(item.cls, type) and issubclass(item.cls, unittest.TestCase):
        raise ClaimError(
            "a claim cannot be a method of a unittest.TestCase: its predictions would never be judged. Write a "
            "function def test_...(claim, model), or a method of a plain class.",
            where=where_of(item),
        )
