"""``claims verify``, ``stamp``, ``deviate`` and ``diff``: the record walked, anchored, added to, and compared."""

import argparse
import json
import shlex
import subprocess
from pathlib import Path
from typing import Any

from interp_core import ledger
from interp_core.errors import InterpClaimsError, LedgerError
from interp_core.record import anchored, now
from interp_core.report import compare_reports, read_report

REPORTS, LOCK = Path("reports"), Path("claims/claims.lock")
CAUSES = (
    "unforeseen event",
    "error in the registration",
    "missing information",
    "violated assumption",
    "falsified auxiliary",
)


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommands."""
    verify = commands.add_parser("verify", help="walk lock and ledger, and say what anchors them in time")
    _add_places(verify)
    verify.set_defaults(run=run_verify)
    stamp = commands.add_parser("stamp", help="write the request for a time stamp over the lock, for you to send")
    stamp.add_argument("--lock", type=Path, default=LOCK, metavar="FILE", help=f"default: {LOCK}")
    stamp.set_defaults(run=run_stamp)
    deviate = commands.add_parser("deviate", help="log a deviation from what was registered")
    deviate.add_argument("claim", help="the claim's id")
    deviate.add_argument("--cause", choices=CAUSES, required=True, help="why")
    deviate.add_argument("--what", required=True, help="what was done instead of what was registered")
    deviate.add_argument("--severity", required=True, help="what it does to how severely the claim was tested")
    deviate.add_argument("--validity", required=True, help="what it does to the conclusion")
    _add_places(deviate)
    deviate.set_defaults(run=run_deviate)
    diff = commands.add_parser("diff", help="compare two runs: which verdicts moved, and why")
    for name in ("old", "new"):
        diff.add_argument(name, help="a report.json, or REVISION:PATH of one under version control")
    diff.set_defaults(run=run_diff)


def _add_places(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reports", type=Path, default=REPORTS, metavar="DIR", help=f"default: {REPORTS}")
    parser.add_argument("--lock", type=Path, default=LOCK, metavar="FILE", help=f"default: {LOCK}")


def run_verify(options: argparse.Namespace) -> int:
    """Print each check; 1 where one does not hold."""
    report = options.reports / "report.json"
    known = read_report(report) if report.exists() else None
    checks = ledger.verify(options.reports / "ledger.jsonl", options.lock, known)
    for check in checks:
        print(f"{'holds ' if check.holds else 'BROKEN'}  {check.name}: {check.found}")
    where = anchored(options.lock)
    print(f"anchor  {where}. {_meaning(where)}")
    return int(not all(check.holds for check in checks))


def _meaning(where: str) -> str:
    if where.endswith("(RFC 3161 token)"):
        return "That time is the authority's word, and whoever holds the authority's key can state any."
    if where.startswith("none"):
        return "Nothing shows when the lock was written. Commit it and push it before you look at the data."
    if where.startswith("local commit"):
        return "A local commit can be remade with any date. Push it, or sign a tag, before you look at the data."
    return "Whoever holds the copy can say since when; the digests themselves carry no time."


def run_stamp(options: argparse.Namespace) -> int:
    """Write the request, and print how to send it: nothing here goes over a network."""
    request = ledger.write_request(options.lock)
    query, token, root = (shlex.quote(f"{options.lock}{suffix}") for suffix in (".tsq", ".tsr", ".pem"))
    print(f"request: {request}. Send it to a time-stamping authority, and keep its reply and its root:")
    print(f"  curl -H 'Content-Type: application/timestamp-query' --data-binary @{query} -o {token} AUTHORITY_URL")
    print(f"  curl -o {root} ROOT_CERTIFICATE_URL")
    print("  claims verify")
    return 0


def run_deviate(options: argparse.Namespace) -> int:
    """Append the deviation to the ledger; the registered row stays as it is."""
    lock = ledger.read_lock(options.lock)
    if options.claim not in lock.ids():
        known = ", ".join(sorted(lock.ids())) or "none"
        raise LedgerError(f"{options.claim!r} is not registered, so it cannot deviate. Registered: {known}.")
    told = {name: getattr(options, name) for name in ("claim", "cause", "what", "severity", "validity")}
    empty = [name for name, words in told.items() if not words.strip()]
    if empty:
        raise LedgerError(f"--{empty[0]} is empty. Say it in words: the report prints it.")
    ledger.append(options.reports / "ledger.jsonl", [{"kind": "deviation", "when": now(), **told}])
    print(f"logged: {options.claim} deviates ({options.cause}). The next report shows it beside the registration.")
    return 0


def run_diff(options: argparse.Namespace) -> int:
    """Print what moved; 1 where a verdict did."""
    lines, moved = compare_reports(_report(options.old), _report(options.new))
    print("\n".join(lines))
    return int(moved)


def _report(name: str) -> dict[str, Any]:
    path = Path(name)
    if path.exists() or ":" not in name:
        return read_report(path)
    done = subprocess.run(["git", "show", name], capture_output=True, text=True, check=False)
    if done.returncode:
        raise InterpClaimsError(f"{name}: {done.stderr.strip()}. Give a report.json, or REVISION:reports/report.json.")
    try:
        return dict(json.loads(done.stdout))
    except ValueError:
        raise InterpClaimsError(f"{name} is no JSON. Give the report.json of a run.") from None
