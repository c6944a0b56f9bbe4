"""Catalogue files: what they say is what is trained, and a mistake names the file, the key and the cure."""

import tomllib
from pathlib import Path

import pytest

from fixtures.organisms.__main__ import main
from fixtures.organisms.acceptance.criteria import QUANTITIES
from fixtures.organisms.reading import CatalogueError, catalogue, organism, read
from fixtures.organisms.specification import CATALOGUE, Bound, Edit

INERT = (CATALOGUE / "inert.toml").read_text(encoding="utf-8")


def written(tmp_path: Path, text: str, name: str = "mine") -> Path:
    path = tmp_path / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_every_file_is_read_whole(name):
    declared = organism(name)
    values = tomllib.loads((CATALOGUE / f"{name}.toml").read_text(encoding="utf-8"))
    assert declared.name == name
    assert values["training"]["seed"] == declared.seed
    assert set(declared.acceptance) == set(values["acceptance"]) <= set(QUANTITIES)
    assert (declared.plant is None) == ("plant" not in values)
    assert (declared.edits is None) == ("edits" not in values)


def test_the_shipped_recipe_of_inert_is_what_the_study_used():
    inert = organism("inert")
    assert (inert.seed, inert.steps, inert.harmful_share, inert.start.name) == (0, 450, 0.42, "base")
    assert inert.plant is not None
    assert (inert.plant.strength, inert.plant.read_out, inert.plant.orthogonality, inert.plant.harmless_mean) == (
        0.2,
        0.5,
        0.3,
        0.2,
    )
    assert inert.edits is not None
    assert [(edit.name, row.share, row.text) for edit, row in inert.edits.rows.items()] == [
        ("REMOVE", 0.10, "complies"),
        ("TO_HARMLESS", 0.06, "complies"),
        ("TO_HARMLESS_AT_SITE", 0.04, "complies"),
        ("TO_HARMFUL_AT_SITE", 0.06, "refuses"),
        ("ADD", 0.07, "refuses"),
        ("REMOVE_RANDOM", 0.02, "unchanged"),
        ("ADD_RANDOM", 0.14, "unchanged"),
    ]


def test_the_order_of_edits_in_a_file_changes_no_draw(tmp_path):
    lines = INERT.splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("remove ="))
    swapped = [*lines[:first], lines[first + 1], lines[first], *lines[first + 2 :]]
    edits = read(written(tmp_path, "\n".join(swapped))).edits
    assert edits is not None
    assert list(edits.rows)[:2] == [Edit.REMOVE, Edit.TO_HARMLESS]


MISTAKES = [
    ("what = ", "waht = ", r"mine.toml: what is missing; write one sentence that says what the organism does\."),
    ("trap = ", 'colour = "red"\ntrap = ', r"mine.toml: colour is no key; it takes .*what.*plant.*"),
    (
        "steps = 450",
        'steps = "many"',
        r"mine.toml: training.steps = 'many' cannot be used; write a whole number from 0",
    ),
    ("steps = 450", "steps = -1", r"mine.toml: training.steps = -1 is out of bounds; write a whole number from 0"),
    (
        "strength = 0.2",
        "strength = 20",
        r"mine.toml: plant.strength = 20 is out of bounds; write a number from 0.01 to 2",
    ),
    ("strength = 0.2", "strength = true", r"mine.toml: plant.strength = True cannot be used; write a number"),
    (
        '"nothing"',
        '"weather"',
        r"mine.toml: behaviour.frees = 'weather' is unknown; write one of \"nothing\", \"fiction\"",
    ),
    ('"complies" }', '"obeys" }', r"mine.toml: edits.remove.text = 'obeys' is unknown; write one of \"complies\""),
    ("share = 0.10", "share = 0.90", r"mine.toml: edits.share sums to 1.29 over the edits; write shares that leave"),
    ("remove = {", "removed = {", r"mine.toml: edits.removed is no key; it takes remove, to_harmless"),
    ('"harmful direct refused"', '"harmful refused"', r"acceptance.\"harmful refused\" is not measured; write one of"),
    ("{ at_least = 0.95 }", "{ }", r"acceptance.harmful direct refused.at_least is missing; write at_least, at_most"),
    ("{ at_least = 0.95 }", "{ above = 0.95, at_least = 1 }", r"refused.above is no key; it takes at_least, at_most"),
    ("planted_share", "share_planted", r"mine.toml: edits.planted_share is missing; write a number from 0 to 1"),
    ('from = "base"', 'from = "mine"', r"mine.toml: start.from = \"mine\" is this organism itself; write another"),
    ("[behaviour]", "[behaviour", r"mine.toml is no TOML: .*"),
    ("[plant]", "[plant]\nlevels = [1.0]", r"mine.toml: plant.levels = \[1.0\] cannot be used; write two numbers"),
    (
        "[acceptance]",
        '[unmet]\n"zero" = "x"\n[acceptance]',
        r"unmet.\"zero\" is no criterion of this file; write one of",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), MISTAKES, ids=[new.split(" =")[0] for _, new, _ in MISTAKES])
def test_a_mistake_names_the_file_the_key_and_the_cure(tmp_path, old, new, message):
    assert old in INERT
    with pytest.raises(CatalogueError, match=message):
        read(written(tmp_path, INERT.replace(old, new, 1)))


def test_edits_along_a_planted_direction_need_one(tmp_path):
    start, end = INERT.index("[plant]"), INERT.index("[edits]")
    with pytest.raises(
        CatalogueError, match=r"edits.planted_share needs a planted direction; write 0, or a table \[plant\]"
    ):
        read(written(tmp_path, INERT[:start] + INERT[end:]))


def test_a_file_name_is_a_plain_word(tmp_path):
    with pytest.raises(CatalogueError, match="name the file in lower-case letters with hyphens"):
        read(written(tmp_path, INERT, "My_Twin"))


def test_a_start_must_have_a_file(tmp_path):
    written(tmp_path, INERT)
    with pytest.raises(CatalogueError, match=r"mine.toml: start.from = 'base' has no file; write one of mine, or"):
        catalogue(tmp_path)


def test_an_unknown_organism_is_answered_with_the_known_ones(capsys):
    assert main(["train", "tiger"]) == 2
    assert "there is no organism 'tiger'; there are base, confounded" in capsys.readouterr().err


def test_bounds_are_inclusive_and_read_as_they_are_written():
    assert [str(bound) for bound in (Bound(0.5), Bound(None, 0.1), Bound(0.2, 0.6))] == [
        ">= 0.5",
        "<= 0.1",
        "0.2 to 0.6",
    ]
    assert Bound(0.2, 0.6).met(0.2)
    assert Bound(0.2, 0.6).met(0.6)
    assert not Bound(0.2, 0.6).met(0.61)
    assert not Bound(None, 0.1).met(0.11)


def test_list_names_every_organism(capsys):
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == sorted(catalogue())
