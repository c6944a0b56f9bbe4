"""The evidence that a subcommand reads: a report or a ledger, and the lock beside it."""

import argparse
from pathlib import Path

from interp_core.audit import Study, study_of_ledger, study_of_report
from interp_core.errors import InterpClaimsError
from interp_core.ledger import read, read_lock
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
    locked = _locked(options.lock)
    if options.report.suffix == ".jsonl":
        if not options.report.exists():
            raise InterpClaimsError(f"{options.report} does not exist. Run the claims first: pytest claims/")
        return study_of_ledger(read(options.report), locked=locked)
    return study_of_report(read_report(options.report), locked=locked)


def _locked(path: Path | None) -> dict[tuple[str, str], str]:
    """The design digest of each registered claim and model; empty where no lock is named and none is at its place."""
    if path is not None and not path.exists():
        raise InterpClaimsError(f"the lock {path} does not exist. Name another, or register: pytest --claims-register")
    return {key: str(row["design"]) for key, row in read_lock(path or LOCK).rows.items()}
