"""Every word of every claim, at every width, and never a line too long."""

import re

import pytest
from rich.cells import cell_len

from interp_core.report import interval, render_terminal
from interp_core.report.document import arm_means, levels
from interp_core.report.text import one_line
from tests.report.sample import HOSTILE, document

WIDTHS = [60, 72, 80, 100, 109, 110, 120, 160, 200]


def lines(width: int, **changes) -> list[str]:
    return render_terminal(document(**changes), width=width, color=False)


def pressed(text: str) -> str:
    """Without white space: folding may break a long word, and must not lose one."""
    return re.sub(r"\s", "", text)


def column(width: int, rows: int = 10) -> str:
    """The claim column alone, so that a wrapped sentence reads on."""
    table = lines(width, rows=rows)
    if width < 110:
        return pressed("".join(line[17:] for line in table))
    start = next(line for line in table if "claim" in line).index("claim")
    end = next(line for line in table if "effect" in line).index("effect")
    return pressed("".join(line[start - 1 : end - 1] for line in table))


@pytest.mark.parametrize("color", [True, False])
@pytest.mark.parametrize("width", range(60, 201, 7))
def test_no_line_is_too_long(width, color):
    plain = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in render_terminal(document(), width=width, color=color)]
    assert max(map(cell_len, plain)) <= width
    assert not any("\x1b" in line for line in plain)


@pytest.mark.parametrize("width", WIDTHS)
def test_sentence_baseline_and_reason_are_there_in_full(width):
    text = column(width)
    for row in document()["rows"]:
        for words in (row["sentence"], row["baseline"], row["reason"]):
            assert pressed(one_line(words)) in text


@pytest.mark.parametrize("width", WIDTHS)
def test_verdicts_models_effects_and_n_are_there(width):
    text = "\n".join(lines(width))
    pressed_text = pressed(text)
    for row in document()["rows"]:
        assert row["verdict"] in text
        assert row["model"]["name"] in pressed_text
        assert interval(row).partition(" of the")[0] in text
        assert levels(row) in text
        assert pressed(arm_means(row)) in pressed_text


def test_verdicts_come_in_the_order_given():
    found = re.findall(r"[✓✗?!] ([A-Z]+) ", "\n".join(lines(80)))
    assert found == [row["verdict"] for row in document()["rows"]]


def test_notes_follow_the_table():
    text = "\n".join(lines(160))
    for words in (
        "moved: screenplays_beat_stories on mediated was SUPPORTED, is REFUTED",
        "skipped: thinking_hides_refusal on mediated: the template has no thinking mode",
        "passes: 12 made (new: 11, prompt changed: 1), 2,036 saved",
        "selected with -k 'fiction'",
        "PARTIAL: 5 claims were deselected.",
    ):
        assert words in text


def test_only_what_needs_a_look_names_its_line():
    text = "\n".join(lines(120, rows=3))
    assert text.count("claims/test_fiction.py:12") == 1


def test_hostile_text_cannot_drive_the_terminal():
    one = document(1)
    one["rows"][0].update(reason=HOSTILE, sentence=HOSTILE, baseline=HOSTILE, where=HOSTILE, id=HOSTILE)
    for color in (True, False):
        text = "\n".join(render_terminal(one, width=100, color=color))
        assert "\x1b[31mred" not in text
        assert "⟨U+001B⟩[31mred" in pressed(text)
        text.encode()


def test_markup_of_rich_is_text():
    one = document(1)
    one["rows"][0]["reason"] = "[bold red]not markup[/] :smile:"
    assert "[bold red]not markup[/] :smile:" in "\n".join(render_terminal(one, width=120, color=True))


def test_colour_is_an_extra():
    coloured = "\n".join(render_terminal(document(), width=100, color=True))
    assert "\x1b[1;32m" in coloured
    plain = re.sub(r"\x1b\[[\d;]*m", "", coloured)
    assert [line.rstrip() for line in plain.split("\n")] == lines(100)


def test_the_environment_does_not_matter(monkeypatch):
    before = render_terminal(document(), width=100, color=True)
    for name, value in {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "40", "FORCE_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    assert render_terminal(document(), width=100, color=True) == before


def test_one_reason_for_many_claims_is_told_once():
    missing = [{"id": f"c{i}", "model": "m", "outcome": "error", "reason": "no such model"} for i in range(3)]
    missing.append({"id": "c3", "model": "m", "outcome": "skipped", "reason": "no such model"})
    told = lines(80, rows=0, not_evaluated=missing, over_models=[], not_run=[])
    assert told[:2] == ["error: c0 on m, c1 on m, c2 on m: no such model", "skipped: c3 on m: no such model"]


def test_an_empty_run_has_no_table():
    assert lines(80, rows=0, not_evaluated=[], over_models=[], not_run=[])[0].startswith("passes: 12 made")


def test_a_claim_whose_ground_fell_is_said_to_be_ungrounded():
    told = " ".join(lines(200))
    assert (
        "ungrounded: screenplays_beat_stories on mediated rests on fiction_raises_compliance, which is REFUTED" in told
    )
    assert "ungrounded: harmless_answers_survive" not in told
