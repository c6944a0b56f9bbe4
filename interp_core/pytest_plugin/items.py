"""From a pytest item to a claim: its id, its statement, its parameters and its line."""

import re
import unittest

import pytest

from interp_core.errors import ClaimError
from interp_core.spec.claim import ALPHA, Claim, ClaimRecorder, read_docstring
from interp_core.spec.model import Model

MARKER_KEYWORDS = ("kind", "random", "alpha", "id", "known")


def statement_or_nothing(item: pytest.Function) -> str:
    """The claim's statement with its parameters filled in; "" where the docstring has none."""
    try:
        return read_docstring(item.function.__doc__, parameters(item), "")[0]
    except ClaimError:
        return ""  # told when the claim runs


def parameters(item: pytest.Function) -> dict[str, object]:
    """The parameters of a claim, the model apart."""
    callspec = getattr(item, "callspec", None)
    return {key: value for key, value in callspec.params.items() if key != "model"} if callspec else {}


def model_name(item: pytest.Function) -> str:
    """The name of the model that an item is about; "" where it has none."""
    callspec = getattr(item, "callspec", None)
    return callspec.params["model"].name if callspec and "model" in callspec.params else ""


def claim_id(item: pytest.Function) -> str:
    """The marker's id or the function's name, and a readable slug of its parameters: stable over files and runs."""
    marker = item.get_closest_marker("claim")
    assert marker is not None
    name = marker.kwargs.get("id") or item.originalname.removeprefix("test_")
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


def build_claim(item: pytest.Function, recorder: ClaimRecorder, chosen: Model) -> Claim:
    """The claim that an item's body recorded; raises ClaimError for a marker or docstring that says too little."""
    marker = item.get_closest_marker("claim")
    assert marker is not None
    where = where_of(item)
    unknown = sorted(set(marker.kwargs) - set(MARKER_KEYWORDS))
    if unknown or marker.args or "kind" not in marker.kwargs:
        given = unknown[0] if unknown else "no kind" if "kind" not in marker.kwargs else "positional arguments"
        raise ClaimError(
            f"@pytest.mark.claim got {given}. Write @pytest.mark.claim(kind='correlational', random=('request',)); it "
            "also takes alpha, id and known.",
            where=where,
        )
    _check_expectations(item, where)
    statement, baseline = read_docstring(item.function.__doc__, parameters(item), where)
    return Claim(
        id=claim_id(item),
        statement=statement,
        baseline=baseline,
        kind=marker.kwargs["kind"],
        model=chosen,
        predictions=tuple(recorder.predictions),
        controls=tuple(recorder.controls),
        random=tuple(marker.kwargs.get("random", ("request",))),
        alpha=marker.kwargs.get("alpha", ALPHA),
        where=where,
    )


def _check_expectations(item: pytest.Function, where: str) -> None:
    marker = item.get_closest_marker("claim")
    assert marker is not None
    known = marker.kwargs.get("known", {})
    if not isinstance(known, dict) or set(known.values()) - {"refuted"}:
        raise ClaimError(f"known={known!r} names refutations on record: known={{'inert': 'refuted'}}.", where=where)


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
