"""The published schema describes what the renderers read, and refuses what they could not."""

from typing import Any

import jsonschema
import pytest

from interp_core import report
from tests.report.sample import document


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    jsonschema.Draft202012Validator.check_schema(report.schema())
    return jsonschema.Draft202012Validator(report.schema())


@pytest.mark.parametrize("rows", [0, 1, 25])
def test_the_sample_is_a_report(validator, rows):
    validator.validate(document(rows))


def test_every_field_says_what_it_means():
    missing = [path for path, node in _fields(report.schema()) if "description" not in node and "$ref" not in node]
    assert not missing


def _fields(node: Any, path: str = "$"):
    if isinstance(node, dict):
        for name, field in node.get("properties", {}).items():
            if "if" not in path and "then" not in path and "else" not in path:
                yield f"{path}.{name}", field
        for name, child in node.items():
            yield from _fields(child, f"{path}.{name}")
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from _fields(child, f"{path}.{index}")


BROKEN = {
    "an unknown verdict": lambda row: row.update(verdict="MAYBE"),
    "an unknown field": lambda row: row.update(p_value=0.04),
    "no sentence": lambda row: row.pop("sentence"),
    "no baseline": lambda row: row.update(baseline=""),
    "a margin of zero": lambda row: row.update(margin=0),
    "an alpha of one half": lambda row: row.update(alpha=0.5),
    "a supported claim without an interval": lambda row: row.update(low=None),
    "a supported claim without an n": lambda row: row.update(n=None),
    "a supported claim without a prediction": lambda row: row.update(predictions=[]),
    "a verdict of its evidence without a number": lambda row: row["predictions"][0].update(effect=None),
    "a digest that is none": lambda row: row["digests"].update(design="dff8a8zz"),
    "a text for a number": lambda row: row.update(effect="0.41"),
    "a fraction of a prompt": lambda row: row.update(n=1.5),
    "an unknown kind": lambda row: row.update(kind="anecdotal"),
    "an unknown relation": lambda row: row["predictions"][0].update(relation="different"),
    "an example without an id": lambda row: row["examples"][0]["draws"][0].pop("id"),
    "a negative count of missing values": lambda row: row["predictions"][0]["arms"][0].update(missing=-1),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_row_is_refused(validator, name):
    one = document(1)
    BROKEN[name](one["rows"][0])
    assert not validator.is_valid(one)


@pytest.mark.parametrize(
    "change",
    [{"schema": 2}, {"created": "yesterday"}, {"rows": None}, {"not_evaluated": [{"id": "x"}]}, {"extra": 1}],
    ids=str,
)
def test_a_broken_document_is_refused(validator, change):
    assert not validator.is_valid({**document(1), **change})
