"""The example in docs/audit: a draft full of overclaims, its audit as printed there, and a clean revision."""

from pathlib import Path

from interp_core.audit import compare, render_terminal

FOLDER = Path(__file__).parents[2] / "docs" / "audit"
DRAFT, PRINTED, REVISED = (
    FOLDER / name for name in ("draft-with-overclaims.md", "audit-of-the-draft.txt", "revised.md")
)
WIDTH = 110


def test_the_printed_audit_is_what_the_audit_prints(audited):
    """Print it anew with: COLUMNS=110 claims audit draft-with-overclaims.md --report ../../tests/audit/report.json"""
    made = audited(DRAFT.read_text(encoding="utf-8"), DRAFT.name, passage=False)
    assert render_terminal(made, width=WIDTH) == PRINTED.read_text(encoding="utf-8")


def test_the_draft_breaks_nearly_every_rule(audited):
    made = audited(DRAFT.read_text(encoding="utf-8"), passage=False)
    assert {f.rule for f in made.findings} >= {f"R{n}" for n in range(1, 21)} - {"R2", "R3", "R15", "R16"}


def test_the_revision_is_clean_and_mends_everything(audited):
    draft, revised = (audited(path.read_text(encoding="utf-8"), passage=False) for path in (DRAFT, REVISED))
    assert [(f.rule, f.message) for f in revised.findings] == []
    assert {claim for s in revised.tied for claim in (tie.claim for tie in s.ties)} >= {
        f.claim for f in draft.findings if f.rule == "R13"
    }
    assert compare(draft, revised).came_in == ()
