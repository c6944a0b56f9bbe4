"""Rewrite the golden page and the report it is made from: ``python -m tests.report.golden``."""

from pathlib import Path
from typing import Any

from interp_core.report.html import render_html
from interp_core.report.write import canonical
from tests.report.sample import document

HERE = Path(__file__).parent / "kept"
KINDS = (0, 1, 2, 7, 8)  # one of each verdict but one, and every drawing


def small() -> dict[str, Any]:
    """A report of few claims that has something of everything."""
    whole = document()
    kept = [whole["rows"][index] for index in KINDS]
    for row in kept:
        for arm in row["examples"]:
            arm["draws"] = arm["draws"][:2]
    return whole | {"rows": kept}


if __name__ == "__main__":
    (HERE / "report.json").write_text(canonical(small()), encoding="utf-8")
    (HERE / "report.html").write_text(render_html(small()), encoding="utf-8")
