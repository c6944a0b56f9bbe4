"""Nothing invisible and nothing that reorders a line survives."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from interp_core.report.text import cut, one_line, visible


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain, é, 日本, 🙂", "plain, é, 日本, 🙂"),
        ("\x1b[31m", "⟨U+001B⟩[31m"),
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("a\u200bb\ufeff", "a⟨U+200B⟩b⟨U+FEFF⟩"),
        ("\ud800", "⟨U+D800⟩"),
        ("\U000e0041", "⟨U+E0041⟩"),
        ("a\u2028b\x7f\x00", "a⟨U+2028⟩b⟨U+007F⟩⟨U+0000⟩"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
    ],
)
def test_visible(text, seen):
    assert visible(text) == seen


def test_one_line():
    assert one_line("a\r\nb\nc\td\r") == "a ⏎ b ⏎ c d⟨U+000D⟩"


@given(st.text(st.characters()))
def test_what_is_visible_can_be_written_and_hides_nothing(text):
    seen = visible(text)
    seen.encode()
    assert not {unicodedata.category(c) for c in seen} & {"Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert not {c for c in seen if unicodedata.category(c) == "Cc"} - {"\n", "\t"}
    assert visible(seen) == seen


@given(st.text(), st.integers(0, 40))
def test_cut_loses_nothing_and_keeps_to_its_limit(text, limit):
    shown, rest = cut(visible(text), limit)
    assert shown + rest == visible(text)
    assert len(str(escape(shown)).encode()) <= limit
