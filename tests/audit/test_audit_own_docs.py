"""The project's own README and docs, held against a report, come out clean."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXAMPLE = "draft-with-overclaims"  # full of them on purpose


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_our_own_pages_are_clean(audited, path):
    if EXAMPLE in path.name:
        pytest.skip("this page shows overclaims")
    made = audited(path.read_text(encoding="utf-8"))
    said = [f"{f.rule} {made.writeup.place(f.start, f.end).line}: {f.message}" for f in made.findings]
    assert said == []
    assert len(made.statements) >= 3
