"""``claims report``: the reports of a run made again from its report.json, or its one-page summary."""

import argparse
import sys
from pathlib import Path

from interp_core.report import read_report, summary, write_reports

REPORT = Path("reports/report.json")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = commands.add_parser("report", help="write the reports again, or print the summary", description=__doc__)
    parser.add_argument("report", type=Path, nargs="?", default=REPORT, metavar="FILE", help=f"default: {REPORT}")
    parser.add_argument("--summary", action="store_true", help="print the one-page summary, and write nothing")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the summary, or write the pages beside the document."""
    document = read_report(options.report)
    if options.summary:
        sys.stdout.write(summary(document))
        return 0
    for path in write_reports(document, options.report.parent).values():
        print(path)
    return 0
