"""The evidence that a subcommand reads: a report or a ledger, and the lock beside it."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from interp_core.audit import Study, study_of_ledger, study_of_report
from interp_core.errors import InterpClaimsError
from interp_core.ledger import read
from interp_core.report import read_report

REPORT = Path("reports/report.json")
LOCK = Path("claims/claims.lock")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where the evidence is."""
    parser.add_argument(
        "--report",
        type=Path,
        default=REPORT,
        metavar="FILE",
        help=f"a report.json or a ledger.jsonl (default: {REPORT})",
    )
    parser.add_argument(
        "--lock", type=Path, metavar="FILE", help=f"registered designs; findings of another are stale (default: {LOCK})"
    )


def read_study(options: argparse.Namespace) -> Study:
    """The study in the files that the options name; raises InterpClaimsError where one cannot be read."""
    locked = read_lock(options.lock)
    if options.report.suffix == ".jsonl":
        if not options.report.exists():
            raise InterpClaimsError(f"{options.report} does not exist. Run the claims first: pytest claims/")
        return study_of_ledger(read(options.report), locked=locked)
    return study_of_report(read_report(options.report), locked=locked)


def read_lock(path: Path | None) -> dict[str, str]:
    """The design digest of each registered claim; empty where no lock is named and none is at its usual place."""
    if path is None and not LOCK.exists():
        return {}
    chosen = path or LOCK
    try:
        rows = [json.loads(line) for line in chosen.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise InterpClaimsError(
            f"the lock {chosen} cannot be read ({error}). Restore it from version control, or register again: "
            "pytest claims/ --claims-register"
        ) from None
    return {name: design for row in rows if isinstance(row, dict) for name, design in _design(row)}


def _design(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The id and design digest of a lock's row; rows of other kinds hold none. Of amendments the last one counts."""
    name = row.get("id") or row.get("claim")
    digests = row.get("digests")
    design = digests.get("design") if isinstance(digests, dict) else row.get("design_digest")
    return [(str(name), str(design))] if name and isinstance(design, str) else []
