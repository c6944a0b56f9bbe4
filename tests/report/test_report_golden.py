"""The page made of a fixed report, byte for byte: a change of it is seen in the diff before it is taken."""

import difflib
from pathlib import Path

from interp_core.report import read_report, render_html

HERE = Path(__file__).parent / "kept"
REWRITE = "python -m tests.report.golden"


def test_the_page_is_the_golden_one():
    made = render_html(read_report(HERE / "report.json"))
    kept = (HERE / "report.html").read_bytes().decode()
    changed = list(difflib.unified_diff(kept.splitlines(), made.splitlines(), "kept", "made", lineterm="", n=1))
    assert made == kept, "\n".join([f"to take the page as it is now: {REWRITE}", *changed[:60]])
